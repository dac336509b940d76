import { drawUnits, type PictureUnit } from "./drawn-units.ts";
import { Sheet } from "./sheet.ts";

/** The units of the picture. C2 is the one whose panorama is shown; what it has not seen is left plain. */
export const panoramaUnits: readonly PictureUnit[] = [
  { id: "A0", x: 90, block: "block", tone: "blue" },
  { id: "B0", x: 190, cites: ["A0"], tone: "blue" },
  { id: "C0", x: 190, cites: ["A0"], tone: "blue" },
  { id: "A1", x: 290, cites: ["B0"], tone: "blue" },
  { id: "B1", x: 342, cites: ["A1"], tone: "plain" },
  { id: "C1", x: 350, cites: ["B0"], tone: "blue" },
  { id: "D0", x: 300, cites: ["C0"], tone: "blue" },
  { id: "C2", x: 490, cites: ["A1", "D0"], tone: "green" },
  { id: "D1", x: 490, cites: ["B1"], tone: "plain" },
];

export const panoramaNames = ["A", "B", "C", "D", "E"];

/** What C2 has seen, in committee order. */
export const panoramaOfC2 = ["A1", "B0", "C1", "D0", "nothing"];

export const panoramaAlt =
  "A graph of nine units by four of five validators. The unit C2 has seen A1, B0, C1 and D0 and nothing of E: that is its panorama. B1 and D1 exist but C2 does not know them.";

export function drawPanorama(): string {
  const sheet = new Sheet(880, 330, panoramaAlt);
  drawUnits(sheet, panoramaUnits, { names: panoramaNames, top: 50, step: 54 });
  sheet.text([90, 272], "nothing yet", { anchor: "middle", look: "small" });
  sheet.text([18, 312], "older", { look: "small" });
  sheet.arrow([60, 308], [530, 308]);
  sheet.text([538, 312], "newer", { look: "small" });

  sheet.text([610, 50], "panorama of C2", { look: "bold" });
  for (const [i, seen] of panoramaOfC2.entries()) {
    const y = 64 + i * 34;
    sheet.text([622, y + 20], `${panoramaNames[i]}`, { look: "bold" });
    sheet.box([644, y + 2], 90, 26, seen === "nothing" ? "plain" : "blue");
    sheet.text([689, y + 20], seen, { anchor: "middle" });
  }
  sheet.lines(
    [610, 258],
    ["green: the unit; blue: all that it sees", "plain: units that it does not know", "square: carries a block"],
    { look: "small" },
  );
  return sheet.toString();
}
