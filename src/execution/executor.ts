import type {
  AccessListEntry,
  Block,
  BlockHeader,
  BlockRejection,
  Genesis,
  Log,
  StateOverrides,
  Transaction,
} from "../chain/index.ts";
import type { Address, Bytes, Check, Hash } from "../primitives/index.ts";
import type { RuleChanges, TransactionRejection } from "./apply-transaction.ts";
import type { CallAnswers, CallJob } from "./call-jobs.ts";
import type { ExecutedBlock } from "./state-store.ts";
import type { StateView } from "./state-view.ts";

export interface BuildParameters {
  /** The final head or an executed block. */
  readonly parent: Hash;
  /** Seconds since the Unix epoch, greater than the parent's. */
  readonly timestamp: bigint;
  readonly coinbase: Address;
  readonly prevRandao: Hash;
  /** Tried in order; what does not fit is left out and reported. */
  readonly transactions: Iterable<Transaction>;
  /** Come first, and all of them (deposits, for one). */
  readonly systemTransactions: readonly Transaction[];
  readonly gasLimit: bigint;
  /** Free bytes of `extraData`, at most 32; default none. */
  readonly extraData?: Bytes;
  /** Asked before each transaction; true ends the block with what is in it. */
  readonly deadline?: () => boolean;
  /** Appends the producer's signature. */
  readonly seal: (header: BlockHeader) => BlockHeader;
  /** For the faulty nodes of devnets. */
  readonly rules?: RuleChanges;
}

export interface BuiltBlock extends ExecutedBlock {
  /** Transactions that were offered and left out. */
  readonly skipped: readonly { readonly transaction: Transaction; readonly rejection: TransactionRejection }[];
}

/** A message for `eth_call` and its kin: a transaction without signature. */
export interface CallRequest {
  /** Default: the zero address. */
  readonly from?: Address;
  /** Left out to try a contract creation. */
  readonly to?: Address;
  /** Default, and most: what the executor allows a call. */
  readonly gas?: bigint;
  /** Wei per gas; without one the call is free and BASEFEE answers 0. */
  readonly gasPrice?: bigint;
  readonly maxFeePerGas?: bigint;
  readonly maxPriorityFeePerGas?: bigint;
  readonly value?: bigint;
  readonly data?: Bytes;
  readonly accessList?: readonly AccessListEntry[];
  /** Default: the account's; decides the address of a created contract. */
  readonly nonce?: bigint;
}

export type CallResult =
  | {
      readonly kind: "success";
      readonly returnData: Bytes;
      readonly gasUsed: bigint;
      readonly logs: readonly Log[];
      readonly contractAddress?: Address;
    }
  /** The contract said no; `returnData` is its reason, ABI-encoded. */
  | { readonly kind: "reverted"; readonly returnData: Bytes; readonly gasUsed: bigint }
  /** It ran out of gas, hit an invalid instruction, or could not start. */
  | { readonly kind: "failed"; readonly error: string; readonly gasUsed: bigint };

export type GasEstimate =
  | { readonly kind: "success"; readonly gas: bigint }
  | Exclude<CallResult, { readonly kind: "success" }>;

export type AccessListResult =
  | {
      readonly kind: "success";
      readonly accessList: readonly AccessListEntry[];
      readonly gasUsed: bigint;
      /** Why the message fails all the same. */
      readonly error?: string;
    }
  | Exclude<CallResult, { readonly kind: "success" }>;

/** EIP-1186. Proofs are encoded trie nodes from the root down; of absence too. */
export interface AccountProof {
  readonly address: Address;
  readonly accountProof: readonly Bytes[];
  readonly balance: bigint;
  readonly nonce: bigint;
  readonly codeHash: Hash;
  readonly storageHash: Hash;
  readonly storageProof: readonly { readonly key: Hash; readonly value: bigint; readonly proof: readonly Bytes[] }[];
}

/**
 * Runs and builds blocks, and answers questions about the state. Blocks that are executed but not final are kept as layers
 * over the final state, side by side where they compete.
 *
 * Methods that change something run one after the other; calls and reads go on beside them.
 */
export interface Executor {
  /**
   * Opens the stored state, or writes that of the genesis into an empty store. Everything else comes after.
   *
   * @throws {UserError} KOMA_E_GENESIS_MISMATCH
   * @throws {EnvironmentError} KOMA_E_STATE_CORRUPT
   */
  init(genesis: Genesis): Promise<void>;
  /**
   * Checks a block completely, running it, on any block it may stand on: an unfinal one, the final head, an older final
   * block, or one beside the final chain. Above the head a good block is kept as a layer, and running it again only finds
   * it there; elsewhere only what others need to stand on it is kept, and other blocks go first.
   *
   * A rejection is a verdict about the block, the same on every node, but for `UnknownParent`. What is thrown is none.
   *
   * @throws {ProtocolError} KOMA_E_STATE_UNAVAILABLE: the state of its parent is not in the store, or blocks were taken
   *   back meanwhile; KOMA_E_SIDE_CHAIN_TOO_LONG
   */
  executeBlock(block: Block, options?: { readonly rules?: RuleChanges }): Promise<Check<ExecutedBlock, BlockRejection>>;
  /** Whether {@link executeBlock} finds the state after this block. */
  canExecuteOn(block: Hash): boolean;
  /**
   * @throws {ProtocolError} KOMA_E_BLOCK_UNKNOWN for the parent, KOMA_E_SYSTEM_TRANSACTION when one of those does not fit
   */
  buildBlock(parameters: BuildParameters): Promise<BuiltBlock>;
  /**
   * Commits the layers up to `hash` in one transaction of the store. What competes with them can no longer become final:
   * it answers no more questions, and only serves to run blocks on.
   *
   * @returns the blocks that became final now, lowest first; none when `hash` was final already
   * @throws {ProtocolError} KOMA_E_BLOCK_UNKNOWN
   */
  finalize(hash: Hash): Promise<readonly ExecutedBlock[]>;
  /** Takes final blocks above `to` back, as only the root chain may order, and drops all layers. */
  rollback(to: bigint): Promise<void>;
  /** Forgets a layer, and those on it, that will never become final. */
  discard(hash: Hash): void;
  /**
   * @param at  hash of a layer or final block, or number of a final block
   * @throws {ProtocolError} KOMA_E_BLOCK_UNKNOWN or KOMA_E_STATE_UNAVAILABLE
   */
  stateAt(at: Hash | bigint): StateView;
  headerAt(at: Hash | bigint): BlockHeader;
  /** A call that the node itself needs, in its own thread: clients' calls do not stand in its way. */
  call(request: CallRequest, at: Hash | bigint, overrides?: StateOverrides): Promise<CallResult>;
  /** A client's question to the EVM. */
  answer<J extends CallJob>(job: J, at: Hash | bigint): Promise<CallAnswers[J["kind"]]>;
  /** @throws {ProtocolError} KOMA_E_PROOF_TOO_OLD when it takes too long to go back over what has changed since */
  prove(address: Address, slots: readonly Hash[], at: Hash | bigint): Promise<AccountProof>;
  /** An executed block that is not final. */
  block(hash: Hash): ExecutedBlock | undefined;
  readonly finalHead: { readonly number: bigint; readonly hash: Hash };
}
