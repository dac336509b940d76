import { UserError } from "../errors.ts";
import type { Address } from "../primitives/index.ts";
import type { RootChain } from "../rootchain/index.ts";
import type { ChainClient } from "../rpc/index.ts";
import { openChainToken } from "./erc20.ts";
import { didYouMean, nearNames } from "./near-names.ts";
import type { NetClient } from "./net-client.ts";

/** A token on both chains. */
export interface KnownToken {
  readonly symbol: string;
  readonly decimals: number;
  /** The chain's own coin: no contract there. */
  readonly native: boolean;
  /** On the root chain; undefined for a token that lives on the KOMA chain alone. */
  readonly root: Address | undefined;
  /** On the KOMA chain; undefined for the native coin and for a token that is not mapped. */
  readonly child: Address | undefined;
}

const NAMES = ["KMC", "dUSD"] as const;

/**
 * The token that a person means: KMC, dUSD (a devnet's demo token), or an address on either chain.
 *
 * @throws {UserError} KOMA_E_TOKEN_UNKNOWN
 */
export async function resolveToken(
  net: NetClient,
  chain: ChainClient,
  root: RootChain,
  text: string,
): Promise<KnownToken> {
  const { isAddress, parseAddress } = await import("../primitives/index.ts");
  const kmc = parseAddress(net.contract("KMC"));
  const chainId = BigInt(net.chainId);
  const asRoot = async (address: Address, symbol: string, decimals: number): Promise<KnownToken> => {
    return {
      symbol,
      decimals,
      native: false,
      root: address,
      child: await root.registry.childTokenOf(chainId, address),
    };
  };
  if (text.toLowerCase() === "kmc") return { symbol: "KMC", decimals: 18, native: true, root: kmc, child: undefined };
  if (text.toLowerCase() === "dusd") return asRoot(parseAddress(net.contract("DemoToken")), "dUSD", 18);
  if (!isAddress(text)) throw unknownToken(text);
  const address = parseAddress(text);
  if (address === kmc) return resolveToken(net, chain, root, "KMC");
  const [childHere, rootThere] = await Promise.all([
    root.registry.childTokenOf(chainId, address),
    root.registry.rootTokenOf(chainId, address),
  ]);
  if (childHere) {
    const token = root.token(address);
    return asRoot(address, await token.symbol(), await token.decimals());
  }
  const token = await openChainToken(chain, address);
  const [symbol, decimals] = await Promise.all([token.symbol(), token.decimals()]);
  return { symbol, decimals, native: false, root: rootThere, child: address };
}

/** Contract of a token on the KOMA chain. @throws {UserError} KOMA_E_TOKEN_UNMAPPED */
export function childOf(token: KnownToken): Address {
  if (token.child) return token.child;
  throw new UserError("KOMA_E_TOKEN_UNMAPPED", `${token.symbol} has no child token on this chain.`, {
    ...(token.root ? { facts: { rootToken: token.root } } : {}),
    fix: ["Use KMC or dUSD."],
  });
}

/** Contract of a token on the root chain. @throws {UserError} KOMA_E_TOKEN_UNMAPPED */
export function rootOf(token: KnownToken): Address {
  if (token.root) return token.root;
  throw new UserError("KOMA_E_TOKEN_UNMAPPED", `${token.symbol} does not come from the root chain.`, {
    fix: ["Use KMC or dUSD."],
  });
}

function unknownToken(text: string): UserError {
  const near = nearNames(text, NAMES);
  return new UserError("KOMA_E_TOKEN_UNKNOWN", `There is no token "${text.slice(0, 60)}".`, {
    fix: near.length > 0 ? [didYouMean(near)] : ["Name KMC, dUSD, or a token's address."],
  });
}
