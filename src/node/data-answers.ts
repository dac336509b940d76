import { setTimeout as sleep } from "node:timers/promises";
import { type ArchivedBlock, type CheckpointReader, createNetworkArchive } from "../checkpoint/index.ts";
import type { Clock } from "../clock.ts";
import { EnvironmentError, KomaError } from "../errors.ts";
import { answerDemand } from "../fraud/index.ts";
import type { Logger } from "../logger.ts";
import type { Hash } from "../primitives/index.ts";
import { type DataDemands, type OpenedDemand, RootRpcError } from "../rootchain/index.ts";

/** What showing data takes of the root chain. */
export interface DemandingRootChain {
  readonly checkpoints: CheckpointReader;
  readonly demands: DataDemands;
  /** Struct hash of the live checkpoint with a number; undefined when there is none. */
  structHash(number: bigint): Promise<Hash | undefined>;
  /** Demands of this chain that are open. */
  open(): Promise<readonly OpenedDemand[]>;
}

export interface DataAnswers {
  /** Takes up what was demanded while this node was away. */
  start(): void;
  /** Somebody demanded data on the root chain. */
  demanded(opened: OpenedDemand): void;
  /** Until everything that is being answered is, or the signal has ended it. */
  stopped(): Promise<void>;
}

/** Between two looks at the root chain. */
const RETRY_MS = 1_000;

/**
 * Shows data that is demanded on the root chain, whenever this node has it: demands pay for it, and those who signed what
 * nobody shows are charged. Afterwards it lets the checkpoint go, without which it would never be final.
 */
export function createDataAnswers(ports: {
  readonly rootChain: DemandingRootChain;
  /** A final block of this node that it shows. */
  readonly block: (number: bigint) => ArchivedBlock | undefined;
  readonly clock: Pick<Clock, "now">;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}): DataAnswers {
  const { rootChain, logger, clock, signal } = ports;
  const { demands } = rootChain;
  const running = new Map<bigint, Promise<void>>();

  /** Whether the data is shown, by whomever; tries until the demand's deadline. */
  async function show(opened: OpenedDemand): Promise<boolean> {
    const { id, demand } = opened;
    while (!signal.aborted && clock.now() / 1000 <= Number(demand.deadline)) {
      const outcome = await attempt(`demand ${id}`, async () => {
        const self = { name: "self", block: async (number: bigint) => ports.block(number) };
        const structHash = await rootChain.structHash(demand.number);
        if (structHash !== demand.structHash) return "gone";
        const archive = createNetworkArchive([self], rootChain.checkpoints);
        return answerDemand(archive, structHash, demands, opened, signal);
      });
      if (outcome === "answered") {
        logger.warn({ demand: id, block: demand.block, part: demand.part }, "data that was demanded is shown");
        return true;
      }
      if (outcome === "gone") return false;
      await rest();
    }
    if (!signal.aborted) logger.error({ demand: id, block: demand.block }, "this node does not show what is demanded");
    return false;
  }

  /** Until the checkpoint is released, by this node or another. */
  async function release({ id, demand }: OpenedDemand): Promise<void> {
    while (!signal.aborted) {
      const outcome = await attempt(`release of checkpoint ${demand.number}`, async () => {
        if ((await demands.stateOf(id)) === "open") await demands.conclude({ id, demand }, undefined, signal);
        const { held, open, heldUntil } = await demands.docket(demand.structHash);
        if (!held) return "done";
        if (open > 0 || clock.now() / 1000 <= Number(heldUntil)) return "wait";
        await demands.release(demand, signal);
        return "done";
      });
      if (outcome === "done") return;
      await rest();
    }
  }

  /** Undefined when it has to be tried again: the root chain was away, or somebody else was faster. */
  async function attempt<T>(what: string, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof KomaError || error instanceof RootRpcError)) throw error;
      const away = error instanceof EnvironmentError || error instanceof RootRpcError;
      logger[away ? "warn" : "info"]({ what, error: error.message }, "a demand for data is tried again");
      return undefined;
    }
  }

  const rest = () => sleep(RETRY_MS, undefined, { signal }).catch(() => undefined);

  function demanded(opened: OpenedDemand): void {
    if (running.has(opened.id)) return;
    const done = show(opened).then((shown) => (shown ? release(opened) : undefined));
    running.set(
      opened.id,
      done.finally(() => running.delete(opened.id)),
    );
  }

  return {
    start() {
      const takeUp = attempt("demands that are open", async () => {
        for (const opened of await rootChain.open()) demanded(opened);
      });
      running.set(
        -1n,
        takeUp.then(() => undefined).finally(() => running.delete(-1n)),
      );
    },
    demanded,
    async stopped() {
      await Promise.all(running.values());
    },
  };
}
