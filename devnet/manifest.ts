import {
  type DevnetManifest,
  type DevnetStatus,
  type ManifestNode,
  type ProcessIdentity,
  readManifest,
} from "../src/cli/index.ts";
import { writeFileAtomic } from "../src/wallet/index.ts";
import type { DevnetPaths } from "./paths.ts";
import type { DevnetPlan, PlannedNode } from "./plan.ts";
import type { NodeView } from "./state.ts";

export interface ManifestFacts {
  readonly plan: DevnetPlan;
  readonly paths: DevnetPaths;
  readonly status: DevnetStatus;
  readonly createdAt: string;
  /** Null when nothing runs any more. */
  readonly supervisor: ProcessIdentity | null;
  readonly rootChainPid: number | null;
  readonly contracts: Readonly<Record<string, string>>;
  readonly nodes: ReadonlyMap<string, { readonly view: NodeView; readonly process: ProcessIdentity | null }>;
}

export async function writeManifest(facts: ManifestFacts): Promise<void> {
  await writeFileAtomic(facts.paths.manifest, `${JSON.stringify(buildManifest(facts), null, 2)}\n`);
}

export function buildManifest(facts: ManifestFacts): DevnetManifest {
  const { plan, paths } = facts;
  const { network } = plan;
  const entry = plan.nodes.find(({ start }) => start === "now") ?? plan.nodes[0];
  return {
    version: 1,
    name: network.name,
    status: facts.status,
    provider: network.provider,
    createdAt: facts.createdAt,
    supervisor: facts.supervisor,
    socket: paths.socket,
    chains: [
      { id: network.chain.id, name: network.chain.name, rpcUrl: entry?.rpcUrl ?? "", wsUrl: entry?.wsUrl ?? "" },
    ],
    l1: {
      engine: network.l1.engine,
      chainId: network.l1.chainId,
      rpcUrl: plan.rootChain.url,
      pid: facts.rootChainPid,
    },
    contracts: facts.contracts,
    nodes: plan.nodes.map((node) => describeNode(node, facts)),
    accounts: network.accounts,
  };
}

function describeNode(node: PlannedNode, { paths, nodes }: ManifestFacts): ManifestNode {
  const running = nodes.get(node.name);
  return {
    name: node.name,
    roles: node.roles,
    state: running?.view.state ?? "stopped",
    pid: running?.process?.pid ?? null,
    process: running?.process ?? null,
    rpcUrl: node.rpcUrl,
    wsUrl: node.wsUrl,
    ports: node.ports,
    p2p: node.p2p,
    signer: node.signer,
    producerKey: node.producerKey,
    owner: node.owner,
    dir: paths.node(node.name).dir,
    log: paths.node(node.name).log,
  };
}

/** When the devnet was first made; undefined when there is no manifest to tell. */
export function readCreation(dir: string): string | undefined {
  try {
    return readManifest(dir)?.createdAt;
  } catch {
    return undefined; // a damaged manifest is about to be written anew
  }
}
