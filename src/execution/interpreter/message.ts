import type { AccessListEntry, Log } from "../../chain/index.ts";
import type { Address, Bytes, Hash } from "../../primitives/index.ts";

/** What the instructions about the block answer. */
export interface InterpreterEnvironment {
  readonly chainId: bigint;
  readonly number: bigint;
  readonly timestamp: bigint;
  readonly coinbase: Address;
  readonly prevRandao: Hash;
  readonly gasLimit: bigint;
  readonly baseFeePerGas: bigint;
  readonly blobBaseFee: bigint;
  /** Hash of an ancestor of the block; undefined when there is none. */
  hashOf(number: bigint): Hash | undefined;
}

/** The outermost call or creation of a transaction. */
export interface InterpreterMessage {
  readonly from: Address;
  /** Undefined creates a contract with `data` as its initcode. */
  readonly to: Address | undefined;
  readonly value: bigint;
  readonly data: Bytes;
  /** At most {@link MAX_MESSAGE_GAS}. */
  readonly gasLimit: bigint;
  readonly gasPrice: bigint;
  readonly accessList: readonly AccessListEntry[];
}

/** The most gas a message may have: more could take more memory than is set aside for what calls give back. */
export const MAX_MESSAGE_GAS = 2_000_000_000n;

/** Why a frame failed, in the words of `@ethereumjs/evm`. */
export type Failure =
  | "out of gas"
  | "stack underflow"
  | "stack overflow"
  | "invalid JUMP"
  | "invalid opcode"
  | "static state change"
  | "value out of range"
  | "initcode exceeds max initcode size"
  | "code size to deposit exceeds maximum code size"
  | "invalid bytecode deployed"
  | "create collision"
  | "value overflow"
  | "insufficient balance"
  | "revert";

export interface InterpreterOutcome {
  readonly gasUsed: bigint;
  /** Without its bound. */
  readonly gasRefund: bigint;
  /** A precompile's failure has a name of its own. */
  readonly error: string | undefined;
  readonly returnData: Bytes;
  readonly logs: readonly Log[];
  readonly contractAddress: Address | undefined;
  /** Contracts that were made and destroyed (EIP-6780). */
  readonly destroyed: readonly Address[];
  /** Accounts that had nothing before and were touched (EIP-161). */
  readonly touchedEmpty: readonly Address[];
}

/** One of the contracts that every chain has (Yellow Paper, appendix E). */
export type Precompile = (data: Bytes, gasLimit: bigint) => PrecompileOutcome | Promise<PrecompileOutcome>;

export interface PrecompileOutcome {
  readonly gasUsed: bigint;
  readonly output: Bytes;
  /** Its gas is lost. */
  readonly error: string | undefined;
}
