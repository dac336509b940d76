import { type Address, addressFromWord, bytesToBigint, type Hash, keccakHash, utf8 } from "../primitives/index.ts";
import type { Log } from "./log.ts";

const LOG_TRANSFER = topicOf(
  "LogTransfer(address,address,address,uint256,uint256,uint256,uint256,uint256,uint64,uint64)",
);
const LOG_DEPOSIT = topicOf("LogDeposit(address,address,uint256,uint256,uint256,uint64)");
const WITHDRAW = topicOf("Withdraw(address,address,address,uint256,uint256,uint256,uint64)");

/** One account's balance before and after a log, and its running number in it. */
export interface BalanceSide {
  readonly input: bigint;
  readonly output: bigint;
  readonly seq: bigint;
}

/** A log that names balances before and after, in the token's smallest unit. */
export interface BalanceChange {
  readonly event: "transfer" | "deposit" | "withdraw";
  readonly rootToken: Address;
  readonly from: Address;
  /** Recipient of a transfer, or on the root chain of a withdrawal; undefined in a deposit, where `from` is the account. */
  readonly to: Address | undefined;
  readonly amount: bigint;
  readonly source: BalanceSide;
  /** Only in transfers. */
  readonly target: BalanceSide | undefined;
}

const EVENTS: ReadonlyMap<Hash, BalanceChange["event"]> = new Map([
  [LOG_TRANSFER, "transfer"],
  [LOG_DEPOSIT, "deposit"],
  [WITHDRAW, "withdraw"],
]);

/** Undefined when the log is none of these, or a word in it does not fit its type (which is another kind of fraud). */
export function readBalanceLog(log: Log): BalanceChange | undefined {
  const event = EVENTS.get(log.topics[0] ?? ("" as Hash));
  if (!event) return undefined;
  if (log.topics.length !== (event === "deposit" ? 3 : 4)) return undefined;
  if (log.data.length !== (event === "transfer" ? 224 : 128)) return undefined;
  const [rootToken, from, to] = log.topics.slice(1).map(addressFromWord);
  if (!rootToken || !from || (event !== "deposit" && !to)) return undefined;
  const word = (index: number) => wordAt(log, index);
  const isTransfer = event === "transfer";
  const source = { input: word(1), output: word(isTransfer ? 3 : 2), seq: word(isTransfer ? 5 : 3) };
  const target = isTransfer ? { input: word(2), output: word(4), seq: word(6) } : undefined;
  if (source.seq >> 64n !== 0n || (target && target.seq >> 64n !== 0n)) return undefined;
  return { event, rootToken, from, to, amount: word(0), source, target };
}

/** Word `index` of a log's data; the data must have it. */
export function wordAt({ data }: Log, index: number): bigint {
  return bytesToBigint(data.subarray(32 * index, 32 * index + 32));
}

function topicOf(event: string): Hash {
  return keccakHash(utf8(event));
}
