import { readFileSync } from "node:fs";
import { UserError } from "../../src/errors.ts";
import { writeFileAtomic } from "../../src/wallet/index.ts";
import type { ActiveFault } from "../state.ts";
import type { NodeKeeper } from "./node-keeper.ts";

export interface FaultRequest {
  readonly kind: string;
  readonly nodes: readonly string[];
  readonly collude: readonly string[];
  readonly at: string | null;
  readonly times: number | null;
  readonly params: Readonly<Record<string, string>>;
  readonly forMs: number | null;
  /** Name chosen by the person; default f1, f2, … */
  readonly handle: string | null;
}

/** The faults that are on: told to the nodes, kept in `faults.json`, told again to a node that comes back. */
export interface FaultBoard {
  list(): readonly ActiveFault[];
  apply(request: FaultRequest): Promise<ActiveFault>;
  /** Ends faults by handle, or all. */
  heal(handles: readonly string[] | "all"): Promise<readonly string[]>;
  /** For a node that has just become ready. */
  reapply(keeper: NodeKeeper): Promise<void>;
  close(): void;
}

export async function openFaultBoard(
  path: string,
  keepers: ReadonlyMap<string, NodeKeeper>,
  onChange: (event: "applied" | "healed", fault: ActiveFault) => void,
): Promise<FaultBoard> {
  const faults = new Map<string, ActiveFault>();
  const timers = new Map<string, NodeJS.Timeout>();
  let counter = 0;

  const save = (): Promise<void> => writeFileAtomic(path, `${JSON.stringify([...faults.values()], null, 2)}\n`);

  function schedule(fault: ActiveFault): void {
    if (fault.until === null) return;
    const leftMs = Math.max(0, Date.parse(fault.until) - Date.now());
    timers.set(
      fault.handle,
      setTimeout(() => void heal([fault.handle]), Math.min(leftMs, 2 ** 31 - 1)),
    );
  }

  async function heal(handles: readonly string[]): Promise<readonly string[]> {
    for (const handle of handles) {
      const fault = faults.get(handle);
      if (!fault) continue;
      faults.delete(handle);
      clearTimeout(timers.get(handle));
      timers.delete(handle);
      await save();
      for (const name of participants(fault)) {
        const keeper = keepers.get(name);
        // A node that is down has forgotten the fault already, and `faults.json` will not tell it again.
        if (keeper?.state === "ready") await keeper.command({ type: "heal", handle }).catch(() => {});
      }
      onChange("healed", fault);
    }
    return handles;
  }

  for (const fault of readFaults(path)) {
    if (fault.until !== null && Date.parse(fault.until) <= Date.now()) continue;
    faults.set(fault.handle, fault);
    counter = Math.max(counter, Number(/^f([0-9]+)$/.exec(fault.handle)?.[1] ?? 0));
    schedule(fault);
  }

  return {
    list: () => [...faults.values()],
    async apply(request) {
      const handle = request.handle ?? `f${++counter}`;
      if (faults.has(handle)) {
        throw new UserError("KOMA_E_FAULT_EXISTS", `A fault "${handle}" is active already.`, { facts: { handle } });
      }
      const fault: ActiveFault = {
        handle,
        kind: request.kind,
        nodes: request.nodes,
        collude: request.collude,
        at: request.at,
        times: request.times,
        params: request.params,
        until: request.forMs === null ? null : new Date(Date.now() + request.forMs).toISOString(),
      };
      const told: NodeKeeper[] = [];
      try {
        for (const name of participants(fault)) {
          const keeper = keepers.get(name);
          if (!keeper) continue;
          await keeper.command(behaveCommand(fault));
          told.push(keeper);
        }
      } catch (error) {
        // All or nobody: half a conspiracy is another experiment than the one that was asked for.
        for (const keeper of told) await keeper.command({ type: "heal", handle }).catch(() => {});
        throw error;
      }
      faults.set(handle, fault);
      await save();
      schedule(fault);
      onChange("applied", fault);
      return fault;
    },
    async heal(handles) {
      if (handles === "all") return heal([...faults.keys()]);
      const unknown = handles.find((handle) => !faults.has(handle));
      if (unknown !== undefined) {
        const active = [...faults.keys()].join(", ");
        throw new UserError("KOMA_E_FAULT_NOT_FOUND", `No active fault has the handle "${unknown}".`, {
          facts: { handle: unknown, active },
          fix: active === "" ? [] : [`Active: ${active}.`],
        });
      }
      return heal(handles);
    },
    async reapply(keeper) {
      for (const fault of faults.values()) {
        if (participants(fault).includes(keeper.plan.name)) await keeper.command(behaveCommand(fault));
      }
    },
    close() {
      for (const timer of timers.values()) clearTimeout(timer);
    },
  };
}

/** The faulty nodes and those that go along: all are told, for each has its part (signing, not reporting). */
function participants(fault: ActiveFault): readonly string[] {
  return [...new Set([...fault.nodes, ...fault.collude])];
}

function behaveCommand(fault: ActiveFault) {
  return {
    type: "behave",
    handle: fault.handle,
    kind: fault.kind,
    actors: fault.nodes,
    collude: fault.collude,
    ...(fault.at === null ? {} : { at: fault.at }),
    ...(fault.times === null ? {} : { times: fault.times }),
    params: fault.params,
  } as const;
}

function readFaults(path: string): readonly ActiveFault[] {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as ActiveFault[];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
