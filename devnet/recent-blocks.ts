import { type KomaError, ProtocolError } from "../src/errors.ts";
import type { RpcClient } from "../src/rpc/index.ts";

/** One of the newest blocks of the branch that a node holds for the best, and how strongly it holds it for final. */
export interface RecentBlock {
  readonly number: number;
  readonly hash: string;
  readonly parentHash: string;
  /** Name of the node that produced it, or its address. */
  readonly producer: string;
  readonly txs: number;
  /** ISO 8601. */
  readonly time: string;
  /** Share of the stake that would have to cheat to undo it (KoMaBFT spec 12.5); null until the node was asked. */
  readonly confidence: number | null;
}

/** How many blocks are looked at: what fits under the nodes of a terminal of 24 lines. */
export const RECENT_BLOCKS = 8;

/**
 * Looks at a node's newest blocks: one request, and a second one when there are blocks that `known` does not have.
 *
 * Confidence may also fall, when a validator is seen to contradict itself; so every block is asked for every time.
 *
 * @param known  what the last look gave, also of another node; newest first
 * @param nameOf  name for a producer's address
 * @throws what {@link RpcClient} throws
 */
export async function lookAtBlocks(
  rpc: RpcClient,
  known: readonly RecentBlock[],
  options: { readonly nameOf: (address: string) => string; readonly signal: AbortSignal },
): Promise<readonly RecentBlock[]> {
  const [newest, ...answers] = await rpc.batch(
    [
      { method: "eth_getBlockByNumber", params: ["latest", false] },
      ...known.map(({ hash }) => ({ method: "koma_getConfidence", params: [hash] })),
    ],
    options.signal,
  );
  if (newest?.ok === false) throw newest.error;
  const head = readBlock(newest?.result, options.nameOf);
  const updated = known.map((block, index) => ({ ...block, confidence: readConfidence(answers[index], block) }));
  const linked = linkBlocks(head, updated);
  const oldest = linked.at(-1) ?? head;
  const missing = numbersBelow(oldest.number, RECENT_BLOCKS - linked.length);
  const unasked = linked[0]?.confidence === null ? [head.hash] : [];
  if (missing.length + unasked.length === 0) return linked;
  const more = await rpc.batch(
    [
      ...unasked.map((hash) => ({ method: "koma_getConfidence", params: [hash] })),
      ...missing.map((number) => ({ method: "eth_getBlockByNumber", params: [number, false] })),
    ],
    options.signal,
  );
  const first = unasked.length === 0 ? head : { ...head, confidence: readConfidence(more[0], head) };
  // The branch may have changed between the two requests: what does not link is left for the next look.
  const fetched = more
    .slice(unasked.length)
    .flatMap((outcome) => (outcome.ok && outcome.result !== null ? [readBlock(outcome.result, options.nameOf)] : []));
  return linkBlocks(first, [...updated, ...fetched]);
}

/** The head and its ancestors among `blocks`, newest first, down to where one is missing. */
function linkBlocks(head: RecentBlock, blocks: readonly RecentBlock[]): readonly RecentBlock[] {
  const byHash = new Map(blocks.map((block) => [block.hash, block]));
  const linked = [{ ...head, confidence: head.confidence ?? byHash.get(head.hash)?.confidence ?? null }];
  while (linked.length < RECENT_BLOCKS) {
    const parent = byHash.get(linked.at(-1)?.parentHash ?? "");
    if (!parent || parent.number < 1) break;
    linked.push(parent);
  }
  return linked;
}

/** Down to block 1: nobody produced the genesis block. */
function numbersBelow(number: number, count: number): readonly string[] {
  const numbers: string[] = [];
  for (let each = number - 1; each >= 1 && numbers.length < count; each--) numbers.push(`0x${each.toString(16)}`);
  return numbers;
}

function readBlock(value: unknown, nameOf: (address: string) => string): RecentBlock {
  const { number, hash, parentHash, miner, timestamp, transactions } = (value ?? {}) as Record<string, unknown>;
  if (
    !isQuantity(number) ||
    !isQuantity(timestamp) ||
    !isHash(hash) ||
    !isHash(parentHash) ||
    typeof miner !== "string" ||
    !/^0x[0-9a-fA-F]{40}$/.test(miner) ||
    !Array.isArray(transactions)
  ) {
    throw new ProtocolError("KOMA_E_RPC_MALFORMED", "The node's answer is no block.");
  }
  return {
    number: Number(number),
    hash,
    parentHash,
    producer: nameOf(miner),
    txs: transactions.length,
    time: new Date(Number(timestamp) * 1000).toISOString(),
    confidence: null,
  };
}

/** What was known stays when the node does not know the block (yet, or any more). */
function readConfidence(
  outcome: { readonly ok: boolean; readonly result?: unknown; readonly error?: KomaError } | undefined,
  { confidence: before }: RecentBlock,
): number | null {
  if (!outcome?.ok) return before;
  const { confidence } = (outcome.result ?? {}) as { confidence?: unknown };
  if (typeof confidence !== "number" || !(confidence >= 0 && confidence <= 1)) {
    throw new ProtocolError("KOMA_E_RPC_MALFORMED", "The node's answer is no confidence.");
  }
  return confidence;
}

/** Up to 40 bits: further than any block number or second of a devnet, and exact as a number. */
function isQuantity(value: unknown): value is string {
  return typeof value === "string" && /^0x[0-9a-f]{1,10}$/.test(value);
}

function isHash(value: unknown): value is string {
  return typeof value === "string" && /^0x[0-9a-f]{64}$/.test(value);
}
