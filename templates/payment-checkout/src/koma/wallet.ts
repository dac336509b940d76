import { type Address, createWalletClient, custom, type EIP1193Provider, http, type WalletClient } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { CHAIN_UNKNOWN, hasCode } from "../explain.ts";
import { komaChain } from "./chain.ts";
import type { Settings } from "./settings.ts";

/** A wallet that announced itself (EIP-6963). */
export interface BrowserWallet {
  readonly name: string;
  readonly provider: EIP1193Provider;
}

export interface Payer {
  readonly name: string;
  readonly address: Address;
  readonly client: WalletClient;
  /** Absent for the test account, which needs no wallet. */
  readonly wallet?: BrowserWallet;
}

/** Calls back for every wallet in the page's browser; the answer stops listening. */
export function listenForWallets(found: (wallet: BrowserWallet) => void): () => void {
  const onAnnounce = (event: Event) => {
    const { info, provider } = (event as CustomEvent<{ info: { name: string }; provider: EIP1193Provider }>).detail;
    found({ name: info.name, provider });
  };
  window.addEventListener("eip6963:announceProvider", onAnnounce);
  window.dispatchEvent(new Event("eip6963:requestProvider"));
  return () => window.removeEventListener("eip6963:announceProvider", onAnnounce);
}

/** Asks for an account and for our chain. A refusal is passed on; only a chain that the wallet does not know is added. */
export async function connectWallet(settings: Settings, wallet: BrowserWallet): Promise<Payer> {
  const chain = komaChain(settings);
  const client = createWalletClient({ chain, transport: custom(wallet.provider) });
  const [address] = await client.requestAddresses();
  if (!address) throw new Error(`${wallet.name} shared no account.`);
  try {
    await client.switchChain({ id: chain.id });
  } catch (error) {
    if (!hasCode(error, CHAIN_UNKNOWN)) throw error;
    await client.addChain({ chain });
    // Adding a chain does not promise to switch to it (EIP-3085).
    await client.switchChain({ id: chain.id });
  }
  return payerOf(settings, wallet, address);
}

export function payerOf(settings: Settings, wallet: BrowserWallet, account: Address): Payer {
  const client = createWalletClient({ account, chain: komaChain(settings), transport: custom(wallet.provider) });
  return { name: wallet.name, address: account, client, wallet };
}

/** Tells of another account (none: disconnected) and of another chain; the answer stops listening. */
export function watchWallet(
  wallet: BrowserWallet,
  on: { readonly account: (account: Address | undefined) => void; readonly chain: (id: number) => void },
): () => void {
  const onAccounts = (accounts: readonly Address[]) => on.account(accounts[0]);
  const onChain = (id: string) => on.chain(Number(id));
  wallet.provider.on("accountsChanged", onAccounts);
  wallet.provider.on("chainChanged", onChain);
  return () => {
    wallet.provider.removeListener("accountsChanged", onAccounts);
    wallet.provider.removeListener("chainChanged", onChain);
  };
}

/** The account of a public test key: for development, never for money. */
export function devPayer(settings: Settings): Payer | undefined {
  if (!settings.devKey) return undefined;
  const account = privateKeyToAccount(settings.devKey);
  // Not repeated by the transport: whether a payment may be sent again is for whoever sends it to judge.
  const transport = http(settings.rpcUrl, { retryCount: 0 });
  const client = createWalletClient({ account, chain: komaChain(settings), transport });
  return { name: "Test account", address: account.address, client };
}
