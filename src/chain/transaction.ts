import type { Address, Bytes, Hash } from "../primitives/index.ts";

export type TransactionType = 0 | 1 | 2;

/** One account of an access list (EIP-2930), with the storage slots of it that the transaction announces. */
export interface AccessListEntry {
  readonly address: Address;
  readonly storageKeys: readonly Hash[];
}

/**
 * A signed transaction of type 0 (legacy), 1 (EIP-2930) or 2 (EIP-1559). A frozen value; its sender is recovered once,
 * when it is decoded or signed.
 */
export interface Transaction {
  readonly type: TransactionType;
  /** keccak256 of {@link raw}. */
  readonly hash: Hash;
  /** EIP-2718 bytes: the type byte and its payload, or the RLP list of a legacy transaction. */
  readonly raw: Bytes;
  /** Undefined for a legacy transaction signed before EIP-155. */
  readonly chainId: bigint | undefined;
  readonly nonce: bigint;
  readonly gasLimit: bigint;
  /** Wei; the gas price of types 0 and 1. */
  readonly maxFeePerGas: bigint;
  /** Wei; the gas price of types 0 and 1. */
  readonly maxPriorityFeePerGas: bigint;
  /** Undefined when the transaction creates a contract. */
  readonly to: Address | undefined;
  /** Wei. */
  readonly value: bigint;
  readonly data: Bytes;
  readonly accessList: readonly AccessListEntry[];
  readonly yParity: 0 | 1;
  readonly r: bigint;
  readonly s: bigint;
  /** As it stands in the transaction: 27, 28 or that of EIP-155 for type 0, the parity of y for types 1 and 2. */
  readonly v: bigint;
  readonly signingHash: Hash;
  readonly sender: Address;
}

/** Wei per gas that go to the producer on top of `baseFee`; negative when the fee cap does not even cover the base fee. */
export function effectiveTip(tx: Pick<Transaction, "maxFeePerGas" | "maxPriorityFeePerGas">, baseFee: bigint): bigint {
  const room = tx.maxFeePerGas - baseFee;
  return tx.maxPriorityFeePerGas < room ? tx.maxPriorityFeePerGas : room;
}

/** Wei per gas that the sender pays under `baseFee` (EIP-1559). */
export function effectiveGasPrice(
  tx: Pick<Transaction, "maxFeePerGas" | "maxPriorityFeePerGas">,
  baseFee: bigint,
): bigint {
  return baseFee + effectiveTip(tx, baseFee);
}

/** Wei that the sender must hold before execution: value plus the whole gas limit at the fee cap. */
export function maxCost(tx: Pick<Transaction, "value" | "gasLimit" | "maxFeePerGas">): bigint {
  return tx.value + tx.gasLimit * tx.maxFeePerGas;
}

const TRANSACTION_GAS = 21_000n;
const CREATION_GAS = 32_000n;
const INITCODE_WORD_GAS = 2n;
const ZERO_BYTE_GAS = 4n;
const NONZERO_BYTE_GAS = 16n;
const ACCESS_ADDRESS_GAS = 2_400n;
const ACCESS_KEY_GAS = 1_900n;

/**
 * Gas that a transaction costs before its first instruction, by the rules of Cancun.
 *
 * @see EIP-2028 (calldata), EIP-2930 (access list), EIP-3860 (initcode), Yellow Paper equation 64
 */
export function intrinsicGas(tx: Pick<Transaction, "data" | "to" | "accessList">): bigint {
  let zeros = 0;
  for (const byte of tx.data) if (byte === 0) zeros++;
  let gas = TRANSACTION_GAS + BigInt(zeros) * ZERO_BYTE_GAS + BigInt(tx.data.length - zeros) * NONZERO_BYTE_GAS;
  if (tx.to === undefined) {
    gas += CREATION_GAS + BigInt(Math.ceil(tx.data.length / 32)) * INITCODE_WORD_GAS;
  }
  for (const entry of tx.accessList) {
    gas += ACCESS_ADDRESS_GAS + BigInt(entry.storageKeys.length) * ACCESS_KEY_GAS;
  }
  return gas;
}
