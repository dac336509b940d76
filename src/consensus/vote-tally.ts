import type { BlockNode } from "./block-tree.ts";
import type { Weight } from "./committee.ts";
import type { Panorama } from "./dag-unit.ts";
import { isCorrect } from "./panorama.ts";

/** Weight that votes for a block, and for it or one of its descendants. */
export interface VoteTally {
  readonly block: BlockNode;
  readonly votes: Weight;
  readonly branch: Weight;
}

/** Weight of the votes for each block, as the fork choice of this panorama counts them: faulty and silent ones do not vote. */
export function countVotes(panorama: Panorama, weights: readonly Weight[]): ReadonlyMap<BlockNode, Weight> {
  const votes = new Map<BlockNode, Weight>();
  // Most vote for the same block: a run of equal votes is counted before the map is touched.
  let run: BlockNode | undefined;
  let weight = 0;
  const count = (): void => {
    if (run !== undefined) votes.set(run, (votes.get(run) ?? 0) + weight);
    weight = 0;
  };
  for (let i = 0; i < panorama.length; i++) {
    const observation = panorama[i];
    if (!isCorrect(observation) || observation.vote === undefined) continue;
    if (observation.vote !== run) count();
    run = observation.vote;
    weight += weights[i] as Weight;
  }
  count();
  return votes;
}

/** Every block that a vote stands on, lowest first, heaviest branch first: the tree that the fork choice walks up. */
export function tallyBranches(votes: ReadonlyMap<BlockNode, Weight>): readonly VoteTally[] {
  const branches = new Map<BlockNode, Weight>();
  for (const [voted, weight] of votes) {
    for (let block: BlockNode | undefined = voted; block !== undefined; block = block.parent) {
      branches.set(block, (branches.get(block) ?? 0) + weight);
    }
  }
  return [...branches]
    .map(([block, branch]) => ({ block, votes: votes.get(block) ?? 0, branch }))
    .sort((a, b) => a.block.depth - b.block.depth || b.branch - a.branch || (a.block.unit > b.block.unit ? -1 : 1));
}
