import { Sheet } from "./sheet.ts";

export const eraAlt =
  "The end of an era: the switch block is the era's last block; units without blocks go on above it until it is final, then validators sign its height and hash; signatures of more than two thirds of the weight stand for the era's graph. The next era starts as a new instance on the switch block, and the switch block of era e names the committee of era e + 2.";

export function drawEra(): string {
  const sheet = new Sheet(880, 336, eraAlt);
  const y = 120;
  sheet.box([18, 58], 518, 128, "plain", "band");
  sheet.text([30, 78], "era e: one instance, one committee", { look: "bold" });
  sheet.box([612, 58], 250, 128, "plain", "band");
  sheet.text([674, 78], "era e + 1: new instance id", { look: "bold" });
  for (const [x, label] of [
    [34, "block"],
    [122, "…"],
    [210, "block"],
  ] as const) {
    sheet.box([x, y - 22], 62, 44, "blue");
    sheet.text([x + 31, y + 5], label, { anchor: "middle" });
  }
  sheet.box([298, y - 26], 78, 52, "amber");
  sheet.box([302, y - 22], 70, 44, "amber");
  sheet.text([337, y - 2], "switch", { anchor: "middle", look: "bold" });
  sheet.text([337, y + 14], "block", { anchor: "middle", look: "bold" });
  for (const x of [122, 210, 298]) sheet.arrow([x, y], [x - 26, y], [0, 1]);
  for (const [i, x] of [420, 462, 504].entries()) {
    for (const dy of [-26, 0, 26]) sheet.circle([x, y + dy], 9, "plain");
    if (i > 0) sheet.arrow([x, y], [x - 42, y], [9, 10]);
  }
  sheet.arrow([420, y], [376, y], [9, 1]);
  sheet.text([462, 170], "units without blocks", { anchor: "middle", look: "small" });
  for (const [x, label] of [
    [630, "block"],
    [718, "block"],
    [806, "…"],
  ] as const) {
    sheet.box([x, y - 22], x === 806 ? 40 : 62, 44, "green");
    sheet.text([x + (x === 806 ? 20 : 31), y + 5], label, { anchor: "middle" });
  }
  for (const x of [718, 806]) sheet.arrow([x, y], [x - 26, y], [0, 1]);
  sheet.polyline(
    [
      [661, y - 22],
      [661, 40],
      [337, 40],
    ],
    "edge",
  );
  sheet.arrow([337, 40], [337, y - 26], [0, 1]);
  sheet.text([499, 32], "parent, and key block of the new instance", { anchor: "middle", look: "small" });

  sheet.arrow([337, y + 26], [337, 226], [0, 1], "strong");
  sheet.text([347, 208], "final at α = 1/3", { look: "small" });
  sheet.box([216, 228], 320, 44, "violet");
  sheet.text([376, 246], "finality signatures over (height, hash)", { anchor: "middle" });
  sheet.text([376, 263], "of more than 2/3 of the weight", { anchor: "middle", look: "small" });
  sheet.arrow([536, 250], [610, 250], [0, 1], "strong");
  sheet.lines([618, 240], ["a short proof for light clients;", "the era's graph may be dropped"], { look: "small" });
  sheet.text(
    [18, 300],
    "The switch block of era e names the committee of era e + 2: the one of era e + 1 is known while era e still runs.",
  );
  sheet.text([18, 321], "Whoever equivocated in era e is left out of e + 2, and its units are not accepted in e + 1.", {
    look: "small",
  });
  return sheet.toString();
}
