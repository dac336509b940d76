import { type Address, createPublicClient, erc20Abi, http } from "viem";
import type { Settings } from "../src/koma/settings.ts";
import { type Currency, items, showAmount, totalOf } from "../src/order.ts";

/** What the page asks for when it opens: its first item. */
export const price = totalOf(items.slice(0, 1));

/** Left over for fees: far more than two payments cost. */
const FEES = 10n ** 16n;

/** A sentence for the first thing that would stop the test account from paying in both currencies; undefined when it can. */
export async function whyNotPay(settings: Settings, payer: Address): Promise<string | undefined> {
  const { token, rpcUrl } = settings;
  if (!token) return "VITE_TOKEN is missing in .env.local: with the devnet running, run `koma init dapp` again with --force.";
  const client = createPublicClient({ transport: http(rpcUrl, { retryCount: 2 }) });
  let coins: bigint;
  let dollars: bigint;
  try {
    [coins, dollars] = await Promise.all([
      client.getBalance({ address: payer }),
      client.readContract({ address: token, abi: erc20Abi, functionName: "balanceOf", args: [payer] }),
    ]);
  } catch (error) {
    const reason = error instanceof Error ? error.message.split("\n")[0] : String(error);
    return `No node with dUSD at ${rpcUrl} (${reason}). Start the devnet: koma devnet up. After a fresh start: koma init dapp . --force`;
  }
  if (dollars < price) return short("dUSD", dollars, price);
  if (coins < price + FEES) return short("KMC", coins, price + FEES);
  return undefined;

  function short(currency: Currency, has: bigint, needs: bigint): string {
    const deposit = `koma bridge deposit --token ${currency} --amount 100 --wait`;
    return `${payer} has ${showAmount(has, currency)} and needs ${showAmount(needs, currency)}. Deposit some: ${deposit}`;
  }
}
