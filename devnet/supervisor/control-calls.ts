import { didYouMean, nearNames } from "../../src/cli/index.ts";
import { UserError } from "../../src/errors.ts";
import { checkParameters, parseBehaviour, parseStartBlock } from "../behaviours.ts";
import type { NodeChange } from "../control-protocol.ts";
import { readFault, readLevel, readMs, readNames } from "./control-params.ts";
import type { ControlHandler } from "./control-server.ts";
import type { FaultBoard } from "./fault-board.ts";
import type { NodeKeeper } from "./node-keeper.ts";
import type { Waiters } from "./waiters.ts";

export interface ControlCallsOptions {
  readonly network: string;
  readonly keepers: ReadonlyMap<string, NodeKeeper>;
  readonly waiters: Waiters;
  /** Undefined while the devnet is being prepared. */
  readonly faults: () => FaultBoard | undefined;
  /** Why nodes cannot be started or stopped now, if so. */
  readonly closed: () => string | undefined;
  readonly end: (graceMs: number) => Promise<unknown>;
}

/** For nodes to end in order. */
export const DEFAULT_GRACE_MS = 10_000;
const DEFAULT_WAIT_MS = 120_000;

type Params = Readonly<Record<string, unknown>>;

/** What clients of the control socket can have done. */
export function createControlCalls(options: ControlCallsOptions): ControlHandler["call"] {
  const { keepers, waiters, network } = options;

  function keeperOf(name: string): NodeKeeper {
    const keeper = keepers.get(name);
    if (keeper) return keeper;
    const near = nearNames(name, keepers.keys());
    throw new UserError("KOMA_E_NODE_NOT_FOUND", `The devnet "${network}" has no node "${name}".`, {
      facts: { node: name, known: [...keepers.keys()].join(", ") },
      fix: near.length > 0 ? [didYouMean(near)] : ["koma devnet status"],
    });
  }

  async function eachNode(params: Params, act: (keeper: NodeKeeper) => Promise<void>): Promise<NodeChange[]> {
    refuseWhenClosed();
    return Promise.all(
      readNames(params, "nodes")
        .map(keeperOf)
        .map(async (keeper) => {
          const [from, started] = [keeper.state, performance.now()];
          await act(keeper);
          const tookMs = Math.round(performance.now() - started);
          return { node: keeper.plan.name, from, to: keeper.state, tookMs };
        }),
    );
  }

  function openFaults(): FaultBoard {
    refuseWhenClosed();
    const faults = options.faults();
    if (faults) return faults;
    throw new UserError("KOMA_E_NODE_STATE", "The devnet is not up yet: there is nothing to break.");
  }

  function refuseWhenClosed(): void {
    const reason = options.closed();
    if (reason !== undefined) throw new UserError("KOMA_E_NODE_STATE", `Its nodes cannot be changed now: ${reason}.`);
  }

  return async (method, params, gone) => {
    switch (method) {
      case "wait":
        return waiters.wait(readLevel(params), readMs(params, "timeoutMs", DEFAULT_WAIT_MS), gone);
      case "node.start":
        return eachNode(params, (keeper) => keeper.start());
      case "node.stop":
        return eachNode(params, (keeper) => keeper.stop(readMs(params, "graceMs", DEFAULT_GRACE_MS)));
      case "node.kill":
        return eachNode(params, (keeper) => keeper.kill());
      case "node.restart":
        return eachNode(params, async (keeper) => {
          await keeper.stop(readMs(params, "graceMs", DEFAULT_GRACE_MS));
          await keeper.start();
        });
      case "fault.apply": {
        const request = readFault(params);
        checkParameters(parseBehaviour(request.kind), request.params);
        if (request.at !== null) parseStartBlock(request.at);
        for (const name of [...request.nodes, ...request.collude]) keeperOf(name);
        return openFaults().apply(request);
      }
      case "fault.heal":
        return openFaults().heal(params["all"] === true ? "all" : readNames(params, "handles"));
      case "fault.list":
        return options.faults()?.list() ?? [];
      case "shutdown":
        return options.end(readMs(params, "graceMs", DEFAULT_GRACE_MS));
    }
  };
}
