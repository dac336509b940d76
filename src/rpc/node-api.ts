import type {
  AccessListEntry,
  Block,
  BlockHeader,
  BlockOverrides,
  Log,
  Receipt,
  SimulatedBlock,
  StateOverrides,
  TraceOptions,
  Transaction,
} from "../chain/index.ts";
import type { Address, Bytes, Hash } from "../primitives/index.ts";
import type { Metric } from "./metrics.ts";

/** Answers may be at hand or take time; the server waits for both. */
export type Eventually<Value> = Value | Promise<Value>;

/**
 * Names for blocks that move: `latest` is the head of the fork choice, `safe` is final at a threshold of a tenth of the
 * weight, `finalized` at a third (KoMaBFT spec 12.5). `pending` is the head: a node shows no block that nobody has made.
 */
export type BlockTag = "latest" | "safe" | "finalized" | "pending" | "earliest";

/** Which block is meant. */
export type BlockSelector =
  | { readonly kind: "tag"; readonly tag: BlockTag }
  /** The block at this height on the branch of the head. */
  | { readonly kind: "number"; readonly number: bigint }
  /** Any known block, also one beside the branch of the head. */
  | { readonly kind: "hash"; readonly hash: Hash };

/** A header with its hash, and whether it lies on the branch of the head. */
export interface HeaderView {
  readonly header: BlockHeader;
  readonly hash: Hash;
  readonly canonical: boolean;
}

/** What execution adds to a receipt; one per transaction. */
export interface TransactionOutcome {
  readonly gasUsed: bigint;
  readonly contractAddress?: Address;
}

/** A block after execution. `receipts` and `outcomes` are in the order of its transactions. */
export interface ExecutedView {
  readonly block: Block;
  readonly receipts: readonly Receipt[];
  readonly outcomes: readonly TransactionOutcome[];
}

/** A transaction and where it stands. */
export interface PlacedTransaction extends TransactionOutcome {
  readonly transaction: Transaction;
  readonly receipt: Receipt;
  readonly blockHash: Hash;
  readonly blockNumber: bigint;
  /** Of the block: gives the effective gas price. */
  readonly baseFeePerGas: bigint;
  /** Position in the block. */
  readonly index: number;
  /** Position of its first log among the logs of the block. */
  readonly firstLogIndex: number;
}

/** A log with its place in the chain. */
export interface LocatedLog extends Log {
  readonly blockNumber: bigint;
  readonly blockHash: Hash;
  readonly transactionHash: Hash;
  readonly transactionIndex: number;
  /** Position among all logs of the block. */
  readonly logIndex: number;
}

/** Which logs match. No addresses, and `null` or a missing topic, match everything; a list of topics means any of them. */
export interface LogCriteria {
  readonly addresses?: readonly Address[];
  readonly topics?: readonly (null | Hash | readonly Hash[])[];
}

/** Logs of the blocks `from` to `to`, inclusive, of the branch of the head. */
export interface LogQuery extends LogCriteria {
  readonly from: bigint;
  readonly to: bigint;
  /** Most logs to answer with. */
  readonly limit: number;
}

export interface LogPage {
  /** In the order of the chain. */
  readonly logs: readonly LocatedLog[];
  /** False when the limit cut the answer off. */
  readonly complete: boolean;
}

/** A message to execute without a signature. What is left out, the node chooses: no sender, no fee, the block's gas. */
export interface CallRequest {
  readonly from?: Address;
  /** Left out to run `data` as initcode. */
  readonly to?: Address;
  readonly gasLimit?: bigint;
  /** Both set to the gas price when the request names one. */
  readonly maxFeePerGas?: bigint;
  readonly maxPriorityFeePerGas?: bigint;
  readonly value?: bigint;
  readonly nonce?: bigint;
  readonly data: Bytes;
  readonly accessList?: readonly AccessListEntry[];
}

/** What a call pretends. */
export interface Pretence {
  readonly state?: StateOverrides;
  readonly block?: BlockOverrides;
}

/** How an execution without consequences went. */
export type CallOutcome =
  | { readonly kind: "returned"; readonly data: Bytes; readonly gasUsed: bigint }
  /** The contract said no; `data` is its error in ABI encoding, often empty. */
  | { readonly kind: "reverted"; readonly data: Bytes; readonly gasUsed: bigint }
  /** Nothing a contract said: out of gas, too little balance, invalid opcode … in the words of go-ethereum. */
  | { readonly kind: "failed"; readonly reason: string };

export type EstimateOutcome =
  | { readonly kind: "estimated"; readonly gas: bigint }
  | Exclude<CallOutcome, { kind: "returned" }>;

export type AccessListOutcome =
  | {
      readonly kind: "created";
      readonly accessList: readonly AccessListEntry[];
      readonly gasUsed: bigint;
      readonly error?: string;
    }
  | { readonly kind: "failed"; readonly reason: string };

/** Blocks that are run one upon the other and forgotten (`eth_simulateV1`). */
export interface Simulation {
  readonly blocks: readonly SimulationBlock[];
  /** Nonces and fees are checked as for a real block; signatures, and code at the sender, never are. */
  readonly validation: boolean;
  /** Transfers of the coin are told as logs of a token. */
  readonly traceTransfers: boolean;
}

export interface SimulationBlock extends Pretence {
  readonly calls: readonly CallRequest[];
}

/** An account and slots of it with their Merkle proofs (EIP-1186). */
export interface AccountProof {
  readonly nonce: bigint;
  readonly balance: bigint;
  readonly codeHash: Hash;
  readonly storageHash: Hash;
  /** Nodes from the state root to the leaf, or to where the account is missing. */
  readonly accountProof: readonly Bytes[];
  /** In the order asked for. */
  readonly storageProof: readonly { readonly key: Hash; readonly value: bigint; readonly proof: readonly Bytes[] }[];
}

/** Wei per gas. */
export interface FeeSuggestion {
  /** What the next block will burn. */
  readonly baseFeePerGas: bigint;
  /** A tip with which a transaction is likely to be in the next blocks. */
  readonly maxPriorityFeePerGas: bigint;
}

/** Transactions of the pool: `pending` could be in the next block, `queued` wait for an earlier nonce. */
export interface PoolContent {
  readonly pending: readonly Transaction[];
  readonly queued: readonly Transaction[];
}

export interface SyncProgress {
  readonly startingBlock: bigint;
  readonly currentBlock: bigint;
  readonly highestBlock: bigint;
}

/** How strongly a block is final, and why (KoMaBFT spec 12.5). Weights are those of consensus. */
export interface BlockConfidence {
  /** Share of all weight that must equivocate to undo the block; 0 before there is a summit. */
  readonly confidence: number;
  /** Greatest weight that may equivocate without undoing it; null before there is a summit. */
  readonly maxT: number | null;
  readonly level: number;
  readonly quorum: number | null;
  readonly faultyWeight: number;
  /** All weight. */
  readonly N: number;
}

/** The branch of the head changed: blocks left it (newest first), then others came onto it (oldest first). */
export interface HeadChange {
  readonly removed: readonly ExecutedView[];
  readonly added: readonly ExecutedView[];
}

/** A block became final at a threshold; told in height order, once per block. */
export interface FinalBlock {
  readonly hash: Hash;
  readonly header: BlockHeader;
  readonly confidence: BlockConfidence;
}

/** What a subscriber hears of its threshold: blocks, or that the threshold is of no use any more in this era. */
export type FinalityNews =
  | ({ readonly kind: "final" } & FinalBlock)
  | { readonly kind: "exceeded"; readonly faultyWeight: number; readonly N: number };

export type Unsubscribe = () => void;

/** A method that the server does not know itself: `koma_*`, or administration of a devnet's node. */
export type ExtraMethod = (params: readonly unknown[]) => Eventually<unknown>;

/**
 * What JSON-RPC asks of a node. Everything is a question about its own state at this moment; a rule that is broken is a
 * thrown {@link ProtocolError} or UserError, whose message becomes the message of the JSON-RPC error and whose code its
 * `data.code`.
 */
export interface NodeApi {
  readonly chainId: bigint;
  /** For example `koma/0.1.0/linux-x64/node24`. */
  readonly clientVersion: string;
  peerCount(): number;
  /** False when the node is at the head of the chain, as far as its peers tell. */
  syncing(): false | SyncProgress;
  /** Answer of `koma_status`, as JSON may carry it; bigints become quantities, bytes become hex. */
  status(): Eventually<Readonly<Record<string, unknown>>>;

  /** `undefined` when the node has no such block (yet, or any more). */
  header(at: BlockSelector): Eventually<HeaderView | undefined>;
  block(hash: Hash): Eventually<Block | undefined>;
  executed(hash: Hash): Eventually<ExecutedView | undefined>;
  /** A transaction of the branch of the head, or of the pool. */
  transaction(hash: Hash): Eventually<PlacedTransaction | Transaction | undefined>;
  logs(query: LogQuery): Eventually<LogPage>;

  /**
   * Offers a transaction, as EIP-2718 bytes, to the pool.
   *
   * @throws {ProtocolError} with the reason in the words of go-ethereum, which wallets recognise: "nonce too low",
   *   "already known", "replacement transaction underpriced", "insufficient funds for gas * price + value", …
   */
  submitTransaction(raw: Bytes): Eventually<Hash>;
  /** Next nonce to sign with: that of the state, or the one after the sender's last transaction in the pool. */
  pendingNonce(address: Address): Eventually<bigint>;
  pool(): Eventually<PoolContent>;
  fees(): Eventually<FeeSuggestion>;

  /** State after the block `at`. @throws {ProtocolError} KOMA_E_STATE_PRUNED */
  account(address: Address, at: Hash): Eventually<{ readonly nonce: bigint; readonly balance: bigint }>;
  code(address: Address, at: Hash): Eventually<Bytes>;
  /** A word of at most 32 bytes; leading zeros may be left out. */
  slot(address: Address, key: Hash, at: Hash): Eventually<Bytes>;
  call(request: CallRequest, at: Hash, pretence?: Pretence): Eventually<CallOutcome>;
  estimateGas(request: CallRequest, at: Hash, pretence?: Pretence): Eventually<EstimateOutcome>;
  createAccessList?(request: CallRequest, at: Hash): Eventually<AccessListOutcome>;
  /** @throws {ProtocolError} KOMA_E_SIMULATION_… where a block or a call could not be part of a chain */
  simulate?(simulation: Simulation, at: Hash): Promise<readonly SimulatedBlock[]>;
  /** Answers are JSON. @throws {UserError} KOMA_E_RPC_LIMIT when they would grow too large */
  readonly trace?: {
    call(request: CallRequest, at: Hash, options: TraceOptions, pretence?: Pretence): Promise<string>;
    /**
     * @param block   RLP of a block whose parent is `parent`
     * @param only    position of the only transaction to tell about
     */
    block(block: Bytes, parent: Hash, options: TraceOptions, only?: number): Promise<string>;
  };
  prove(address: Address, slots: readonly Hash[], at: Hash): Eventually<AccountProof>;

  /** `undefined` for a block that consensus does not know. */
  confidence(hash: Hash): Eventually<BlockConfidence | undefined>;

  onHead(listener: (change: HeadChange) => void): Unsubscribe;
  onPendingTransaction(listener: (transaction: Transaction) => void): Unsubscribe;
  /**
   * Blocks that become final at threshold `alpha`, a share of the weight: in height order, without gaps, each once. With
   * `from` those that are final already are told first, from that number on.
   *
   * @throws {ProtocolError} KOMA_E_RPC_LIMIT when the node watches as many thresholds as it will, or `from` is too old
   */
  onFinal(alpha: number, listener: (news: FinalityNews) => void, from?: bigint): Unsubscribe;

  /** Methods for programs on the node's own machine; see `isLocalRequest`. */
  readonly local?: Readonly<Record<string, ExtraMethod>>;
  /** Why the node should not be asked yet, in a few words each; none when it is ready. */
  readiness?(): readonly string[];
  /** What the node measures of itself. */
  metrics?(): readonly Metric[];

  /** By full name, for example `koma_nodePeers`. A name the server has itself is a bug. */
  readonly extra?: Readonly<Record<string, ExtraMethod>>;
}

export function isPlaced(found: PlacedTransaction | Transaction): found is PlacedTransaction {
  return "transaction" in found;
}
