import { BugError } from "../errors.ts";
import {
  type Address,
  addressOfKey,
  addressToBytes,
  type Bytes,
  bigintToBytes,
  bytesToBigint,
  concatBytes,
  emptyBytes,
  encodeRlp,
  hashFromBytes,
  hashToBytes,
  keccak256,
  keccakHash,
  type RlpItem,
  signDigest,
} from "../primitives/index.ts";
import type { AccessListEntry, Transaction, TransactionType } from "./transaction.ts";

/** A transaction before it is signed. */
export interface TransactionFields {
  /** Default 2. */
  readonly type?: TransactionType;
  /** Undefined only for a legacy transaction without EIP-155. */
  readonly chainId: bigint | undefined;
  readonly nonce: bigint;
  readonly gasLimit: bigint;
  /** Wei; the gas price of types 0 and 1. */
  readonly maxFeePerGas: bigint;
  /** Wei; default 0 for type 2, and the gas price for types 0 and 1. */
  readonly maxPriorityFeePerGas?: bigint;
  /** Left out to create a contract. */
  readonly to?: Address | undefined;
  /** Wei; default 0. */
  readonly value?: bigint;
  readonly data?: Bytes;
  /** Types 1 and 2 only. */
  readonly accessList?: readonly AccessListEntry[];
}

/**
 * Signs with low s (EIP-2) and RFC 6979. The rules of blocks are not checked here, so that tests and faulty nodes can
 * make transactions that break them; `decodeTransaction` of the result's `raw` does.
 *
 * @throws {BugError} for fields that no transaction of the type has
 */
export function signTransaction(fields: TransactionFields, privateKey: Bytes): Transaction {
  const type = fields.type ?? 2;
  const tip = fields.maxPriorityFeePerGas ?? (type === 2 ? 0n : fields.maxFeePerGas);
  const accessList = fields.accessList ?? [];
  if (type !== 2 && tip !== fields.maxFeePerGas) throw new BugError(`type ${type} has one gas price`);
  if (type === 0 && accessList.length > 0) throw new BugError("a legacy transaction has no access list");
  if (type !== 0 && fields.chainId === undefined) throw new BugError(`type ${type} needs a chain id`);
  const unsigned = unsignedItems(fields, type, tip);
  const digest = keccak256(encodeEnvelope(type, signingItems(fields, type, unsigned)));
  const signature = signDigest(digest, privateKey);
  const yParity = signature[64] === 28 ? 1 : 0;
  const v = signatureV(fields.chainId, type, yParity);
  const r = bytesToBigint(signature.subarray(0, 32));
  const s = bytesToBigint(signature.subarray(32, 64));
  const raw = encodeEnvelope(type, [...unsigned, bigintToBytes(v), bigintToBytes(r), bigintToBytes(s)]);
  return Object.freeze({
    ...plainFields(fields, type, tip),
    hash: keccakHash(raw),
    raw,
    yParity,
    r,
    s,
    v,
    signingHash: hashFromBytes(digest),
    sender: addressOfKey(privateKey),
  });
}

/** A transaction of type 2 that nobody signed: zeros stand for the signature. It can be run, and never be in a block. */
export function unsignedTransaction(fields: TransactionFields, sender: Address): Transaction {
  const tip = fields.maxPriorityFeePerGas ?? 0n;
  const unsigned = unsignedItems(fields, 2, tip);
  const raw = encodeEnvelope(2, [...unsigned, emptyBytes, emptyBytes, emptyBytes]);
  return Object.freeze({
    ...plainFields(fields, 2, tip),
    hash: keccakHash(raw),
    raw,
    yParity: 0,
    r: 0n,
    s: 0n,
    v: 0n,
    signingHash: keccakHash(encodeEnvelope(2, unsigned)),
    sender,
  });
}

function plainFields(fields: TransactionFields, type: TransactionType, tip: bigint) {
  return {
    type,
    chainId: fields.chainId,
    nonce: fields.nonce,
    gasLimit: fields.gasLimit,
    maxFeePerGas: fields.maxFeePerGas,
    maxPriorityFeePerGas: tip,
    to: fields.to,
    value: fields.value ?? 0n,
    data: fields.data ?? emptyBytes,
    accessList: fields.accessList ?? [],
  };
}

function unsignedItems(fields: TransactionFields, type: TransactionType, tip: bigint): readonly RlpItem[] {
  const call: readonly RlpItem[] = [
    bigintToBytes(fields.gasLimit),
    fields.to === undefined ? emptyBytes : addressToBytes(fields.to),
    bigintToBytes(fields.value ?? 0n),
    fields.data ?? emptyBytes,
  ];
  const nonce = bigintToBytes(fields.nonce);
  const fee = bigintToBytes(fields.maxFeePerGas);
  if (type === 0) return [nonce, fee, ...call];
  const fees = type === 1 ? [fee] : [bigintToBytes(tip), fee];
  const accessList = (fields.accessList ?? []).map((entry) => [
    addressToBytes(entry.address),
    entry.storageKeys.map(hashToBytes),
  ]);
  return [bigintToBytes(fields.chainId ?? 0n), nonce, ...fees, ...call, accessList];
}

function signingItems(
  fields: TransactionFields,
  type: TransactionType,
  unsigned: readonly RlpItem[],
): readonly RlpItem[] {
  const protectedLegacy = type === 0 && fields.chainId !== undefined;
  return protectedLegacy ? [...unsigned, bigintToBytes(fields.chainId), emptyBytes, emptyBytes] : unsigned;
}

function encodeEnvelope(type: TransactionType, items: readonly RlpItem[]): Bytes {
  const payload = encodeRlp(items);
  return type === 0 ? payload : concatBytes(Uint8Array.of(type), payload);
}

function signatureV(chainId: bigint | undefined, type: TransactionType, yParity: 0 | 1): bigint {
  if (type !== 0) return BigInt(yParity);
  return chainId === undefined ? BigInt(27 + yParity) : chainId * 2n + 35n + BigInt(yParity);
}
