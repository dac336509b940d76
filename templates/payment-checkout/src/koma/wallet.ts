import { type Address, createWalletClient, custom, type EIP1193Provider, http, type WalletClient } from "viem";
import { privateKeyToAccount } from "viem/accounts";
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

export async function connectWallet(settings: Settings, wallet: BrowserWallet): Promise<Payer> {
  const chain = komaChain(settings);
  const client = createWalletClient({ chain, transport: custom(wallet.provider) });
  const [address] = await client.requestAddresses();
  if (!address) throw new Error(`${wallet.name} shared no account.`);
  try {
    await client.switchChain({ id: chain.id });
  } catch {
    // A wallet that has never heard of this chain refuses to switch; it takes it from us and switches by itself.
    await client.addChain({ chain });
  }
  return { name: wallet.name, address, client: createWalletClient({ account: address, chain, transport: custom(wallet.provider) }) };
}

/** The account of a public test key: for development, never for money. */
export function devPayer(settings: Settings): Payer | undefined {
  if (!settings.devKey) return undefined;
  const account = privateKeyToAccount(settings.devKey);
  const client = createWalletClient({ account, chain: komaChain(settings), transport: http(settings.rpcUrl) });
  return { name: "Test account", address: account.address, client };
}
