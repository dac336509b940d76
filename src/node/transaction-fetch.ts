import type { Clock } from "../clock.ts";
import { KomaError } from "../errors.ts";
import type { Network, PeerId } from "../network/index.ts";
import { type Bytes, type Hash, keccakHash, timestamp } from "../primitives/index.ts";
import { type AnnouncedTransaction, AnnouncedTransactions } from "../txpool/index.ts";
import { encodeQuestion, readAnswer } from "./transaction-frames.ts";

export interface TransactionFetchPorts {
  readonly network: Pick<Network, "request" | "penalize">;
  readonly clock: Clock;
  /** Whether a transaction is here, or was refused. */
  readonly isKnown: (hash: Hash) => boolean;
  readonly receive: (raw: Bytes, from: PeerId) => void;
}

/** Fetches the transactions that peers announce. */
export interface TransactionFetch {
  announced(from: PeerId, announced: readonly AnnouncedTransaction[]): void;
  gone(peer: PeerId): void;
  stop(): void;
}

/** An announcer that does not answer within this time keeps a transaction from being asked of others no longer. */
const ANSWER_MS = 2_000;
const UNASKED_POINTS = 20;

export function createTransactionFetch({ network, clock, isKnown, receive }: TransactionFetchPorts): TransactionFetch {
  const announcements = new AnnouncedTransactions<PeerId>();
  const open = new Set<AbortController>();
  let stopped = false;

  const now = () => timestamp(clock.now());

  function askIdle(): void {
    if (stopped) return;
    for (const peer of [...announcements.idle()]) {
      const hashes = announcements.ask(peer, isKnown);
      if (hashes.length > 0) void ask(peer, hashes).finally(askIdle);
    }
  }

  async function ask(peer: PeerId, hashes: readonly Hash[]): Promise<void> {
    const abort = new AbortController();
    open.add(abort);
    const cancel = clock.schedule(timestamp(clock.now() + ANSWER_MS), () => abort.abort(SILENT));
    let answer: Bytes | undefined;
    try {
      answer = await network.request(peer, "transactions", encodeQuestion(hashes), abort.signal);
    } catch (error) {
      // Whatever the reason, this peer did not deliver; another one that announced the same is asked next.
      if (error !== SILENT && !(error instanceof KomaError)) throw error;
    } finally {
      cancel();
      open.delete(abort);
    }
    if (!stopped) deliver(peer, answer);
  }

  function deliver(peer: PeerId, answer: Bytes | undefined): void {
    const bodies = answer === undefined ? [] : readAnswer(answer);
    if (bodies === undefined) network.penalize(peer, UNASKED_POINTS, "malformed answer of transactions");
    const byHash = new Map((bodies ?? []).map((raw) => [keccakHash(raw), raw]));
    const unasked = announcements.answered(peer, byHash.keys(), now());
    if (unasked.length > 0) network.penalize(peer, UNASKED_POINTS, "transactions that nobody asked for");
    for (const hash of unasked) byHash.delete(hash);
    for (const raw of byHash.values()) receive(raw, peer);
  }

  return {
    announced(from, announced) {
      announcements.announce(from, announced, isKnown, now());
      askIdle();
    },
    gone(peer) {
      announcements.gone(peer);
      askIdle();
    },
    stop() {
      stopped = true;
      for (const abort of open) abort.abort(SILENT);
    },
  };
}

const SILENT = Symbol("the peer did not answer in time");
