import { EnvironmentError, type KomaError, ProtocolError } from "../errors.ts";
import { exceedsTwoThirds } from "../primitives/index.ts";
import { blockLeafOf, createBlockTree } from "../proofs/index.ts";
import { type CheckpointRecord, checkpointHash } from "../rootchain/index.ts";
import type { ArchivedBlock } from "./archive.ts";
import type { BlockSource } from "./network-archive.ts";

/** One thing that was looked at. `got` and `want` are there where two values were compared. */
export interface CheckpointCheck {
  readonly name: string;
  readonly ok: boolean;
  readonly got?: string;
  readonly want?: string;
}

export interface InspectedCheckpoint {
  readonly chainId: bigint;
  readonly record: CheckpointRecord;
  /** Struct hash of the checkpoint before it; zero hash for the first. */
  readonly previous: CheckpointRecord["structHash"];
  /** Powers of the seats that signed, and of all, as far as they are still known. */
  readonly signedPower: bigint;
  readonly totalPower: bigint;
}

/**
 * Compares a checkpoint on the root chain with the blocks of every node, and with itself. A node that cannot answer is a
 * check of its own that fails.
 */
export async function inspectCheckpoint(
  inspected: InspectedCheckpoint,
  sources: readonly BlockSource[],
): Promise<readonly CheckpointCheck[]> {
  const { record } = inspected;
  const checks: CheckpointCheck[] = [];
  for (const source of sources) checks.push(...(await compareBlocks(source, record)));
  const { chainId, previous } = inspected;
  const structHash = checkpointHash({ ...record, chainId, prevCheckpoint: previous });
  checks.push(compared("continues the checkpoint before it", structHash, record.structHash));
  checks.push({
    name: "signed by more than two thirds of the stake",
    ok: exceedsTwoThirds(inspected.signedPower, inspected.totalPower),
    got: inspected.signedPower.toString(),
    want: `more than two thirds of ${inspected.totalPower}`,
  });
  checks.push({ name: "no challenge is open", ok: record.openChallenges === 0, got: String(record.openChallenges) });
  return checks;
}

async function compareBlocks(source: BlockSource, record: CheckpointRecord): Promise<readonly CheckpointCheck[]> {
  const rootName = `root of ${source.name}'s blocks`;
  let blocks: readonly ArchivedBlock[];
  try {
    blocks = await readBlocks(source, record);
  } catch (error) {
    if (!(error instanceof ProtocolError || error instanceof EnvironmentError)) throw error;
    return [{ name: rootName, ok: false, got: (error as KomaError).message, want: record.rootHash }];
  }
  const last = blocks.at(-1)?.block.hash ?? "";
  const tree = createBlockTree(blocks.map(({ block }) => blockLeafOf(block)));
  return [
    compared(rootName, tree.root, record.rootHash),
    compared(`last block of ${source.name}`, last, record.lastBlockHash),
  ];
}

async function readBlocks(source: BlockSource, record: CheckpointRecord): Promise<readonly ArchivedBlock[]> {
  const blocks: ArchivedBlock[] = [];
  for (let number = record.start; number <= record.end; number++) {
    const found = await source.block(number);
    if (!found || found.block.header.number !== number) {
      throw new ProtocolError("KOMA_E_BLOCKS_DIFFER", `${source.name} lacks block ${number}`, { facts: { number } });
    }
    blocks.push(found);
  }
  return blocks;
}

function compared(name: string, got: string, want: string): CheckpointCheck {
  return { name, ok: got === want, got, want };
}
