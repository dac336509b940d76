import { UserError } from "../errors.ts";
import type { Address } from "../primitives/index.ts";
import type { RootChain } from "../rootchain/index.ts";
import type { NetClient } from "./net-client.ts";
import { shortHex } from "./table.ts";
import type { KnownToken } from "./tokens.ts";

/** Says amounts of root-chain tokens as people do: `1.5 KMC`. */
export interface TokenAmounts {
  format(token: string, amountWei: string | bigint): Promise<string>;
}

/** Each token is asked once for its name and decimals. */
export function createTokenAmounts(net: NetClient, root: RootChain): TokenAmounts {
  const known = new Map<string, Promise<{ readonly symbol: string; readonly decimals: number }>>();
  const kmc = net.contract("KMC").toLowerCase();

  async function ask(token: Address): Promise<{ readonly symbol: string; readonly decimals: number }> {
    if (token === kmc) return { symbol: "KMC", decimals: 18 };
    const { ProtocolError } = await import("../errors.ts");
    try {
      const contract = root.token(token);
      const [symbol, decimals] = await Promise.all([contract.symbol(), contract.decimals()]);
      return { symbol: plainSymbol(symbol, token), decimals };
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      // Name and decimals are optional in ERC-20: the smallest units are still right.
      return { symbol: `of ${shortHex(token)}, smallest units`, decimals: 0 };
    }
  }

  return {
    async format(token, amountWei) {
      const { formatAmount, parseAddress } = await import("../primitives/index.ts");
      const key = token.toLowerCase();
      const asked = known.get(key) ?? ask(parseAddress(token));
      known.set(key, asked);
      const { symbol, decimals } = await asked;
      return `${formatAmount(BigInt(amountWei), decimals)} ${symbol}`;
    },
  };
}

/** A token chooses its symbol; what a terminal would take for more than a word is not shown. */
function plainSymbol(symbol: string, token: string): string {
  return /^[\w.$-]{1,20}$/.test(symbol) ? symbol : `of ${shortHex(token)}`;
}

/**
 * Compares in whole tokens before anything is sent; the contract's own refusal knows only smallest units.
 *
 * @param who  name the person used
 * @throws {UserError} KOMA_E_BALANCE_LOW
 */
export async function requireRootBalance(
  root: RootChain,
  token: Pick<KnownToken, "symbol" | "decimals"> & { readonly root: Address },
  owner: { readonly name: string; readonly address: Address },
  amount: bigint,
): Promise<void> {
  const balance = await root.token(token.root).balanceOf(owner.address);
  if (balance >= amount) return;
  const { formatAmount } = await import("../primitives/index.ts");
  const words = (wei: bigint) => `${formatAmount(wei, token.decimals)} ${token.symbol}`;
  throw new UserError("KOMA_E_BALANCE_LOW", `${owner.name} does not have ${words(amount)} on the root chain.`, {
    facts: { balanceWei: balance, neededWei: amount, why: `${words(balance)} there, ${words(amount)} needed.` },
    fix: [`koma token balance ${token.symbol} ${owner.name} --chain l1`],
  });
}
