import {
  type Ctx,
  devnetNotFound,
  type Home,
  isDevnetRunning,
  listDevnetNames,
  type Out,
  readManifest,
} from "../src/cli/index.ts";
import { connectControl } from "./control-client.ts";
import { type ActiveFault, type DevnetState, findTroubles } from "./state.ts";

/** What `devnet status` answers. */
export interface DevnetReport {
  readonly name: string;
  readonly status: string;
  readonly chains: readonly {
    readonly id: number;
    readonly name: string;
    readonly rpcUrl: string;
    readonly height: number;
    readonly finalized: number;
    readonly hash: string;
    readonly producer: string;
    readonly checkpoint: DevnetState["checkpoint"];
  }[];
  readonly nodes: readonly {
    readonly name: string;
    readonly roles: readonly string[];
    readonly state: string;
    readonly pid: number | null;
    readonly rpcUrl: string;
    readonly height: number;
    readonly finalized: number;
    readonly peers: number;
    readonly restarts: number;
  }[];
  readonly l1: {
    readonly chainId: number;
    readonly rpcUrl: string;
    readonly height: number;
    readonly pid: number | null;
  };
  readonly faults: readonly ActiveFault[];
  /** What is wrong, in words; empty when all is well. */
  readonly troubles: readonly string[];
}

/** @throws {UserError} KOMA_E_DEVNET_NOT_FOUND; EnvironmentError KOMA_E_SUPERVISOR_UNREACHABLE */
export async function readReport(home: Home, name: string): Promise<DevnetReport> {
  const { manifest, running } = findDevnet(home, name);
  if (!running) return reportStopped(manifest);
  const control = await connectControl(manifest.socket);
  try {
    return report(manifest, await control.call<DevnetState>("status"));
  } finally {
    control.close();
  }
}

/** Shows the devnet until the signal aborts or it ends; as NDJSON with --json, as lines without a terminal. */
export async function watchReports(ctx: Ctx<DevnetReport>, name: string): Promise<DevnetReport> {
  const { manifest, running } = findDevnet(ctx.home, name);
  let latest = reportStopped(manifest);
  if (!running) {
    printReport(ctx.out, latest);
    return latest;
  }
  const control = await connectControl(manifest.socket);
  const live = process.stdout.isTTY === true && !ctx.cfg.json;
  const view = live ? (await import("./view/dashboard.tsx")).openDashboard() : undefined;
  try {
    await control.subscribe((state) => {
      latest = report(manifest, state);
      if (view) view.show(latest);
      else ctx.out.record(latest, summaryLine(latest));
    });
    await Promise.race([
      control.closed,
      new Promise<void>((resolve) => ctx.signal.addEventListener("abort", () => resolve(), { once: true })),
    ]);
  } finally {
    view?.close();
    control.close();
  }
  return latest;
}

export function printReport(out: Out, { name, status, chains, nodes, l1, faults, troubles }: DevnetReport): void {
  out.line(`${name}: ${status === "ready" ? out.paint("green", status) : out.paint("yellow", status)}`);
  for (const chain of chains) {
    const checkpoint = chain.checkpoint
      ? `, checkpoint ${chain.checkpoint.number} (to block ${chain.checkpoint.end}, ${chain.checkpoint.state})`
      : "";
    out.line(`chain ${chain.id} ${chain.name}: final block ${chain.finalized}, head ${chain.height}${checkpoint}`);
  }
  out.line(`root chain ${l1.chainId}: block ${l1.height}, ${l1.rpcUrl}`);
  out.line();
  out.table(
    [
      { title: "node" },
      { title: "state" },
      { title: "final", align: "right" },
      { title: "peers", align: "right" },
      { title: "rpc" },
      { title: "roles" },
    ],
    nodes.map((node) => [
      node.name,
      node.state,
      String(node.finalized),
      String(node.peers),
      node.rpcUrl,
      node.roles.join(", "),
    ]),
  );
  for (const fault of faults) {
    out.line(
      `fault ${fault.handle}: ${fault.kind} by ${fault.nodes.join(", ")}${fault.collude.length > 0 ? `, with ${fault.collude.join(", ")}` : ""}`,
    );
  }
  for (const trouble of troubles) out.line(`${out.paint("yellow", "!")} ${trouble}`);
}

function summaryLine({ name, status, chains, nodes }: DevnetReport): string {
  const [chain] = chains;
  const ready = nodes.filter(({ state }) => state === "ready").length;
  return `${name} ${status}: ${ready}/${nodes.length} nodes, final ${chain?.finalized ?? 0}, head ${chain?.height ?? 0}`;
}

type Manifest = NonNullable<ReturnType<typeof readManifest>>;

function findDevnet(home: Home, name: string): { manifest: Manifest; running: boolean } {
  const manifest = readManifest(home.devnet(name));
  if (!manifest) throw devnetNotFound(name, listDevnetNames(home.devnets));
  return { manifest, running: isDevnetRunning(manifest) };
}

function report(manifest: Manifest, state: DevnetState): DevnetReport {
  const { chain, checkpoint } = state;
  return {
    name: state.name,
    status: state.status,
    chains: [{ ...chain, rpcUrl: manifest.chains[0]?.rpcUrl ?? "", checkpoint }],
    nodes: state.nodes.map(({ name, state: node, pid, height, finalized, peers, restarts }) => {
      const planned = manifest.nodes.find((candidate) => candidate.name === name);
      return {
        name,
        roles: planned?.roles ?? [],
        state: node,
        pid,
        rpcUrl: planned?.rpcUrl ?? "",
        height,
        finalized,
        peers,
        restarts,
      };
    }),
    l1: state.l1,
    faults: state.faults,
    troubles: findTroubles(state),
  };
}

function reportStopped(manifest: Manifest): DevnetReport {
  const status = manifest.status === "failed" ? "failed" : "stopped";
  return {
    name: manifest.name,
    status,
    chains: manifest.chains.map(({ id, name, rpcUrl }) => ({
      id,
      name,
      rpcUrl,
      height: 0,
      finalized: 0,
      hash: "",
      producer: "",
      checkpoint: null,
    })),
    nodes: manifest.nodes.map(({ name, roles, rpcUrl }) => ({
      name,
      roles,
      state: "stopped",
      pid: null,
      rpcUrl,
      height: 0,
      finalized: 0,
      peers: 0,
      restarts: 0,
    })),
    l1: { chainId: manifest.l1.chainId, rpcUrl: manifest.l1.rpcUrl, height: 0, pid: null },
    faults: [],
    troubles: [`the devnet is ${status}`],
  };
}
