import { effectiveTip } from "../chain/index.ts";
import type { PooledTransaction } from "./pooled-transaction.ts";
import { PriorityHeap } from "./priority-heap.ts";
import type { SenderLane } from "./sender-lane.ts";

/** How much a full pool wants to keep a transaction: those that could be included before those that wait, then by tip. */
export interface Rank {
  readonly queued: boolean;
  readonly tip: bigint;
}

export function isRankedBelow(a: Rank, b: Rank): boolean {
  return a.queued === b.queued ? a.tip < b.tip : a.queued;
}

interface Candidate extends Rank {
  readonly lane: SenderLane;
  readonly entry: PooledTransaction;
}

export interface Victim {
  readonly lane: SenderLane;
  readonly entry: PooledTransaction;
}

/**
 * Finds what a full pool gives up first. Only the last transaction of a sender is a candidate, so that dropping one leaves
 * no gap. Kept between admissions, because under spam every admission asks; good for one base fee.
 */
export class EvictionOrder {
  readonly baseFee: bigint;
  readonly #heap: PriorityHeap<Candidate>;

  constructor(lanes: Iterable<SenderLane>, baseFee: bigint) {
    this.baseFee = baseFee;
    // Of equals the youngest goes first.
    this.#heap = new PriorityHeap<Candidate>(
      (a, b) => isRankedBelow(a, b) || (!isRankedBelow(b, a) && a.entry.arrival > b.entry.arrival),
    );
    for (const lane of lanes) this.offerLast(lane);
  }

  /** Makes the last transaction of a sender a candidate; to be called whenever it is another one. */
  offerLast(lane: SenderLane): void {
    const entry = lane.last;
    if (entry !== undefined) this.#heap.push({ lane, entry, ...rankOf(lane, entry, this.baseFee) });
  }

  /**
   * Takes out the least of other senders that rank below the newcomer, until they free what is needed.
   *
   * @returns undefined, with nothing taken out, when they cannot
   */
  take(newcomer: Rank, own: SenderLane, count: number, bytes: number): readonly Victim[] | undefined {
    const victims: Candidate[] = [];
    const setAside: Candidate[] = [];
    const taken = new Set<PooledTransaction>();
    let freedBytes = 0;
    while (victims.length < count || freedBytes < bytes) {
      const candidate = this.#heap.pop();
      if (candidate === undefined) break;
      const place = candidate.lane.entries.indexOf(candidate.entry);
      const after = candidate.lane.entries[place + 1];
      // Left the pool, or has later ones that are candidates themselves.
      if (place < 0 || taken.has(candidate.entry) || (after !== undefined && !taken.has(after))) continue;
      const now = { ...candidate, ...rankOf(candidate.lane, candidate.entry, this.baseFee) };
      if (isRankedBelow(candidate, now)) {
        // A gap was filled since: it has become more worth keeping.
        this.#heap.push(now);
        continue;
      }
      if (candidate.lane === own) {
        setAside.push(candidate);
        continue;
      }
      if (!isRankedBelow(candidate, newcomer)) {
        setAside.push(candidate);
        break;
      }
      victims.push(candidate);
      taken.add(candidate.entry);
      freedBytes += candidate.entry.tx.raw.length;
      const before = candidate.lane.entries[place - 1];
      if (before !== undefined) {
        this.#heap.push({ lane: candidate.lane, entry: before, ...rankOf(candidate.lane, before, this.baseFee) });
      }
    }
    const enough = victims.length >= count && freedBytes >= bytes;
    for (const candidate of enough ? setAside : [...setAside, ...victims]) this.#heap.push(candidate);
    return enough ? victims : undefined;
  }
}

function rankOf(lane: SenderLane, entry: PooledTransaction, baseFee: bigint): Rank {
  return { queued: lane.isQueued(entry), tip: effectiveTip(entry.tx, baseFee) };
}
