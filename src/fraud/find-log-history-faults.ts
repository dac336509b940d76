import { type BalanceChange, type Log, type Receipt, readBalanceLog, type Transaction } from "../chain/index.ts";
import type { Address } from "../primitives/index.ts";
import { predeployAddresses } from "../rootchain/index.ts";
import { type BridgeFacts, faultOfDelivery, readDeliveryLog } from "./delivery-rules.ts";
import type { Position, Scan } from "./find-faults.ts";

/** Where a log stands: block, transaction, place in its receipt. */
export interface LogPosition extends Position {
  readonly log: number;
}

/** A delivery that is not the deposit on the root chain. */
export interface WrongDeliveryFault {
  readonly type: "deposit-mismatch";
  readonly at: LogPosition;
  readonly id: bigint;
  readonly reason: string;
}

/** A deposit that is delivered after itself or a later one. */
export interface RepeatedDeliveryFault {
  readonly type: "deposit-duplicate";
  readonly first: LogPosition;
  readonly second: LogPosition;
  readonly firstId: bigint;
  readonly secondId: bigint;
}

/** Two logs of one token and account that do not continue one another. */
export interface ContinuityFault {
  readonly type: "utxo-continuity";
  readonly token: Address;
  readonly account: Address;
  readonly first: LogPosition;
  readonly second: LogPosition;
  readonly reason: string;
}

/** What one log says of one account. */
export interface AccountEntry {
  readonly account: Address;
  readonly input: bigint;
  readonly output: bigint;
  readonly seq: bigint;
}

/** Sides of a token's log with a number of their own; a transfer to oneself has one. */
export function entriesOf(change: BalanceChange): readonly AccountEntry[] {
  const source = { account: change.from, ...change.source };
  const target = change.target && change.to !== change.from && { account: change.to as Address, ...change.target };
  return [source, ...(target ? [target] : [])].filter(({ seq }) => seq !== 0n);
}

/**
 * Why the later of two logs does not continue the earlier one; undefined when it does, or when others may stand between.
 * The twin of kind 14.
 */
export function faultOfContinuity(
  earlier: Omit<AccountEntry, "account">,
  later: Omit<AccountEntry, "account">,
): string | undefined {
  if (later.seq <= earlier.seq) return `number ${later.seq} comes after number ${earlier.seq}`;
  if (later.seq > earlier.seq + 1n || later.input === earlier.output) return undefined;
  return `it begins with ${later.input} where the one before ended with ${earlier.output}`;
}

export function findContinuityFaults(scan: Scan): readonly ContinuityFault[] {
  const faults: ContinuityFault[] = [];
  const newest = new Map<string, { readonly at: LogPosition; readonly entry: AccountEntry }>();
  for (const { log, at } of logsOf(scan)) {
    const token = log.address;
    if (token === predeployAddresses.KomaNative || scan.rules.rootTokenOf(token) === undefined) continue;
    const change = readBalanceLog(log);
    for (const entry of change ? entriesOf(change) : []) {
      const key = `${token} ${entry.account}`;
      const before = newest.get(key);
      const reason = before && isIn(scan, at) ? faultOfContinuity(before.entry, entry) : undefined;
      if (before && reason !== undefined) {
        const { account } = entry;
        faults.push({ type: "utxo-continuity", token, account, first: before.at, second: at, reason });
      }
      newest.set(key, { at, entry });
    }
  }
  return faults;
}

export function findRepeatedDeliveries(scan: Scan): readonly RepeatedDeliveryFault[] {
  const faults: RepeatedDeliveryFault[] = [];
  let highest: { readonly at: LogPosition; readonly id: bigint } | undefined;
  for (const { log, at } of logsOf(scan)) {
    const id = readDeliveryLog(log)?.id;
    if (id === undefined) continue;
    if (highest && id <= highest.id && isIn(scan, at)) {
      faults.push({ type: "deposit-duplicate", first: highest.at, second: at, firstId: highest.id, secondId: id });
    }
    if (!highest || id > highest.id) highest = { at, id };
  }
  return faults;
}

/** @param scan without what the root chain knows of deposits nothing is found */
export function findWrongDeliveries(scan: Scan): readonly WrongDeliveryFault[] {
  const facts: BridgeFacts | undefined = scan.rules.bridge;
  if (!facts) return [];
  const { chainId } = scan.rules;
  return [...logsOf(scan)].flatMap(({ log, at, timestamp, transaction, receipt }): readonly WrongDeliveryFault[] => {
    const delivery = isIn(scan, at) ? readDeliveryLog(log) : undefined;
    if (!delivery) return [];
    const reason = faultOfDelivery({ chainId, timestamp, transaction, receipt, log: at.log }, facts);
    return reason === undefined ? [] : [{ type: "deposit-mismatch", at, id: delivery.id, reason }];
  });
}

interface PlacedLog {
  readonly log: Log;
  readonly at: LogPosition;
  /** Time of its block, seconds. */
  readonly timestamp: bigint;
  readonly transaction: Transaction;
  readonly receipt: Receipt;
}

/** Logs of transactions that succeeded, in their order. */
export function* logsOf({ blocks }: Pick<Scan, "blocks">): Generator<PlacedLog> {
  for (const { block, receipts } of blocks) {
    const { number, timestamp } = block.header;
    for (const [index, receipt] of receipts.entries()) {
      const transaction = block.transactions[index];
      if (!transaction || receipt.status === 0) continue;
      for (const [place, log] of receipt.logs.entries()) {
        yield { log, at: { block: number, index, log: place }, timestamp, transaction, receipt };
      }
    }
  }
}

/** Whether it lies in the checkpoint that is looked into, not before it. */
export function isIn({ checkpoint }: Scan, { block }: Position): boolean {
  return block >= checkpoint.start && block <= checkpoint.end;
}
