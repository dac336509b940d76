import { assertNever } from "../errors.ts";
import type { Address } from "../primitives/index.ts";

/** Why bytes are not a transaction of this chain: every rule that needs no state and no block. */
export type TxFormatRejection =
  | { readonly code: "Malformed"; readonly reason: string }
  | { readonly code: "UnsupportedType"; readonly type: number }
  | { readonly code: "WrongChain"; readonly expected: bigint; readonly found: bigint }
  | { readonly code: "BadSignature"; readonly reason: "v" | "highS" | "unrecoverable" }
  | { readonly code: "TipAboveFee"; readonly maxFeePerGas: bigint; readonly maxPriorityFeePerGas: bigint }
  | { readonly code: "GasLimitTooHigh"; readonly limit: bigint; readonly found: bigint }
  | { readonly code: "IntrinsicGas"; readonly required: bigint; readonly found: bigint }
  | { readonly code: "DataTooLarge"; readonly limit: number; readonly found: number }
  | { readonly code: "InitcodeTooLarge"; readonly limit: number; readonly found: number }
  | { readonly code: "NonceTooHigh"; readonly found: bigint };

/** Why a well-formed transaction cannot stand where it stands in a block. */
export type TxStateRejection =
  | { readonly code: "NonceMismatch"; readonly sender: Address; readonly expected: bigint; readonly found: bigint }
  | {
      readonly code: "InsufficientFunds";
      readonly sender: Address;
      readonly required: bigint;
      readonly available: bigint;
    }
  | { readonly code: "FeeBelowBaseFee"; readonly baseFee: bigint; readonly maxFeePerGas: bigint }
  | { readonly code: "BlockGasExceeded"; readonly available: bigint; readonly required: bigint }
  | { readonly code: "SenderHasCode"; readonly sender: Address }
  | { readonly code: "Execution"; readonly reason: string };

/** A sentence in the words of go-ethereum where it has some: wallets and libraries recognise those. */
export function describeTxFormatRejection(rejection: TxFormatRejection): string {
  switch (rejection.code) {
    case "Malformed":
      return `transaction is not canonical RLP: ${rejection.reason}`;
    case "UnsupportedType":
      return `transaction type not supported: ${rejection.type}`;
    case "WrongChain":
      return `invalid chain id for signer: have ${rejection.found} want ${rejection.expected}`;
    case "BadSignature":
      return `invalid transaction v, r, s values: ${rejection.reason}`;
    case "TipAboveFee":
      return `max priority fee per gas higher than max fee per gas: tip ${rejection.maxPriorityFeePerGas}, fee ${rejection.maxFeePerGas}`;
    case "GasLimitTooHigh":
      return `transaction gas limit too high: ${rejection.found}, the cap is ${rejection.limit}`;
    case "IntrinsicGas":
      return `intrinsic gas too low: gas ${rejection.found}, minimum needed ${rejection.required}`;
    case "DataTooLarge":
      return `oversized data: ${rejection.found} bytes, the limit is ${rejection.limit}`;
    case "InitcodeTooLarge":
      return `max initcode size exceeded: ${rejection.found} bytes, the limit is ${rejection.limit}`;
    case "NonceTooHigh":
      return `nonce has max value: ${rejection.found}`;
    default:
      return assertNever(rejection);
  }
}

/** As {@link describeTxFormatRejection}, for what the state forbids. */
export function describeTxStateRejection(rejection: TxStateRejection): string {
  switch (rejection.code) {
    case "NonceMismatch":
      return `nonce too ${rejection.found < rejection.expected ? "low" : "high"}: address ${rejection.sender}, tx ${rejection.found}, state ${rejection.expected}`;
    case "InsufficientFunds":
      return `insufficient funds for gas * price + value: address ${rejection.sender} have ${rejection.available} want ${rejection.required}`;
    case "FeeBelowBaseFee":
      return `max fee per gas less than block base fee: maxFeePerGas ${rejection.maxFeePerGas}, baseFee ${rejection.baseFee}`;
    case "BlockGasExceeded":
      return `gas limit reached: ${rejection.required} wanted, ${rejection.available} left in the block`;
    case "SenderHasCode":
      return `sender not an eoa: address ${rejection.sender}`;
    case "Execution":
      return rejection.reason;
    default:
      return assertNever(rejection);
  }
}
