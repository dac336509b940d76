import { type BlockHeader, decodeHeader } from "../chain/index.ts";
import { hexToBytes, isHash, isHex } from "../primitives/index.ts";
import type { BlockLeaf } from "../proofs/index.ts";

/** A number of at most 64 bits, as nodes write it. */
const QUANTITY = /^0x[0-9a-f]{1,16}$/;

/** A node's answer to `koma_getCheckpointLeaves`; undefined unless every entry is a leaf. */
export function readLeaves(answer: unknown): readonly BlockLeaf[] | undefined {
  if (!Array.isArray(answer)) return undefined;
  const leaves: BlockLeaf[] = [];
  for (const entry of answer as readonly unknown[]) {
    const leaf = readLeaf(entry);
    if (!leaf) return undefined;
    leaves.push(leaf);
  }
  return leaves;
}

/** A node's answer to `koma_getCheckpointHeaders`; undefined unless every entry is a header. */
export function readHeaders(answer: unknown): readonly BlockHeader[] | undefined {
  if (!Array.isArray(answer)) return undefined;
  const headers: BlockHeader[] = [];
  for (const entry of answer as readonly unknown[]) {
    if (!isHex(entry)) return undefined;
    const header = decodeHeader(hexToBytes(entry));
    if (!header.ok) return undefined;
    headers.push(header.value);
  }
  return headers;
}

function readLeaf(entry: unknown): BlockLeaf | undefined {
  if (typeof entry !== "object" || entry === null) return undefined;
  const { number, timestamp, transactionsRoot, receiptsRoot, blockHash } = entry as Readonly<Record<string, unknown>>;
  if (!isQuantity(number) || !isQuantity(timestamp)) return undefined;
  if (!isHash(transactionsRoot) || !isHash(receiptsRoot) || !isHash(blockHash)) return undefined;
  return { number: BigInt(number), timestamp: BigInt(timestamp), transactionsRoot, receiptsRoot, blockHash };
}

function isQuantity(value: unknown): value is string {
  return typeof value === "string" && QUANTITY.test(value);
}
