import { existsSync } from "node:fs";
import { encodeBlock } from "../chain/index.ts";
import { decodeEraEnd } from "../consensus/index.ts";
import { UserError } from "../errors.ts";
import { type ChainFileWriter, createChainFile, partialPath } from "./chain-file.ts";
import { breathe, openStoppedNode, type StoppedNode } from "./stopped-node.ts";

export interface ExportOptions {
  readonly out: string;
  /** Default: the first block. */
  readonly from?: bigint;
  /** Default: the newest final block. */
  readonly to?: bigint;
  readonly signal: AbortSignal;
  readonly report?: (detail: string) => void;
}

export interface ExportedChain {
  readonly from: bigint;
  readonly to: bigint;
  readonly blocks: bigint;
  /** Last block that the file proves to be final; another node takes in no more than that. */
  readonly provenTo: bigint;
  readonly bytes: number;
  /** An earlier run was cut off: what it had written was thrown away. */
  readonly beganAgain: boolean;
}

const BLOCKS_AT_ONCE = 64n;

/**
 * Writes final blocks of a stopped node into a file, with the signatures that prove the ends of their eras. The file appears
 * when it is whole; what a run that was killed has left under another name is replaced by the next one.
 *
 * @throws {UserError} KOMA_E_FILE_EXISTS, KOMA_E_BLOCK_UNKNOWN (the range), KOMA_E_HISTORY_PRUNED
 * @throws {EnvironmentError} KOMA_E_STORE_LOCKED while the node runs, KOMA_E_FILE_UNWRITABLE
 */
export async function exportChain(folder: string, options: ExportOptions): Promise<ExportedChain> {
  const { out, signal, report = () => {} } = options;
  const node = openStoppedNode(folder);
  let file: ChainFileWriter | undefined;
  try {
    const { store, config } = node;
    if (existsSync(out)) {
      throw new UserError("KOMA_E_FILE_EXISTS", `${out} exists already.`, {
        facts: { path: out },
        fix: ["Choose another name."],
      });
    }
    const range = rangeOf(node, options);
    const { chainId } = config.genesis;
    const beganAgain = existsSync(partialPath(out));
    if (beganAgain) report("an earlier run was cut off: beginning again");
    file = createChainFile(out, { chainId, genesisHash: config.genesisHash, ...range });
    const provenTo = writeEnds(node, range, file);
    for (let number = range.from; number <= range.to; number++) {
      const block = store.blocks.block(number);
      if (!block) throw unknownRange(range, store.blocks.transactionsStart());
      file.block(encodeBlock(block));
      if (number % BLOCKS_AT_ONCE === 0n) {
        report(`block ${number}`);
        await breathe(signal);
      }
    }
    return { ...range, blocks: range.to - range.from + 1n, provenTo, bytes: file.finish(), beganAgain };
  } catch (error) {
    file?.discard();
    throw error;
  } finally {
    node.close();
  }
}

interface Range {
  readonly from: bigint;
  readonly to: bigint;
}

function rangeOf({ store }: StoppedNode, { from, to }: ExportOptions): Range {
  const head = store.blocks.head()?.number ?? 0n;
  const oldest = store.blocks.transactionsStart() > 1n ? store.blocks.transactionsStart() : 1n;
  const range = { from: from ?? oldest, to: to ?? head };
  if (range.from < 1n || range.from > range.to || range.to > head) {
    throw new UserError("KOMA_E_BLOCK_UNKNOWN", `Blocks ${range.from} to ${range.to} are not all here.`, {
      facts: { from: range.from, to: range.to, head },
      fix: [`Choose blocks from 1 to ${head}.`],
    });
  }
  if (range.from < oldest) throw unknownRange(range, oldest);
  return range;
}

function unknownRange({ from, to }: Range, oldest: bigint): UserError {
  return new UserError(
    "KOMA_E_HISTORY_PRUNED",
    `Blocks ${from} to ${to} are not all kept: this node has forgotten some.`,
    {
      facts: { from, to, oldest },
      fix: [`Export from block ${oldest} on.`, "Export from an archive or a full node."],
    },
  );
}

/** Those whose last block is in the range or right before it, in order. Gives the last block that they prove. */
function writeEnds({ store, era }: StoppedNode, { from, to }: Range, file: ChainFileWriter): bigint {
  let proven = from - 1n;
  for (let generation = 0n; generation <= BigInt(era().generation); generation++) {
    for (let number = 0n; ; number++) {
      const row = store.eras.find(generation, number);
      if (!row) break;
      const proof = row.end && decodeEraEnd(row.end)?.proof;
      if (!row.end || !proof) continue;
      const height = BigInt(proof.height);
      if (height < from - 1n || height > to || store.blocks.hashOf(height) !== proof.block) continue;
      file.end({ instance: row.instance, end: row.end });
      proven = height;
    }
  }
  return proven;
}
