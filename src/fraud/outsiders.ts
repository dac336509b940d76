import type { ArchivedBlock, ChainArchive } from "../checkpoint/index.ts";
import type { Address } from "../primitives/index.ts";
import type { ScannedCheckpoint } from "./find-faults.ts";

/** Who may produce when, as the root chain has it; kind 3 is judged by the same. */
export interface ProducerRules {
  /** Blocks for which a key stays acceptable after its set has ended. */
  readonly graceBlocks: bigint;
  /** Empty slots after which any validator may lead; 0: never. */
  readonly openGapSlots: number;
  readonly slotMs: number;
  /** Whether the key is in a set that is in force at some time of the interval, seconds. */
  authorized(key: Address, from: bigint, to: bigint): Promise<boolean>;
  /** Whether a validator signs with that key. */
  isSigner(key: Address): Promise<boolean>;
}

/** Questions to the root chain at once. */
const AT_ONCE = 16;

/**
 * Numbers of a checkpoint's blocks that somebody sealed who was neither in a producer set then, the grace counted in blocks,
 * nor a validator in an open slot (KoMaBFT spec 8.3).
 *
 * @param blocks those of the checkpoint, and some before them
 */
export async function findOutsiders(
  archive: ChainArchive,
  checkpoint: ScannedCheckpoint,
  blocks: readonly ArchivedBlock[],
  rules: ProducerRules,
): Promise<ReadonlySet<bigint>> {
  const known = new Map(blocks.map((archived) => [archived.block.header.number, archived]));
  const headerAt = async (number: bigint) => (known.get(number) ?? (await archive.block(number)))?.block.header;
  const first = (await archive.checkpoint(1n))?.start ?? 1n;

  async function isOutsider({ block }: ArchivedBlock): Promise<boolean> {
    const { number, coinbase, timestamp } = block.header;
    const graceAt = number - first > rules.graceBlocks ? number - rules.graceBlocks : first;
    const grace = await headerAt(graceAt);
    // Without that block nothing can be proven either.
    if (!grace) return false;
    const from = grace.timestamp < timestamp ? grace.timestamp : timestamp;
    if (await rules.authorized(coinbase, from, timestamp)) return false;
    const parent = await headerAt(number - 1n);
    const gapMs = parent ? Number(timestamp - parent.timestamp + 1n) * 1_000 : 0;
    const isOpen = rules.openGapSlots > 0 && gapMs > rules.openGapSlots * rules.slotMs;
    return !(isOpen && (await rules.isSigner(coinbase)));
  }

  const outsiders = new Set<bigint>();
  const asked = blocks.filter(({ block }) => block.header.number >= checkpoint.start && block.header.number > 0n);
  for (let at = 0; at < asked.length; at += AT_ONCE) {
    const some = asked.slice(at, at + AT_ONCE);
    const found = await Promise.all(some.map(isOutsider));
    for (const [i, { block }] of some.entries()) if (found[i]) outsiders.add(block.header.number);
  }
  return outsiders;
}
