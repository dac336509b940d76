import {
  type Address,
  accept,
  type Bytes,
  bigintToBytes,
  type Check,
  concatBytes,
  decodeRlp,
  type Hash,
  hashFromBytes,
  keccak256,
  keccakHash,
  MalformedRlp,
  type RlpItem,
  readAddress,
  readBigint,
  readBytes,
  readHash,
  readList,
  recoverFromParts,
  reject,
} from "../primitives/index.ts";
import { maxTransactionBytes } from "./limits.ts";
import { joinRlpList, wrapRlpBytes } from "./rlp-spans.ts";
import type { AccessListEntry, Transaction } from "./transaction.ts";
import { checkTransactionLimits } from "./transaction-limits.ts";
import type { TxFormatRejection } from "./transaction-rejection.ts";

const HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n;

type KnownSender = (hash: Hash) => Address | undefined;

/**
 * Reads EIP-2718 bytes strictly: canonical RLP, no leading zeros, nothing left over, low s, this chain, and the limits
 * that hold in every block. The bytes are copied, so a transaction does not keep the message it came in alive.
 *
 * @param chainId      EIP-155 id that types 1, 2 and protected legacy transactions must carry
 * @param knownSender  senders recovered by this process before, by transaction hash; never fill it from a peer's claim
 */
export function decodeTransaction(
  raw: Bytes,
  chainId: bigint,
  knownSender?: KnownSender,
): Check<Transaction, TxFormatRejection> {
  const parsed = parse(raw, chainId);
  if (!parsed.ok) return parsed;
  // Before the sender, because recovery is the one expensive step.
  const broken = checkTransactionLimits(parsed.value);
  return broken === undefined ? identify(parsed.value, knownSender) : reject(broken);
}

/**
 * As {@link decodeTransaction}, but without the limits of blocks: the rules by which the root contracts read a
 * transaction (proof rules P5 to P7). For blocks, whose limits are checked when they run: one that breaks them must be
 * readable to be proven wrong.
 */
export function readTransaction(
  raw: Bytes,
  chainId: bigint,
  knownSender?: KnownSender,
): Check<Transaction, TxFormatRejection> {
  const parsed = parse(raw, chainId);
  return parsed.ok ? identify(parsed.value, knownSender) : parsed;
}

function parse(raw: Bytes, chainId: bigint): Check<Unsigned, TxFormatRejection> {
  if (raw.length > maxTransactionBytes) return malformed(`${raw.length} bytes are more than ${maxTransactionBytes}`);
  const own = new Uint8Array(raw);
  const lead = own[0];
  if (lead === undefined) return malformed("no bytes");
  if (lead !== 1 && lead !== 2 && lead < 0xc0) return reject({ code: "UnsupportedType", type: lead });
  const type = lead >= 0xc0 ? 0 : (lead as 1 | 2);
  const rlp = decodeRlp(type === 0 ? own : own.subarray(1));
  if (!rlp.ok) return malformed(rlp.rejection.reason);
  try {
    const tx = type === 0 ? readLegacy(own, rlp.value) : readTyped(own, type, rlp.value);
    if (tx.parity === undefined) return reject({ code: "BadSignature", reason: "v" });
    if (tx.chainId !== chainId && !(type === 0 && tx.chainId === undefined)) {
      return reject({ code: "WrongChain", expected: chainId, found: tx.chainId ?? 0n });
    }
    return accept(tx);
  } catch (error) {
    if (error instanceof MalformedRlp) return malformed(error.message);
    throw error;
  }
}

/** A transaction whose shape is sound; not yet known is who signed it. */
type Unsigned = Omit<Transaction, "hash" | "signingHash" | "sender" | "yParity"> & {
  /** Of y: 0 or 1; undefined when v has no meaning. */
  readonly parity: bigint | undefined;
  /** r and s as 64 bytes. */
  readonly rs: Bytes;
  readonly signingPayload: Bytes;
};

function readLegacy(raw: Bytes, item: RlpItem): Unsigned {
  const f = readList(item, 9);
  const gasPrice = readBigint(f[1]);
  const v = readBigint(f[6]);
  const unprotected = v === 27n || v === 28n;
  const chainId = unprotected || v < 35n ? undefined : (v - 35n) / 2n;
  const fields = signedContent(raw, f.slice(6), listStart(raw, 0));
  return {
    type: 0,
    raw,
    chainId,
    nonce: readBigint(f[0], 8),
    maxPriorityFeePerGas: gasPrice,
    maxFeePerGas: gasPrice,
    gasLimit: readBigint(f[2], 8),
    to: readRecipient(f[3]),
    value: readBigint(f[4]),
    data: readBytes(f[5]),
    accessList: [],
    v,
    r: readBigint(f[7]),
    s: readBigint(f[8]),
    rs: signatureBytes(readBytes(f[7]), readBytes(f[8])),
    parity: unprotected ? v - 27n : chainId === undefined ? undefined : (v - 35n) % 2n,
    signingPayload:
      chainId === undefined
        ? joinRlpList(fields)
        : joinRlpList(fields, wrapRlpBytes(bigintToBytes(chainId)), ZERO, ZERO),
  };
}

/** RLP of the integer zero. */
const ZERO = Uint8Array.of(0x80);

function readTyped(raw: Bytes, type: 1 | 2, item: RlpItem): Unsigned {
  // EIP-2930: [chainId, nonce, gasPrice, gasLimit, to, value, data, accessList, yParity, r, s];
  // EIP-1559 has the priority fee before the fee cap in place of the gas price.
  const f = readList(item, 9 + type + 1);
  const fees = type === 1 ? 1 : 2;
  const maxPriorityFeePerGas = readBigint(f[2]);
  const rest = f.slice(2 + fees);
  const v = readBigint(rest[5]);
  return {
    type,
    raw,
    chainId: readBigint(f[0]),
    nonce: readBigint(f[1], 8),
    maxPriorityFeePerGas,
    maxFeePerGas: type === 1 ? maxPriorityFeePerGas : readBigint(f[3]),
    gasLimit: readBigint(rest[0], 8),
    to: readRecipient(rest[1]),
    value: readBigint(rest[2]),
    data: readBytes(rest[3]),
    accessList: readAccessList(rest[4]),
    v,
    r: readBigint(rest[6]),
    s: readBigint(rest[7]),
    rs: signatureBytes(readBytes(rest[6]), readBytes(rest[7])),
    parity: v <= 1n ? v : undefined,
    signingPayload: concatBytes(raw.subarray(0, 1), joinRlpList(signedContent(raw, rest.slice(5), listStart(raw, 1)))),
  };
}

// What was signed is a prefix of what was sent, since the decoder accepts one encoding only: cutting it out costs a
// tenth of encoding the fields again.
function signedContent(raw: Bytes, signature: readonly RlpItem[], start: number): Bytes {
  // v, r and s stand at the end. Their lengths are known, and their views need not be of `raw`.
  let end = raw.length;
  for (const item of signature) end -= encodedLength(readBytes(item));
  return raw.subarray(start, end);
}

/** Of a string below 56 bytes. */
function encodedLength(bytes: Bytes): number {
  return bytes.length === 1 && (bytes[0] as number) < 0x80 ? 1 : bytes.length + 1;
}

function listStart(raw: Bytes, at: number): number {
  const lead = raw[at] as number;
  return lead <= 0xf7 ? at + 1 : at + 1 + (lead - 0xf7);
}

function signatureBytes(r: Bytes, s: Bytes): Bytes {
  const rs = new Uint8Array(64);
  rs.set(r, 32 - r.length);
  rs.set(s, 64 - s.length);
  return rs;
}

function readRecipient(item: RlpItem | undefined): Address | undefined {
  return readBytes(item).length === 0 ? undefined : readAddress(item);
}

function readAccessList(item: RlpItem | undefined): readonly AccessListEntry[] {
  return readList(item).map((entry) => {
    const [address, keys] = readList(entry, 2);
    return Object.freeze({ address: readAddress(address), storageKeys: readList(keys).map(readHash) });
  });
}

function identify(tx: Unsigned, knownSender: KnownSender | undefined): Check<Transaction, TxFormatRejection> {
  const { parity, rs, signingPayload, ...fields } = tx;
  if (fields.s > HALF_ORDER) return reject({ code: "BadSignature", reason: "highS" });
  const hash = keccakHash(fields.raw);
  const digest = keccak256(signingPayload);
  const sender = knownSender?.(hash) ?? recoverFromParts(digest, rs, Number(parity));
  if (sender === undefined) return reject({ code: "BadSignature", reason: "unrecoverable" });
  const yParity = parity === 1n ? 1 : 0;
  return accept(Object.freeze({ ...fields, hash, yParity, signingHash: hashFromBytes(digest), sender }));
}

function malformed(reason: string): { readonly ok: false; readonly rejection: TxFormatRejection } {
  return reject({ code: "Malformed", reason });
}
