import { type Address, type Hex, isAddress, isHex } from "viem";

/** What the page must know of the chain; `koma init dapp` writes it to `.env.local` from the running devnet. */
export interface Settings {
  readonly rpcUrl: string;
  readonly chainId: number;
  readonly chainName: string;
  /** Who is paid. */
  readonly merchant: Address;
  /** An ERC-20 that the shop takes besides KMC. */
  readonly token?: Address;
  /** Key of a public test account, for development only: payments without a browser wallet. */
  readonly devKey?: Hex;
}

type Source = Readonly<Record<string, string | undefined>>;

/** Reads the settings or says which one is missing. */
export function readSettings(env: Source): Settings {
  const merchant = env["VITE_MERCHANT"] ?? "";
  const chainId = Number(env["VITE_KOMA_CHAIN_ID"]);
  const rpcUrl = env["VITE_KOMA_RPC_URL"] ?? "";
  if (!URL.canParse(rpcUrl)) throw new Error("VITE_KOMA_RPC_URL is missing: start a devnet and run `koma init dapp` again, or edit .env.local.");
  if (!Number.isSafeInteger(chainId) || chainId < 1) throw new Error("VITE_KOMA_CHAIN_ID is missing in .env.local.");
  if (!isAddress(merchant)) throw new Error("VITE_MERCHANT in .env.local is not an address.");
  const token = env["VITE_TOKEN"];
  const devKey = env["VITE_DEV_KEY"];
  return {
    rpcUrl,
    chainId,
    chainName: env["VITE_KOMA_CHAIN_NAME"] ?? "KOMA",
    merchant,
    ...(token && isAddress(token) ? { token } : {}),
    ...(devKey && isHex(devKey) && devKey.length === 66 ? { devKey } : {}),
  };
}
