import { type Point, Sheet, type Tone } from "./sheet.ts";

export interface PictureBlock {
  readonly id: string;
  readonly parent?: string;
  readonly at: Point;
  /** Who votes for this block itself, and with what weight. */
  readonly vote?: { readonly by: string; readonly weight: number };
  /** Votes stand beside their block, or below it where a branch goes on. */
  readonly voteBelow?: boolean;
  /** Weight of the votes at or below it. */
  readonly below: number;
}

/** The key block is K. A votes for the longest chain; E has equivocated, so its weight of 2 counts nowhere. */
export const treeBlocks: readonly PictureBlock[] = [
  { id: "K", at: [80, 165], below: 10 },
  { id: "P1", parent: "K", at: [230, 85], below: 4 },
  { id: "P2", parent: "P1", at: [380, 85], below: 4 },
  { id: "P3", parent: "P2", at: [530, 85], vote: { by: "A", weight: 4 }, below: 4 },
  { id: "Q", parent: "K", at: [230, 235], vote: { by: "D", weight: 1 }, voteBelow: true, below: 6 },
  { id: "Q1", parent: "Q", at: [380, 190], vote: { by: "B", weight: 3 }, below: 3 },
  { id: "Q2", parent: "Q", at: [380, 280], vote: { by: "C", weight: 2 }, below: 2 },
];

export const treeChoice = ["K", "Q", "Q1"];
export const excludedVote = { by: "E", weight: 2, block: "P3" };

export const forkChoiceAlt =
  "A tree of blocks under key block K. The upper branch of three blocks has votes of weight 4, the lower branch 6 in all; the choice goes down into the lower branch and there to the child with 3 against 2. The vote of an equivocator is crossed out.";

export function drawForkChoice(): string {
  const sheet = new Sheet(880, 340, forkChoiceAlt);
  const byId = new Map(treeBlocks.map((block) => [block.id, block]));
  for (const block of treeBlocks) {
    const parent = block.parent === undefined ? undefined : byId.get(block.parent);
    if (parent === undefined) continue;
    const chosen = treeChoice.includes(block.id);
    sheet.arrow([parent.at[0] + 27, parent.at[1]], [block.at[0] - 27, block.at[1]], [0, 1], chosen ? "strong" : "edge");
  }
  for (const { id, at, below, vote, voteBelow } of treeBlocks) {
    const tone: Tone = id === treeChoice.at(-1) ? "green" : treeChoice.includes(id) ? "blue" : "plain";
    sheet.box([at[0] - 26, at[1] - 20], 52, 40, tone);
    sheet.text([at[0], at[1] + 5], id, { anchor: "middle", look: "bold" });
    sheet.text([at[0], at[1] - 27], `Σ ${below}`, { anchor: "middle", look: "small" });
    if (vote !== undefined) {
      const [x, y] = voteBelow === true ? [at[0] - 12, at[1] + 42] : [at[0] + 58, at[1]];
      sheet.circle([x, y], 14, "violet");
      sheet.text([x, y + 4.5], vote.by, { anchor: "middle" });
      sheet.text([x + 20, y + 5], `weight ${vote.weight}`, { look: "small" });
    }
  }
  sheet.circle([588, 125], 14, "red", "dashed");
  sheet.text([588, 129.5], excludedVote.by, { anchor: "middle" });
  sheet.line([576, 137], [600, 113], "strong");
  sheet.text([608, 130], `weight ${excludedVote.weight}: equivocated, not counted`, { look: "small" });

  sheet.text([590, 200], "At K: 6 against 4, so go to Q.");
  sheet.text([590, 222], "At Q: 3 against 2, so go to Q1.");
  sheet.text([590, 244], "No votes below: Q1 is the head.");
  sheet.text([590, 272], "The longest chain, and the block with", { look: "small" });
  sheet.text([590, 288], "most votes of its own (P3), both lose.", { look: "small" });
  sheet.text(
    [18, 322],
    "Σ: weight of the votes for this block and for blocks below it. Circle: a validator's latest vote.",
    {
      look: "small",
    },
  );
  return sheet.toString();
}
