import type { Genesis } from "../chain/index.ts";
import type { CheckpointService } from "../checkpoint/index.ts";
import { BugError, KomaError } from "../errors.ts";
import type { Executor } from "../execution/index.ts";
import type { Logger } from "../logger.ts";
import {
  bigintToBytes,
  concatBytes,
  emptyBytes,
  type Hash,
  hashFromBytes,
  hashToBytes,
  utf8,
  zeroHash,
} from "../primitives/index.ts";
import { checkpointHash, type OpenedChallenge, type OpenedDemand } from "../rootchain/index.ts";
import type { Store, StoredCheckpoint } from "../storage/index.ts";
import type { BlockSync } from "./block-sync.ts";
import type { ChainProgress } from "./chain-progress.ts";
import type { ChainView, KnownBlock } from "./chain-view.ts";
import { type ConsensusDriver, slotFrom } from "./consensus-driver.ts";
import type { createDepositRecords } from "./deposit-records.ts";
import type { NodeEventBus } from "./events.ts";
import type { NodeRootChain, RootBlock, RootEvent } from "./root-chain.ts";

export interface RootChainFollower {
  start(signal: AbortSignal): void;
  stopped(): Promise<void>;
  isBanned(block: Hash): boolean;
  /** The block that was banned last; undefined before any was. */
  newestBan(): Hash | undefined;
}

export interface RootChainFollowerPorts {
  readonly rootChain: NodeRootChain;
  readonly store: Store;
  readonly deposits: ReturnType<typeof createDepositRecords>;
  readonly executor: Executor;
  readonly blockSync: BlockSync;
  readonly chain: ChainView;
  readonly progress: () => ChainProgress;
  readonly driver: () => ConsensusDriver;
  readonly checkpoints: () => CheckpointService;
  /** Somebody says that something is missing; left out by nodes that answer nothing. */
  readonly challengeOpened?: (challenge: OpenedChallenge) => void;
  /** Somebody cannot get data; left out where none can be demanded. */
  readonly dataDemanded?: (opened: OpenedDemand) => void;
  /** More of the root chain is confirmed, whatever is in it. */
  readonly moved: () => void;
  readonly events: NodeEventBus;
  readonly fatal: (error: unknown) => void;
  readonly logger: Logger;
}

type Submitted = Extract<RootEvent, { type: "checkpointSubmitted" }>;
type Rejected = Extract<RootEvent, { type: "checkpointRejected" }>;

const CURSOR = "rootchain.cursor";
const BANNED = "rootchain.banned";

/** From a rejection to the first slot of the recovery instance, unless the genesis says otherwise. */
const DEFAULT_RECOVERY_DELAY_MS = 5_000;

/** Does what the root chain says: keeps deposits, follows checkpoints, takes blocks back when a checkpoint is rejected. */
export function createRootChainFollower(genesis: Genesis, ports: RootChainFollowerPorts): RootChainFollower {
  const { store, events, logger } = ports;
  const { meta } = store;
  const banned = new Set<Hash>();
  const stored = meta.get(BANNED) ?? emptyBytes;
  for (let i = 0; i < stored.length; i += 32) banned.add(hashFromBytes(stored.subarray(i, i + 32)));
  let running: Promise<void> = Promise.resolve();

  function cursor(): string | undefined {
    const value = meta.get(CURSOR);
    return value && new TextDecoder().decode(value);
  }

  /** The root chain was reorganised below what had been confirmed: what is not delivered yet is read again. */
  async function onReorganisation(to: bigint): Promise<void> {
    store.deposits.rewind(to);
    store.checkpoints.removeSeenAbove(to);
    logger.warn({ to }, "the root chain took confirmed blocks back");
  }

  async function onBlock(block: RootBlock, signal: AbortSignal): Promise<void> {
    for (const event of block.events) await onEvent(event, block, signal);
    ports.checkpoints().poke();
  }

  async function onEvent(event: RootEvent, block: RootBlock, signal: AbortSignal): Promise<void> {
    switch (event.type) {
      case "deposited":
        ports.deposits.record([{ deposit: event.deposit, seenAt: block.number }], block.number);
        return events.emit({ type: "depositConfirmed", id: event.deposit.id });
      case "checkpointSubmitted":
        recordSubmission(event, block);
        return events.emit({ ...event, type: "checkpointSubmitted" });
      case "checkpointFinalized": {
        const known = store.checkpoints.get(event.number);
        // When it became final says how long fraud below it is still punished.
        if (known) store.checkpoints.put({ ...known, status: "finalized", body: bigintToBytes(block.timestamp) });
        return events.emit({ ...event, type: "checkpointFinalized" });
      }
      case "challengeOpened":
        return ports.challengeOpened?.(event.challenge);
      case "dataDemanded":
        return ports.dataDemanded?.(event.opened);
      case "checkpointRejected":
        return rollBack(event, block, signal);
    }
  }

  /** Once for each submission, though a crash may bring it again: what was learned of it since is kept. */
  function recordSubmission(event: Submitted, block: RootBlock): void {
    const { number, start, end, rootHash, lastBlockHash, generation } = event;
    if (store.checkpoints.asOf(number, generation)?.generation === generation) return;
    const previous = store.checkpoints.asOf(number - 1n, generation);
    if (number > 1n && !previous) throw new BugError(`checkpoint ${number} came without the one before it`);
    const prevCheckpoint = previous?.structHash ?? zeroHash;
    const structHash = checkpointHash({ ...event, chainId: genesis.chainId, prevCheckpoint });
    const learned = { status: "pending", seenAt: block.number, body: emptyBytes } as const;
    store.checkpoints.put({ number, start, end, rootHash, lastBlockHash, generation, structHash, ...learned });
  }

  /**
   * The blocks after the last good checkpoint are void whatever their local finality. Every step can be repeated: a crash in
   * between is mended when the event is handled again, because the cursor has not moved.
   */
  async function rollBack(event: Rejected, block: RootBlock, signal: AbortSignal): Promise<void> {
    const { number, generation } = event;
    ban(event.bannedBlock);
    for (const dead of store.checkpoints.list(number, 1_000)) {
      if (dead.generation < generation) store.checkpoints.setStatus(dead.number, dead.generation, "rejected");
    }
    const newest = store.instances.newest();
    if (newest && newest.generation >= generation) return;
    const good = vouched(event);
    const lastGood = good.at(-1)?.end ?? 0n;
    logger.error(
      { checkpoint: number, generation, lastGood, banned: event.bannedBlock },
      "the root chain rejected a checkpoint: blocks above the last good one are void, final or not",
    );
    // Nothing may become final while the blocks it would stand on are taken away.
    await ports.driver().halt();
    await ports.progress().settled();
    const common = lastCommon(good);
    const removed = blocksAbove(common);
    await ports.executor.rollback(common);
    ports.progress().rolledBack(removed);
    for (const range of good) {
      if (range.end <= common) continue;
      const blocks = await ports.blockSync.fetch(range, signal, () => isTakenBack(range, generation));
      // The cursor has not moved: the next start does all this again.
      if (signal.aborted) return;
      // A later rejection took this range back too, and with it the instance that would open here: nobody runs it any
      // more, and nobody has these blocks. Consensus stays halted until that rejection comes in this same stream.
      if (!blocks) return;
      ports.progress().imported(blocks, "rootChain");
    }
    const delay = genesis.consensus.recoveryDelayMs ?? DEFAULT_RECOVERY_DELAY_MS;
    ports.driver().rollBack({
      generation,
      lastGood,
      start: slotFrom(Number(block.timestamp) * 1000 + delay, genesis.consensus.baseRoundMs),
      ejected: event.ejected,
    });
    events.emit({ type: "checkpointRejected", number, generation });
  }

  /** The checkpoints that this rejection left standing, in order; together they hold every block up to the last good one. */
  function vouched({ number: rejected, generation }: Rejected): readonly StoredCheckpoint[] {
    const good: StoredCheckpoint[] = [];
    for (let number = 1n; number < rejected; number++) {
      const checkpoint = store.checkpoints.asOf(number, generation - 1n);
      if (!checkpoint) throw new BugError(`checkpoint ${number} before a rejected one is unknown`);
      good.push(checkpoint);
    }
    return good;
  }

  /** True when a rejection after `generation` took a checkpoint back that this one had left standing. */
  async function isTakenBack({ number }: StoredCheckpoint, generation: bigint): Promise<boolean> {
    try {
      const lowest = await ports.rootChain.takenBackAfter(generation);
      return lowest !== undefined && lowest <= number;
    } catch (error) {
      if (!(error instanceof KomaError)) throw error;
      logger.debug({ code: error.code }, "the root chain does not say whether a checkpoint stands");
      return false;
    }
  }

  /** The last block of a standing checkpoint that is final here too: this node may be behind, or have had other blocks. */
  function lastCommon(good: readonly StoredCheckpoint[]): bigint {
    const shared = good.findLast(({ end, lastBlockHash }) => store.blocks.hashOf(end) === lastBlockHash);
    return shared?.end ?? 0n;
  }

  function blocksAbove(height: bigint): readonly KnownBlock[] {
    const blocks: KnownBlock[] = [];
    for (let number = ports.chain.head.header.number; number > height; number--) {
      const hash = ports.chain.hashAt(number);
      const known = hash && ports.chain.known(hash);
      if (known) blocks.push(known);
    }
    return blocks;
  }

  function ban(block: Hash): void {
    if (banned.has(block)) return;
    banned.add(block);
    meta.set(BANNED, concatBytes(...[...banned].map(hashToBytes)));
  }

  return {
    start(signal) {
      const handler = {
        block: (block: RootBlock) => onBlock(block, signal),
        rollback: onReorganisation,
        done(at: string) {
          // What was interrupted is done again from the cursor before it.
          if (signal.aborted) return;
          meta.set(CURSOR, utf8(at));
          ports.moved();
        },
      };
      running = ports.rootChain.follow(cursor(), handler, signal).catch((error: unknown) => {
        if (!signal.aborted) ports.fatal(error);
      });
    },
    stopped: () => running,
    isBanned: (block) => banned.has(block),
    // Where only the checkpoint was wrong, zero stands for the block.
    newestBan: () => [...banned].filter((block) => block !== zeroHash).at(-1),
  };
}
