import type { Deposit } from "../bridge/index.ts";
import type { CheckpointRootChain } from "../checkpoint/index.ts";
import type { Address, Hash } from "../primitives/index.ts";
import type { Checkpoint, OpenedChallenge, OpenedDemand } from "../rootchain/index.ts";
import type { RootView } from "../rootset/index.ts";
import type { AnsweringRootChain } from "./challenge-answers.ts";
import type { DemandingRootChain } from "./data-answers.ts";

/** What happened on the root chain, in blocks deep enough to count. */
export type RootEvent =
  | { readonly type: "deposited"; readonly deposit: Deposit }
  /** Also of a checkpoint that was rejected since: what came after it, and its own rejection, follow in the same stream. */
  | ({ readonly type: "checkpointSubmitted" } & Omit<Checkpoint, "chainId" | "prevCheckpoint">)
  | { readonly type: "checkpointFinalized"; readonly number: bigint }
  /** Somebody says that something is missing below a checkpoint. */
  | { readonly type: "challengeOpened"; readonly challenge: OpenedChallenge }
  /** Somebody cannot get the data of a block below a checkpoint. */
  | { readonly type: "dataDemanded"; readonly opened: OpenedDemand }
  | {
      readonly type: "checkpointRejected";
      readonly number: bigint;
      readonly generation: bigint;
      readonly bannedBlock: Hash;
      /** Producers out of office after this block of the root chain. */
      readonly ejected: readonly Address[];
    };

/** The events of one root-chain block, in order. */
export interface RootBlock {
  readonly number: bigint;
  /** Seconds since the Unix epoch. */
  readonly timestamp: bigint;
  readonly events: readonly RootEvent[];
}

/** What a node asks of the root chain. */
export interface NodeRootChain {
  readonly checkpoints: CheckpointRootChain;
  /** For answers to challenges; absent where the network has none that are answered. */
  readonly answers?: AnsweringRootChain;
  /** For demands for data; absent where none can be made. */
  readonly demands?: DemandingRootChain;
  /**
   * The lowest checkpoint that rejections after generation `generation` took back, among those deep enough to count;
   * undefined when there are none. {@link follow} may not have handed them over yet.
   */
  takenBackAfter(generation: bigint): Promise<bigint | undefined>;
  /** Seconds after a checkpoint became final in which fraud below it still costs stake. @throws {KomaError} no answer */
  lateSlashS(): Promise<number>;
  /**
   * This chain's validators and producers as of the newest confirmed block whose number `every` divides; undefined before
   * stakes count there.
   *
   * @throws {KomaError} the root chain does not answer, or not with what was asked
   */
  newestSet(every: bigint): Promise<RootView | undefined>;
  /**
   * Hands over every confirmed block with events of this chain after `cursor` (undefined: from the deployment on), in order,
   * each once; `done` gives the cursor to go on from. `rollback` says that the root chain left a branch that was handed
   * over: what blocks above `to` said is to be forgotten. Goes on through outages until the signal aborts.
   */
  follow(
    cursor: string | undefined,
    handler: {
      block(block: RootBlock): Promise<void>;
      rollback(to: bigint): Promise<void>;
      /** Also when nothing of this chain happened in the blocks since the last time. */
      done(cursor: string): void;
    },
    signal: AbortSignal,
  ): Promise<void>;
}
