import { UserError } from "../../src/errors.ts";
import type { WaitLevel } from "../state.ts";
import type { FaultRequest } from "./fault-board.ts";

type Params = Readonly<Record<string, unknown>>;

/** Reads parameters of control requests; a client may send anything. */
export function readNames(params: Params, key: string): readonly string[] {
  const value = params[key];
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value;
  throw wrong(key, "a list of names");
}

export function readMs(params: Params, key: string, fallback: number): number {
  const value = params[key] ?? fallback;
  if (typeof value === "number" && value >= 0 && value <= 2 ** 31 - 1) return value;
  throw wrong(key, "milliseconds");
}

export function readLevel(params: Params): WaitLevel {
  const level = params["level"];
  const height = params["height"];
  if (level === "ready" || level === "checkpoint") return { level };
  if (level === "block" && Number.isSafeInteger(height)) return { level, height: height as number };
  throw wrong("level", "ready, block with a height, or checkpoint");
}

export function readFault(params: Params): FaultRequest {
  const { kind, at, times, forMs, handle } = params;
  const extra = params["params"] ?? {};
  if (typeof kind !== "string") throw wrong("kind", "a text");
  if (typeof extra !== "object" || extra === null) throw wrong("params", "an object");
  const handleGiven = typeof handle === "string" ? handle : null;
  if (handleGiven !== null && !/^[a-z][a-z0-9-]{0,38}$/.test(handleGiven))
    throw wrong("handle", "a short lower-case word");
  return {
    kind,
    nodes: readNames(params, "nodes"),
    collude: readNames({ collude: [], ...params }, "collude"),
    at: typeof at === "string" ? at : null,
    times: typeof times === "number" ? times : null,
    params: Object.fromEntries(Object.entries(extra).map(([key, value]) => [key, String(value)])),
    forMs: typeof forMs === "number" ? forMs : null,
    handle: handleGiven,
  };
}

function wrong(key: string, what: string): UserError {
  return new UserError("KOMA_E_ARGUMENT_INVALID", `The control parameter "${key}" must be ${what}.`, {
    facts: { key },
  });
}
