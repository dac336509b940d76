import { assertNever } from "../errors.ts";
import type { Address, Hash } from "../primitives/index.ts";
import type { HeaderRejection } from "./header.ts";
import {
  describeTxFormatRejection,
  describeTxStateRejection,
  type TxFormatRejection,
  type TxStateRejection,
} from "./transaction-rejection.ts";

/** Why a block is not a block of this chain; shared by decoding, header rules and execution. */
export type BlockRejection =
  | HeaderRejection
  | { readonly code: "MalformedBlock"; readonly reason: string }
  | { readonly code: "BlockTooLarge"; readonly limit: number; readonly found: number }
  | { readonly code: "UnknownParent"; readonly parent: Hash }
  | { readonly code: "ParentHash"; readonly expected: Hash; readonly found: Hash }
  | { readonly code: "Number"; readonly expected: bigint; readonly found: bigint }
  | { readonly code: "Timestamp"; readonly parent: bigint; readonly found: bigint }
  | { readonly code: "GasLimit"; readonly expected: bigint; readonly found: bigint }
  | { readonly code: "GasUsed"; readonly expected: bigint; readonly found: bigint }
  | { readonly code: "GasOverLimit"; readonly limit: bigint; readonly found: bigint }
  | { readonly code: "BaseFee"; readonly expected: bigint; readonly found: bigint }
  | { readonly code: "ExtraData"; readonly limit: number; readonly found: number }
  | { readonly code: "Seal"; readonly length: number }
  | { readonly code: "Coinbase"; readonly expected: Address; readonly found: Address }
  | { readonly code: "PrevRandao"; readonly expected: Hash; readonly found: Hash }
  | { readonly code: "TransactionsRoot"; readonly expected: Hash; readonly found: Hash }
  | { readonly code: "ReceiptsRoot"; readonly expected: Hash; readonly found: Hash }
  | { readonly code: "StateRoot"; readonly expected: Hash; readonly found: Hash }
  | { readonly code: "Bloom"; readonly number: bigint }
  | {
      readonly code: "Transaction";
      readonly index: number;
      readonly rejection: TxFormatRejection | TxStateRejection;
    };

export function describeBlockRejection(rejection: BlockRejection): string {
  switch (rejection.code) {
    case "MalformedHeader":
      return `header: ${rejection.reason}`;
    case "ConstantField":
      return `header field ${rejection.field} differs from its only value on this chain`;
    case "MalformedBlock":
      return `block: ${rejection.reason}`;
    case "BlockTooLarge":
      return `block has ${rejection.found} bytes, the limit is ${rejection.limit}`;
    case "UnknownParent":
      return `parent ${rejection.parent} is not known`;
    case "Timestamp":
      return `timestamp ${rejection.found} is not after the parent's ${rejection.parent}`;
    case "GasOverLimit":
      return `gas used ${rejection.found} is above the block's limit ${rejection.limit}`;
    case "ExtraData":
      return `extraData has ${rejection.found} bytes, the limit is ${rejection.limit}`;
    case "Seal":
      return `extraData of ${rejection.length} bytes holds no valid seal`;
    case "Coinbase":
      return `sealed by ${rejection.found}, coinbase is ${rejection.expected}`;
    case "Bloom":
      return `logs bloom of block ${rejection.number} is not that of its logs`;
    case "Transaction":
      return `transaction ${rejection.index}: ${describeTx(rejection.rejection)}`;
    case "ParentHash":
    case "Number":
    case "GasLimit":
    case "GasUsed":
    case "BaseFee":
    case "PrevRandao":
    case "TransactionsRoot":
    case "ReceiptsRoot":
    case "StateRoot":
      return `${rejection.code}: expected ${rejection.expected}, found ${rejection.found}`;
    default:
      return assertNever(rejection);
  }
}

function describeTx(rejection: TxFormatRejection | TxStateRejection): string {
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
