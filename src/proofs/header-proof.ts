import {
  type Address,
  accept,
  type Bytes,
  type Check,
  decodeRlp,
  type Hash,
  keccakHash,
  MalformedRlp,
  readAddress,
  readBigint,
  readBytes,
  readHash,
  readList,
  reject,
} from "../primitives/index.ts";
import type { BlockLeaf } from "./block-proof.ts";
import type { HeaderField, ProofRejection } from "./proof-rejection.ts";

/**
 * A header as the root contracts read it: at least sixteen fields, whatever the constant ones say. Looser than
 * `decodeHeader`, because a header with a wrong constant must still open its leaf to be shown wrong.
 */
export interface OpenedHeader {
  readonly parentHash: Hash;
  readonly coinbase: Address;
  readonly stateRoot: Hash;
  readonly transactionsRoot: Hash;
  readonly receiptsRoot: Hash;
  readonly number: bigint;
  readonly gasLimit: bigint;
  readonly gasUsed: bigint;
  readonly timestamp: bigint;
  readonly extraData: Bytes;
  readonly prevRandao: Hash;
  readonly baseFeePerGas: bigint;
}

const MIN_FIELDS = 16;
const MAX_FIELDS = 32;

/** The header that a leaf's block hash opens to, agreeing with the leaf in every field they share (proof rule P9). */
export function openHeader(leaf: BlockLeaf, raw: Bytes): Check<OpenedHeader, ProofRejection> {
  if (keccakHash(raw) !== leaf.blockHash) return mismatch("hash");
  const header = readHeader(raw);
  if (header === undefined) return mismatch("rlp");
  for (const field of ["number", "timestamp", "transactionsRoot", "receiptsRoot"] as const) {
    if (header[field] !== leaf[field]) return mismatch(field);
  }
  return accept(header);
}

function readHeader(raw: Bytes): OpenedHeader | undefined {
  const rlp = decodeRlp(raw);
  if (!rlp.ok) return undefined;
  try {
    const f = readList(rlp.value);
    if (f.length < MIN_FIELDS || f.length > MAX_FIELDS) return undefined;
    readHash(f[1]);
    readBytes(f[6], 256);
    readBigint(f[7]);
    readBytes(f[14], 8);
    return {
      parentHash: readHash(f[0]),
      coinbase: readAddress(f[2]),
      stateRoot: readHash(f[3]),
      transactionsRoot: readHash(f[4]),
      receiptsRoot: readHash(f[5]),
      number: readBigint(f[8], 8),
      gasLimit: readBigint(f[9], 8),
      gasUsed: readBigint(f[10], 8),
      timestamp: readBigint(f[11], 8),
      extraData: readBytes(f[12]),
      prevRandao: readHash(f[13]),
      baseFeePerGas: readBigint(f[15]),
    };
  } catch (error) {
    if (error instanceof MalformedRlp) return undefined;
    throw error;
  }
}

function mismatch(field: HeaderField): { readonly ok: false; readonly rejection: ProofRejection } {
  return reject({ code: "HeaderMismatch", field });
}
