import { type Hash, type Timestamp, timestamp } from "../primitives/index.ts";

/** A transaction that a peer says it has. */
export interface AnnouncedTransaction {
  readonly hash: Hash;
  /** Bytes, as announced: only to keep answers small, since it may be a lie. */
  readonly size: number;
}

export interface AnnouncementLimits {
  /** Hashes of one peer that wait to be asked for; what it announces above that is not heard. */
  readonly maxWaiting: number;
  /** Transactions of one question, and the bytes that they were announced with. */
  readonly maxAsked: number;
  readonly maxAskedBytes: number;
  /** Answers in a row without a single transaction after which the peer is not listened to for {@link deafMs}. */
  readonly maxDisappointments: number;
  readonly deafMs: number;
}

export const standardAnnouncementLimits: AnnouncementLimits = {
  maxWaiting: 4_096,
  maxAsked: 256,
  maxAskedBytes: 128 * 1024,
  // More than one, because an honest peer's transactions may have gone into a block meanwhile.
  maxDisappointments: 4,
  deafMs: 60_000,
};

interface Announcer {
  readonly waiting: Map<Hash, number>;
  asked: ReadonlySet<Hash> | undefined;
  disappointments: number;
  deafUntil: Timestamp;
}

/**
 * What peers said they have, and whom to ask for what. Each transaction is asked of one peer at a time, each peer has one
 * question open, and everything is bounded per peer: one that announces what it does not have costs a question at a time,
 * and soon none.
 */
export class AnnouncedTransactions<Peer> {
  readonly #limits: AnnouncementLimits;
  readonly #peers = new Map<Peer, Announcer>();
  /** Hashes of open questions. */
  readonly #asked = new Set<Hash>();

  constructor(limits: AnnouncementLimits = standardAnnouncementLimits) {
    this.#limits = limits;
  }

  /** Peers with something to be asked for, and no open question. */
  *idle(): Iterable<Peer> {
    for (const [peer, { waiting, asked }] of this.#peers) if (waiting.size > 0 && asked === undefined) yield peer;
  }

  /** @param isKnown  whether a transaction is here, or was refused */
  announce(
    peer: Peer,
    announced: Iterable<AnnouncedTransaction>,
    isKnown: (hash: Hash) => boolean,
    now: Timestamp,
  ): void {
    const announcer = this.#peers.get(peer) ?? newAnnouncer();
    this.#peers.set(peer, announcer);
    if (now < announcer.deafUntil) return;
    for (const { hash, size } of announced) {
      if (announcer.waiting.size >= this.#limits.maxWaiting) return;
      if (!isKnown(hash)) announcer.waiting.set(hash, size);
    }
  }

  /** Opens a question: what to ask this peer for now; none when there is nothing, or a question is open. */
  ask(peer: Peer, isKnown: (hash: Hash) => boolean): readonly Hash[] {
    const announcer = this.#peers.get(peer);
    if (announcer === undefined || announcer.asked !== undefined) return [];
    const asked: Hash[] = [];
    let bytes = 0;
    for (const [hash, size] of announcer.waiting) {
      if (isKnown(hash)) {
        announcer.waiting.delete(hash);
        continue;
      }
      // Somebody else is being asked for it: it stays, in case that one does not have it.
      if (this.#asked.has(hash)) continue;
      if (asked.length > 0 && bytes + size > this.#limits.maxAskedBytes) break;
      asked.push(hash);
      bytes += size;
      if (asked.length >= this.#limits.maxAsked) break;
    }
    if (asked.length === 0) return [];
    for (const hash of asked) {
      announcer.waiting.delete(hash);
      this.#asked.add(hash);
    }
    announcer.asked = new Set(asked);
    return asked;
  }

  /**
   * Closes the question to a peer. What is missing in the answer is not asked of it again, unless it is announced again.
   *
   * @param received  hashes of what came; none when it did not answer
   * @returns hashes among them that were not asked for
   */
  answered(peer: Peer, received: Iterable<Hash>, now: Timestamp): readonly Hash[] {
    const announcer = this.#peers.get(peer);
    const asked = announcer?.asked;
    if (announcer === undefined || asked === undefined) return [...received];
    for (const hash of asked) this.#asked.delete(hash);
    announcer.asked = undefined;
    const all = [...received];
    if (all.some((hash) => asked.has(hash))) announcer.disappointments = 0;
    else if (++announcer.disappointments >= this.#limits.maxDisappointments) {
      announcer.waiting.clear();
      announcer.disappointments = 0;
      announcer.deafUntil = timestamp(now + this.#limits.deafMs);
    }
    return all.filter((hash) => !asked.has(hash));
  }

  /** A peer went; when it comes again, it begins anew. */
  gone(peer: Peer): void {
    for (const hash of this.#peers.get(peer)?.asked ?? []) this.#asked.delete(hash);
    this.#peers.delete(peer);
  }

  /** Hashes of all peers that wait or are asked for. */
  get size(): number {
    let count = this.#asked.size;
    for (const { waiting } of this.#peers.values()) count += waiting.size;
    return count;
  }
}

function newAnnouncer(): Announcer {
  return { waiting: new Map(), asked: undefined, disappointments: 0, deafUntil: timestamp(0) };
}
