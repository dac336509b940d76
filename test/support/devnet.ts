import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { DevnetManifest } from "../../src/cli/index.ts";
import { type Address, type Hash, type Hex, hexToBytes } from "../../src/primitives/index.ts";
import { connectRootChain, type RootChain } from "../../src/rootchain/index.ts";
import { createRpcClient } from "../../src/rpc/index.ts";
import { eventually } from "./koma.ts";

/** `data` of `koma devnet up --json`: the part that is a promise to programs. */
export interface DevnetData {
  readonly name: string;
  readonly dir: string;
  readonly status: string;
  readonly started: boolean;
  readonly chains: readonly {
    readonly id: number;
    readonly name: string;
    readonly rpcUrl: string;
    readonly wsUrl: string;
  }[];
  readonly l1: { readonly chainId: number; readonly rpcUrl: string; readonly pid: number | null };
  readonly nodes: readonly DevnetNode[];
  readonly accounts: readonly {
    readonly index: number;
    readonly name: string;
    readonly address: Address;
    readonly kmcWei: string;
  }[];
  readonly contracts: Readonly<Record<string, Address>>;
  readonly height: number;
  readonly finalized: number;
}

export interface DevnetNode {
  readonly name: string;
  readonly roles: readonly string[];
  readonly pid: number;
  readonly rpcUrl: string;
  readonly wsUrl: string;
  readonly ports: Readonly<Record<"rpc" | "p2p", number>>;
  readonly signer: Address;
}

/** Answer of `koma_consensus`, as far as tests look at it. */
export interface ConsensusView {
  readonly faultyWeight: number;
  readonly onlineWeight: number;
  readonly synced: boolean;
  readonly finality: readonly { readonly fraction: number; readonly violated: boolean; readonly height: number }[];
  readonly validators: readonly {
    readonly signer: Address;
    readonly faulty: boolean;
    readonly online: boolean;
    readonly seq?: number;
  }[];
}

export interface BlockView {
  readonly number: number;
  readonly hash: Hash;
  readonly transactions: readonly Hash[];
}

/** The first accounts of the well-known test mnemonic, which every devnet funds. */
export const testKeys = {
  alice: hexToBytes("0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"),
  bob: hexToBytes("0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d"),
  carol: hexToBytes("0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a"),
} as const;

/** Asks one node. */
export function ask<T>(url: string, method: string, ...params: readonly unknown[]): Promise<T> {
  return createRpcClient(url, { timeoutMs: 10_000 }).request<T>(method, params);
}

export async function consensusOf(url: string): Promise<ConsensusView> {
  return ask<ConsensusView>(url, "koma_consensus");
}

export async function blockAt(url: string, at: "latest" | "safe" | "finalized" | number): Promise<BlockView> {
  const selector = typeof at === "number" ? `0x${at.toString(16)}` : at;
  const block = await ask<{ number: Hex; hash: Hash; transactions: Hash[] } | null>(
    url,
    "eth_getBlockByNumber",
    selector,
    false,
  );
  if (!block) throw new Error(`${url} has no block ${at}`);
  return { number: Number(block.number), hash: block.hash, transactions: block.transactions };
}

export async function balanceOf(url: string, address: Address, at = "latest"): Promise<bigint> {
  return BigInt(await ask<Hex>(url, "eth_getBalance", address, at));
}

/** Waits until the node has a final block of at least this height. */
export function untilFinal(url: string, height: number, timeoutMs = 90_000): Promise<BlockView> {
  return eventually(
    `block ${height} final at ${url}`,
    async () => {
      const final = await blockAt(url, "finalized");
      return final.number >= height && final;
    },
    timeoutMs,
  );
}

/** Waits until every node has a final block of at least this height. */
export async function untilAllFinal(nodes: readonly DevnetNode[], height: number, timeoutMs = 90_000): Promise<void> {
  await Promise.all(nodes.map(({ rpcUrl }) => untilFinal(rpcUrl, height, timeoutMs)));
}

/** Sequence number of a validator's newest unit, as the node at `url` knows it; -1 before its first. */
export async function seqOf(url: string, signer: Address): Promise<number> {
  const { validators } = await consensusOf(url);
  return validators.find((validator) => validator.signer === signer)?.seq ?? -1;
}

/** What the supervisor last wrote about its devnet. */
export function manifestOf(devnet: Pick<DevnetData, "dir">): DevnetManifest {
  return JSON.parse(readFileSync(join(devnet.dir, "manifest.json"), "utf8")) as DevnetManifest;
}

/** The root contracts of a devnet, paid for by the account of `key`. */
export function rootChainOf(devnet: Pick<DevnetData, "l1" | "contracts">, key: Uint8Array): RootChain {
  return connectRootChain({ url: devnet.l1.rpcUrl, contracts: devnet.contracts, signerKey: key });
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
    throw error;
  }
  try {
    // A corpse whose parent has not looked yet answers to signals, too.
    return !/^[0-9]+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return process.platform !== "linux";
  }
}
