import { ancestorAtDepth, type BlockNode, commonAncestor } from "./block-tree.ts";
import type { Weight } from "./committee.ts";
import type { Panorama } from "./dag-unit.ts";
import { isCorrect } from "./panorama.ts";

/**
 * Weighted GHOST over the votes of a panorama: from the key block on, always to the child with the greatest weight of
 * votes at or below it, until no child has a vote. Equal weights: the greater unit hash. Undefined: the key block.
 *
 * A function of the panorama alone, also when validators have turned out faulty since: that is what makes a unit's vote
 * the same on every node.
 *
 * @see KoMaBFT spec 9
 */
export function forkChoice(panorama: Panorama, weights: readonly Weight[]): BlockNode | undefined {
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
  return heaviestBlock(votes);
}

/** {@link forkChoice} on votes that are counted already. */
export function heaviestBlock(votes: ReadonlyMap<BlockNode, Weight>): BlockNode | undefined {
  let chosen: BlockNode | undefined;
  let below = [...votes];
  while (below.length > 0) {
    // Down to the common ancestor no vote branches off, so the walk would go there step by step anyway.
    chosen = commonAncestorOf(below);
    const depth: number = chosen === undefined ? 0 : chosen.depth;
    below = heaviestBranch(
      below.filter(([block]) => block.depth > depth),
      depth + 1,
    );
  }
  return chosen;
}

function commonAncestorOf(votes: readonly (readonly [BlockNode, Weight])[]): BlockNode | undefined {
  let common: BlockNode | undefined = votes[0]?.[0];
  for (const [block] of votes) {
    if (common === undefined) return undefined;
    common = commonAncestor(common, block);
  }
  return common;
}

/** The votes below the heaviest block at `depth`. */
function heaviestBranch(votes: readonly [BlockNode, Weight][], depth: number): [BlockNode, Weight][] {
  const weightOf = new Map<BlockNode, Weight>();
  const branches = votes.map(([block, weight]) => {
    const branch = ancestorAtDepth(block, depth) as BlockNode;
    weightOf.set(branch, (weightOf.get(branch) ?? 0) + weight);
    return branch;
  });
  let best: BlockNode | undefined;
  let bestWeight = 0;
  for (const [branch, weight] of weightOf) {
    if (weight > bestWeight || (weight === bestWeight && best !== undefined && branch.unit > best.unit)) {
      best = branch;
      bestWeight = weight;
    }
  }
  return votes.filter((_, i) => branches[i] === best);
}
