import type { Hash } from "../primitives/index.ts";
import type { ChainClient } from "../rpc/index.ts";
import type { NetClient } from "./net-client.ts";

/** How strongly one node holds a block for final. */
export interface NodeConfidence {
  readonly node: string;
  /** Null when the node does not answer, or does not know the block. */
  readonly confidence: number | null;
  /** Weight that would have to cheat to undo the block; null before there is a summit. */
  readonly needToRevert: number | null;
  readonly level: number | null;
  readonly quorum: number | null;
  /** Why there is no answer. */
  readonly problem?: string;
}

/** Whether a node's watch for one threshold has reached a block. */
export interface ThresholdFinality {
  readonly threshold: number;
  readonly final: boolean;
}

/** Asks every node of the network at once; a node that is away is told as such and stops nobody. */
export async function confidenceByNode(net: NetClient, block: Hash): Promise<readonly NodeConfidence[]> {
  const { openChainClient } = await import("../rpc/index.ts");
  const { KomaError } = await import("../errors.ts");
  return Promise.all(
    net.manifest.nodes.map(async ({ name, rpcUrl }): Promise<NodeConfidence> => {
      try {
        const view = await (await openChainClient(rpcUrl)).confidence(block);
        if (!view) return { node: name, ...NO_ANSWER, problem: "does not know the block" };
        return {
          node: name,
          confidence: view.confidence,
          needToRevert: view.maxT === null ? null : view.maxT + 1,
          level: view.level,
          quorum: view.quorum,
        };
      } catch (error) {
        if (!(error instanceof KomaError)) throw error;
        const problem = error.code === "KOMA_E_BLOCK_UNKNOWN" ? "does not know the block" : error.message;
        return { node: name, ...NO_ANSWER, problem };
      }
    }),
  );
}

const NO_ANSWER = { confidence: null, needToRevert: null, level: null, quorum: null } as const;

/** What a node's consensus says of itself (`koma_consensus`), as far as commands show it. */
export interface ConsensusView {
  readonly era: number;
  readonly generation: number;
  readonly instance: string;
  readonly keyBlock: number;
  /** Least number of blocks of an era. */
  readonly eraBlocks: number;
  readonly baseRoundMs: number;
  readonly round: number | null;
  readonly slot: number | null;
  readonly leader: string | null;
  readonly units: number;
  readonly pendingUnits: number;
  readonly onlineWeight: number;
  readonly faultyWeight: number;
  readonly totalWeight: number;
  readonly paused: boolean;
  readonly synced: boolean;
  /** Its database is younger than the era: it signs nothing before the next one. */
  readonly observing: boolean;
  readonly head: { readonly height: string; readonly unit: string } | null;
  readonly finality: readonly {
    readonly threshold: number;
    readonly fraction: number;
    readonly violated: boolean;
    readonly height: string;
  }[];
  readonly validators: readonly {
    readonly index: number;
    readonly signer: string;
    readonly weight: number;
    readonly producer: boolean;
    /** Was a producer in the genesis and is none now: ejected, or others were elected. */
    readonly ejected: boolean;
    readonly online: boolean;
    readonly faulty: boolean;
  }[];
  /** Committee of the next era. */
  readonly following: readonly { readonly signer: string; readonly weight: number; readonly producer: boolean }[];
}

export async function consensusOf(chain: ChainClient): Promise<ConsensusView> {
  return chain.rpc.request<ConsensusView>("koma_consensus");
}

/** Which of the node's thresholds a block at this height has passed. The block must be on the node's branch. */
export function finalityAt(view: ConsensusView, height: bigint): readonly ThresholdFinality[] {
  return view.finality.map(({ fraction, height: final }) => ({ threshold: fraction, final: BigInt(final) >= height }));
}
