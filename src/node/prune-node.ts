import { statSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../clock.ts";
import { instanceOfEra } from "../consensus/index.ts";
import { UserError } from "../errors.ts";
import { silentLogger } from "../logger.ts";
import { utf8 } from "../primitives/index.ts";
import type { StorageMode } from "./config-file.ts";
import { forgetSome } from "./history-pruning.ts";
import type { NodeRootChain } from "./root-chain.ts";
import { connectNodeRootChain } from "./root-chain-client.ts";
import { createSettledHistory } from "./settled-history.ts";
import { breathe, openStoppedNode, type StoppedNode } from "./stopped-node.ts";

export interface PruneOptions {
  /** Default: that of the node. */
  readonly storage?: StorageMode;
  /** Keep everything from the end of this checkpoint on, although more could go. */
  readonly beforeCheckpoint?: bigint;
  /** Default: the one that the node's configuration names. */
  readonly rootChain?: Pick<NodeRootChain, "lateSlashS">;
  readonly signal: AbortSignal;
  readonly report?: (detail: string) => void;
}

export interface PrunedNode {
  readonly mode: Exclude<StorageMode, "archive">;
  /** Bytes that the disk has back. */
  readonly freedBytes: number;
  /** The oldest block after which the state can be read. */
  readonly statesFrom: bigint;
  /** The oldest block whose transactions are kept. */
  readonly transactionsFrom: bigint;
  /** An earlier run was cut off; this one did the rest of it, too. */
  readonly wentOn: boolean;
}

/** Rows between two looks at signals. */
const SLICE_ROWS = 20_000;
/** Stands in the database from the first look at what may go until the disk has its pages back. */
const UNDER_WAY = "prune.underWay";

/**
 * Forgets, in the database of a stopped node, what its storage mode does not keep, and gives the disk its pages back. May be
 * interrupted at any moment and begun again.
 *
 * @throws {UserError} KOMA_E_PRUNE_ARCHIVE, KOMA_E_CHECKPOINT_NOT_FOUND
 * @throws {EnvironmentError} KOMA_E_STORE_LOCKED while the node runs; KOMA_E_STORE_FULL when the disk has no room for the
 *   smaller copy that is made on the way
 */
export async function pruneNode(folder: string, options: PruneOptions): Promise<PrunedNode> {
  const { signal, report = () => {} } = options;
  const node = openStoppedNode(folder);
  const { store, config } = node;
  let closed = false;
  try {
    const mode = options.storage ?? config.storage;
    if (mode === "archive") {
      throw new UserError("KOMA_E_PRUNE_ARCHIVE", "This node is an archive: it keeps everything.", {
        facts: { folder },
        fix: ["Say what shall go: --storage full (older states) or --storage window (older transactions, too)."],
      });
    }
    const rootChain =
      options.rootChain ??
      connectNodeRootChain(config.genesis, { url: config.rootChainUrl, logger: silentLogger, signal });
    const finalHeight = store.state.head()?.number ?? 0n;
    const history = createSettledHistory(
      {
        store,
        finalHeight: () => finalHeight,
        instance: () => instanceOfEra(node.rules, node.era()),
        now: () => systemClock.now(),
      },
      await rootChain.lateSlashS(),
    );
    const settled = least(history.upTo(), limitOf(node, options.beforeCheckpoint));
    const before = sizeOf(config.dataDir);
    const wentOn = store.meta.get(UNDER_WAY) !== undefined;
    if (wentOn) report("an earlier run was cut off: going on");
    store.meta.set(UNDER_WAY, utf8(mode));
    while (forgetSome(store, mode, settled, SLICE_ROWS)) {
      report(`states from block ${store.state.historyStart()}`);
      await breathe(signal);
    }
    report("giving the disk its pages back");
    await breathe(signal);
    store.compact();
    store.meta.delete(UNDER_WAY);
    const kept = { wentOn, statesFrom: store.state.historyStart(), transactionsFrom: store.blocks.transactionsStart() };
    node.close();
    closed = true;
    return { mode, ...kept, freedBytes: before - sizeOf(config.dataDir) };
  } finally {
    if (!closed) node.close();
  }
}

function limitOf({ store }: StoppedNode, checkpoint: bigint | undefined): bigint | undefined {
  if (checkpoint === undefined) return undefined;
  const found = store.checkpoints.get(checkpoint);
  if (found) return found.start - 1n;
  throw new UserError("KOMA_E_CHECKPOINT_NOT_FOUND", `This node knows no checkpoint ${checkpoint}.`, {
    facts: { checkpoint, newest: store.checkpoints.newest()?.number ?? 0n },
    fix: ["koma checkpoint list"],
  });
}

function least(a: bigint, b: bigint | undefined): bigint {
  return b === undefined || a < b ? a : b;
}

function sizeOf(dataDir: string): number {
  const sizes = ["chain.db", "chain.db-wal"].map(
    (file) => statSync(join(dataDir, file), { throwIfNoEntry: false })?.size ?? 0,
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
