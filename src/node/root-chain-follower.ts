import type { Genesis } from "../chain/index.ts";
import type { CheckpointService } from "../checkpoint/index.ts";
import { BugError } from "../errors.ts";
import type { Executor } from "../execution/index.ts";
import type { Logger } from "../logger.ts";
import { concatBytes, emptyBytes, type Hash, hashFromBytes, hashToBytes, utf8 } from "../primitives/index.ts";
import type { Store } from "../storage/index.ts";
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
}

export interface RootChainFollowerPorts {
  readonly rootChain: NodeRootChain;
  readonly store: Store;
  readonly deposits: ReturnType<typeof createDepositRecords>;
  readonly executor: Executor;
  readonly chain: ChainView;
  readonly progress: () => ChainProgress;
  readonly driver: () => ConsensusDriver;
  readonly checkpoints: () => CheckpointService;
  readonly events: NodeEventBus;
  readonly fatal: (error: unknown) => void;
  readonly logger: Logger;
}

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

  async function onBlock(block: RootBlock): Promise<void> {
    for (const event of block.events) await onEvent(event, block);
    ports.checkpoints().poke();
  }

  async function onEvent(event: RootEvent, block: RootBlock): Promise<void> {
    switch (event.type) {
      case "deposited":
        ports.deposits.record([{ deposit: event.deposit, seenAt: block.number }], block.number);
        return events.emit({ type: "depositConfirmed", id: event.deposit.id });
      case "checkpointSubmitted":
        store.checkpoints.put({ ...event, status: "pending", seenAt: block.number, body: emptyBytes });
        return events.emit({ ...event, type: "checkpointSubmitted" });
      case "checkpointFinalized": {
        const known = store.checkpoints.get(event.number);
        if (known) store.checkpoints.setStatus(event.number, known.generation, "finalized");
        return events.emit({ ...event, type: "checkpointFinalized" });
      }
      case "checkpointRejected":
        return rollBack(event, block);
    }
  }

  /**
   * The blocks after the last good checkpoint are void whatever their local finality. Every step can be repeated: a crash in
   * between is mended when the event is handled again, because the cursor has not moved.
   */
  async function rollBack(event: Rejected, block: RootBlock): Promise<void> {
    const { number, generation } = event;
    const newest = store.instances.newest();
    if (newest && newest.generation >= generation) return;
    ban(event.bannedBlock);
    for (const dead of store.checkpoints.list(number, 1_000)) {
      if (dead.generation < generation) store.checkpoints.setStatus(dead.number, dead.generation, "rejected");
    }
    const lastGood = lastGoodBlock(number);
    logger.error(
      { checkpoint: number, generation, lastGood, banned: event.bannedBlock },
      "the root chain rejected a checkpoint: blocks above the last good one are void, final or not",
    );
    await ports.progress().settled();
    const removed = blocksAbove(lastGood);
    await ports.executor.rollback(lastGood);
    ports.progress().rolledBack(removed);
    const delay = genesis.consensus.recoveryDelayMs ?? DEFAULT_RECOVERY_DELAY_MS;
    ports.driver().rollBack({
      generation,
      lastGood,
      start: slotFrom(Number(block.timestamp) * 1000 + delay, genesis.consensus.baseRoundMs),
      ejected: event.ejected,
    });
    events.emit({ type: "checkpointRejected", number, generation });
  }

  function lastGoodBlock(rejected: bigint): bigint {
    if (rejected === 1n) return 0n;
    const good = store.checkpoints.get(rejected - 1n);
    if (!good || good.status === "rejected")
      throw new BugError(`checkpoint ${rejected - 1n} before a rejected one is unknown`);
    return good.end;
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
        block: onBlock,
        rollback: onReorganisation,
        done: (at: string) => meta.set(CURSOR, utf8(at)),
      };
      running = ports.rootChain.follow(cursor(), handler, signal).catch((error: unknown) => {
        if (!signal.aborted) ports.fatal(error);
      });
    },
    stopped: () => running,
    isBanned: (block) => banned.has(block),
  };
}
