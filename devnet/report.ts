import {
  type DevnetManifest,
  devnetNotFound,
  type Home,
  isDevnetRunning,
  listDevnetNames,
  readManifest,
} from "../src/cli/index.ts";
import { KomaError } from "../src/errors.ts";
import { ANSWER_MS, type BlocksSeen, NO_BLOCKS } from "./block-feed.ts";
import { connectControl } from "./control-client.ts";
import { type DevnetLoad, NO_LOAD, type NodeLoad, readNodeLoads, tpsOf } from "./load.ts";
import { lookAtBlocks, type RecentBlock } from "./recent-blocks.ts";
import { type ActiveFault, type DevnetState, findTroubles } from "./state.ts";

/** What `devnet status` answers. */
export interface DevnetReport {
  readonly name: string;
  readonly status: string;
  /** ISO 8601; null when it does not run. */
  readonly startedAt: string | null;
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
  /** Newest first, as the node `blocksSeenBy` sees them. */
  readonly blocks: readonly RecentBlock[];
  /** Null when no node could be asked. */
  readonly blocksSeenBy: string | null;
  readonly load: DevnetLoad;
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
    const state = await control.call<DevnetState>("status");
    const [seen, loads] = await Promise.all([readBlocks(manifest, state), readNodeLoads(endpointsOf(manifest, state))]);
    return reportRunning(manifest, state, seen, loads);
  } finally {
    control.close();
  }
}

/** @throws {UserError} KOMA_E_DEVNET_NOT_FOUND */
export function findDevnet(home: Home, name: string): { manifest: DevnetManifest; running: boolean } {
  const manifest = readManifest(home.devnet(name));
  if (!manifest) throw devnetNotFound(name, listDevnetNames(home.devnets));
  return { manifest, running: isDevnetRunning(manifest) };
}

/** Nodes of a running devnet that can be asked for blocks. */
export function endpointsOf(manifest: DevnetManifest, state: DevnetState) {
  const ready = new Set(state.nodes.flatMap((node) => (node.state === "ready" ? [node.name] : [])));
  return manifest.nodes.filter(({ name }) => ready.has(name)).map(({ name, rpcUrl }) => ({ name, rpcUrl }));
}

/** Name of the node that produces under an address, or the address. */
export function producerNames(manifest: DevnetManifest): (address: string) => string {
  const names = new Map(
    manifest.nodes.flatMap(({ signer, producerKey, name }) =>
      [signer, producerKey].map((key) => [key.toLowerCase(), name]),
    ),
  );
  return (address) => names.get(address.toLowerCase()) ?? address;
}

async function readBlocks(manifest: DevnetManifest, state: DevnetState): Promise<BlocksSeen> {
  const { createRpcClient } = await import("../src/rpc/index.ts");
  const options = { nameOf: producerNames(manifest), signal: AbortSignal.timeout(2 * ANSWER_MS) };
  for (const { name, rpcUrl } of endpointsOf(manifest, state)) {
    if (options.signal.aborted) break;
    const rpc = createRpcClient(rpcUrl, { timeoutMs: ANSWER_MS });
    try {
      // Confidence is told about blocks that are known: the second look has all of it.
      return { seenBy: name, blocks: await lookAtBlocks(rpc, await lookAtBlocks(rpc, [], options), options) };
    } catch (error) {
      // A node that hangs or has just died: the next one may know.
      if (!(error instanceof KomaError) && !options.signal.aborted) throw error;
    }
  }
  return NO_BLOCKS;
}

/** @param loads  of the nodes that were asked; a view that follows the devnet asks none */
export function reportRunning(
  manifest: DevnetManifest,
  state: DevnetState,
  seen: BlocksSeen,
  loads: readonly NodeLoad[] = [],
): DevnetReport {
  const { chain, checkpoint } = state;
  return {
    name: state.name,
    status: state.status,
    startedAt: state.startedAt,
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
    blocks: seen.blocks,
    blocksSeenBy: seen.seenBy,
    load: { tps: tpsOf(seen.blocks), finalityLag: Math.max(0, chain.height - chain.finalized), nodes: loads },
    faults: state.faults,
    troubles: findTroubles(state),
  };
}

export function reportStopped(manifest: DevnetManifest): DevnetReport {
  const status = manifest.status === "failed" ? "failed" : "stopped";
  return {
    name: manifest.name,
    status,
    startedAt: null,
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
    blocks: [],
    blocksSeenBy: null,
    load: NO_LOAD,
    faults: [],
    troubles: [`the devnet is ${status}`],
  };
}
