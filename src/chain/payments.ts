import { type Address, zeroAddress } from "../primitives/index.ts";
import { type BalanceSide, readBalanceLog } from "./balance-log.ts";
import type { Log } from "./log.ts";

/** What a transaction did to an account's native balance, fees included. */
export interface BalanceMove {
  readonly account: Address;
  /** Wei. */
  readonly before: bigint;
  readonly after: bigint;
}

/**
 * One entry of the journal of payments: it spends the output that its owner had of a token and makes a new one, as a
 * transaction of unspent outputs does. The newest entry's output is the balance.
 *
 * @see white paper 5.11; KOMA ecosystem spec (f) 1
 */
export interface Payment {
  /** Contract that emitted the log; undefined for the native coin. */
  readonly token: Address | undefined;
  readonly owner: Address;
  /** Position among the logs of the block; undefined for the native coin, which has none. */
  readonly log: number | undefined;
  /** Of a log: 0 its source, 1 its target. Of the native coin: the order in the transaction. */
  readonly side: number;
  readonly input: bigint;
  readonly output: bigint;
}

/**
 * Entries of one transaction: of tokens from their logs, of the native coin from what execution did to balances. The native
 * gateway's logs are left out, because its payments are among those already.
 *
 * @param firstLog  position of the transaction's first log among those of the block
 */
export function paymentsOf(moves: readonly BalanceMove[], logs: readonly Log[], firstLog: number): readonly Payment[] {
  const payments: Payment[] = moves.map(({ account, before, after }, side) => ({
    token: undefined,
    owner: account,
    log: undefined,
    side,
    input: before,
    output: after,
  }));
  for (const [index, log] of logs.entries()) {
    const change = readBalanceLog(log);
    if (change === undefined) continue;
    const add = (owner: Address, { input, output, seq }: BalanceSide, side: number) => {
      // Numbers begin with 1: 0 stands for nobody's side of a mint or burn, and for the native coin.
      if (seq === 0n || owner === zeroAddress) return;
      payments.push({ token: log.address, owner, log: firstLog + index, side, input, output });
    };
    add(change.from, change.source, 0);
    // A transfer to oneself spends one output and makes one.
    if (change.event === "transfer" && change.to && change.target && change.to !== change.from)
      add(change.to, change.target, 1);
  }
  return payments;
}

/** Where an entry stands: names the output that it made. */
export interface PaymentPlace {
  readonly block: bigint;
  /** Position of the transaction in the block. */
  readonly index: number;
}

/** `block:transaction:log:side`, for the native coin `block:transaction:n<order>`. */
export function outputId({ block, index }: PaymentPlace, { log, side }: Pick<Payment, "log" | "side">): string {
  return log === undefined ? `${block}:${index}:n${side}` : `${block}:${index}:${log}:${side}`;
}

const OUTPUT_ID = /^(\d{1,15}):(\d{1,7}):(?:n\d{1,7}|\d{1,7}:[01])$/;

/** Undefined for what {@link outputId} would not write. */
export function parseOutputId(id: string): PaymentPlace | undefined {
  const [, block, index] = OUTPUT_ID.exec(id) ?? [];
  return block === undefined || index === undefined ? undefined : { block: BigInt(block), index: Number(index) };
}
