import { BugError, UserError } from "../errors.ts";
import { invalidParams } from "./json-rpc-error.ts";
import { toJsonValue } from "./json-views.ts";
import type { Eventually, NodeApi } from "./node-api.ts";
import { refusedMethod } from "./refused-methods.ts";

/** One JSON-RPC method. Its answer goes to the client as JSON. */
export interface Method {
  /** More parameters than this are an error: a client that sends them means something else. */
  readonly maxParams: number;
  /** What it counts against a client's rate; 1 for what is answered at once. */
  readonly cost: number;
  run(params: readonly unknown[]): Eventually<unknown>;
}

export type MethodGroup = Readonly<Record<string, Method>>;

export function method(maxParams: number, run: (params: readonly unknown[]) => Eventually<unknown>): Method {
  return { maxParams, cost: 1, run };
}

const costlyMethod = 10;

/** A method that may keep a thread or the disk busy for a while. */
export function costly(maxParams: number, run: (params: readonly unknown[]) => Eventually<unknown>): Method {
  return { maxParams, cost: costlyMethod, run };
}

/** All methods by name. */
export class MethodTable {
  readonly #methods = new Map<string, Method>();

  constructor(...groups: readonly MethodGroup[]) {
    for (const group of groups) {
      for (const [name, entry] of Object.entries(group)) {
        if (this.#methods.has(name)) throw new BugError(`the JSON-RPC method ${name} is defined twice`);
        this.#methods.set(name, entry);
      }
    }
  }

  get names(): readonly string[] {
    return [...this.#methods.keys()].sort();
  }

  has(name: string): boolean {
    return this.#methods.has(name);
  }

  cost(name: string): number {
    return this.#methods.get(name)?.cost ?? 1;
  }

  /** @throws {UserError} KOMA_E_RPC_METHOD_UNKNOWN, KOMA_E_RPC_PARAMS_INVALID */
  async run(name: string, params: readonly unknown[]): Promise<unknown> {
    const entry = this.#methods.get(name);
    if (entry === undefined) throw refusedMethod(name) ?? unknownMethod(name);
    if (params.length > entry.maxParams) {
      throw invalidParams("params", `too many arguments, want at most ${entry.maxParams}`);
    }
    return entry.run(params);
  }
}

export function unknownMethod(name: string): UserError {
  const shown = name.slice(0, 80);
  return new UserError("KOMA_E_RPC_METHOD_UNKNOWN", `the method ${shown} does not exist/is not available`, {
    facts: { method: shown },
  });
}

export function localOnly(name: string): UserError {
  return new UserError("KOMA_E_RPC_LOCAL_ONLY", `the method ${name} is only for programs on the node's machine`, {
    facts: { method: name },
    fix: ["Ask the node over HTTP at 127.0.0.1, without a proxy in between."],
  });
}

/** Methods that the node adds; their parameters are their own affair, up to a bound. */
export function extraMethods(api: NodeApi): MethodGroup {
  return groupOf(api.extra);
}

/** The same, for programs on the node's machine only. */
export function localMethods(api: NodeApi): MethodGroup {
  return groupOf(api.local);
}

function groupOf(added: NodeApi["extra"] = {}): MethodGroup {
  const entries = Object.entries(added);
  return Object.fromEntries(
    entries.map(([name, run]) => [name, method(32, async (params) => toJsonValue(await run(params)))]),
  );
}
