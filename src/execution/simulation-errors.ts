import { describeTxFormatRejection, describeTxStateRejection } from "../chain/index.ts";
import { ProtocolError } from "../errors.ts";
import type { TransactionRejection } from "./apply-transaction.ts";

// Each code has a number of its own in execution-apis, from -38010 to -38026; `rpc/json-rpc-error.ts` has the table.

/** The request wants more than a node gives. */
export function simulationTooLarge(sentence: string, limit: bigint | number): ProtocolError {
  return new ProtocolError("KOMA_E_SIMULATION_LIMIT", sentence, {
    facts: { limit },
    fix: ["Ask for less in one simulation."],
  });
}

export function blockNumberOrder(number: bigint, previous: bigint): ProtocolError {
  return new ProtocolError("KOMA_E_SIMULATION_NUMBER", `block numbers must be in order: ${number} <= ${previous}`, {
    facts: { number, previous },
  });
}

export function timestampOrder(timestamp: bigint, previous: bigint): ProtocolError {
  return new ProtocolError("KOMA_E_SIMULATION_TIME", `block timestamps must be in order: ${timestamp} <= ${previous}`, {
    facts: { timestamp, previous },
  });
}

/** A call that could not stand in the block; `block` and `call` are positions in the request. */
export function callRefused(
  rejection: TransactionRejection,
  place: { readonly block: number; readonly call: number },
): ProtocolError {
  return new ProtocolError(codeOf(rejection), `err: ${describe(rejection)}`, { facts: { ...place } });
}

function codeOf(rejection: TransactionRejection): string {
  switch (rejection.code) {
    case "NonceMismatch":
      return rejection.found < rejection.expected ? "KOMA_E_SIMULATION_NONCE_LOW" : "KOMA_E_SIMULATION_NONCE_HIGH";
    case "NonceTooHigh":
      return "KOMA_E_SIMULATION_NONCE_HIGH";
    case "FeeBelowBaseFee":
    case "TipAboveFee":
      return "KOMA_E_SIMULATION_FEE";
    case "IntrinsicGas":
      return "KOMA_E_SIMULATION_INTRINSIC_GAS";
    case "InsufficientFunds":
      return "KOMA_E_SIMULATION_FUNDS";
    case "BlockGasExceeded":
      return "KOMA_E_SIMULATION_BLOCK_GAS";
    case "InitcodeTooLarge":
      return "KOMA_E_SIMULATION_INITCODE";
    case "GasLimitTooHigh":
    case "DataTooLarge":
      return "KOMA_E_SIMULATION_LIMIT";
    default:
      return "KOMA_E_EXECUTION_FAILED";
  }
}

function describe(rejection: TransactionRejection): string {
  switch (rejection.code) {
    case "NonceMismatch":
    case "InsufficientFunds":
    case "FeeBelowBaseFee":
    case "BlockGasExceeded":
    case "SenderHasCode":
    case "Execution":
      return describeTxStateRejection(rejection);
    default:
      return describeTxFormatRejection(rejection);
  }
}
