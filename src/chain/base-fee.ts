import type { BlockHeader } from "./header.ts";

const ELASTICITY = 2n;
const CHANGE_DENOMINATOR = 8n;

/** Below 7 wei an eighth rounds to nothing: where EIP-1559 stops falling by itself. */
export const minBaseFee = 7n;

/** Base fee of the block after `parent`, in wei per gas (EIP-1559). */
export function nextBaseFee(parent: Pick<BlockHeader, "gasLimit" | "gasUsed" | "baseFeePerGas">): bigint {
  const target = parent.gasLimit / ELASTICITY;
  const base = parent.baseFeePerGas;
  if (parent.gasUsed === target) return atLeastMinimum(base);
  if (parent.gasUsed > target) {
    const rise = (base * (parent.gasUsed - target)) / target / CHANGE_DENOMINATOR;
    return atLeastMinimum(base + (rise > 1n ? rise : 1n));
  }
  return atLeastMinimum(base - (base * (target - parent.gasUsed)) / target / CHANGE_DENOMINATOR);
}

function atLeastMinimum(fee: bigint): bigint {
  return fee > minBaseFee ? fee : minBaseFee;
}
