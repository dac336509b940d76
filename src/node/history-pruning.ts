import type { Clock } from "../clock.ts";
import { KomaError } from "../errors.ts";
import type { Logger } from "../logger.ts";
import { timestamp } from "../primitives/index.ts";
import { RootRpcError } from "../rootchain/index.ts";
import type { Store } from "../storage/index.ts";
import type { StorageMode } from "./config-file.ts";
import type { NodeRootChain } from "./root-chain.ts";
import { createSettledHistory, type SettledHistory, type SettledHistoryPorts } from "./settled-history.ts";

/** Forgets what the storage mode does not keep, beside block production (decision 0034). */
export interface HistoryPruning {
  /** More is final: there may be something to forget. */
  poke(): void;
  stop(): void;
}

export interface HistoryPruningPorts extends Omit<SettledHistoryPorts, "now"> {
  readonly store: SettledHistoryPorts["store"] & Pick<Store, "state">;
  readonly rootChain: Pick<NodeRootChain, "lateSlashS">;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly fatal: (error: unknown) => void;
}

/** Rows deleted at once, 2 to 5 µs each, and the time others have between two slices: 20,000 rows a second. */
const SLICE_ROWS = 384;
const PAUSE_MS = 20;
/** After everything was forgotten that could be, and after a root chain that gave no answer. */
const REST_MS = 1_000;
const RETRY_MS = 10_000;

export function createHistoryPruning(mode: StorageMode, ports: HistoryPruningPorts): HistoryPruning {
  const { store, clock, logger, fatal } = ports;
  let settled: SettledHistory | undefined;
  let cancel: (() => void) | undefined;
  let busy = false;
  let stopped = false;

  if (mode === "archive" && store.state.historyStart() > 0n) {
    const facts = { states: store.state.historyStart(), transactions: store.blocks.transactionsStart() };
    logger.warn(facts, "this node is an archive from here on only: what was pruned before does not come back");
  }

  /** One slice; when to go on. */
  async function work(): Promise<number> {
    if (!settled) {
      try {
        const lateSlashS = await ports.rootChain.lateSlashS();
        settled = createSettledHistory({ ...ports, now: () => clock.now() }, lateSlashS);
      } catch (error) {
        if (!(error instanceof KomaError || error instanceof RootRpcError)) throw error;
        logger.debug(
          { why: error.message },
          "the root chain does not say how long fraud is punished: nothing is pruned",
        );
        return RETRY_MS;
      }
      if (stopped) return RETRY_MS;
    }
    return forgetSome(store, mode, settled.upTo(), SLICE_ROWS) ? PAUSE_MS : REST_MS;
  }

  function later(ms: number): void {
    if (stopped) return;
    cancel = clock.schedule(timestamp(clock.now() + ms), () => {
      cancel = undefined;
      busy = true;
      work()
        .then((pauseMs) => {
          busy = false;
          // What becomes final meanwhile pokes; only unfinished work goes on by itself.
          if (pauseMs !== REST_MS) later(pauseMs);
        })
        .catch(fatal);
    });
  }

  return {
    poke() {
      if (mode !== "archive" && !busy && !cancel) later(REST_MS);
    },
    stop() {
      stopped = true;
      cancel?.();
    },
  };
}

/**
 * Forgets at most `rows` rows of what `mode` does not keep of the blocks up to `settled`.
 *
 * @returns false when nothing is left to forget
 */
export function forgetSome({ state }: Pick<Store, "state">, mode: StorageMode, settled: bigint, rows: number): boolean {
  if (mode === "archive" || settled <= 0n) return false;
  if (state.pruneHistory(settled, rows)) return true;
  return mode === "window" && state.pruneTransactions(settled, rows);
}
