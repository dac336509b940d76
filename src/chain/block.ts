import { type Address, accept, type Bytes, type Check, type Hash, reject } from "../primitives/index.ts";
import type { BlockRejection } from "./block-rejection.ts";
import { type BlockHeader, decodeHeader, encodeHeader, hashHeader } from "./header.ts";
import { maxBlockBytes } from "./limits.ts";
import { joinRlpList, splitRlpList, unwrapRlpBytes, wrapRlpBytes } from "./rlp-spans.ts";
import type { Transaction } from "./transaction.ts";
import { readTransaction } from "./transaction-decode.ts";

export interface Block {
  readonly header: BlockHeader;
  readonly hash: Hash;
  readonly transactions: readonly Transaction[];
}

/** Joins header and transactions; whether the roots fit is the business of `checkBody` and of execution. */
export function createBlock(header: BlockHeader, transactions: readonly Transaction[]): Block {
  return Object.freeze({ header, hash: hashHeader(header), transactions });
}

const EMPTY_LIST = Uint8Array.of(0xc0);

/** RLP of [header, transactions, no uncles, no withdrawals], as Ethereum encodes a block since Shanghai. */
export function encodeBlock(block: Block): Bytes {
  const transactions = block.transactions.map((tx) => (tx.type === 0 ? tx.raw : wrapRlpBytes(tx.raw)));
  return joinRlpList(encodeHeader(block.header), joinRlpList(...transactions), EMPTY_LIST, EMPTY_LIST);
}

/**
 * Reads a block from a peer or a file: bounded size, strict encoding, every transaction well formed and signed. Roots are
 * not compared here, and the limits of transactions are checked when the block runs.
 *
 * @param knownSender  as for `readTransaction`
 */
export function decodeBlock(
  bytes: Bytes,
  chainId: bigint,
  knownSender?: (hash: Hash) => Address | undefined,
): Check<Block, BlockRejection> {
  const parts = splitBlock(bytes);
  if (!parts.ok) return parts;
  const [headerBytes, transactionsBytes, uncles, withdrawals] = parts.value;
  if (!isEmptyList(uncles) || !isEmptyList(withdrawals)) return malformed("uncles and withdrawals must be empty");
  const header = decodeHeader(headerBytes);
  if (!header.ok) return header;
  const items = splitRlpList(transactionsBytes);
  if (items === undefined) return malformed("transactions are not a list");
  const transactions: Transaction[] = [];
  for (const [index, item] of items.entries()) {
    // A legacy transaction stands as a list, a typed one as a byte string: a list in a string would be a second encoding.
    const raw = (item[0] as number) >= 0xc0 ? item : unwrapRlpBytes(item);
    if (raw === undefined || (raw !== item && (raw[0] ?? 0xff) >= 0xc0)) return malformed(`transaction ${index}`);
    const tx = readTransaction(raw, chainId, knownSender);
    if (!tx.ok) return reject({ code: "Transaction", index, rejection: tx.rejection });
    transactions.push(tx.value);
  }
  return accept(createBlock(header.value, transactions));
}

/** The header of an encoded block; nothing else of it is looked at. */
export function decodeHeaderOfBlock(bytes: Bytes): Check<BlockHeader, BlockRejection> {
  const parts = splitBlock(bytes);
  return parts.ok ? decodeHeader(parts.value[0]) : parts;
}

type BlockParts = readonly [header: Bytes, transactions: Bytes, uncles: Bytes, withdrawals: Bytes];

function splitBlock(bytes: Bytes): Check<BlockParts, BlockRejection> {
  if (bytes.length > maxBlockBytes) return reject({ code: "BlockTooLarge", limit: maxBlockBytes, found: bytes.length });
  const parts = splitRlpList(bytes);
  if (parts?.length !== 4) return malformed("not a list of header, transactions, uncles and withdrawals");
  return accept(parts as unknown as BlockParts);
}

function isEmptyList(item: Bytes): boolean {
  return item.length === 1 && item[0] === 0xc0;
}

function malformed(reason: string): { readonly ok: false; readonly rejection: BlockRejection } {
  return reject({ code: "MalformedBlock", reason });
}
