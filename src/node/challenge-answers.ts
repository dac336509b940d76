import { setTimeout as sleep } from "node:timers/promises";
import {
  type ArchivedBlock,
  type ChainArchive,
  type CheckpointReader,
  createNetworkArchive,
} from "../checkpoint/index.ts";
import type { Clock } from "../clock.ts";
import { EnvironmentError, KomaError } from "../errors.ts";
import { findAnswer } from "../fraud/index.ts";
import type { Logger } from "../logger.ts";
import type { Hex } from "../primitives/index.ts";
import { type OpenedChallenge, RootRpcError } from "../rootchain/index.ts";

/** What answering takes of the root chain. */
export interface AnsweringRootChain {
  readonly checkpoints: CheckpointReader;
  /** Newest block that is under a checkpoint; -1 before the first one. */
  newestCheckpointed(): Promise<bigint>;
  /** Challenges of this chain that are open. */
  open(): Promise<readonly OpenedChallenge[]>;
  /** @throws {ProtocolError} when it is closed, or the evidence disproves nothing */
  respond(challenge: OpenedChallenge, evidence: Hex): Promise<void>;
}

export interface ChallengeAnswers {
  /** Takes up what was opened while this node was away. */
  start(): void;
  /** A challenge was opened on the root chain. */
  opened(challenge: OpenedChallenge): void;
  /** Until everything that is being answered is, or the signal has ended it. */
  stopped(): Promise<void>;
}

/** Between two looks for what is said to be missing: it may come under a checkpoint later. */
const RETRY_MS = 1_000;

/**
 * Answers challenges that say that something is missing below a checkpoint, whenever this node has it. So a false claim costs
 * whoever makes it the bond; a true one finds no answer here.
 */
export function createChallengeAnswers(ports: {
  readonly rootChain: AnsweringRootChain;
  /** A final block of this node. */
  readonly block: (number: bigint) => ArchivedBlock | undefined;
  /** The first block whose transactions are kept here. */
  readonly keptFrom: () => bigint;
  readonly clock: Pick<Clock, "now">;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}): ChallengeAnswers {
  const { rootChain, logger, clock, signal } = ports;
  const running = new Map<bigint, Promise<void>>();

  /** A fresh one each time: checkpoints come and go. */
  function archive(): ChainArchive {
    return createNetworkArchive(
      [{ name: "self", block: async (number) => ports.block(number) }],
      rootChain.checkpoints,
    );
  }

  async function answer(challenge: OpenedChallenge): Promise<void> {
    const { id, claim } = challenge;
    while (!signal.aborted && clock.now() / 1000 <= Number(claim.deadline)) {
      try {
        const evidence = await findAnswer(archive(), claim, await rootChain.newestCheckpointed());
        if (evidence !== undefined) {
          await rootChain.respond(challenge, evidence);
          logger.warn({ challenge: id, kind: claim.kind }, "a challenge was answered, and its bond earned");
          return;
        }
      } catch (error) {
        if (!(error instanceof KomaError || error instanceof RootRpcError)) throw error;
        const later = error instanceof EnvironmentError || error instanceof RootRpcError;
        logger.warn({ challenge: id, error: error.message }, "a challenge is not answered by this node");
        // Somebody else was faster, or the checkpoint is gone.
        if (!later) return;
      }
      await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined);
    }
    if (signal.aborted) return;
    // A false claim may be disproven by what this node has pruned: then another node has to.
    const keptFrom = ports.keptFrom();
    const forgotten = claim.afterPosition >> 64n < keptFrom && keptFrom > 0n;
    const why = forgotten ? "; it may be in blocks that are pruned here" : "";
    logger.error({ challenge: id, kind: claim.kind, keptFrom }, `this node has no answer to a challenge${why}`);
  }

  function opened(challenge: OpenedChallenge): void {
    if (running.has(challenge.id)) return;
    const done = answer(challenge).finally(() => running.delete(challenge.id));
    running.set(challenge.id, done);
  }

  return {
    start() {
      const takeUp = async () => {
        for (const challenge of await rootChain.open()) opened(challenge);
      };
      running.set(
        -1n,
        takeUp()
          .catch((error: unknown) => {
            if (!(error instanceof KomaError || error instanceof RootRpcError)) throw error;
            logger.warn({ error: error.message }, "open challenges cannot be read");
          })
          .finally(() => running.delete(-1n)),
      );
    },
    opened,
    async stopped() {
      await Promise.all(running.values());
    },
  };
}
