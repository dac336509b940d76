import type { DevnetState } from "./state.ts";

/** JSON-RPC 2.0, one message per line, over `run/ctl.sock`. */
export interface ControlRequest {
  readonly jsonrpc: "2.0";
  readonly id: number;
  readonly method: ControlMethod;
  readonly params: Readonly<Record<string, unknown>>;
}

export const CONTROL_METHODS = [
  "status",
  "subscribe",
  "wait",
  "node.start",
  "node.stop",
  "node.restart",
  "node.kill",
  "fault.apply",
  "fault.heal",
  "fault.list",
  "shutdown",
] as const;

export type ControlMethod = (typeof CONTROL_METHODS)[number];

export type ControlResponse =
  | { readonly jsonrpc: "2.0"; readonly id: number; readonly result: unknown }
  | { readonly jsonrpc: "2.0"; readonly id: number; readonly error: ControlError };

export interface ControlError {
  readonly code: number;
  readonly message: string;
  readonly data: {
    readonly code: string;
    readonly kind: "user" | "environment" | "protocol" | "bug";
    readonly facts: Readonly<Record<string, string | number | boolean>>;
    readonly fix: readonly string[];
  };
}

/** Sent to whoever subscribed, whenever something changed. */
export interface StateNotification {
  readonly jsonrpc: "2.0";
  readonly method: "state";
  readonly params: DevnetState;
}

/** A line longer than this is no request of ours. */
export const MAX_CONTROL_LINE = 1024 * 1024;

export interface NodeChange {
  readonly node: string;
  readonly from: string;
  readonly to: string;
  readonly tookMs: number;
}
