import { drawUnits, type PictureUnit } from "./drawn-units.ts";
import { Sheet } from "./sheet.ts";

/** D signs two units with number 1 and shows each to a different half; C hears of both. */
export const equivocationUnits: readonly PictureUnit[] = [
  { id: "D0", x: 80, block: "block", tone: "plain" },
  { id: "D1", x: 180, tone: "red", dy: -24 },
  { id: "D1'", x: 180, tone: "red", dy: 24, after: "D0" },
  { id: "A0", x: 250, cites: ["D1"], tone: "blue" },
  { id: "B0", x: 250, cites: ["D1'"], tone: "blue" },
  { id: "C0", x: 350, cites: ["A0", "B0"], tone: "green" },
];

/** What each unit has seen of D. */
export const seenOfD = { A0: "D1", B0: "D1'", C0: "faulty" } as const;

export const equivocationAlt =
  "Validator D signs two units with sequence number 1. A sees one, B the other, C sees both through A and B, so D is faulty for C. The two signed headers go to the root chain, where ConsensusFraud kind 21 recovers both signers and D loses 20 % of its stake.";

export function drawEquivocation(): string {
  const sheet = new Sheet(880, 362, equivocationAlt);
  drawUnits(sheet, equivocationUnits, { names: ["A", "B", "C", "D"], top: 56, step: 66 });
  sheet.text([18, 322], "D1 and D1': one sequence number, neither sees the other.", { look: "small" });
  sheet.text([18, 340], "A has seen only D1, B only D1'; whoever cites both knows.", { look: "small" });
  sheet.text([322, 222], "sees both:", { look: "small" });
  sheet.text([322, 239], "D is faulty", { look: "alert" });

  const x = 450;
  const boxes: readonly (readonly [string, readonly string[], "green" | "blue" | "amber" | "red"])[] = [
    ["evidence", ["two headers (instance, creator, seq, prev, bodyHash), two signatures"], "green"],
    ["in consensus, at once", ["D's votes count nowhere above C0; evidence goes to everybody"], "blue"],
    ["ConsensusFraud, kind 21", ["one number, two hashes, one signer with a seat: guilty"], "amber"],
    ["SlashLedger, class C", ["20 % of D's stake: half to the finder, a quarter burned"], "red"],
  ];
  for (const [i, [title, lines, tone]] of boxes.entries()) {
    const y = 26 + i * 76;
    sheet.box([x, y], 414, 54, tone);
    sheet.text([x + 14, y + 22], title, { look: "bold" });
    sheet.lines([x + 14, y + 42], lines, { look: "small" });
    if (i > 0) sheet.arrow([x + 40, y - 22], [x + 40, y], [0, 1], "strong");
  }
  sheet.text([x + 56, 174], "a transaction on the root chain, by anybody", { look: "small" });
  sheet.arrow([362, 188], [x - 4, 60], [4, 0], "strong");
  return sheet.toString();
}
