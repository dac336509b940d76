import type { ArchivedBlock } from "../checkpoint/index.ts";
import type { Clock } from "../clock.ts";
import type { Logger } from "../logger.ts";
import { createChallengeAnswers } from "./challenge-answers.ts";
import { createDataAnswers } from "./data-answers.ts";
import type { NodeRootChain } from "./root-chain.ts";
import type { RootChainFollowerPorts } from "./root-chain-follower.ts";

/** All that this node answers on the root chain, as far as its network has courts for it and the node can pay. */
export interface RootChainAnswers {
  readonly listeners: Pick<RootChainFollowerPorts, "challengeOpened" | "dataDemanded">;
  start(): void;
  stopped(): Promise<void>;
}

export function createRootChainAnswers(
  rootChain: NodeRootChain,
  ports: {
    /** A final block of this node. */
    readonly block: (number: bigint) => ArchivedBlock | undefined;
    /** The first block whose transactions are kept here. */
    readonly keptFrom: () => bigint;
    /** Whether this node keeps a block, or some of it, from others. */
    readonly withholds: (number: bigint) => boolean;
    readonly clock: Pick<Clock, "now">;
    readonly log: (module: string) => Logger;
    readonly signal: AbortSignal;
  },
): RootChainAnswers {
  const { block, withholds, clock, log, signal } = ports;
  const missing = rootChain.answers
    ? createChallengeAnswers({ ...ports, rootChain: rootChain.answers, logger: log("challenges") })
    : undefined;
  const shown = (number: bigint) => (withholds(number) ? undefined : block(number));
  const data = rootChain.demands
    ? createDataAnswers({ rootChain: rootChain.demands, block: shown, clock, logger: log("demands"), signal })
    : undefined;
  return {
    listeners: {
      ...(missing ? { challengeOpened: missing.opened } : {}),
      ...(data ? { dataDemanded: data.demanded } : {}),
    },
    start() {
      missing?.start();
      data?.start();
    },
    async stopped() {
      await Promise.all([missing?.stopped(), data?.stopped()]);
    },
  };
}
