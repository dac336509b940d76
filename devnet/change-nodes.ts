import type { Ctx } from "../src/cli/index.ts";
import type { NodeChange } from "./control-protocol.ts";
import { selectNodes } from "./node-selection.ts";
import { waitForNodes, withControl } from "./session.ts";
import type { DevnetState } from "./state.ts";

export interface ChangeOptions {
  readonly grace?: number;
  readonly wait?: boolean;
}

const DEFAULT_WAIT_MS = 60_000;

/** Starts, stops, restarts or kills nodes of the running devnet and says what became of them. */
export async function changeNodes(
  ctx: Ctx,
  verb: "start" | "stop" | "restart" | "kill",
  patterns: readonly string[],
  options: ChangeOptions,
): Promise<readonly NodeChange[]> {
  const net = await ctx.net();
  const nodes = selectNodes(
    patterns,
    net.manifest.nodes.map(({ name }) => name),
  );
  const changes = await withControl(net, async (control) => {
    const began = performance.now();
    const done = await control.call<NodeChange[]>(`node.${verb}`, {
      nodes,
      ...(options.grace === undefined ? {} : { graceMs: options.grace }),
    });
    if (options.wait !== true) return done;
    await waitForNodes(control, nodes, { timeoutMs: ctx.cfg.timeoutMs ?? DEFAULT_WAIT_MS, signal: ctx.signal });
    const { nodes: now } = await control.call<DevnetState>("status");
    const tookMs = Math.round(performance.now() - began);
    return done.map((change) => ({
      ...change,
      to: now.find(({ name }) => name === change.node)?.state ?? change.to,
      tookMs,
    }));
  });
  for (const { node, from, to, tookMs } of changes) ctx.out.line(`${node}: ${from} -> ${to}, ${tookMs} ms`);
  return changes;
}
