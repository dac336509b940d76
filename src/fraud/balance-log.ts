import type { BalanceChange, BalanceSide } from "../chain/index.ts";
import { type Address, zeroAddress } from "../primitives/index.ts";
import { predeployAddresses } from "../rootchain/index.ts";

const MAX_BALANCE = (1n << 192n) - 1n;

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

function faultOfTransfer(change: BalanceChange, target: BalanceSide): string | undefined {
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
function isPossibleSide({ input, output, seq }: BalanceSide): boolean {
  return input <= MAX_BALANCE && output <= MAX_BALANCE && seq > 0n && (seq !== 1n || input === 0n);
}

function raises(lower: bigint, amount: bigint, higher: bigint): boolean {
  return lower + amount === higher;
}
