import { childBridgeAddress, parseDelivery } from "../bridge/index.ts";
import type { Transaction } from "../chain/index.ts";
import {
  type BlockRef,
  type Confidence,
  type Effect,
  type Instance,
  thresholdFromFraction,
  type UnitHash,
} from "../consensus/index.ts";
import type { ExecutedBlock, Executor } from "../execution/index.ts";
import type { Logger } from "../logger.ts";
import { type Hash, timestamp } from "../primitives/index.ts";
import type { BlockConfidence, FinalBlock, HeadChange } from "../rpc/index.ts";
import type { Store } from "../storage/index.ts";
import type { TxPool } from "../txpool/index.ts";
import type { BlockService } from "./block-service.ts";
import type { BranchChange, ChainView, KnownBlock } from "./chain-view.ts";
import { FINALIZED } from "./config.ts";
import type { NodeEventBus } from "./events.ts";
import type { FinalUnits } from "./final-units.ts";
import type { ProducerPolicy } from "./producer-policy.ts";
import { isSystemTransaction } from "./system-transactions.ts";

type Finalize = Extract<Effect, { kind: "finalize" }> & { readonly instance: Instance };

/** Follows consensus: moves the head, commits what is final, and tells pool and subscribers. */
export interface ChainProgress {
  headChanged(head: BlockRef | undefined): void;
  finalized(effect: Extract<Effect, { kind: "finalize" }>, instance: Instance): void;
  /** A block was executed: what waited for it goes on. */
  executed(): void;
  /** Newest block final at a threshold. */
  finalAt(fraction: number): Hash;
  confidence(block: Hash): BlockConfidence | undefined;
  /** The root chain took final blocks back (these, newest first): head and finality are those of the executor again. */
  rolledBack(removed: readonly KnownBlock[]): void;
  /** Blocks became final without consensus: they came from peers, and somebody else vouches for them. */
  imported(committed: readonly ExecutedBlock[], voucher: "rootChain" | "validators"): void;
  /** Other thresholds from now on. A new one is reported from the block after the one that is final at it already. */
  watch(watched: Watched): void;
  /** When everything that is final so far is on disk. */
  settled(): Promise<void>;
}

/** What a node watches, see `WatchedThresholds`. */
export interface Watched {
  readonly thresholds: readonly number[];
  /** Its marks are stored; of others a restart leaves nothing. */
  readonly isKept: (fraction: number) => boolean;
  /** What consensus finds final at a threshold that is new. */
  readonly reached: (fraction: number) => BlockRef | undefined;
}

export interface ChainProgressPorts {
  readonly executor: Executor;
  readonly store: Store;
  readonly chain: ChainView;
  readonly blocks: BlockService;
  readonly pool: TxPool;
  readonly finalUnits: FinalUnits;
  readonly policy: Pick<ProducerPolicy, "judge">;
  readonly events: NodeEventBus;
  readonly consensus: () => {
    confidence(block: UnitHash): Confidence | undefined;
    readonly totalWeight: number;
  };
  readonly now: () => number;
  readonly publish: {
    headChanged(change: HeadChange): void;
    final(fraction: number, block: FinalBlock): void;
  };
  readonly onFinalized: () => void;
  /** The last block of an era is final at a third and on disk. */
  readonly onEraEnded: (instance: Instance, switchBlock: BlockRef, hash: Hash) => void;
  readonly fatal: (error: unknown) => void;
  readonly logger: Logger;
}

export function createChainProgress(initial: readonly number[], ports: ChainProgressPorts): ChainProgress {
  let thresholds = initial;
  let isKept = (_fraction: number) => true;
  const { executor, store, chain, blocks, pool, finalUnits, events } = ports;
  const newest = new Map<number, Hash>();
  let wantedHead: UnitHash | undefined;
  let queue: Finalize[] = [];
  let pumping: Promise<void> | undefined;
  let failed = false;
  let generation = 0;

  function loadFinals(): void {
    for (const fraction of thresholds) load(fraction, undefined);
  }

  /** Where the reports at a threshold go on: above what was reported, and what is known to be final at it. */
  function load(fraction: number, reached: BlockRef | undefined): void {
    const mark = store.finality.newest(nameOf(fraction));
    // What is final at a third is so at every lower threshold, and need not be at a higher one.
    const implied = fraction > FINALIZED ? undefined : executor.finalHead.hash;
    const inConsensus = reached && (blocks.hashOf(reached.unit) ?? finalHashOf(reached));
    for (const hash of [mark?.hash, implied, inConsensus]) {
      if (hash === undefined || !chain.isCanonical(hash)) continue;
      const known = newest.get(fraction);
      if (known === undefined || heightOf(hash) > heightOf(known)) newest.set(fraction, hash);
    }
  }

  const heightOf = (hash: Hash): bigint => chain.header(hash)?.number ?? -1n;

  function moveHead(): void {
    const hash = wantedHead && blocks.hashOf(wantedHead);
    if (!hash || !executor.block(hash)) return;
    const change = chain.moveHead(hash);
    if (change) tellHead(change);
  }

  function tellHead({ removed, added }: BranchChange): void {
    updatePool(removed, added);
    ports.publish.headChanged({ removed: removed.map(viewOf), added: added.map(viewOf) });
    const { header, hash } = chain.head;
    const transactions = chain.block(hash)?.transactions.length ?? 0;
    events.emit({ type: "headChanged", number: header.number, hash, producer: header.coinbase, transactions });
  }

  function updatePool(removed: readonly KnownBlock[], addedBlocks: readonly KnownBlock[]): void {
    const state = executor.stateAt(chain.head.hash);
    const account = (address: Parameters<typeof state.account>[0]) => {
      const found = state.account(address);
      return { nonce: found?.nonce ?? 0n, balance: found?.balance ?? 0n };
    };
    const now = timestamp(ports.now());
    if (removed.length > 0) pool.onRollback(removed.flatMap(ordinary), account, now);
    pool.onBlock(
      addedBlocks.flatMap(({ block }) => block.transactions),
      account,
      now,
    );
  }

  /** One finalization after the other, in the order in which consensus reported them. */
  function pump(): void {
    if (failed) return;
    pumping ??= drain()
      .catch((error: unknown) => {
        // What failed would fail again at once, and again: the node ends, and goes on from the disk.
        failed = true;
        ports.fatal(error);
      })
      .finally(() => {
        pumping = undefined;
        if (queue[0] && (blocks.hashOf(queue[0].block.unit) ?? finalHashOf(queue[0].block))) pump();
      });
  }

  async function drain(): Promise<void> {
    for (let next = queue[0]; next; next = queue[0]) {
      const hash = blocks.hashOf(next.block.unit) ?? finalHashOf(next.block);
      if (!thresholds.includes(next.fraction)) {
        queue.shift();
        continue;
      }
      // After a crash consensus may say again what it said before it; nobody is told twice.
      if (isReported(next)) {
        queue.shift();
        if (hash) endEraAfter(next, hash);
        continue;
      }
      if (!hash) return;
      const before = generation;
      if (next.fraction === FINALIZED) await commit(hash, next);
      if (before !== generation) return;
      queue.shift();
      report(hash, next);
      endEraAfter(next, hash);
    }
  }

  /**
   * A block that is on disk already is not run again after a restart, so no unit is linked to it; a threshold that has
   * nothing yet in this era still comes past it.
   */
  function finalHashOf({ height }: BlockRef): Hash | undefined {
    return store.blocks.hashOf(BigInt(height));
  }

  function isReported({ block, fraction }: Finalize): boolean {
    const known = newest.get(fraction);
    return known !== undefined && BigInt(block.height) <= heightOf(known);
  }

  function endEraAfter({ block, fraction, instance }: Finalize, hash: Hash): void {
    if (fraction === FINALIZED && block.terminal && finalHashOf(block) === hash)
      ports.onEraEnded(instance, block, hash);
  }

  async function commit(hash: Hash, { block, instance }: Finalize): Promise<void> {
    const committed = await executor.finalize(hash);
    finalUnits.mark(instance.id, FINALIZED, { unit: block.unit, block: hash });
    tellFinal(committed);
  }

  function tellFinal(committed: readonly ExecutedBlock[]): void {
    for (const executed of committed) {
      const { block, receipts } = executed;
      ports.policy.judge(executed);
      const { number, coinbase } = block.header;
      const transactions = block.transactions.length;
      events.emit({ type: "blockFinalized", number, hash: block.hash, producer: coinbase, transactions });
      for (const log of receipts.flatMap((receipt) => receipt.logs)) {
        const delivery = log.address === childBridgeAddress ? parseDelivery(log) : undefined;
        if (delivery?.credited) events.emit({ type: "depositCredited", id: delivery.id });
      }
    }
  }

  function report(hash: Hash, { block, fraction, confidence, instance }: Finalize): void {
    // An era may end before a high threshold has all of its blocks: what is final above them is what makes them so.
    const gap = unreportedBelow(hash, fraction);
    newest.set(fraction, hash);
    if (fraction !== FINALIZED && isKept(fraction))
      finalUnits.mark(instance.id, fraction, { unit: block.unit, block: hash });
    for (const known of [...gap, hash]) tellThreshold(known, fraction, confidence);
    if (fraction === FINALIZED) ports.onFinalized();
  }

  /** Blocks between the newest one reported at a threshold and `hash`, lowest first. */
  function unreportedBelow(hash: Hash, fraction: number): readonly Hash[] {
    const known = newest.get(fraction);
    const found: Hash[] = [];
    // Never reported at this threshold: the reports begin here.
    if (known === undefined) return found;
    const last = chain.header(known)?.number ?? executor.finalHead.number;
    for (
      let header = chain.header(hash);
      header && header.number > last + 1n;
      header = chain.header(header.parentHash)
    ) {
      found.unshift(header.parentHash);
    }
    return found;
  }

  function tellThreshold(hash: Hash, fraction: number, confidence: Confidence): void {
    const header = chain.header(hash);
    if (!header) return;
    const height = header.number;
    const maxT = BigInt(confidence.maxT ?? 0);
    if (isKept(fraction)) store.finality.mark({ threshold: nameOf(fraction), height, hash, confidence: maxT });
    ports.publish.final(fraction, { hash, header, confidence: confidenceView(confidence) });
  }

  /** A third of the weight would have to lie about its own finality signature to undo it. */
  function markVouched(hash: Hash, fraction: number): void {
    const height = chain.header(hash)?.number;
    if (height === undefined || !isKept(fraction)) return;
    const confidence = BigInt(thresholdFromFraction(fraction, ports.consensus().totalWeight));
    store.finality.mark({ threshold: nameOf(fraction), height, hash, confidence });
  }

  loadFinals();

  return {
    headChanged(head) {
      wantedHead = head?.unit;
      moveHead();
    },
    finalized(effect, instance) {
      queue.push({ ...effect, instance });
      pump();
    },
    executed() {
      moveHead();
      pump();
    },
    finalAt: (fraction) => newest.get(fraction) ?? (chain.hashAt(0n) as Hash),
    confidence(hash) {
      const header = chain.header(hash);
      if (!header) return undefined;
      const unit = blocks.unitOf(hash);
      const live = unit && ports.consensus().confidence(unit);
      if (live) return confidenceView(live);
      const total = ports.consensus().totalWeight;
      // Everybody starts from the genesis block: nobody could revert it.
      if (header.number === 0n) return remembered(total - 1, total);
      const mark = [...thresholds]
        .reverse()
        .map((fraction) => store.finality.at(nameOf(fraction), header.number))
        .find((found) => found?.hash === hash);
      return remembered(mark ? Number(mark.confidence) : undefined, total);
    },
    rolledBack(removed) {
      generation += 1;
      queue = [];
      wantedHead = undefined;
      chain.reset();
      tellHead({ removed, added: [] });
      for (const fraction of thresholds) newest.set(fraction, executor.finalHead.hash);
    },
    imported(committed, voucher) {
      // What the instances before said is of no use any more, and what waits in front would wait for ever.
      queue = [];
      wantedHead = undefined;
      const { hash } = executor.finalHead;
      const change = chain.moveHead(hash);
      if (change) tellHead(change);
      tellFinal(committed);
      for (const fraction of thresholds) {
        // Validators have signed for a third, and for nothing above it.
        if (voucher === "validators" && fraction > FINALIZED) continue;
        newest.set(fraction, hash);
        if (voucher === "validators") for (const { block } of committed) markVouched(block.hash, fraction);
      }
    },
    watch(watched) {
      const added = watched.thresholds.filter((fraction) => !thresholds.includes(fraction));
      for (const gone of thresholds.filter((fraction) => !watched.thresholds.includes(fraction))) newest.delete(gone);
      ({ thresholds, isKept } = watched);
      for (const fraction of added) load(fraction, watched.reached(fraction));
    },
    async settled() {
      // One that ends may start the next.
      while (pumping) await pumping;
    },
  };
}

function nameOf(fraction: number): string {
  return fraction.toFixed(6);
}

/** Without what the producer brought from the root chain: it makes that anew, for the block that it builds then. */
function ordinary({ block }: KnownBlock): readonly Transaction[] {
  const { coinbase } = block.header;
  return block.transactions.filter((tx) => !isSystemTransaction(tx, coinbase));
}

function viewOf({ block, receipts, results }: KnownBlock) {
  return { block, receipts, outcomes: results };
}

function confidenceView(confidence: Confidence): BlockConfidence {
  return {
    confidence: confidence.fraction,
    maxT: confidence.maxT ?? null,
    level: confidence.level,
    quorum: confidence.quorum ?? null,
    faultyWeight: confidence.faultyWeight,
    N: confidence.total,
  };
}

/** For blocks whose units are not in memory any more: what was last known of them. */
function remembered(maxT: number | undefined, total: number): BlockConfidence {
  const confidence = maxT === undefined ? 0 : (maxT + 1) / total;
  return { confidence, maxT: maxT ?? null, level: 0, quorum: null, faultyWeight: 0, N: total };
}
