import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { EnvironmentError } from "../errors.ts";
import { isRunning, type ProcessIdentity, parseProcessIdentity } from "./process-identity.ts";

/** Life-cycle of a devnet. `stopped` is also what a manifest means whose supervisor is gone. */
export type DevnetStatus = "preparing" | "starting" | "ready" | "degraded" | "stopping" | "stopped" | "failed";

export type NodeState = "created" | "starting" | "ready" | "stopping" | "stopped" | "crashed" | "killed";

/** `manifest.json` in a devnet's folder: what runs now, for every command that talks to the devnet. */
export interface DevnetManifest {
  readonly version: 1;
  readonly name: string;
  readonly status: DevnetStatus;
  readonly provider: string;
  readonly createdAt: string;
  readonly supervisor: ProcessIdentity | null;
  /** Path of the control socket. */
  readonly socket: string;
  readonly chains: readonly ManifestChain[];
  readonly l1: ManifestRootChain;
  /** Addresses of the root contracts by name; empty until they are deployed. */
  readonly contracts: Readonly<Record<string, string>>;
  readonly nodes: readonly ManifestNode[];
  readonly accounts: {
    readonly mnemonic: string;
    readonly count: number;
    readonly ethWei: string;
    readonly kmcWei: string;
  };
}

export interface ManifestChain {
  readonly id: number;
  readonly name: string;
  readonly rpcUrl: string;
  readonly wsUrl: string;
}

export interface ManifestRootChain {
  readonly engine: "anvil" | "external";
  readonly chainId: number;
  readonly rpcUrl: string;
  readonly pid: number | null;
}

export interface ManifestNode {
  readonly name: string;
  readonly roles: readonly string[];
  readonly state: NodeState;
  readonly pid: number | null;
  readonly process: ProcessIdentity | null;
  readonly rpcUrl: string;
  readonly wsUrl: string;
  readonly ports: Readonly<Record<string, number>>;
  readonly p2p: string;
  /** Address that signs units and checkpoints, and seals blocks unless the validator is nominated with another key. */
  readonly signer: string;
  /** Address of the other key that the node can seal blocks with. */
  readonly producerKey: string;
  /** Address that owns the stake on the root chain. */
  readonly owner: string;
  readonly dir: string;
  readonly log: string;
}

/** The manifest in a devnet's folder; undefined when there is none. */
export function readManifest(dir: string): DevnetManifest | undefined {
  const file = join(dir, "manifest.json");
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new EnvironmentError("KOMA_E_FILE_UNREADABLE", `${file} cannot be read.`, { cause, facts: { path: file } });
  }
  const manifest = parseJson(text);
  if (manifest?.["version"] !== 1 || !Array.isArray(manifest["nodes"]) || !Array.isArray(manifest["chains"])) {
    throw new EnvironmentError("KOMA_E_MANIFEST_INVALID", `${file} is damaged, or of another version of koma.`, {
      facts: { path: file },
    });
  }
  return manifest as unknown as DevnetManifest;
}

/** True while the manifest's supervisor lives; a manifest alone proves nothing after a crash. */
export function isDevnetRunning(manifest: DevnetManifest): boolean {
  const supervisor = parseProcessIdentity(manifest.supervisor);
  return supervisor !== undefined && isRunning(supervisor);
}

/** Names of the devnets in a home, running or not, sorted. */
export function listDevnetNames(devnets: string): readonly string[] {
  try {
    return readdirSync(devnets, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && /^[a-z][a-z0-9-]{0,38}$/.test(entry.name))
      .map((entry) => entry.name)
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

function parseJson(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined; // the caller says which file is damaged
  }
}
