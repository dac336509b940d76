/** Fill of a shape; what a tone means is the picture's business. */
export type Tone = "plain" | "blue" | "green" | "amber" | "red" | "violet";

export type Point = readonly [x: number, y: number];

interface TextStyle {
  readonly anchor?: "start" | "middle" | "end";
  readonly look?: "ink" | "dim" | "bold" | "small" | "alert";
}

/**
 * Colours for light and dark pages. The sheet has a ground of its own, so that it stays readable also where a page's
 * colours differ from what the reader's system asks for.
 */
const COLOURS = `
  .ground{fill:#ffffff;stroke:#d0d7de}
  text{font:13px -apple-system,"Segoe UI",Helvetica,Arial,sans-serif;fill:#1f2328}
  .dim,.small{fill:#59636e}.bold{font-weight:600}.small{font-size:11.5px}.band{opacity:.45}.alert{fill:#b3261e;font-weight:600}
  .shape{stroke:#57606a;stroke-width:1.4}.edge{stroke:#8c959f;stroke-width:1.2;fill:none}.strong{stroke:#1f2328;stroke-width:2.2;fill:none}
  .dashed{stroke-dasharray:4 4}.tip{fill:#8c959f}.strongtip{fill:#1f2328}
  .plain{fill:#f6f8fa}.blue{fill:#cfe5ff}.green{fill:#c6f0cf}.amber{fill:#ffe7b3}.red{fill:#ffd0cc}.violet{fill:#e6d9ff}
  @media (prefers-color-scheme:dark){
    .ground{fill:#0d1117;stroke:#3d444d}
    text{fill:#e6edf3}.dim,.small{fill:#b7c0ca}.alert{fill:#ff8f85}
    .shape{stroke:#9aa5b1}.edge{stroke:#6e7781}.strong{stroke:#e6edf3}.tip{fill:#6e7781}.strongtip{fill:#e6edf3}
    .plain{fill:#1c2128}.blue{fill:#12406e}.green{fill:#14532d}.amber{fill:#5c4308}.red{fill:#6e1f1a}.violet{fill:#44307a}
  }`;

/** One drawing: shapes in the order in which they are added, text in plain SVG, nothing from outside the file. */
export class Sheet {
  readonly width: number;
  readonly height: number;
  readonly #title: string;
  readonly #parts: string[] = [];

  /** @param title what a screen reader says; the page's alt text is the same sentence */
  constructor(width: number, height: number, title: string) {
    this.width = width;
    this.height = height;
    this.#title = title;
  }

  text(at: Point, content: string, { anchor = "start", look = "ink" }: TextStyle = {}): void {
    this.#parts.push(
      `<text x="${at[0]}" y="${at[1]}" text-anchor="${anchor}" class="${look}">${escaped(content)}</text>`,
    );
  }

  /** Lines of text below each other. */
  lines(at: Point, contents: readonly string[], style: TextStyle = {}, step = 17): void {
    for (const [i, content] of contents.entries()) this.text([at[0], at[1] + i * step], content, style);
  }

  line(from: Point, to: Point, look = "edge"): void {
    this.#parts.push(`<path d="M${point(from)}L${point(to)}" class="${look}"/>`);
  }

  polyline(points: readonly Point[], look = "strong"): void {
    this.#parts.push(`<path d="M${points.map(point).join("L")}" class="${look}"/>`);
  }

  /** An arrow whose ends keep `gap` away from the centres they are given. */
  arrow(from: Point, to: Point, gap: readonly [number, number] = [0, 0], look: "edge" | "strong" = "edge"): void {
    const length = Math.hypot(to[0] - from[0], to[1] - from[1]);
    const [ux, uy] = [(to[0] - from[0]) / length, (to[1] - from[1]) / length];
    const end: Point = [to[0] - ux * gap[1], to[1] - uy * gap[1]];
    const back: Point = [end[0] - ux * 7, end[1] - uy * 7];
    this.line([from[0] + ux * gap[0], from[1] + uy * gap[0]], back, look);
    const side = (sign: number): Point => [back[0] - sign * uy * 3.5, back[1] + sign * ux * 3.5];
    this.#parts.push(
      `<path d="M${point(end)}L${point(side(1))}L${point(side(-1))}Z" class="${look === "edge" ? "tip" : "strongtip"}"/>`,
    );
  }

  circle(at: Point, radius: number, tone: Tone, look = ""): void {
    this.#parts.push(`<circle cx="${at[0]}" cy="${at[1]}" r="${radius}" class="shape ${tone} ${look}"/>`);
  }

  box(at: Point, width: number, height: number, tone: Tone, look = "shape"): void {
    this.#parts.push(
      `<rect x="${at[0]}" y="${at[1]}" width="${width}" height="${height}" rx="6" class="${look} ${tone}"/>`,
    );
  }

  toString(): string {
    const { width, height } = this;
    return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<title>${escaped(this.#title)}</title>
<style>${COLOURS}
</style>
<rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8" class="ground"/>
${this.#parts.join("\n")}
</svg>
`;
  }
}

function point([x, y]: Point): string {
  return `${Math.round(x * 10) / 10} ${Math.round(y * 10) / 10}`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
