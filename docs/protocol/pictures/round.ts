import { type Point, Sheet } from "./sheet.ts";

/** One round of a second with messages that take 100 ms, building and running a block 20 ms each. */
export const round = { lengthMs: 1000, delayMs: 100, buildMs: 20, executeMs: 20, proposeUntilMs: 166, witnessMs: 666 };

export const roundAlt =
  "One round of 1,000 ms on a time axis: the leader's proposal just after 0 ms, three confirmations as soon as the block has been run, and everybody's witness at 666 ms.";

const names = ["A (leader)", "B", "C", "D"];
const left = 130;
const perMs = 0.6;
const top = 74;
const step = 46;
const at = (ms: number, row: number): Point => [left + ms * perMs, top + row * step];

export function drawRound(): string {
  const sheet = new Sheet(880, 372, roundAlt);
  const bottom = top + 3 * step + 26;
  const heardMs = round.buildMs + round.delayMs;
  sheet.box([left, 34], heardMs * perMs, bottom - 34, "amber", "band");
  sheet.text([left + 6, 50], "proposal", { look: "small" });
  sheet.box([left + heardMs * perMs, 34], (round.witnessMs - heardMs) * perMs, bottom - 34, "blue", "band");
  sheet.text([left + heardMs * perMs + 6, 50], "confirmations", { look: "small" });
  sheet.box([left + round.witnessMs * perMs, 34], 334 * perMs, bottom - 34, "green", "band");
  sheet.text([left + round.witnessMs * perMs + 6, 50], "witnesses", { look: "small" });
  for (const [row, name] of names.entries()) {
    sheet.text([18, top + row * step + 5], name, { look: "bold" });
    sheet.line(at(0, row), at(1120, row));
  }
  const sent = round.buildMs;
  const confirmed = sent + round.delayMs + round.executeMs;
  for (const row of [1, 2, 3]) sheet.arrow(at(sent, 0), at(sent + round.delayMs, row), [10, 2]);
  for (const row of [1, 2, 3]) {
    for (const to of [0, 1, 2, 3])
      if (to !== row) sheet.arrow(at(confirmed, row), at(confirmed + round.delayMs, to), [9, 2]);
  }
  for (const row of [0, 1, 2, 3]) {
    for (const to of [0, 1, 2, 3]) {
      if (to !== row) sheet.arrow(at(round.witnessMs, row), at(round.witnessMs + round.delayMs, to), [9, 2]);
    }
  }
  sheet.box([at(sent, 0)[0] - 10, top - 10], 20, 20, "amber");
  for (const row of [1, 2, 3]) sheet.circle(at(confirmed, row), 9, "blue");
  for (const row of [0, 1, 2, 3]) sheet.circle(at(round.witnessMs, row), 9, "green");
  sheet.box([at(1000 + sent, 1)[0] - 10, top + step - 10], 20, 20, "amber");
  sheet.text([at(1000 + sent, 1)[0] + 16, top + step - 12], "next proposal", { look: "small" });

  const axis = bottom + 12;
  sheet.arrow([left, axis], [left + 1160 * perMs, axis], [0, 0], "strong");
  for (const [ms, label] of [
    [0, "0 ms"],
    [heardMs, "120"],
    [round.witnessMs, "666"],
    [round.witnessMs + round.delayMs, "766"],
    [round.lengthMs, "1,000"],
  ] as const) {
    sheet.line([left + ms * perMs, axis - 5], [left + ms * perMs, axis + 5], "strong");
    sheet.text([left + ms * perMs, axis + 22], label, { anchor: "middle", look: "small" });
  }
  const legend = axis + 54;
  sheet.box([18, legend - 14], 18, 18, "amber");
  sheet.text([44, legend], "proposal: carries the block, cites everything older than the slot");
  sheet.circle([27, legend + 20], 9, "blue");
  sheet.text([44, legend + 25], "confirmation: cites the proposal and what the proposal cites, nothing else");
  sheet.circle([27, legend + 45], 9, "green");
  sheet.text(
    [44, legend + 50],
    "witness: cites everything; once four witnesses are seen (766 ms), the block has a summit of level 1",
  );
  return sheet.toString();
}
