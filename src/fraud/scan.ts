import {
  type ArchivedBlock,
  type ChainArchive,
  openCheckpoint,
  type SubmittedCheckpoint,
} from "../checkpoint/index.ts";
import { ProtocolError } from "../errors.ts";
import type { Fault, Scan, ScanRules } from "./find-faults.ts";
import { findFaults } from "./finders.ts";
import { findLeafFaults } from "./leaf-faults.ts";
import { findOutsiders } from "./outsiders.ts";

/** How far back a scan looks for the earlier one of two transactions, blocks. */
const PAST_BLOCKS = 256n;

/** Blocks asked for at once: a challenge period may be short, and a node answers several at a time. */
const AT_ONCE = 16n;

/**
 * Every provable fault in one checkpoint. The blocks come from the archive and must give the checkpoint's root, so that a
 * node cannot make another one look guilty.
 *
 * @throws {ProtocolError} KOMA_E_BLOCKS_DIFFER
 */
export async function scanCheckpoint(
  archive: ChainArchive,
  checkpoint: SubmittedCheckpoint,
  rules: ScanRules,
): Promise<readonly Fault[]> {
  try {
    return findFaults(await readScan(archive, checkpoint, rules));
  } catch (error) {
    if (!(error instanceof ProtocolError) || error.code !== "KOMA_E_BLOCKS_DIFFER") throw error;
    // Either nobody shows what was signed, or what was signed are not the blocks.
    const faults = await findLeafFaults(archive, checkpoint, rules.banned);
    if (faults.length === 0) throw error;
    return faults;
  }
}

/**
 * The blocks of a checkpoint with those before them, as finders take them.
 *
 * @throws {ProtocolError} KOMA_E_BLOCKS_DIFFER
 */
export async function readScan(
  archive: ChainArchive,
  checkpoint: SubmittedCheckpoint,
  rules: ScanRules,
): Promise<Scan> {
  const opened = await openCheckpoint(archive, checkpoint);
  const past: ArchivedBlock[] = [];
  const first = checkpoint.start > PAST_BLOCKS ? checkpoint.start - PAST_BLOCKS : 1n;
  for (let from = first; from < checkpoint.start; from += AT_ONCE) {
    const numbers: bigint[] = [];
    for (let number = from; number < checkpoint.start && number < from + AT_ONCE; number++) numbers.push(number);
    const found = await Promise.all(numbers.map((number) => archive.block(number)));
    // A node that pruned its past still shows every fault inside the checkpoint.
    for (const archived of found) if (archived) past.push(archived);
  }
  const blocks = [...past, ...opened.blocks];
  const outsiders = rules.producers && (await findOutsiders(archive, checkpoint, blocks, rules.producers));
  return { blocks, checkpoint, rules, ...(outsiders ? { outsiders } : {}) };
}
