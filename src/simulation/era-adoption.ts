import { type Era, encodeEraEnd, nextEra, type ProvenEnd } from "../consensus/index.ts";
import { type Hash, keccakHash } from "../primitives/index.ts";
import type { EraWorld } from "./era-world.ts";
import { parentOf } from "./payload.ts";
import type { ChainBlock, SimulatedDisk } from "./simulated-disk.ts";

/**
 * Takes over the ends of eras that a peer has proven, with the blocks below them, as far as both lead.
 *
 * @param from era that runs here
 * @returns the newest era whose key block is on the disk then
 */
export function adoptEnds(
  world: EraWorld,
  disk: SimulatedDisk,
  from: Era,
  { proven, blocks }: { readonly proven: readonly ProvenEnd[]; readonly blocks: readonly ChainBlock[] },
): Era {
  let era = from;
  for (const { instance, switchBlock, payloadHash, end } of proven) {
    // Where the state names other validators than the peer did, what it tells next is of an era that never was.
    if (world.instanceOf(era).id !== instance.id || switchBlock.hash !== payloadHash) break;
    if (!takeBlocks(disk, world.firstEra.keyBlock.hash, switchBlock, blocks)) break;
    const staked = world.stakedAfter(switchBlock.t);
    const next = nextEra(era, { ...switchBlock, staked }, world.rules);
    disk.open(era, instance).end = encodeEraEnd({ ...end, staked });
    disk.open(next, world.instanceOf(next));
    era = next;
  }
  return era;
}

/** Everything up to the block `last`; false when the blocks do not lead from ours to it. */
function takeBlocks(
  disk: SimulatedDisk,
  genesis: Hash,
  last: { readonly height: number; readonly hash: Hash },
  blocks: readonly ChainBlock[],
): boolean {
  const { chain } = disk;
  const missing = blocks.filter(({ height }) => height > chain.length && height <= last.height);
  let tip = chain.at(-1)?.hash ?? genesis;
  let height = chain.length;
  for (const block of missing) {
    height++;
    if (block.height !== height || parentOf(block.payload) !== tip || keccakHash(block.payload) !== block.hash)
      return false;
    tip = block.hash;
  }
  const reached = last.height <= chain.length ? chain[last.height - 1]?.hash : tip;
  if (height < last.height || reached !== last.hash) return false;
  for (const block of missing) disk.append(block);
  return true;
}
