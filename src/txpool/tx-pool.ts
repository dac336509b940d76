import { effectiveTip, type Transaction } from "../chain/index.ts";
import { type Address, accept, type Check, type Hash, reject, type Timestamp, timestamp } from "../primitives/index.ts";
import { type AdmissionContext, checkAgainstLane, checkAlone, checkPlace } from "./admission-rules.ts";
import {
  type DropCause,
  type DroppedTransaction,
  DropRecord,
  type DropRule,
  dropCauses,
  refusalCause,
} from "./drop-record.ts";
import { EvictionOrder, type Victim } from "./eviction-order.ts";
import type { PoolRules } from "./pool-rules.ts";
import { type PooledTransaction, poolTransaction } from "./pooled-transaction.ts";
import { proposerOrder } from "./proposer-order.ts";
import { type SenderAccount, SenderLane } from "./sender-lane.ts";
import type { TxRejection } from "./tx-rejection.ts";

/** How a transaction came in. */
export interface Admission {
  /** `queued` when an earlier nonce of the sender is missing. */
  readonly place: "pending" | "queued";
  /** The transaction of the same nonce that it replaced. */
  readonly replaced: Hash | undefined;
  /** What a full pool gave up for it. */
  readonly evicted: readonly Hash[];
}

export interface PoolContent {
  /** By sender, then by nonce: could be included, in this order, in the next block. */
  readonly pending: readonly Transaction[];
  /** An earlier nonce is missing. */
  readonly queued: readonly Transaction[];
}

export interface HeldTransaction {
  readonly tx: Transaction;
  readonly admittedAt: Timestamp;
}

/** Transactions that wait for a block. Never asks for time or state: both are arguments. */
export interface TxPool {
  readonly rules: PoolRules;
  /** @param account of the sender, after the block that the next one is built on */
  add(tx: Transaction, account: SenderAccount, context: AdmissionContext): Check<Admission, TxRejection>;
  get(hash: Hash): Transaction | undefined;
  has(hash: Hash): boolean;
  /**
   * What a producer offers to a block, as of now: highest tip first, each sender in nonce order, of equals the oldest.
   *
   * @param nonceOf  nonces after the parent, when that is not the block the pool last heard of
   */
  pending(baseFee: bigint, nonceOf?: (sender: Address) => bigint): Iterable<Transaction>;
  /**
   * Takes out what a block included, what its senders can no longer pay or whose nonce is used, and what waited too long.
   *
   * @param accountOf  accounts after the block
   * @returns hashes of those dropped without being included
   */
  onBlock(
    included: Iterable<Transaction>,
    accountOf: (sender: Address) => SenderAccount,
    now: Timestamp,
  ): readonly Hash[];
  /**
   * Takes the transactions of blocks that no longer count back in. They were admitted once, so the rules against spam and
   * the size of the pool are waived; nonces and funds are not.
   *
   * @param accountOf  accounts after the block to which the chain went back
   * @returns hashes of those that are in the pool again
   */
  onRollback(
    excluded: Iterable<Transaction>,
    accountOf: (sender: Address) => SenderAccount,
    now: Timestamp,
  ): readonly Hash[];
  /** Drops a transaction that a block cannot be built with. */
  discard(hash: Hash): void;
  /** Nonce for the sender's next transaction: after those in the pool that follow `stateNonce` without a gap. */
  nextNonce(sender: Address, stateNonce: bigint): bigint;
  content(): PoolContent;
  /** Transactions in it. */
  readonly size: number;
  /** Everything in it with the time of its admission, by sender and nonce. */
  held(): Iterable<HeldTransaction>;
  status(): { readonly pending: number; readonly queued: number; readonly bytes: number };
  /** The last drops, oldest first. */
  dropped(): readonly DroppedTransaction[];
  /** Why a transaction was refused or dropped, while it is remembered. */
  why(hash: Hash): DroppedTransaction | undefined;
  /** Where a transaction of the pool stands. */
  placeOf(hash: Hash): Admission["place"] | undefined;
  /** How many were refused or dropped since the start, by rule. */
  dropCounts(): ReadonlyMap<DropRule, number>;
}

export function createTxPool(rules: PoolRules): TxPool {
  const byHash = new Map<Hash, PooledTransaction>();
  const lanes = new Map<Address, SenderLane>();
  const drops = new DropRecord();
  let bytes = 0;
  let arrivals = 0;
  let swept = timestamp(0);
  let eviction: EvictionOrder | undefined;

  function laneOf(sender: Address, account: SenderAccount): SenderLane {
    const lane = lanes.get(sender) ?? new SenderLane(account);
    lane.account = account;
    return lane;
  }

  function insert(entry: PooledTransaction, lane: SenderLane): void {
    lane.put(entry);
    lanes.set(entry.tx.sender, lane);
    byHash.set(entry.tx.hash, entry);
    bytes += entry.tx.raw.length;
    drops.forget(entry.tx.hash);
    eviction?.offerLast(lane);
  }

  function remove(entry: PooledTransaction, cause: DropCause | undefined): void {
    const { sender, hash, raw } = entry.tx;
    if (!byHash.delete(hash)) return;
    bytes -= raw.length;
    const lane = lanes.get(sender);
    lane?.remove(entry);
    if (lane?.size === 0) lanes.delete(sender);
    if (cause !== undefined) drops.add(entry.tx, cause);
  }

  function refuse(tx: Transaction, rejection: TxRejection): Check<Admission, TxRejection> {
    // What is in the pool stays known by what it is, not by the second offer of it.
    if (rejection.code !== "AlreadyKnown") drops.add(tx, refusalCause(rejection));
    return reject(rejection);
  }

  function dropAll(entries: readonly PooledTransaction[], cause: DropCause): readonly Hash[] {
    for (const entry of entries) remove(entry, cause);
    return entries.map((entry) => entry.tx.hash);
  }

  /** Room for an entry in place of one that leaves anyway; undefined when all that is in the pool is worth more. */
  function findVictims(
    entry: PooledTransaction,
    lane: SenderLane,
    leaving: PooledTransaction | undefined,
    baseFee: bigint,
  ): readonly Victim[] | undefined {
    const count = byHash.size + (leaving ? 0 : 1) - rules.maxTransactions;
    const size = bytes + entry.tx.raw.length - (leaving?.tx.raw.length ?? 0) - rules.maxBytes;
    if (count <= 0 && size <= 0) return [];
    if (eviction?.baseFee !== baseFee) eviction = new EvictionOrder(lanes.values(), baseFee);
    const run = BigInt(lane.run(lane.account.nonce).length);
    const queued = entry.tx.nonce > lane.account.nonce + run;
    const rank = { queued, tip: effectiveTip(entry.tx, baseFee) };
    return eviction.take(rank, lane, Math.max(count, 0), Math.max(size, 0));
  }

  function add(tx: Transaction, account: SenderAccount, context: AdmissionContext): Check<Admission, TxRejection> {
    if (byHash.has(tx.hash)) return refuse(tx, { code: "AlreadyKnown", hash: tx.hash });
    const lane = laneOf(tx.sender, account);
    dropAll(lane.stale(), dropCauses.nonceUsed());
    const replaced = lane.at(tx.nonce);
    const alone = checkAlone(tx, rules, context, replaced);
    if (alone !== undefined) return refuse(tx, alone);
    const entry = poolTransaction(tx, arrivals, context.now);
    const among = checkAgainstLane(entry, lane, rules, replaced);
    if (among !== undefined) return refuse(tx, among);
    const displaced = replaced === undefined && lane.size >= rules.maxPerSender ? lane.last : undefined;
    const victims = findVictims(entry, lane, replaced ?? displaced, context.baseFee);
    if (victims === undefined) return refuse(tx, { code: "PoolFull", limit: rules.maxTransactions });
    arrivals++;
    if (replaced !== undefined) remove(replaced, dropCauses.replaced(tx.hash));
    const evicted = [
      ...dropAll(displaced === undefined ? [] : [displaced], dropCauses.displaced(tx.hash)),
      ...dropAll(
        victims.map((victim) => victim.entry),
        dropCauses.evicted(tx.hash),
      ),
    ];
    insert(entry, lane);
    return accept({ place: lane.isQueued(entry) ? "queued" : "pending", replaced: replaced?.tx.hash, evicted });
  }

  function expire(now: Timestamp): readonly Hash[] {
    // Looking at everything after every block would cost more than a late drop.
    if (now - swept < rules.queuedLifetimeMs / 10) return [];
    swept = now;
    const { pendingLifetimeMs, queuedLifetimeMs } = rules;
    return [...lanes.values()].flatMap((lane) => {
      const ready = new Set(lane.run(lane.account.nonce));
      const isOver = (entry: PooledTransaction, lifetime: number) => now - entry.admittedAt > lifetime;
      const long = lane.entries.filter((entry) => ready.has(entry) && isOver(entry, pendingLifetimeMs));
      const queued = lane.entries.filter((entry) => !ready.has(entry) && isOver(entry, queuedLifetimeMs));
      return [
        ...dropAll(long, dropCauses.expired(pendingLifetimeMs)),
        ...dropAll(queued, dropCauses.expired(queuedLifetimeMs)),
      ];
    });
  }

  function refresh(sender: Address, accountOf: (sender: Address) => SenderAccount): readonly Hash[] {
    const lane = lanes.get(sender);
    if (lane === undefined) return [];
    lane.account = accountOf(sender);
    const used = dropAll(lane.stale(), dropCauses.nonceUsed());
    return [...used, ...dropAll(lane.unpayable(), dropCauses.unpayable())];
  }

  return {
    rules,
    add,
    get: (hash) => byHash.get(hash)?.tx,
    has: (hash) => byHash.has(hash),
    pending(baseFee, nonceOf) {
      // A copy of what is there now: a block is built over several turns of the event loop, in which the pool changes.
      const runs = [...lanes].map(([sender, lane]) => lane.run(nonceOf?.(sender) ?? lane.account.nonce));
      return proposerOrder(runs, baseFee);
    },
    onBlock(included, accountOf, now) {
      const senders = new Set<Address>();
      for (const tx of included) {
        senders.add(tx.sender);
        const entry = byHash.get(tx.hash);
        if (entry !== undefined) remove(entry, undefined);
        drops.forget(tx.hash);
      }
      const dropped = [...senders].flatMap((sender) => refresh(sender, accountOf));
      const expired = expire(now);
      eviction = undefined;
      return [...dropped, ...expired];
    },
    onRollback(excluded, accountOf, now) {
      const returning = [...excluded];
      for (const [sender, lane] of lanes) lane.account = accountOf(sender);
      for (const tx of returning) {
        if (byHash.has(tx.hash)) continue;
        const lane = laneOf(tx.sender, accountOf(tx.sender));
        const broken = checkPlace(tx, lane, rules);
        const other = lane.at(tx.nonce);
        if (broken !== undefined) drops.add(tx, refusalCause(broken));
        else if (other !== undefined) drops.add(tx, dropCauses.replaced(other.tx.hash));
        else insert(poolTransaction(tx, arrivals++, now), lane);
      }
      // Last, because of transactions that one balance cannot all pay the earlier nonces stay.
      for (const lane of [...lanes.values()]) {
        dropAll(lane.stale(), dropCauses.nonceUsed());
        dropAll(lane.unpayable(), dropCauses.unpayable());
      }
      eviction = undefined;
      return returning.map((tx) => tx.hash).filter((hash) => byHash.has(hash));
    },
    discard(hash) {
      const entry = byHash.get(hash);
      if (entry !== undefined) remove(entry, dropCauses.discarded());
      eviction = undefined;
    },
    nextNonce(sender, stateNonce) {
      return stateNonce + BigInt(lanes.get(sender)?.run(stateNonce).length ?? 0);
    },
    content() {
      const pending: Transaction[] = [];
      const queued: Transaction[] = [];
      for (const lane of lanes.values()) {
        const ready = new Set(lane.run(lane.account.nonce));
        for (const entry of lane.entries) (ready.has(entry) ? pending : queued).push(entry.tx);
      }
      return { pending, queued };
    },
    get size() {
      return byHash.size;
    },
    *held() {
      for (const lane of lanes.values()) yield* lane.entries;
    },
    status() {
      let pending = 0;
      for (const lane of lanes.values()) pending += lane.run(lane.account.nonce).length;
      return { pending, queued: byHash.size - pending, bytes };
    },
    dropped: () => drops.list(),
    why: (hash) => drops.get(hash),
    placeOf(hash) {
      const entry = byHash.get(hash);
      const lane = entry && lanes.get(entry.tx.sender);
      return entry && lane && (lane.isQueued(entry) ? "queued" : "pending");
    },
    dropCounts: () => drops.counts(),
  };
}
