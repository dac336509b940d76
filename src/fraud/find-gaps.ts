import { readBalanceLog } from "../chain/index.ts";
import type { Address, Hash } from "../primitives/index.ts";
import { predeployAddresses } from "../rootchain/index.ts";
import { readDeliveryLog } from "./delivery-rules.ts";
import type { Position, Scan } from "./find-faults.ts";
import { entriesOf, type LogPosition, logsOf } from "./find-log-history-faults.ts";

/** A deposit of the root chain, in full: what a claim about it has to name. */
export interface KnownDeposit {
  readonly id: bigint;
  readonly kind: number;
  readonly rootToken: Address;
  readonly recipient: Address;
  readonly amount: bigint;
  /** Hex. */
  readonly data: string;
  /** Seconds. */
  readonly createdAt: bigint;
  readonly depositHash: Hash;
}

/**
 * Something that seems to be missing. That it is cannot be proven: whoever has it can show it, and the root chain gives
 * them time to.
 */
export type Gap =
  | {
      readonly type: "nonce-gap";
      readonly sender: Address;
      /** Nonce that no transaction before `second` uses. */
      readonly nonce: bigint;
      /** The sender's transaction before; undefined when `second` is its first ever. */
      readonly first: Position | undefined;
      readonly second: Position;
    }
  | {
      readonly type: "utxo-gap";
      readonly token: Address;
      readonly account: Address;
      readonly first: LogPosition;
      readonly second: LogPosition;
      readonly firstSeq: bigint;
      readonly secondSeq: bigint;
    }
  | { readonly type: "deposit-skipped"; readonly deposit: KnownDeposit; readonly block: bigint };

/** What looking for overdue deposits needs to know. */
export interface DepositTerms {
  /** Deposits of the chain, by id. */
  readonly deposits: readonly KnownDeposit[];
  /** Seconds by the chain's time after which a deposit has to have been delivered. */
  readonly deadline: bigint;
}

const isIn = ({ checkpoint }: Scan, block: bigint): boolean => block >= checkpoint.start && block <= checkpoint.end;

/** Whether no block is left out: something missing in a scan with holes is no gap. */
function isWhole({ blocks }: Scan): boolean {
  const [first, last] = [blocks[0], blocks.at(-1)];
  return !first || !last || Number(last.block.header.number - first.block.header.number) + 1 === blocks.length;
}

/** Whether the scan knows the whole past: then what comes first in it is the first ever. */
const knowsAll = ({ blocks }: Scan): boolean => (blocks[0]?.block.header.number ?? 2n) <= 1n;

/** Nonces that a sender left out. A pure function of its argument: an honest chain yields none. */
export function findNonceGaps(scan: Scan): readonly Gap[] {
  if (!isWhole(scan)) return [];
  const gaps: Gap[] = [];
  const last = new Map<Address, { readonly nonce: bigint; readonly at: Position }>();
  for (const { block } of scan.blocks) {
    for (const [index, { sender, nonce }] of block.transactions.entries()) {
      const at = { block: block.header.number, index };
      const before = last.get(sender);
      const expected = before ? before.nonce + 1n : knowsAll(scan) ? 0n : nonce;
      if (nonce > expected && isIn(scan, at.block)) {
        gaps.push({ type: "nonce-gap", sender, nonce: expected, first: before?.at, second: at });
      }
      if (!before || nonce > before.nonce) last.set(sender, { nonce, at });
    }
  }
  return gaps;
}

/** Numbers that a token's logs about an account left out. */
export function findLogGaps(scan: Scan): readonly Gap[] {
  if (!isWhole(scan)) return [];
  const gaps: Gap[] = [];
  const last = new Map<string, { readonly seq: bigint; readonly at: LogPosition }>();
  for (const { log, at } of logsOf(scan)) {
    const token = log.address;
    if (token === predeployAddresses.KomaNative || scan.rules.rootTokenOf(token) === undefined) continue;
    const change = readBalanceLog(log);
    for (const { account, seq } of change ? entriesOf(change) : []) {
      const key = `${token} ${account}`;
      const before = last.get(key);
      if (before && seq > before.seq + 1n && isIn(scan, at.block)) {
        const { at: first, seq: firstSeq } = before;
        gaps.push({ type: "utxo-gap", token, account, first, second: at, firstSeq, secondSeq: seq });
      }
      last.set(key, { seq, at });
    }
  }
  return gaps;
}

/**
 * The first deposit that is overdue at the checkpoint's end. Deliveries come in the order of the ids: what is above the last
 * one is not delivered. Without a delivery in a past that is not known in full, nothing can be said.
 */
export function findSkippedDeposits(scan: Scan, { deposits, deadline }: DepositTerms): readonly Gap[] {
  const { end } = scan.checkpoint;
  const last = scan.blocks.find(({ block }) => block.header.number === end);
  if (!last || !isWhole(scan)) return [];
  let delivered = knowsAll(scan) ? 0n : undefined;
  for (const { log } of logsOf(scan)) {
    const id = readDeliveryLog(log)?.id;
    if (id !== undefined && (delivered === undefined || id > delivered)) delivered = id;
  }
  if (delivered === undefined) return [];
  const next = delivered + 1n;
  const deposit = deposits.find(({ id }) => id === next);
  if (!deposit || deposit.createdAt + deadline >= last.block.header.timestamp) return [];
  return [{ type: "deposit-skipped", deposit, block: end }];
}

export function describeGap(gap: Gap): string {
  switch (gap.type) {
    case "nonce-gap":
      return `${gap.sender} left nonce ${gap.nonce} out before block ${gap.second.block}`;
    case "utxo-gap":
      return `no log of ${gap.token} about ${gap.account} between number ${gap.firstSeq} and ${gap.secondSeq}`;
    case "deposit-skipped":
      return `deposit ${gap.deposit.id} is not delivered by block ${gap.block}`;
  }
}
