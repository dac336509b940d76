import { id } from "ethers";
import type { Log } from "../chain/index.ts";
import { type Address, addressFromWord, type Hash, zeroAddress } from "../primitives/index.ts";
import { predeployAddresses } from "../rootchain/index.ts";
import { wordAt } from "./event-shapes.ts";

const LOG_TRANSFER = id(
  "LogTransfer(address,address,address,uint256,uint256,uint256,uint256,uint256,uint64,uint64)",
) as Hash;
const LOG_DEPOSIT = id("LogDeposit(address,address,uint256,uint256,uint256,uint64)") as Hash;
const WITHDRAW = id("Withdraw(address,address,address,uint256,uint256,uint256,uint64)") as Hash;

/** One account's balance before and after a log, and its running number in it. */
interface Side {
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
  readonly source: Side;
  /** Only in transfers. */
  readonly target: Side | undefined;
}

const EVENTS: ReadonlyMap<Hash, BalanceChange["event"]> = new Map([
  [LOG_TRANSFER, "transfer"],
  [LOG_DEPOSIT, "deposit"],
  [WITHDRAW, "withdraw"],
]);
const MAX_BALANCE = (1n << 192n) - 1n;

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

/**
 * Why no standard child token, and not the native gateway, emits this log; undefined for one that can be. The twin of
 * `BalanceLog.isImpossible` of the root contracts.
 *
 * @param emitter contract that emitted it
 * @param rootToken token that the emitter stands for
 * @see KOMA root contracts 10.15
 */
export function faultOfBalances(change: BalanceChange, emitter: Address, rootToken: Address): string | undefined {
  const native = emitter === predeployAddresses.KomaNative;
  const { event, amount, source, target } = change;
  if (change.rootToken !== rootToken) return "it names another root token";
  if (change.from === zeroAddress) return "it moves tokens of nobody";
  if (target) return native ? "the native coin has no transfer logs" : faultOfTransfer(change, target);
  if (native ? source.seq !== 0n : !isPossibleSide(source)) return "its balance or number cannot be";
  if (event === "deposit")
    return raises(source.input, amount, source.output) ? undefined : "the deposit does not add up";
  if (change.to === zeroAddress || amount === 0n) return "it withdraws nothing, or to nobody";
  return raises(source.output, amount, source.input) ? undefined : "the withdrawal does not add up";
}

function faultOfTransfer(change: BalanceChange, target: Side): string | undefined {
  const { amount, source } = change;
  if (change.to === zeroAddress) return "it moves tokens to nobody";
  if (amount > source.input) return "it moves more than the sender had";
  if (!isPossibleSide(source) || !isPossibleSide(target)) return "a balance or number cannot be";
  if (change.from === change.to) {
    const still = [source.output, target.input, target.output].every((balance) => balance === source.input);
    return still && source.seq === target.seq ? undefined : "a transfer to oneself changes balances";
  }
  if (!raises(source.output, amount, source.input)) return "the sender's balances do not add up";
  return raises(target.input, amount, target.output) ? undefined : "the recipient's balances do not add up";
}

/** Balances are below 2^192, numbers begin with 1, and before its first log an account has nothing. */
function isPossibleSide({ input, output, seq }: Side): boolean {
  return input <= MAX_BALANCE && output <= MAX_BALANCE && seq > 0n && (seq !== 1n || input === 0n);
}

function raises(lower: bigint, amount: bigint, higher: bigint): boolean {
  return lower + amount === higher;
}
