import { UserError } from "../errors.ts";

/** Wei of KMC, Ether or a token with 18 decimals, unless its name says another unit. */
export type Amount = bigint;

const UNIT_DECIMALS: Readonly<Record<string, number>> = { wei: 0, gwei: 9, eth: 18, kmc: 18 };

/**
 * Reads `1.5` (whole tokens), `1500000000gwei`, `1 kmc` or `7wei`.
 *
 * @param decimals of the token that a plain number counts, default 18
 * @throws {UserError} KOMA_E_AMOUNT_MALFORMED for anything else, also for more decimals than the unit has
 */
export function parseAmount(text: string, decimals = 18): Amount {
  const match = /^([0-9]{1,60})(?:\.([0-9]{1,60}))?\s*([a-zA-Z]*)$/.exec(text.trim());
  const unit = match?.[3]?.toLowerCase() ?? "";
  const places = unit === "" ? decimals : UNIT_DECIMALS[unit];
  if (!match || places === undefined || (match[2]?.length ?? 0) > places) {
    throw new UserError("KOMA_E_AMOUNT_MALFORMED", `"${text.slice(0, 80)}" is not an amount.`, {
      fix: ["Give a plain number of whole tokens (1.5) or a number with wei, gwei, eth or kmc (7wei)."],
    });
  }
  return BigInt((match[1] as string) + (match[2] ?? "").padEnd(places, "0"));
}

/** Whole tokens without trailing zeros: `1500000000000000000n` is `1.5`. */
export function formatAmount(amount: Amount, decimals = 18): string {
  const negative = amount < 0n;
  const digits = (negative ? -amount : amount).toString().padStart(decimals + 1, "0");
  const whole = digits.slice(0, digits.length - decimals);
  const fraction = digits.slice(digits.length - decimals).replace(/0+$/, "");
  return `${negative ? "-" : ""}${whole}${fraction === "" ? "" : `.${fraction}`}`;
}
