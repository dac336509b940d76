import { formatUnits, parseUnits } from "viem";

export interface Item {
  readonly name: string;
  /** Whole units of the currency, as a shop writes prices: "4.50". */
  readonly price: string;
}

export const items: readonly Item[] = [
  { name: "Coffee beans, 250 g", price: "4.5" },
  { name: "Grinder", price: "39" },
  { name: "Cup", price: "12.25" },
];

export type Currency = "KMC" | "dUSD";

/** KMC and the devnet's token both count in 18 decimals. */
const DECIMALS = 18;

export function totalOf(chosen: readonly Item[]): bigint {
  return chosen.reduce((sum, item) => sum + parseUnits(item.price, DECIMALS), 0n);
}

/** In whole units; with `digits` cut off, never rounded up, after so many decimals. */
export function showAmount(amount: bigint, currency: Currency, digits?: number): string {
  const shown = formatUnits(amount, DECIMALS);
  const [whole = "0", decimals = ""] = shown.split(".");
  if (digits === undefined || decimals.length <= digits) return `${shown} ${currency}`;
  return `${whole}.${decimals.slice(0, digits)} ${currency}`;
}
