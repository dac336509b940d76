// Transactions, logs and receipts made by hand, with @ethereumjs and ethers only, so that they can be wrong in any way: what
// generate-receipts.ts is put together from.
import { RLP } from "@ethereumjs/rlp";
import { AbiCoder, concat, getBytes, hexlify, id, keccak256, SigningKey, toBeHex, zeroPadValue } from "ethers";
import { CHAIN_ID, encodeReceipt, type Log, type Receipt } from "./proof-chain.ts";

const KEY = new SigningKey(id("koma vectors: sender"));
export const SENDER = `0x${keccak256(`0x${KEY.publicKey.slice(4)}`).slice(26)}`;
export const address = (name: string): string => `0x${id(name).slice(26)}`;
export const TOKEN = address("child token");
export const ROOT = address("root token");
export const KMC = address("kmc");
export const BRIDGE = "0x4b4f4d4100000000000000000000000000000001";
export const ROOT_INFO = "0x4b4f4d4100000000000000000000000000000008";
export const NATIVE = "0x4b4f4d4100000000000000000000000000000002";
const FACTORY = "0x4b4f4d4100000000000000000000000000000006";
export const bob = address("bob");
export const ZERO = `0x${"00".repeat(20)}`;
export const NO_BYTES = new Uint8Array(0);

export const word = (value: bigint | string): string =>
  zeroPadValue(typeof value === "string" ? value : toBeHex(value), 32);
const abi = AbiCoder.defaultAbiCoder();

// Transactions

interface Fields {
  readonly type?: number;
  readonly chainId?: bigint;
  readonly nonce?: bigint;
  readonly gasLimit?: bigint;
  readonly maxFee?: bigint;
  readonly tip?: bigint;
  readonly to?: string;
  readonly value?: bigint;
  readonly data?: string;
  readonly accessList?: readonly (readonly [string, readonly string[]])[];
}

/** Changes the list of fields before it is encoded for the last time. */
type Spoil = (fields: unknown[]) => unknown[];

/** Signed by hand, so that it can be wrong in any way. */
export function sign(fields: Fields, spoil: Spoil = (all) => all): string {
  const { type = 2, chainId = BigInt(CHAIN_ID), nonce = 7n, gasLimit = 200_000n, maxFee = 10n ** 10n } = fields;
  const { to = TOKEN, value = 0n, data = "0x", tip = 1n, accessList = [] } = fields;
  const fees = type === 2 ? [tip, maxFee] : [maxFee];
  const common = [nonce, ...fees, gasLimit, to === "" ? NO_BYTES : getBytes(to), value, getBytes(data)];
  const list = accessList.map(([account, keys]) => [getBytes(account), keys.map((key) => getBytes(key))]);
  if (type === 0) {
    const { r, s, yParity } = KEY.sign(keccak256(RLP.encode([...common, chainId, NO_BYTES, NO_BYTES] as never)));
    const v = chainId * 2n + 35n + BigInt(yParity);
    return hexlify(RLP.encode(spoil([...common, v, BigInt(r), BigInt(s)]) as never));
  }
  const signed = [chainId, ...common, list];
  const prefix = toBeHex(type, 1);
  const { r, s, yParity } = KEY.sign(keccak256(concat([prefix, RLP.encode(signed as never)])));
  return concat([prefix, RLP.encode(spoil([...signed, BigInt(yParity), BigInt(r), BigInt(s)]) as never)]);
}

export const replaced =
  (index: number, value: unknown): Spoil =>
  (fields) =>
    fields.with(index < 0 ? fields.length + index : index, value);

export const transferCall = (to: string, amount: bigint, trailing = "0x"): string =>
  concat([id("transfer(address,uint256)").slice(0, 10), word(to), word(amount), trailing]);
export const fromCall = (to: string, amount: bigint): string =>
  concat([id("transferFrom(address,address,uint256)").slice(0, 10), word(SENDER), word(to), word(amount)]);

// Logs

export const log = (emitter: string, signature: string, topics: readonly string[], data: string): Log => ({
  address: emitter,
  topics: [id(signature), ...topics.map((topic) => word(topic))],
  data,
});
export const words = (...values: readonly bigint[]): string => concat(values.map(word));

export const erc20Transfer = (from: string, to: string, amount: bigint): Log =>
  log(TOKEN, "Transfer(address,address,uint256)", [from, to], words(amount));

interface Move {
  readonly root?: string;
  readonly emitter?: string;
  readonly from?: string;
  readonly to?: string;
  readonly amount?: bigint;
  readonly input1?: bigint;
  readonly input2?: bigint;
  readonly output1?: bigint;
  readonly output2?: bigint;
  readonly fromSeq?: bigint;
  readonly toSeq?: bigint;
}

const LOG_TRANSFER = "LogTransfer(address,address,address,uint256,uint256,uint256,uint256,uint256,uint64,uint64)";
const LOG_DEPOSIT = "LogDeposit(address,address,uint256,uint256,uint256,uint64)";
const WITHDRAW = "Withdraw(address,address,address,uint256,uint256,uint256,uint64)";

/** An honest transfer of 30 out of 100 to somebody who has 5, unless it is told otherwise. */
export function moved(move: Move = {}): Log {
  const { root = ROOT, emitter = TOKEN, from = SENDER, to = bob, amount = 30n, input1 = 100n, input2 = 5n } = move;
  const { output1 = 70n, output2 = 35n, fromSeq = 4n, toSeq = 2n } = move;
  return log(emitter, LOG_TRANSFER, [root, from, to], words(amount, input1, input2, output1, output2, fromSeq, toSeq));
}

export const toOneself = (move: Move = {}): Log =>
  moved({ to: SENDER, input2: 100n, output1: 100n, output2: 100n, fromSeq: 4n, toSeq: 4n, ...move });

export const deposited = (emitter: string, root: string, account: string, ...values: readonly bigint[]): Log =>
  log(emitter, LOG_DEPOSIT, [root, account], words(...values));
export const withdrawn = (
  emitter: string,
  root: string,
  account: string,
  to: string,
  ...values: readonly bigint[]
): Log => log(emitter, WITHDRAW, [root, account, to], words(...values));
export const delivered = (
  overrides: { readonly credited?: bigint; readonly id?: bigint; readonly child?: string } = {},
): Log =>
  log(
    BRIDGE,
    "DepositDelivered(uint64,address,address,address,uint256,bytes32,bool)",
    [toBeHex(overrides.id ?? 3n, 32), ROOT, bob],
    concat([word(overrides.child ?? TOKEN), word(9n), id("deposit"), word(overrides.credited ?? 1n)]),
  );
export const created = (): Log =>
  log(
    FACTORY,
    "ChildTokenCreated(address,address,string,string,uint8)",
    [ROOT, TOKEN],
    abi.encode(["string", "string", "uint8"], ["Demo Dollar", "dUSD", 18]),
  );

// Receipts

export function receiptOf(logs: readonly Log[], change: Partial<Receipt> = {}): string {
  return hexlify(encodeReceipt({ type: 2, status: 1, cumulativeGasUsed: 60_000n, logs, ...change }));
}

/** Changes the list of fields of a receipt of type 2. */
export function spoilReceipt(receipt: string, spoil: (fields: unknown[]) => unknown[]): string {
  const fields = RLP.decode(getBytes(receipt).subarray(1)) as unknown[];
  return concat(["0x02", RLP.encode(spoil(fields) as never)]);
}

export function flippedBloom(receipt: string): string {
  return spoilReceipt(receipt, (fields) => {
    const bloom = Uint8Array.from(fields[2] as Uint8Array);
    bloom[17] = (bloom[17] as number) ^ 1;
    return fields.with(2, bloom);
  });
}

/** Changes the fields of the receipt's first log: address, topics, data. */
export function spoilLog(receipt: string, spoil: (log: unknown[]) => unknown[]): string {
  return spoilReceipt(receipt, (fields) => {
    const logs = fields[3] as unknown[][];
    return fields.with(3, [spoil(logs[0] as unknown[]), ...logs.slice(1)]);
  });
}

/** RootInfo's only event. */
export function recorded(serial = 3n): Log {
  const topics = [toBeHex(serial, 32), toBeHex(21_000_000n, 32)];
  return log(ROOT_INFO, "RootSetRecorded(uint64,uint64,bytes32,uint256,uint256)", topics, words(1n << 255n, 3n, 1n));
}
