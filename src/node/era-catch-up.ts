import { encodeBlock } from "../chain/index.ts";
import type { Clock } from "../clock.ts";
import {
  type Era,
  EraLag,
  type EraRules,
  encodeEraEnd,
  instanceOfEra,
  nextEra,
  type ProvenEnd,
  type StakedValidator,
} from "../consensus/index.ts";
import { BugError, KomaError, ProtocolError } from "../errors.ts";
import type { ExecutedBlock } from "../execution/index.ts";
import type { Logger } from "../logger.ts";
import type { PeerId } from "../network/index.ts";
import { type Hash, keccakHash } from "../primitives/index.ts";
import type { SyncProgress } from "../rpc/index.ts";
import type { Store } from "../storage/index.ts";
import type { BlockSync } from "./block-sync.ts";
import type { EraExchange } from "./era-exchange.ts";

/**
 * Brings a node into the era that runs now when consensus cannot, because nobody keeps the units of its era any more: it
 * fetches blocks and finality signatures, never old units (KoMaBFT spec 13).
 */
export interface EraCatchUp {
  /** A peer speaks of an instance that is not known here: this node may be behind. */
  strangerSpoke(peer: PeerId): void;
  /** Consensus brought this node into a new era by itself. */
  eraBegan(): void;
  /** False unless it fetches blocks now. The highest block is the last one that peers have proven so far. */
  progress(): false | SyncProgress;
  /** Ends what is under way; the era that was left is not opened again. */
  interrupt(): Promise<void>;
  stop(): Promise<void>;
}

export interface EraCatchUpPorts {
  readonly exchange: EraExchange;
  readonly blockSync: BlockSync;
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly current: () => Era;
  /** Closes what runs, and waits until all of it that is final is on disk. */
  readonly pause: () => Promise<void>;
  readonly vouched: (committed: readonly ExecutedBlock[]) => void;
  /** The root chain's validators in the state after a final block. */
  readonly staked: (block: Hash) => readonly StakedValidator[] | undefined;
  readonly remember: (era: Era) => void;
  readonly resume: (era: Era) => void;
  readonly fatal: (error: unknown) => void;
}

export function createEraCatchUp(rules: EraRules, ports: EraCatchUpPorts): EraCatchUp {
  const { exchange, blockSync, store, clock, logger } = ports;
  const lag = new EraLag(rules.params.baseRoundMs);
  let stopped = false;
  /**
   * Switch blocks that two thirds of the weight have signed although a block up to them breaks the rules. Only the root
   * chain can judge that; until it does, this node stays in the era before.
   */
  const refused = new Set<Hash>();
  let behind: { readonly startingBlock: bigint; highestBlock: bigint } | undefined;
  let job: { readonly abort: AbortController; readonly done: Promise<void> } | undefined;

  const height = () => store.blocks.head()?.number ?? 0n;

  async function work(peer: PeerId, signal: AbortSignal): Promise<void> {
    const from = ports.current();
    let ends = await ask(peer, from, signal);
    if (!lag.isBehind(ends.length, clock.now()) || signal.aborted || ports.current() !== from) return;
    logger.warn({ era: from.number, peer }, "behind by whole eras: fetching their blocks");
    await ports.pause();
    behind = { startingBlock: height(), highestBlock: height() };
    let era = from;
    // Where the state names other validators than the peer did, what it tells next is of an era that never was.
    const follows = (end: ProvenEnd | undefined) => end?.instance.id === instanceOfEra(rules, era).id;
    while (follows(ends[0]) && !signal.aborted) {
      behind.highestBlock = BigInt(ends.at(-1)?.switchBlock.height ?? 0);
      for (const end of ends) {
        if (!follows(end)) break;
        const outcome = await adopt(era, end, signal);
        if (outcome === "interrupted") return;
        if (outcome === "refused") break;
        era = outcome;
      }
      ends = await ask(peer, era, signal);
    }
    if (signal.aborted) return;
    lag.caughtUp();
    ports.resume(era);
  }

  /** The ends after `era`, up to one that was refused. */
  async function ask(peer: PeerId, era: Era, signal: AbortSignal): Promise<readonly ProvenEnd[]> {
    try {
      const ends = await exchange.ask(peer, era, signal);
      const bad = ends.findIndex(({ switchBlock }) => refused.has(switchBlock.hash));
      return bad === -1 ? ends : ends.slice(0, bad);
    } catch (error) {
      if (!signal.aborted && !(error instanceof KomaError)) throw error;
      logger.debug({ peer }, "a peer did not say how eras ended");
      return [];
    }
  }

  /**
   * Makes everything up to the switch block final.
   *
   * @returns the era after it, by what the state itself says
   */
  async function adopt(
    era: Era,
    { instance, switchBlock, payloadHash, end }: ProvenEnd,
    signal: AbortSignal,
  ): Promise<Era | "interrupted" | "refused"> {
    const last = BigInt(switchBlock.height);
    const start = height() + 1n;
    if (start <= last) {
      const range = { start, end: last, lastBlockHash: switchBlock.hash };
      // A rollback interrupts the fetch before it voids the range.
      let committed: readonly ExecutedBlock[] | undefined;
      try {
        committed = await blockSync.fetch(range, signal, async () => false);
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error;
        refused.add(switchBlock.hash);
        logger.error(
          { switchBlock, code: error.code, why: error.message },
          "two thirds of the weight signed an invalid block",
        );
        return "refused";
      }
      if (!committed || signal.aborted) return "interrupted";
      ports.vouched(committed);
    }
    const block = store.blocks.block(switchBlock.hash);
    if (!block || store.blocks.hashOf(last) !== switchBlock.hash || keccakHash(encodeBlock(block)) !== payloadHash) {
      throw new BugError(`block ${last} is final here, and two thirds of the weight have signed another one`, {
        facts: { signed: switchBlock.hash, here: store.blocks.hashOf(last) ?? "none" },
      });
    }
    const staked = ports.staked(switchBlock.hash);
    const next = nextEra(era, { ...switchBlock, staked }, rules);
    store.eras.setEnd(instance.id, encodeEraEnd({ ...end, staked }));
    ports.remember(next);
    return next;
  }

  async function interrupt(): Promise<void> {
    job?.abort.abort();
    await job?.done;
    lag.caughtUp();
  }

  return {
    strangerSpoke(peer) {
      if (!lag.strangerSpoke(clock.now(), job !== undefined || stopped)) return;
      const abort = new AbortController();
      const done = work(peer, abort.signal)
        .catch((error: unknown) => ports.fatal(error))
        .finally(() => {
          job = undefined;
          behind = undefined;
        });
      job = { abort, done };
    },
    eraBegan() {
      lag.caughtUp();
    },
    progress: () => behind !== undefined && { ...behind, currentBlock: height() },
    interrupt,
    async stop() {
      stopped = true;
      await interrupt();
    },
  };
}
