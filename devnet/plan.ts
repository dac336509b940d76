import { addressOfKey, bytesToHex, keccak256, utf8 } from "../src/primitives/index.ts";
import { accountName, deriveAccounts, deriveNodeKey, type KeyPurpose, peerIdOfKey } from "../src/wallet/index.ts";
import type { Network, NetworkNode } from "./network.ts";
import { nodePorts, type PortName, rootChainPort } from "./ports.ts";

/** Everything a devnet is, worked out from the network: `network.lock.json`. Same network, same plan. */
export interface DevnetPlan {
  readonly version: 1;
  /** Of the network without its ports: two plans with the same hash are the same devnet. */
  readonly hash: string;
  readonly network: Network;
  readonly base: number;
  readonly rootChain: { readonly url: string; readonly port: number | null };
  readonly deployer: string;
  readonly nodes: readonly PlannedNode[];
  readonly accounts: readonly PlannedAccount[];
}

export interface PlannedNode {
  readonly name: string;
  readonly index: number;
  readonly roles: readonly string[];
  readonly validator: boolean;
  /** Has one of the chain's producer seats. */
  readonly producer: boolean;
  readonly stakeWei: string;
  readonly thresholds: readonly number[];
  readonly start: NetworkNode["start"];
  readonly logLevel: NetworkNode["verbosity"];
  readonly ports: Readonly<Record<PortName, number>>;
  readonly rpcUrl: string;
  readonly wsUrl: string;
  readonly signer: string;
  /** Seals its blocks if its owner nominates it with this key. */
  readonly producerKey: string;
  readonly owner: string;
  readonly peerId: string;
  readonly p2p: string;
}

export interface PlannedAccount {
  readonly index: number;
  readonly name: string;
  readonly address: string;
  readonly ethWei: string;
  readonly kmcWei: string;
}

/** Pure: derives keys and addresses, lays out ports from `base`. */
export function planDevnet(network: Network, base = network.ports.base): DevnetPlan {
  const { host } = network.ports;
  let seats = network.chain.producerSeats;
  const nodes = network.nodes.map((node, index): PlannedNode => {
    const ports = nodePorts(base, index);
    const key = (purpose: KeyPurpose) => deriveNodeKey(network.seed, network.name, node.name, purpose);
    const peerId = peerIdOfKey(key("p2p"));
    const producer = node.roles.includes("producer") && seats-- > 0;
    return {
      name: node.name,
      index,
      roles: producer ? node.roles : node.roles.filter((role) => role !== "producer"),
      validator: node.roles.includes("validator"),
      producer,
      stakeWei: node.stakeWei,
      thresholds: node.finality === undefined ? network.chain.thresholds : [node.finality],
      start: node.start,
      logLevel: node.verbosity,
      ports,
      rpcUrl: `http://${host}:${ports.rpc}`,
      wsUrl: `ws://${host}:${ports.rpc}`,
      signer: addressOfKey(key("signer")),
      producerKey: addressOfKey(key("producer")),
      owner: addressOfKey(key("owner")),
      peerId,
      p2p: `/${host.includes(":") ? "ip6" : "ip4"}/${host}/tcp/${ports.p2p}/p2p/${peerId}`,
    };
  });
  const port = network.l1.engine === "anvil" ? rootChainPort(base) : null;
  return {
    version: 1,
    hash: hashNetwork(network),
    network,
    base,
    rootChain: { url: network.l1.url ?? `http://${host}:${port}`, port },
    deployer: addressOfKey(deriveNodeKey(network.seed, network.name, "root", "deployer")),
    nodes,
    accounts: deriveAccounts(network.accounts.mnemonic, network.accounts.count).map(({ index, address }) => ({
      index,
      name: accountName(index),
      address,
      ethWei: network.accounts.ethWei,
      kmcWei: network.accounts.kmcWei,
    })),
  };
}

/** Every TCP port of the plan with its owner's name. */
export function portsOf(plan: DevnetPlan): readonly { readonly port: number; readonly owner: string }[] {
  const rootChain = plan.rootChain.port === null ? [] : [{ port: plan.rootChain.port, owner: "l1" }];
  return [
    ...rootChain,
    ...plan.nodes.flatMap(({ name, ports }) => [
      { port: ports.rpc, owner: `${name} rpc` },
      { port: ports.p2p, owner: `${name} p2p` },
    ]),
  ];
}

/** Keys of the network whose values differ, for the message that refuses a second plan. */
export function differences(before: Network, after: Network): readonly string[] {
  const [old, wanted] = [new Map(flatten(withoutPorts(before), "")), new Map(flatten(withoutPorts(after), ""))];
  const changes = [...new Set([...old.keys(), ...wanted.keys()])]
    .filter((key) => old.get(key) !== wanted.get(key))
    .map((key) => `${key}: ${old.get(key) ?? "none"} -> ${wanted.get(key) ?? "none"}`);
  if (before.nodes.length === after.nodes.length) return changes;
  // Every key of a node that is new would be a line of its own.
  const count = `nodes: ${before.nodes.length} -> ${after.nodes.length}`;
  return [count, ...changes.filter((change) => !change.startsWith("nodes."))];
}

function flatten(value: unknown, path: string): [string, string][] {
  if (typeof value !== "object" || value === null) return [[path, String(value)]];
  return Object.entries(value).flatMap(([key, item]) => flatten(item, path === "" ? key : `${path}.${key}`));
}

function hashNetwork(network: Network): string {
  return bytesToHex(keccak256(utf8(canonicalJson(withoutPorts(network)))));
}

function withoutPorts(network: Network): unknown {
  return { ...network, ports: { host: network.ports.host } };
}

/** Keys sorted, so that the hash does not depend on how the object was built. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) =>
    typeof item === "object" && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );
}
