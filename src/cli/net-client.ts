import { EnvironmentError, UserError } from "../errors.ts";
import {
  type DevnetManifest,
  isDevnetRunning,
  listDevnetNames,
  type ManifestChain,
  type ManifestNode,
  readManifest,
} from "./devnet-manifest.ts";
import type { Home } from "./home.ts";
import { didYouMean, nearNames } from "./near-names.ts";

/** The running network that a command talks to: where its endpoints and contracts are. */
export interface NetClient {
  readonly name: string;
  readonly dir: string;
  readonly manifest: DevnetManifest;
  readonly chain: ManifestChain;
  readonly chainId: number;
  readonly l1Url: string;
  readonly l1ChainId: number;
  /** Addresses of the root contracts by name. */
  readonly contracts: Readonly<Record<string, string>>;
  /** JSON-RPC of a node, by default of the first that is ready. @throws {UserError} KOMA_E_NODE_NOT_FOUND */
  rpcUrl(node?: string): string;
  /** @throws {UserError} KOMA_E_NODE_NOT_FOUND, with near names */
  node(name: string): ManifestNode;
  /** @throws {UserError} KOMA_E_CONTRACT_NOT_FOUND */
  contract(name: string): string;
}

export interface NetSelection {
  readonly network: string | undefined;
  readonly chain: string | undefined;
}

/**
 * Finds the network: the named one, else the only devnet that runs, else `default`.
 *
 * @throws {UserError} KOMA_E_DEVNET_NOT_FOUND, KOMA_E_NETWORK_AMBIGUOUS, KOMA_E_CHAIN_NOT_FOUND
 * @throws {EnvironmentError} KOMA_E_DEVNET_STOPPED, KOMA_E_MANIFEST_INVALID
 */
export function openNet(home: Home, selection: NetSelection): NetClient {
  const name = selection.network ?? chooseNetwork(home);
  const dir = home.devnet(name);
  const manifest = readManifest(dir);
  if (!manifest) throw devnetNotFound(name, listDevnetNames(home.devnets));
  if (!isDevnetRunning(manifest)) {
    throw new EnvironmentError("KOMA_E_DEVNET_STOPPED", `The devnet "${name}" is not running.`, {
      facts: { network: name },
      fix: [upCommand(name)],
    });
  }
  const chain = chooseChain(manifest, selection.chain);
  return {
    name,
    dir,
    manifest,
    chain,
    chainId: chain.id,
    l1Url: manifest.l1.rpcUrl,
    l1ChainId: manifest.l1.chainId,
    contracts: manifest.contracts,
    node: (node) => findNode(manifest, node),
    rpcUrl(node) {
      if (node !== undefined) return findNode(manifest, node).rpcUrl;
      const ready = manifest.nodes.find(({ state }) => state === "ready") ?? manifest.nodes[0];
      return ready?.rpcUrl ?? chain.rpcUrl;
    },
    contract(contract) {
      const address = manifest.contracts[contract];
      if (address !== undefined) return address;
      throw new UserError("KOMA_E_CONTRACT_NOT_FOUND", `The devnet "${name}" has no contract "${contract}".`, {
        facts: { network: name, contract },
        fix: nearNames(contract, Object.keys(manifest.contracts)).map((near) => `Did you mean ${near}?`),
      });
    },
  };
}

/** Names of the devnets whose supervisor lives. A damaged one is skipped here and named by `koma devnet list`. */
export function runningDevnets(home: Home): readonly string[] {
  return listDevnetNames(home.devnets).filter((name) => {
    try {
      const manifest = readManifest(home.devnet(name));
      return manifest !== undefined && isDevnetRunning(manifest);
    } catch (error) {
      if (error instanceof EnvironmentError) return false;
      throw error;
    }
  });
}

/** The only devnet that runs, else `default`. @throws {UserError} KOMA_E_NETWORK_AMBIGUOUS */
export function chooseNetwork(home: Home): string {
  const running = runningDevnets(home);
  if (running.length > 1) {
    throw new UserError("KOMA_E_NETWORK_AMBIGUOUS", `${running.length} devnets are running: ${running.join(", ")}.`, {
      facts: { running: running.join(", ") },
      fix: [`Say which one: --network ${running[0]}`],
    });
  }
  return running[0] ?? "default";
}

export function devnetNotFound(name: string, known: readonly string[]): UserError {
  const near = nearNames(name, known);
  return new UserError("KOMA_E_DEVNET_NOT_FOUND", `There is no devnet "${name}".`, {
    facts: { network: name, known: known.join(", ") },
    fix: near.length > 0 ? [didYouMean(near)] : [upCommand(name)],
  });
}

function upCommand(name: string): string {
  return name === "default" ? "koma devnet up" : `koma devnet up --name ${name}`;
}

function findNode(manifest: DevnetManifest, name: string): ManifestNode {
  const node = manifest.nodes.find((candidate) => candidate.name === name);
  if (node) return node;
  const names = manifest.nodes.map((candidate) => candidate.name);
  const near = nearNames(name, names);
  throw new UserError("KOMA_E_NODE_NOT_FOUND", `The devnet "${manifest.name}" has no node "${name}".`, {
    facts: { network: manifest.name, node: name, known: names.join(", ") },
    fix: near.length > 0 ? [didYouMean(near)] : ["koma devnet status"],
  });
}

function chooseChain(manifest: DevnetManifest, selector: string | undefined): ManifestChain {
  const found =
    selector === undefined
      ? manifest.chains[0]
      : manifest.chains.find(({ id, name }) => String(id) === selector || name === selector);
  if (found) return found;
  const names = manifest.chains.flatMap(({ id, name }) => [name, String(id)]);
  throw new UserError("KOMA_E_CHAIN_NOT_FOUND", `The devnet "${manifest.name}" has no chain "${selector ?? ""}".`, {
    facts: { network: manifest.name, known: names.join(", ") },
    fix: nearNames(selector ?? "", names).map((near) => `Did you mean ${near}?`),
  });
}
