import { BugError, KomaError } from "../errors.ts";
import type { Logger } from "../logger.ts";
import { type Address, type Bytes, type Hash, hashToBytes, signDigest } from "../primitives/index.ts";
import { isSameSet, type RecordedRootSet } from "../rootchain/index.ts";
import { createBallots } from "./ballots.ts";
import { changeBetween, changeId, type RootSetCertificate, type RootSetChange, type RootView } from "./change.ts";
import { type EraWork, RECORDABLE_BLOCKS, type WorkCertificate, workId } from "./era-work.ts";
import { decodeRootSetVote, encodeRootSetVote } from "./vote.ts";

/**
 * Looks at the root chain's validators, and brings what changes there into the state of this chain; and beside it, signed in
 * the same way, what they did in each era.
 */
export interface RootSetService {
  /** More blocks of the root chain are deep enough to count. */
  rootChainMoved(): void;
  /** More became final here: the recorded set may be another one. */
  poke(): void;
  /** A vote from the network; false when it deserves a penalty for its sender. */
  handleVote(payload: Bytes): boolean;
  /** What a block after this recorded set should record. */
  due(recorded: RecordedRootSet): RootSetCertificate | undefined;
  /** An era has ended: votes for the record of who did what in it. */
  eraEnded(work: EraWork): void;
  /** What a block after this recorded set should record of eras that have ended. */
  workDue(recorded: RecordedRootSet, parent: WorkRecorded): WorkCertificate | undefined;
  /** Ends when nothing is being read any more. */
  stop(): Promise<void>;
}

/** How far the state after a block has work recorded. */
export interface WorkRecorded {
  /** Of the block. */
  readonly height: bigint;
  /** Last block of the newest era in it; 0 for none. */
  readonly upTo: bigint;
}

export interface RootSetConfig {
  readonly chainId: bigint;
  /** Signer key of this node's validator; without one the service votes for nothing. */
  readonly signer?: { readonly key: Bytes; readonly address: Address };
}

export interface RootSetPorts {
  /**
   * The set as of the newest confirmed block whose number `every` divides; undefined before stakes count there.
   *
   * @throws {KomaError} the root chain does not answer, or not with what was asked
   */
  readonly newestSet: (every: bigint) => Promise<RootView | undefined>;
  /** The set in the state after the newest final block; undefined on a chain without one. */
  readonly recorded: () => RecordedRootSet | undefined;
  /** Height up to which the same state has recorded work. */
  readonly recordedWork: () => bigint;
  /** Whether a block is final here, and was not taken back. */
  readonly isFinal: (block: Hash) => boolean;
  readonly broadcast: (payload: Bytes) => void;
  /** What was thrown is no outage of the root chain. */
  readonly fatal: (error: unknown) => void;
  readonly logger: Logger;
}

/**
 * Everybody looks at the same blocks of the root chain, those with a number that this divides, however often each of them
 * polls: else no two might ever sign the same change.
 */
export const LOOK_EVERY_BLOCKS = 2n;
/** Final blocks of this chain after which a vote that has not helped yet is sent again. */
const REPEAT_EVERY_BLOCKS = 8;
/** Own readings that are kept, newest last: others may be a look behind or ahead. */
const KEPT_CHANGES = 4;
/** Ended eras whose record is signed for, newest last. */
const KEPT_WORKS = 3;

export function createRootSetService({ chainId, signer }: RootSetConfig, ports: RootSetPorts): RootSetService {
  const { logger } = ports;
  const ballots = createBallots();
  let changes: { readonly id: Hash; readonly change: RootSetChange }[] = [];
  let base: RecordedRootSet | undefined;
  let view: RootView | undefined;
  /** What was compared last: neither has to be again until one of the two is another. */
  let compared: { readonly base: RecordedRootSet; readonly view: RootView } | undefined;
  let works: { readonly id: Hash; readonly work: EraWork }[] = [];
  /** Our votes by what they are for, while it is not recorded: the newest change, and every work. */
  const cast = new Map<"change" | Hash, Bytes>();
  let pokes = 0;
  let reading: Promise<void> | undefined;
  let again = false;
  let stopped = false;

  /** The recorded set; a new one makes all votes for changes of the one before worthless. */
  function current(): RecordedRootSet | undefined {
    const recorded = ports.recorded();
    if (!recorded || !base || !isSameSet(recorded, base)) {
      base = recorded;
      changes = [];
      cast.clear();
      ballots.clear();
      // Work stays to be recorded, and it is the new set that signs for it now.
      if (recorded) for (const { id } of works) vote(id, recorded, id);
    }
    return base;
  }

  function look(): void {
    const recorded = current();
    if (!recorded || !view || (compared?.base === recorded && compared.view === view)) return;
    compared = { base: recorded, view };
    const change = changeBetween(recorded, view);
    if (!change) return;
    const id = changeId(change, chainId);
    changes = [...changes, { id, change }].slice(-KEPT_CHANGES);
    vote(id, recorded, "change");
    const { rootBlock, changed } = change;
    logger.info(
      { rootBlock, recorded: recorded.serial, seats: changed.toString(2) },
      "the root chain's set has changed",
    );
  }

  function isKnown(voted: Hash): boolean {
    return [...changes, ...works].some(({ id }) => id === voted);
  }

  /** Work that is recorded, or of which the chain forgets the block, needs no votes any more. */
  function dropWorks(): void {
    const upTo = ports.recordedWork();
    works = works.filter(({ work }) => work.firstBlock > upTo);
    for (const name of cast.keys()) if (name !== "change" && !works.some(({ id }) => id === name)) cast.delete(name);
  }

  function vote(id: Hash, recorded: RecordedRootSet, as: "change" | Hash): void {
    const own = recorded.seats.find((entry) => entry.signer === signer?.address);
    if (!signer || !own) return;
    const signature = signDigest(hashToBytes(id), signer.key);
    const ballot = { serial: recorded.serial, change: id, seat: own.seat, signature };
    ballots.add(ballot, recorded, isKnown);
    const payload = encodeRootSetVote(ballot);
    cast.set(as, payload);
    ports.broadcast(payload);
  }

  async function read(): Promise<void> {
    do {
      again = false;
      const found = await ports.newestSet(LOOK_EVERY_BLOCKS);
      if (stopped || !found || view?.rootBlockHash === found.rootBlockHash) continue;
      view = found;
      look();
    } while (again && !stopped);
  }

  return {
    rootChainMoved() {
      again = true;
      reading ??= read()
        .catch((error: unknown) => {
          if (!(error instanceof KomaError) || error instanceof BugError) return ports.fatal(error);
          // The next confirmed block asks again.
          logger.warn({ error: error.message }, "the root chain's set cannot be read");
        })
        .finally(() => {
          reading = undefined;
        });
    },
    poke() {
      look();
      dropWorks();
      pokes += 1;
      // Who was not connected then, or had not recorded the set that we signed for, hears it now.
      if (pokes % REPEAT_EVERY_BLOCKS === 0) for (const payload of cast.values()) ports.broadcast(payload);
    },
    handleVote(payload) {
      const decoded = decodeRootSetVote(payload);
      if (!decoded.ok) return false;
      const recorded = current();
      // Of a set that is not final here yet, or not the newest any more: no fault of the sender's.
      if (!recorded || decoded.value.serial !== recorded.serial) return true;
      return ballots.add(decoded.value, recorded, isKnown);
    },
    due(recorded) {
      const known = current();
      if (!known || !isSameSet(known, recorded)) return undefined;
      for (const { id, change } of changes.toReversed()) {
        const quorum = ballots.quorum(id, recorded);
        if (quorum) return { change, ...quorum };
      }
      return undefined;
    },
    eraEnded(work) {
      if (work.entries.length === 0) return;
      const recorded = current();
      const id = workId(work, chainId);
      works = [...works, { id, work }].slice(-KEPT_WORKS);
      dropWorks();
      if (recorded) vote(id, recorded, id);
    },
    workDue(recorded, { height, upTo }) {
      const known = current();
      if (!known || !isSameSet(known, recorded)) return undefined;
      for (const { id, work } of works) {
        const { firstBlock, lastBlock, lastBlockHash } = work;
        // The block on top of the parent must know the hash of the era's last block, and be on its branch.
        const inReach = lastBlock <= height && height + 1n - lastBlock <= RECORDABLE_BLOCKS;
        if (firstBlock <= upTo || !inReach || !ports.isFinal(lastBlockHash)) continue;
        const quorum = ballots.quorum(id, recorded);
        if (quorum) return { work, ...quorum };
      }
      return undefined;
    },
    async stop() {
      stopped = true;
      await reading;
    },
  };
}
