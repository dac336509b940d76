import type { DepositRelay } from "../bridge/index.ts";
import { type CheckpointPorts, type CheckpointService, createCheckpointService } from "../checkpoint/index.ts";
import type { Executor } from "../execution/index.ts";
import type { Address } from "../primitives/index.ts";
import type { Store } from "../storage/index.ts";
import type { Behaviours } from "./behaviours.ts";
import type { NodeConfig } from "./config.ts";
import type { FinalBlocks } from "./final-blocks.ts";
import { createSignedRanges } from "./signed-ranges.ts";

export interface NodeCheckpointsPorts extends Pick<CheckpointPorts, "rootChain" | "broadcast" | "clock" | "logger"> {
  /** Rollbacks so far, which checkpoints name. */
  readonly generation: () => number;
  readonly executor: Executor;
  readonly finalBlocks: FinalBlocks;
  readonly behaviours: Behaviours;
  readonly deposits: DepositRelay;
  readonly signatures: Store["signatures"];
}

/** Checkpoints of this node's own final blocks, signed at most once for a range; or what a fault makes of them. */
export function createNodeCheckpoints(
  { genesis, signer }: NodeConfig,
  { rootChain, generation, executor, finalBlocks, behaviours, deposits, signatures, ...ports }: NodeCheckpointsPorts,
): CheckpointService {
  return createCheckpointService(
    {
      chainId: genesis.chainId,
      domain: {
        rootChainId: genesis.rootChain.chainId,
        contract: genesis.rootChain.contracts["CheckpointManager"] as Address,
      },
      every: genesis.checkpoint.every,
      yieldMs: genesis.checkpoint.proposerTimeoutMs / 2,
      ...(signer ? { signer: signer.address, signerKey: signer.key } : {}),
    },
    {
      ...ports,
      rootChain,
      source: {
        generation: () => BigInt(generation()),
        finalizedHeight: () => executor.finalHead.number,
        blocks: (interval) => behaviours.checkpointed(finalBlocks.headers(interval)),
        objection: async (interval) =>
          behaviours.blockFaults(interval.end)?.overlooksDeposits
            ? undefined
            : deposits.objection(finalBlocks.deliveries(interval)),
      },
      signed: createSignedRanges(signatures),
      contradiction: (checkpoint) => behaviours.secondVote(checkpoint),
    },
  );
}
