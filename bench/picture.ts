import { type Figures, figure, type Measure, type Subject } from "./figures.ts";

const SUBJECTS: readonly (readonly [Subject, string])[] = [
  ["koma1", "koma, 1 validator"],
  ["koma4", "koma, 4 validators"],
  ["anvil", "anvil"],
  ["hardhat", "Hardhat's node"],
  ["ganache", "ganache"],
];

interface Panel {
  readonly title: string;
  readonly measure: Measure;
  readonly unit: string;
}

const PANELS: readonly Panel[] = [
  { title: "Transfers per second, as fast as it goes (more is better)", measure: "transferTps", unit: "/s" },
  {
    title: "From due to in a block, median at 200 transfers a second (less is better)",
    measure: "steadyP50Ms",
    unit: "ms",
  },
  { title: "From start to the first answer (less is better)", measure: "answerMs", unit: "ms" },
];

const WIDTH = 720;
const LEFT = 170;
/** Of the longest bar; what is right of it is for its figure. */
const BAR_ROOM = 440;
const BAR = 16;
const LINE = 24;
const TITLE = 34;
const MARGIN = 16;
const PANEL = TITLE + SUBJECTS.length * LINE + 10;

/** Own background, so that the text is readable wherever the picture stands, and dark where the reader's screen is. */
const STYLE =
  ".page{fill:#fff}.text{fill:#1f2328;font:13px system-ui,sans-serif}.title{font-weight:600}" +
  ".koma{fill:#0969da}.other{fill:#8c959f}" +
  "@media(prefers-color-scheme:dark){.page{fill:#0d1117}.text{fill:#e6edf3}.koma{fill:#4493f8}.other{fill:#7d8590}}";

/**
 * The figures as a picture: one bar for each tool and measure, in proportion, with its value as text. What could not be
 * measured says so.
 *
 * @returns an SVG document
 */
export function picture(figures: Pick<Figures, "samples" | "koma" | "machine" | "date">): string {
  const height = MARGIN + PANELS.length * PANEL + 20;
  const caption = `${figures.koma} on ${figures.machine}, ${figures.date}`;
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">`,
    `<title>${escapeText(PANELS.map(({ title }) => title).join("; "))}</title>`,
    `<style>${STYLE}</style>`,
    `<rect class="page" width="${WIDTH}" height="${height}" rx="6"/>`,
    ...PANELS.flatMap((panel, i) => drawPanel(panel, MARGIN + i * PANEL, figures)),
    text(MARGIN, height - 10, caption),
    "</svg>",
  ].join("\n")}\n`;
}

function drawPanel({ title, measure, unit }: Panel, top: number, figures: Pick<Figures, "samples">): string[] {
  const bars = SUBJECTS.map(([subject, name]) => ({ subject, name, value: figure(figures, `${subject}.${measure}`) }));
  const longest = Math.max(...bars.map(({ value }) => value ?? 0));
  return [
    text(MARGIN, top + 16, title, "text title"),
    ...bars.flatMap(({ subject, name, value }, i) => {
      const y = top + TITLE - 8 + i * LINE;
      const label = text(MARGIN, y + 12, name);
      if (value === undefined) return [label, text(LEFT, y + 12, "not measured")];
      // Never thinner than a line: a bar that cannot be seen looks like one that is missing.
      const width = Math.max(1, (value / longest) * BAR_ROOM);
      const kind = subject.startsWith("koma") ? "koma" : "other";
      return [
        label,
        `<rect class="${kind}" x="${LEFT}" y="${y}" width="${width.toFixed(1)}" height="${BAR}" rx="2"/>`,
        text(LEFT + width + 6, y + 12, `${shown(value)} ${unit}`),
      ];
    }),
  ];
}

/** As the picture and its test write a figure: three digits where it is small. */
export function shown(value: number): string {
  return value.toLocaleString("en-US", { maximumFractionDigits: value < 10 ? 2 : 0 });
}

function text(x: number, y: number, content: string, style = "text"): string {
  return `<text class="${style}" x="${x.toFixed(1)}" y="${y}">${escapeText(content)}</text>`;
}

function escapeText(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
