import type { ProcessIdentity } from "../../src/cli/index.ts";
import type { NodeCommand, NodeMessage } from "../node-side.ts";
import type { DevnetPlan, PlannedNode } from "../plan.ts";

/** What a provider can do besides starting and stopping nodes. */
export type Capability = "kill" | "pause" | "limits" | "netfilter" | "images";

/** A way to run nodes: as processes, in containers … All run the same node from the same config file. */
export interface Provider {
  readonly name: Network["provider"];
  probe(): Promise<{ readonly ok: boolean; readonly capabilities: ReadonlySet<Capability>; readonly detail: string }>;
  /** Loads what a node consists of ahead of its start, which is then quicker; nothing of its folder needs to be there. */
  warmUp(node: PlannedNode): void;
  start(node: PlannedNode): Promise<NodeHandle>;
  /** Ends what was warmed up and not started. */
  coolDown(): Promise<void>;
  /** Ends whatever an earlier supervisor of this devnet left running; answers with what was found. */
  cleanup(plan: DevnetPlan): Promise<readonly string[]>;
}

type Network = DevnetPlan["network"];

/** How a node ended. */
export interface NodeExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** One running node. */
export interface NodeHandle {
  readonly name: string;
  readonly process: ProcessIdentity;
  /** Asks the node to end in order; kills it when it has not after `graceMs`. */
  stop(graceMs: number): Promise<NodeExit>;
  /** Ends it at once, without letting it write anything. */
  kill(): Promise<NodeExit>;
  /** Sends a command and waits for the node's answer. @throws {ProtocolError} when it refuses, EnvironmentError when it is gone */
  command(command: WithoutId<NodeCommand>): Promise<void>;
  onMessage(listener: (message: NodeMessage) => void): void;
  onExit(listener: (exit: NodeExit) => void): void;
}

/** The id is the handle's business. */
export type WithoutId<T> = T extends { readonly id: number } ? Omit<T, "id"> : never;

export function describeExit(exit: NodeExit): string {
  return exit.signal === null ? `exit code ${exit.code ?? "unknown"}` : `signal ${exit.signal}`;
}
