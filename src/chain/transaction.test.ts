import { Common, Hardfork, Mainnet } from "@ethereumjs/common";
import { createTxFromRLP } from "@ethereumjs/tx";
import { Transaction as EthersTransaction, SigningKey } from "ethers";
import { describe, expect, it, test } from "vitest";
import {
  type Address,
  addressOfKey,
  type Bytes,
  bigintToBytes,
  bytesToHex,
  concatBytes,
  decodeRlp,
  emptyBytes,
  encodeRlp,
  type Hash,
  hexToBytes,
  keccak256,
  type RlpItem,
  utf8,
} from "../primitives/index.ts";
import { maxInitcode, maxTransactionBytes, maxTransactionData, maxTransactionGas } from "./limits.ts";
import { effectiveGasPrice, effectiveTip, intrinsicGas, maxCost, type Transaction } from "./transaction.ts";
import { decodeTransaction } from "./transaction-decode.ts";
import { signTransaction, type TransactionFields } from "./transaction-sign.ts";

const chainId = 80_401n;
const key = keccak256(utf8("ann"));
const bob = addressOfKey(keccak256(utf8("bob")));
const slot = `0x${"ab".repeat(32)}` as Hash;
const common = new Common({ chain: { ...Mainnet, chainId: Number(chainId) }, hardfork: Hardfork.Cancun });

const payment: TransactionFields = {
  type: 2,
  chainId,
  nonce: 3n,
  gasLimit: 21_000n,
  maxFeePerGas: 2_000_000_000n,
  maxPriorityFeePerGas: 1_000_000_000n,
  to: bob,
  value: 5n * 10n ** 18n,
};

const samples: Readonly<Record<string, TransactionFields>> = {
  "a payment": payment,
  "a payment with every number zero": { type: 2, chainId, nonce: 0n, gasLimit: 21_000n, maxFeePerGas: 0n, to: bob },
  "a call with an access list": {
    ...payment,
    gasLimit: 100_000n,
    data: hexToBytes("0xa9059cbb0000000001"),
    accessList: [
      { address: bob, storageKeys: [slot, slot] },
      { address: addressOfKey(key), storageKeys: [] },
    ],
  },
  "a creation": {
    chainId,
    nonce: 200n,
    gasLimit: 1_000_000n,
    maxFeePerGas: 7n,
    data: new Uint8Array(100).fill(0x60),
  },
  "an EIP-2930 call": {
    type: 1,
    chainId,
    nonce: 1n,
    gasLimit: 60_000n,
    maxFeePerGas: 10n ** 9n,
    to: bob,
    data: Uint8Array.of(5),
    accessList: [{ address: bob, storageKeys: [slot] }],
  },
  "a legacy payment": { type: 0, chainId, nonce: 127n, gasLimit: 21_000n, maxFeePerGas: 10n ** 9n, to: bob, value: 1n },
  "a legacy payment without EIP-155": {
    type: 0,
    chainId: undefined,
    nonce: 128n,
    gasLimit: 50_000n,
    maxFeePerGas: 10n ** 9n,
    to: bob,
    data: new Uint8Array(300),
  },
};

/** The same transaction as ethers makes it. */
function signWithEthers(fields: TransactionFields): EthersTransaction {
  const type = fields.type ?? 2;
  const tx = new EthersTransaction();
  tx.type = type;
  tx.chainId = fields.chainId ?? 0n;
  tx.nonce = Number(fields.nonce);
  tx.gasLimit = fields.gasLimit;
  tx.to = fields.to ?? null;
  tx.value = fields.value ?? 0n;
  tx.data = bytesToHex(fields.data ?? emptyBytes);
  if (type === 2) {
    tx.maxFeePerGas = fields.maxFeePerGas;
    tx.maxPriorityFeePerGas = fields.maxPriorityFeePerGas ?? 0n;
  } else {
    tx.gasPrice = fields.maxFeePerGas;
  }
  if (type !== 0) {
    tx.accessList = (fields.accessList ?? []).map((entry) => ({
      address: entry.address,
      storageKeys: [...entry.storageKeys],
    }));
  }
  tx.signature = new SigningKey(key).sign(tx.unsignedHash);
  return tx;
}

function decoded(raw: Bytes): Transaction {
  const check = decodeTransaction(raw, chainId);
  if (!check.ok) throw new Error(check.rejection.code);
  return check.value;
}

describe.each(Object.entries(samples))("%s", (_, fields) => {
  it("is signed to the bytes that ethers makes", () => {
    const tx = signTransaction(fields, key);
    const other = signWithEthers(fields);
    expect(bytesToHex(tx.raw)).toBe(other.serialized);
    expect(tx.hash).toBe(other.hash);
    expect(tx.signingHash).toBe(other.unsignedHash);
    expect(tx.sender).toBe(other.from?.toLowerCase());
  });

  it("is decoded to what was signed", () => {
    const tx = signTransaction(fields, key);
    expect(decoded(tx.raw)).toEqual(tx);
  });

  it("is for @ethereumjs/tx what it is for us", () => {
    const tx = signTransaction(fields, key);
    const other = createTxFromRLP(tx.raw, { common });
    expect(bytesToHex(other.hash())).toBe(tx.hash);
    expect(other.getSenderAddress().toString()).toBe(tx.sender);
    expect(other.getIntrinsicGas()).toBe(intrinsicGas(tx));
    expect(other.nonce).toBe(tx.nonce);
  });
});

/** Signs list items as they are, whatever they mean. */
function signItems(type: 0 | 1 | 2, unsigned: readonly RlpItem[]): Bytes {
  const prefix = type === 0 ? emptyBytes : Uint8Array.of(type);
  const tail = type === 0 ? [bigintToBytes(chainId), emptyBytes, emptyBytes] : [];
  const digest = keccak256(concatBytes(prefix, encodeRlp([...unsigned, ...tail])));
  const signature = new SigningKey(key).sign(digest);
  const v = type === 0 ? chainId * 2n + 35n + BigInt(signature.yParity) : BigInt(signature.yParity);
  const signed = [
    ...unsigned,
    bigintToBytes(v),
    bigintToBytes(BigInt(signature.r)),
    bigintToBytes(BigInt(signature.s)),
  ];
  return concatBytes(prefix, encodeRlp(signed));
}

function itemsOf(raw: Bytes): RlpItem[] {
  const rlp = decodeRlp(raw.subarray(1));
  if (!rlp.ok) throw new Error(rlp.rejection.reason);
  return [...(rlp.value as readonly RlpItem[])];
}

function withItem(raw: Bytes, index: number, item: RlpItem): Bytes {
  const items = itemsOf(raw);
  items[index] = item;
  return concatBytes(raw.subarray(0, 1), encodeRlp(items));
}

const sound = signTransaction(payment, key).raw;
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const highS = withItem(
  withItem(sound, 11, bigintToBytes(ORDER - decoded(sound).s)),
  9,
  bigintToBytes(1n - decoded(sound).v),
);

test.each([
  { rule: "no bytes", raw: emptyBytes, code: "Malformed" },
  { rule: "a blob transaction", raw: concatBytes(Uint8Array.of(3), sound.subarray(1)), code: "UnsupportedType" },
  { rule: "a set-code transaction", raw: concatBytes(Uint8Array.of(4), sound.subarray(1)), code: "UnsupportedType" },
  { rule: "a byte string", raw: Uint8Array.of(0x83, 1, 2, 3), code: "UnsupportedType" },
  { rule: "a byte after the end", raw: concatBytes(sound, Uint8Array.of(0)), code: "Malformed" },
  { rule: "a byte too few", raw: sound.subarray(0, sound.length - 1), code: "Malformed" },
  { rule: "a field too many", raw: signItems(2, [...itemsOf(sound).slice(0, 9), emptyBytes]), code: "Malformed" },
  { rule: "a leading zero in the nonce", raw: withItem(sound, 1, Uint8Array.of(0, 3)), code: "Malformed" },
  { rule: "a leading zero in r", raw: withItem(sound, 10, new Uint8Array(32)), code: "Malformed" },
  { rule: "a recipient of 19 bytes", raw: withItem(sound, 5, new Uint8Array(19).fill(1)), code: "Malformed" },
  { rule: "an access list that is bytes", raw: withItem(sound, 8, emptyBytes), code: "Malformed" },
  {
    rule: "an access list key of 31 bytes",
    raw: withItem(sound, 8, [[new Uint8Array(20), [new Uint8Array(31)]]]),
    code: "Malformed",
  },
  { rule: "a value above 2^256", raw: withItem(sound, 6, new Uint8Array(33).fill(1)), code: "Malformed" },
  {
    rule: "more bytes than any transaction has",
    raw: new Uint8Array(maxTransactionBytes + 1).fill(0xff),
    code: "Malformed",
  },
  { rule: "another chain", raw: signTransaction({ ...payment, chainId: 1n }, key).raw, code: "WrongChain" },
  {
    rule: "another chain by EIP-155",
    raw: signTransaction({ type: 0, chainId: 1n, nonce: 0n, gasLimit: 21_000n, maxFeePerGas: 1n, to: bob }, key).raw,
    code: "WrongChain",
  },
  { rule: "a parity of 2", raw: withItem(sound, 9, Uint8Array.of(2)), code: "BadSignature" },
  { rule: "an r of zero", raw: withItem(sound, 10, emptyBytes), code: "BadSignature" },
  { rule: "an s of zero", raw: withItem(sound, 11, emptyBytes), code: "BadSignature" },
  { rule: "an s in the upper half", raw: highS, code: "BadSignature" },
  {
    rule: "a tip above the fee cap",
    raw: signTransaction({ ...payment, maxPriorityFeePerGas: 2_000_000_001n }, key).raw,
    code: "TipAboveFee",
  },
  {
    rule: "gas above 2^24",
    raw: signTransaction({ ...payment, gasLimit: maxTransactionGas + 1n }, key).raw,
    code: "GasLimitTooHigh",
  },
  {
    rule: "gas below the intrinsic cost",
    raw: signTransaction({ ...payment, gasLimit: 20_999n }, key).raw,
    code: "IntrinsicGas",
  },
  {
    rule: "data above 128 KiB",
    raw: signTransaction({ ...payment, gasLimit: maxTransactionGas, data: new Uint8Array(maxTransactionData + 1) }, key)
      .raw,
    code: "DataTooLarge",
  },
  {
    rule: "initcode above the bound of EIP-3860",
    raw: signTransaction(
      { ...payment, to: undefined, gasLimit: maxTransactionGas, data: new Uint8Array(maxInitcode + 1) },
      key,
    ).raw,
    code: "InitcodeTooLarge",
  },
  {
    rule: "a nonce of 2^64 - 1",
    raw: signTransaction({ ...payment, nonce: 2n ** 64n - 1n }, key).raw,
    code: "NonceTooHigh",
  },
])("$rule is refused", ({ raw, code }) => {
  const check = decodeTransaction(raw, chainId);
  expect(check.ok ? "accepted" : check.rejection.code).toBe(code);
});

describe("decoding", () => {
  it("does not keep or trust the buffer it was given", () => {
    const frame = concatBytes(new Uint8Array(1000), sound);
    const tx = decoded(frame.subarray(1000));
    frame.fill(0xff);
    expect(tx.raw).toEqual(sound);
    expect(tx.raw.buffer.byteLength).toBe(sound.length);
  });

  it("asks for a known sender before it recovers one", () => {
    const known = "0x00000000000000000000000000000000000000aa" as Address;
    const check = decodeTransaction(sound, chainId, () => known);
    expect(check.ok && check.value.sender).toBe(known);
  });
});

describe("fees", () => {
  it("take the smaller of the tip and what the cap leaves above the base fee", () => {
    const tx = { maxFeePerGas: 100n, maxPriorityFeePerGas: 10n };
    expect(effectiveTip(tx, 50n)).toBe(10n);
    expect(effectiveTip(tx, 95n)).toBe(5n);
    expect(effectiveTip(tx, 101n)).toBe(-1n);
    expect(effectiveGasPrice(tx, 50n)).toBe(60n);
    expect(maxCost({ value: 7n, gasLimit: 3n, maxFeePerGas: 100n })).toBe(307n);
  });
});
