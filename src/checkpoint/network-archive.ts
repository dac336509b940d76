import { type BlockHeader, createBlock, encodeReceipt, orderedTrie, transactionsRoot } from "../chain/index.ts";
import { EnvironmentError, type KomaError, ProtocolError } from "../errors.ts";
import { type BlockLeaf, blockLeafOf, createBlockTree } from "../proofs/index.ts";
import type { ArchivedBlock, ChainArchive, SubmittedCheckpoint } from "./archive.ts";
import { areLeavesOf } from "./leaves.ts";

/** One node's blocks. It may be wrong, behind, or away. */
export interface BlockSource {
  readonly name: string;
  block(number: bigint): Promise<ArchivedBlock | undefined>;
  /** What the node says it signed, or would sign, of these blocks. */
  leaves?(start: bigint, end: bigint): Promise<readonly BlockLeaf[] | undefined>;
  /** The headers of what it signed, which need not be those of its blocks. */
  headers?(start: bigint, end: bigint): Promise<readonly BlockHeader[] | undefined>;
}

/** Checkpoints as the root chain has them. */
export type CheckpointReader = Pick<ChainArchive, "checkpoint" | "checkpointCovering">;

/** Blocks asked for at once: more do not come faster from one node. */
const AT_ONCE = 16;

/**
 * An archive over several nodes that need not agree. Blocks under a checkpoint come from the first node whose blocks give
 * the root that was signed, all of that checkpoint from the same node; blocks after the last checkpoint from the first
 * node that has them. Everything is read once.
 */
export function createNetworkArchive(sources: readonly BlockSource[], checkpoints: CheckpointReader): ChainArchive {
  const opened = new Map<bigint, Promise<readonly ArchivedBlock[] | undefined>>();
  const loose = new Map<bigint, Promise<ArchivedBlock | undefined>>();
  const covering = new Map<bigint, Promise<SubmittedCheckpoint | undefined>>();
  const ranges: SubmittedCheckpoint[] = [];

  async function coveringOf(number: bigint): Promise<SubmittedCheckpoint | undefined> {
    const known = ranges.find(({ start, end }) => start <= number && number <= end);
    if (known) return known;
    const asked = remembered(covering, number, () => checkpoints.checkpointCovering(number));
    const found = await asked;
    if (found && !ranges.some((range) => range.number === found.number)) ranges.push(found);
    return found;
  }

  function blocksOf(checkpoint: SubmittedCheckpoint): Promise<readonly ArchivedBlock[] | undefined> {
    const { start, end, rootHash } = checkpoint;
    const signedBy = (read: (source: BlockSource) => Promise<readonly ArchivedBlock[] | undefined>) =>
      firstOf(sources, async (source) => {
        const blocks = await read(source);
        return blocks && rootOf(blocks) === rootHash ? blocks : undefined;
      });
    return remembered(opened, checkpoint.number, async () => {
      const blocks = await signedBy((source) => readRange(source, start, end));
      // Nobody's chain is what was signed. Whoever signed it may show the headers, under which some blocks fit.
      return blocks ?? signedBy((source) => readSigned(source, start, end));
    });
  }

  function looseBlock(number: bigint): Promise<ArchivedBlock | undefined> {
    return remembered(loose, number, () => firstOf(sources, (source) => source.block(number)));
  }

  return {
    async block(number, hash) {
      if (hash !== undefined) {
        return firstOf(sources, async (source) => {
          const found = await source.block(number);
          return found?.block.hash === hash ? found : undefined;
        });
      }
      const checkpoint = await coveringOf(number);
      if (!checkpoint) return looseBlock(number);
      const blocks = await blocksOf(checkpoint);
      // Without a node that has what was signed, any node's block: whoever opens the checkpoint sees the difference.
      return blocks ? blocks[Number(number - checkpoint.start)] : looseBlock(number);
    },
    leaves: (checkpoint) =>
      firstOf(sources, async (source) => {
        const leaves = await source.leaves?.(checkpoint.start, checkpoint.end);
        return leaves && areLeavesOf(leaves, checkpoint) ? leaves : undefined;
      }),
    checkpoint: (number) => checkpoints.checkpoint(number),
    checkpointCovering: coveringOf,
  };
}

/** Undefined when the source lacks one of them. */
async function readRange(
  source: BlockSource,
  start: bigint,
  end: bigint,
): Promise<readonly ArchivedBlock[] | undefined> {
  const blocks: ArchivedBlock[] = [];
  for (let from = start; from <= end; from += BigInt(AT_ONCE)) {
    const count = Number(end - from + 1n);
    const numbers = Array.from({ length: Math.min(count, AT_ONCE) }, (_, index) => from + BigInt(index));
    for (const block of await Promise.all(numbers.map((number) => source.block(number)))) {
      if (!block || !isWhole(block)) return undefined;
      blocks.push(block);
    }
  }
  return blocks;
}

/** A source's blocks under the headers that it signed for them; undefined where it shows none, or they do not fit. */
async function readSigned(
  source: BlockSource,
  start: bigint,
  end: bigint,
): Promise<readonly ArchivedBlock[] | undefined> {
  const headers = await source.headers?.(start, end);
  const blocks = headers && (await readRange(source, start, end));
  if (!blocks || headers.length !== blocks.length) return undefined;
  const signed = blocks.map(({ block, receipts }, i) => ({
    block: createBlock(headers[i] as BlockHeader, block.transactions),
    receipts,
  }));
  return signed.every(isWhole) ? signed : undefined;
}

/** False when the transactions or receipts are not those that the header commits to: a source may leave some out. */
export function isWhole({ block, receipts }: ArchivedBlock): boolean {
  const { transactionsRoot: transactions, receiptsRoot } = block.header;
  if (receipts.length !== block.transactions.length) return false;
  return (
    transactionsRoot(block.transactions) === transactions &&
    orderedTrie(receipts.map(encodeReceipt)).root() === receiptsRoot
  );
}

/** Undefined when the blocks are not consecutive: a source may answer anything. */
function rootOf(blocks: readonly ArchivedBlock[]): string | undefined {
  const first = blocks[0]?.block.header.number ?? 0n;
  const consecutive = blocks.every(({ block }, index) => block.header.number === first + BigInt(index));
  return consecutive ? createBlockTree(blocks.map(({ block }) => blockLeafOf(block))).root : undefined;
}

/**
 * The first answer of the sources in order. One that does not answer, or answers nonsense, is passed over.
 *
 * @throws the last source's error when none answered at all
 */
async function firstOf<T>(
  sources: readonly BlockSource[],
  ask: (source: BlockSource) => Promise<T | undefined>,
): Promise<T | undefined> {
  let failure: KomaError | undefined;
  let answered = false;
  for (const source of sources) {
    try {
      const answer = await ask(source);
      if (answer !== undefined) return answer;
      answered = true;
    } catch (error) {
      if (!(error instanceof EnvironmentError || error instanceof ProtocolError)) throw error;
      failure = error;
    }
  }
  if (!answered && failure) throw failure;
  return undefined;
}

/** Keeps answers, not their absence: what is missing or fails now may be there at the next look. */
function remembered<K, T>(memory: Map<K, Promise<T>>, key: K, ask: () => Promise<T>): Promise<T> {
  const known = memory.get(key);
  if (known) return known;
  const asked = ask();
  memory.set(key, asked);
  const forget = () => memory.delete(key);
  asked.then((answer) => answer ?? forget(), forget);
  return asked;
}
