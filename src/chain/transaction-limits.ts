import { maxInitcode, maxTransactionData, maxTransactionGas } from "./limits.ts";
import { intrinsicGas, type Transaction } from "./transaction.ts";
import type { TxFormatRejection } from "./transaction-rejection.ts";

/** Greatest nonce a transaction may carry (EIP-2681). */
const MAX_NONCE = (1n << 64n) - 2n;

type Limited = Pick<
  Transaction,
  "nonce" | "gasLimit" | "maxFeePerGas" | "maxPriorityFeePerGas" | "data" | "to" | "accessList"
>;

/** The bounds every transaction of every block keeps, whatever the state; undefined when all hold. */
export function checkTransactionLimits(tx: Limited): TxFormatRejection | undefined {
  if (tx.nonce > MAX_NONCE) return { code: "NonceTooHigh", found: tx.nonce };
  if (tx.gasLimit > maxTransactionGas) {
    return { code: "GasLimitTooHigh", limit: maxTransactionGas, found: tx.gasLimit };
  }
  if (tx.maxPriorityFeePerGas > tx.maxFeePerGas) {
    return { code: "TipAboveFee", maxFeePerGas: tx.maxFeePerGas, maxPriorityFeePerGas: tx.maxPriorityFeePerGas };
  }
  if (tx.data.length > maxTransactionData) {
    return { code: "DataTooLarge", limit: maxTransactionData, found: tx.data.length };
  }
  if (tx.to === undefined && tx.data.length > maxInitcode) {
    return { code: "InitcodeTooLarge", limit: maxInitcode, found: tx.data.length };
  }
  const required = intrinsicGas(tx);
  if (tx.gasLimit < required) return { code: "IntrinsicGas", required, found: tx.gasLimit };
  return undefined;
}
