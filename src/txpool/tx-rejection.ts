import { describeTxFormatRejection, type TxFormatRejection } from "../chain/index.ts";
import { assertNever } from "../errors.ts";
import type { Address, Hash } from "../primitives/index.ts";

/** Which rule of the pool a transaction breaks, and by how much. */
export type TxRejection =
  | TxFormatRejection
  | { readonly code: "AlreadyKnown"; readonly hash: Hash }
  | { readonly code: "ZeroPayment" }
  | { readonly code: "Oversized"; readonly limit: number; readonly found: number }
  | { readonly code: "GasLimit"; readonly limit: bigint; readonly found: bigint }
  | {
      readonly code: "FeeTooLow";
      /** Least fee cap that would do now. */
      readonly minFeePerGas: bigint;
      readonly minTip: bigint;
      readonly maxFeePerGas: bigint;
      readonly maxPriorityFeePerGas: bigint;
    }
  | { readonly code: "NonceTooLow"; readonly expected: bigint; readonly found: bigint }
  | { readonly code: "NonceGap"; readonly expected: bigint; readonly limit: bigint; readonly found: bigint }
  | {
      readonly code: "ReplacementUnderpriced";
      readonly replaces: Hash;
      readonly minFeePerGas: bigint;
      readonly minTip: bigint;
    }
  | {
      readonly code: "InsufficientFunds";
      readonly required: bigint;
      readonly available: bigint;
      /** Part of `required` that the sender's other transactions in the pool have reserved. */
      readonly reserved: bigint;
    }
  | {
      readonly code: "TokenOutput";
      readonly token: Address;
      /** In the token's smallest unit. */
      readonly required: bigint;
      /** The sender's output that is not spent. */
      readonly available: bigint;
      /** Part of `required` that the sender's other transactions in the pool have reserved. */
      readonly reserved: bigint;
    }
  | { readonly code: "DuplicateOutputs"; readonly pending: Hash }
  | { readonly code: "DuplicateFee"; readonly limit: number }
  | { readonly code: "SenderFull"; readonly limit: number }
  | { readonly code: "PoolFull"; readonly limit: number };

/** A sentence that begins as go-ethereum's does where it has the rule: wallets and libraries recognise those words. */
export function describeTxRejection(rejection: TxRejection): string {
  switch (rejection.code) {
    case "AlreadyKnown":
      return "already known";
    case "ZeroPayment":
      return "a payment of nothing to an account without code is refused";
    case "Oversized":
      return `oversized data: transaction of ${rejection.found} bytes, limit ${rejection.limit}`;
    case "GasLimit":
      return `exceeds block gas limit: ${rejection.found} wanted, a block has ${rejection.limit}`;
    case "FeeTooLow":
      return `transaction underpriced: fee cap ${rejection.maxFeePerGas} and tip ${rejection.maxPriorityFeePerGas}, needed ${rejection.minFeePerGas} and ${rejection.minTip}`;
    case "NonceTooLow":
      return `nonce too low: next nonce ${rejection.expected}, tx nonce ${rejection.found}`;
    case "NonceGap":
      return `nonce too high: next nonce ${rejection.expected}, tx nonce ${rejection.found}, below ${rejection.limit} is accepted`;
    case "ReplacementUnderpriced":
      return `replacement transaction underpriced: fee cap ${rejection.minFeePerGas} and tip ${rejection.minTip} needed`;
    case "InsufficientFunds":
      return `insufficient funds for gas * price + value: balance ${rejection.available}, tx cost ${rejection.required - rejection.reserved}, queued cost ${rejection.reserved}`;
    case "TokenOutput":
      return `transfer exceeds the output of token ${rejection.token}: output ${rejection.available}, transfer ${rejection.required - rejection.reserved}, queued transfers ${rejection.reserved}`;
    case "DuplicateOutputs":
      return `the same payment is pending already: ${rejection.pending}`;
    case "DuplicateFee":
      return `more than ${rejection.limit} pending transactions of this sender are alike`;
    case "SenderFull":
      return `account limit exceeded: ${rejection.limit} transactions of this sender are in the pool`;
    case "PoolFull":
      return `txpool is full: all ${rejection.limit} transactions pay at least as much`;
    case "Malformed":
    case "UnsupportedType":
    case "WrongChain":
    case "BadSignature":
    case "TipAboveFee":
    case "GasLimitTooHigh":
    case "IntrinsicGas":
    case "DataTooLarge":
    case "InitcodeTooLarge":
    case "NonceTooHigh":
      return describeTxFormatRejection(rejection);
    default:
      return assertNever(rejection);
  }
}

/** The code by which programs know the rule outside the pool (KOMA ecosystem spec (f) 2). */
export function txRejectionErrorCode(rejection: TxRejection): `KOMA_E_${string}` {
  switch (rejection.code) {
    case "AlreadyKnown":
      return "KOMA_E_TX_KNOWN";
    case "ZeroPayment":
      return "KOMA_E_SPAM_ZERO_PAYMENT";
    case "FeeTooLow":
      return "KOMA_E_SPAM_FEE_TOO_LOW";
    case "NonceTooLow":
      return "KOMA_E_TX_NONCE_TOO_LOW";
    case "NonceGap":
      return "KOMA_E_TX_NONCE_TOO_HIGH";
    case "InsufficientFunds":
    case "TokenOutput":
      return rejection.reserved > 0n ? "KOMA_E_SPAM_INPUT_LT_OUTPUT" : "KOMA_E_SPAM_OUTPUT_MISSING";
    case "DuplicateOutputs":
      return "KOMA_E_SPAM_DUP_OUTPUTS";
    case "ReplacementUnderpriced":
    case "DuplicateFee":
      return "KOMA_E_SPAM_DUP_FEE";
    case "SenderFull":
    case "PoolFull":
      return "KOMA_E_POOL_FULL";
    default:
      return "KOMA_E_TX_INVALID";
  }
}
