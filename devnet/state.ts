import type { DevnetStatus, NodeState } from "../src/cli/index.ts";

/** A running devnet as its supervisor sees it; what `status`, the live view and `up` show. */
export interface DevnetState {
  readonly name: string;
  readonly status: DevnetStatus;
  readonly planHash: string;
  readonly startedAt: string;
  readonly steps: readonly StepState[];
  readonly chain: {
    readonly id: number;
    readonly name: string;
    /** Highest block any node has as its head. */
    readonly height: number;
    /** Highest block any node has finalized. */
    readonly finalized: number;
    readonly hash: string;
    /** Name of the node that produced it, or its address. */
    readonly producer: string;
  };
  readonly checkpoint: {
    readonly number: number;
    readonly start: number;
    readonly end: number;
    readonly state: string;
  } | null;
  readonly l1: {
    readonly chainId: number;
    readonly rpcUrl: string;
    readonly height: number;
    readonly pid: number | null;
  };
  readonly nodes: readonly NodeView[];
  readonly faults: readonly ActiveFault[];
  /** Why the devnet failed, or which node could not be started. */
  readonly error: StateError | null;
}

export interface StateError {
  readonly code: string;
  readonly message: string;
  readonly why: string;
  readonly fix: readonly string[];
  readonly log: string | null;
}

/** Preparation and start, in the order they happen. */
export type StepName = "l1" | "stake" | "nodes" | "block";

export interface StepState {
  readonly name: StepName;
  readonly state: "waiting" | "running" | "done" | "failed";
  readonly detail: string;
  readonly ms: number;
}

export interface NodeView {
  readonly name: string;
  readonly state: NodeState;
  readonly pid: number | null;
  readonly height: number;
  readonly finalized: number;
  readonly peers: number;
  /** Starts after the first, not counting those a person asked for. */
  readonly restarts: number;
  /** Restart attempts in a row since the node was last well. */
  readonly failures: number;
  readonly lastExit: string | null;
}

export interface ActiveFault {
  readonly handle: string;
  readonly kind: string;
  readonly nodes: readonly string[];
  readonly collude: readonly string[];
  readonly at: string | null;
  readonly times: number | null;
  readonly params: Readonly<Record<string, string>>;
  /** ISO 8601; null: until healed. */
  readonly until: string | null;
}

/** Levels of readiness that somebody may wait for. */
export type WaitLevel =
  | { readonly level: "ready" }
  | { readonly level: "block"; readonly height: number }
  | { readonly level: "checkpoint" };

/** Whether the devnet has reached a level. Pure: `up`, `wait` and the tests ask the same question. */
export function hasReached(state: DevnetState, wanted: WaitLevel): boolean {
  const expected = state.nodes.filter(
    (node) => node.state !== "created" && node.state !== "stopped" && node.state !== "killed",
  );
  // A final block is proof enough that they have found each other.
  const ready = state.status === "ready" && expected.every((node) => node.state === "ready");
  if (!ready || state.chain.finalized < 1) return false;
  switch (wanted.level) {
    case "ready":
      return true;
    case "block":
      return state.chain.finalized >= wanted.height;
    case "checkpoint":
      return state.checkpoint !== null;
  }
}

/** What is wrong with a running devnet, in words; empty when nothing is. */
export function findTroubles(state: DevnetState): readonly string[] {
  const troubles: string[] = [];
  if (state.status !== "ready") troubles.push(`the devnet is ${state.status}`);
  for (const node of state.nodes) {
    if (node.state === "crashed") troubles.push(`${node.name} has crashed (${node.lastExit ?? "unknown reason"})`);
    else if (node.state === "killed") troubles.push(`${node.name} was killed`);
    else if (node.state === "starting") troubles.push(`${node.name} is still starting`);
    const behind = state.chain.finalized - node.finalized;
    if (node.state === "ready" && behind > 20) troubles.push(`${node.name} is ${behind} final blocks behind`);
  }
  return troubles;
}
