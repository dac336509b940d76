import type { DevnetManifest } from "../src/cli/index.ts";
import { accountName, deriveAccounts, formatPrivateKey } from "../src/wallet/index.ts";
import { callRootChain } from "./supervisor/root-chain-call.ts";

export interface DevnetAccount {
  readonly index: number;
  readonly name: string;
  readonly address: string;
  readonly ethWei: string;
  readonly kmcWei: string;
  readonly key?: string;
}

/** Accounts of a devnet with what they have: now while it runs, at the beginning while it does not. */
export async function listAccounts(
  manifest: DevnetManifest,
  options: { readonly live: boolean; readonly reveal: boolean; readonly signal: AbortSignal },
): Promise<readonly DevnetAccount[]> {
  const { mnemonic, count, ethWei, kmcWei } = manifest.accounts;
  const rpcUrl = (manifest.nodes.find(({ state }) => state === "ready") ?? manifest.nodes[0])?.rpcUrl ?? "";
  const balance = async (url: string, address: string): Promise<string> =>
    BigInt((await callRootChain(url, "eth_getBalance", [address, "latest"], options.signal)) as string).toString();
  return Promise.all(
    deriveAccounts(mnemonic, count).map(async ({ index, address, privateKey }) => ({
      index,
      name: accountName(index),
      address,
      ethWei: options.live ? await balance(manifest.l1.rpcUrl, address) : ethWei,
      kmcWei: options.live ? await balance(rpcUrl, address) : kmcWei,
      ...(options.reveal ? { key: formatPrivateKey(privateKey) } : {}),
    })),
  );
}
