import { type Genesis, type Log, nextBaseFee, type Transaction } from "../chain/index.ts";
import { BugError, ProtocolError, UserError } from "../errors.ts";
import type { CallResult, Executor } from "../execution/index.ts";
import type { Address, Bytes, Hash } from "../primitives/index.ts";
import type {
  BlockConfidence,
  BlockSelector,
  CallOutcome,
  CallRequest,
  ExecutedView,
  ExtraMethod,
  FinalBlock,
  FinalityNews,
  HeadChange,
  HeaderView,
  LocatedLog,
  LogPage,
  LogQuery,
  Metric,
  NodeApi,
  PlacedTransaction,
  Pretence,
  SyncProgress,
  Unsubscribe,
} from "../rpc/index.ts";
import { type LogFilter, matchesFilter, type Store } from "../storage/index.ts";
import type { TxPool } from "../txpool/index.ts";
import type { ChainView, KnownBlock } from "./chain-view.ts";
import type { WatchedThresholds } from "./watched-thresholds.ts";

export interface NodeApiParts {
  readonly genesis: Genesis;
  readonly clientVersion: string;
  readonly chain: ChainView;
  readonly executor: Executor;
  readonly store: Store;
  /** Searches logs of final blocks elsewhere than in this thread. */
  readonly storedLogs?: (filter: LogFilter) => Promise<LogPage>;
  /** Largest trace, bytes of JSON. */
  readonly maxTraceBytes: number;
  readonly pool: TxPool;
  readonly thresholds: WatchedThresholds;
  /** Hash of the newest block final at a threshold. */
  readonly finalAt: (fraction: number) => Hash;
  readonly confidence: (block: Hash) => BlockConfidence | undefined;
  readonly submit: (raw: Bytes) => Hash;
  readonly peerCount: () => number;
  readonly syncing: () => false | SyncProgress;
  readonly status: () => Readonly<Record<string, unknown>>;
  readonly local: Readonly<Record<string, ExtraMethod>>;
  readonly readiness: () => readonly string[];
  readonly metrics: () => readonly Metric[];
  readonly extra: Readonly<Record<string, ExtraMethod>>;
}

/** The node's side of JSON-RPC, and the means to tell subscribers of what happens. */
export interface NodeApiPublisher {
  readonly api: NodeApi;
  headChanged(change: HeadChange): void;
  pendingTransaction(transaction: Transaction): void;
  final(fraction: number, block: FinalBlock): void;
  /** More weight is proven faulty than a threshold allows. */
  exceeded(fraction: number, faultyWeight: number, totalWeight: number): void;
}

/** Blocks that a subscriber can have told again. */
const MAX_TOLD_AGAIN = 1_024n;

/** With which tip a transaction gets in: the chain is rarely full, so the least one above zero is enough. */
const SUGGESTED_TIP = 1n;

export function createNodeApi(parts: NodeApiParts): NodeApiPublisher {
  const { chain, executor, store, pool } = parts;
  const heads = new Set<(change: HeadChange) => void>();
  const pendings = new Set<(transaction: Transaction) => void>();
  const finals = new Map<number, Set<(news: FinalityNews) => void>>();

  function hashOf(at: BlockSelector): Hash | undefined {
    if (at.kind === "hash") return at.hash;
    if (at.kind === "number") return chain.hashAt(at.number);
    switch (at.tag) {
      case "earliest":
        return chain.hashAt(0n);
      case "safe":
        return parts.finalAt(SAFE_FRACTION);
      case "finalized":
        return parts.finalAt(FINALIZED_FRACTION);
      default:
        return chain.head.hash;
    }
  }

  /** Of an old block the header may be all that is left. */
  function kept<T>(hash: Hash, found: T | undefined): T | undefined {
    const header = found === undefined ? chain.header(hash) : undefined;
    if (header !== undefined) throw prunedHistory(header.number, store.blocks.transactionsStart());
    return found;
  }

  function placed(known: KnownBlock, index: number): PlacedTransaction {
    const { block, receipts, results } = known;
    const firstLogIndex = receipts.slice(0, index).reduce((sum, receipt) => sum + receipt.logs.length, 0);
    return {
      ...(results[index] as KnownBlock["results"][number]),
      transaction: block.transactions[index] as Transaction,
      receipt: receipts[index] as KnownBlock["receipts"][number],
      blockHash: block.hash,
      blockNumber: block.header.number,
      baseFeePerGas: block.header.baseFeePerGas,
      index,
      firstLogIndex,
    };
  }

  function findTransaction(hash: Hash): PlacedTransaction | Transaction | undefined {
    for (const known of chain.unfinal()) {
      const index = known.block.transactions.findIndex((transaction) => transaction.hash === hash);
      if (index >= 0) return placed(known, index);
    }
    const stored = store.blocks.transaction(hash);
    if (!stored) return pool.get(hash);
    const header = chain.header(stored.blockHash);
    if (!header) throw new BugError(`block ${stored.blockNumber} of transaction ${hash} has no header`);
    return { ...stored, baseFeePerGas: header.baseFeePerGas };
  }

  async function logs(query: LogQuery): Promise<LogPage> {
    const filter: LogFilter = {
      from: query.from,
      to: query.to,
      limit: query.limit,
      ...(query.addresses ? { addresses: query.addresses } : {}),
      ...(query.topics ? { topics: query.topics } : {}),
    };
    // Taken together, so that a block that becomes final meanwhile is found once.
    const unfinal = [...chain.unfinal()];
    const head = executor.finalHead.number;
    const final = { ...filter, to: filter.to < head ? filter.to : head };
    const stored = parts.storedLogs ? await parts.storedLogs(final) : store.blocks.logs(final);
    // Looked at afterwards: what is pruned while a thread searches is missing from what it found.
    const oldest = store.blocks.transactionsStart();
    if (query.from < oldest) throw prunedHistory(query.from, oldest);
    if (!stored.complete) return stored;
    const found = [...stored.logs];
    for (const known of unfinal) {
      const { number } = known.block.header;
      if (number < query.from || number > query.to) continue;
      for (const log of logsOf(known)) {
        if (!matchesFilter(log, filter)) continue;
        if (found.length >= query.limit) return { logs: found, complete: false };
        found.push(log);
      }
    }
    return { logs: found, complete: true };
  }

  /** Blocks from `from` on that were final before somebody subscribed. */
  function tellAgain(fraction: number, from: bigint | undefined, listener: (told: FinalityNews) => void): void {
    const last = chain.header(parts.finalAt(fraction))?.number ?? 0n;
    if (from === undefined || from > last) return;
    if (last - from >= MAX_TOLD_AGAIN) {
      throw new UserError(
        "KOMA_E_RPC_LIMIT",
        `block ${from} lies too far back: at most ${MAX_TOLD_AGAIN} are told again`,
        {
          facts: { limit: MAX_TOLD_AGAIN, final: last },
        },
      );
    }
    for (let number = from; number <= last; number++) {
      const hash = chain.hashAt(number);
      const header = hash && chain.header(hash);
      const confidence = hash && parts.confidence(hash);
      if (!hash || !header || !confidence) throw new BugError(`final block ${number} is not on the chain`);
      listener({ kind: "final", hash, header, confidence });
    }
  }

  function viewOf(known: KnownBlock): ExecutedView {
    return { block: known.block, receipts: known.receipts, outcomes: known.results };
  }

  const api: NodeApi = {
    chainId: parts.genesis.chainId,
    clientVersion: parts.clientVersion,
    peerCount: parts.peerCount,
    syncing: parts.syncing,
    status: parts.status,
    header(at): HeaderView | undefined {
      const hash = hashOf(at);
      const header = hash && chain.header(hash);
      return hash && header ? { header, hash, canonical: chain.isCanonical(hash) } : undefined;
    },
    block: (hash) => kept(hash, chain.block(hash)),
    executed(hash) {
      const known = kept(hash, chain.known(hash));
      return known && viewOf(known);
    },
    transaction: findTransaction,
    logs,
    submitTransaction: parts.submit,
    pendingNonce: (address) => pool.nextNonce(address, nonceAt(address, chain.head.hash)),
    pool: () => pool.content(),
    fees: () => ({ baseFeePerGas: nextBaseFee(chain.head.header), maxPriorityFeePerGas: SUGGESTED_TIP }),
    account(address, at) {
      const account = executor.stateAt(at).account(address);
      return { nonce: account?.nonce ?? 0n, balance: account?.balance ?? 0n };
    },
    code(address, at) {
      const state = executor.stateAt(at);
      const account = state.account(address);
      return account ? state.code(account.codeHash) : new Uint8Array(0);
    },
    slot: (address, key, at) => executor.stateAt(at).slot(address, key),
    call: async (request, at, pretence) => outcomeOf(await executor.answer(jobOf("call", request, pretence), at)),
    async estimateGas(request, at, pretence) {
      const estimate = await executor.answer(jobOf("estimateGas", request, pretence), at);
      if (estimate.kind === "success") return { kind: "estimated", gas: estimate.gas };
      return failureOf(estimate);
    },
    async createAccessList(request, at) {
      const created = await executor.answer({ kind: "createAccessList", request: callOf(request) }, at);
      if (created.kind === "success") return { ...created, kind: "created" };
      const failed = failureOf(created);
      return { kind: "failed", reason: failed.kind === "failed" ? failed.reason : "execution reverted" };
    },
    simulate: ({ blocks, ...flags }, at) => {
      const planned = blocks.map(({ calls, ...pretence }) => ({
        calls: calls.map(callOf),
        ...pretendedOf(pretence),
      }));
      const { maxTraceBytes: maxBytes, genesis } = parts;
      const blockSeconds = BigInt(Math.ceil(genesis.consensus.baseRoundMs / 1_000));
      return executor.answer({ kind: "simulate", blocks: planned, ...flags, blockSeconds, maxBytes }, at);
    },
    trace: {
      call: (request, at, trace, pretence) => {
        const { maxTraceBytes: maxBytes } = parts;
        const job = { kind: "traceCall", request: callOf(request), trace, maxBytes, ...pretendedOf(pretence) } as const;
        return executor.answer(job, at);
      },
      block: (block, parent, trace, only) => {
        const { maxTraceBytes: maxBytes } = parts;
        const position = only === undefined ? {} : { only };
        return executor.answer({ kind: "traceBlock", block, trace, maxBytes, ...position }, parent);
      },
    },
    prove: (address, slots, at) => executor.prove(address, slots, at),
    confidence: parts.confidence,
    onHead: (listener) => added(heads, listener),
    onPendingTransaction: (listener) => added(pendings, listener),
    onFinal(alpha, listener, from) {
      const { fraction, release } = parts.thresholds.acquire(alpha);
      try {
        tellAgain(fraction, from, listener);
      } catch (error) {
        release();
        throw error;
      }
      const told = from === undefined ? listener : laterThan(from, listener);
      const listeners = finals.get(fraction) ?? new Set();
      finals.set(fraction, listeners);
      listeners.add(told);
      return () => {
        listeners.delete(told);
        if (listeners.size === 0) finals.delete(fraction);
        release();
      };
    },
    local: parts.local,
    readiness: parts.readiness,
    metrics: parts.metrics,
    extra: parts.extra,
  };

  function nonceAt(address: Address, at: Hash): bigint {
    return executor.stateAt(at).account(address)?.nonce ?? 0n;
  }

  return {
    api,
    headChanged(change) {
      for (const listener of [...heads]) listener(change);
    },
    pendingTransaction(transaction) {
      for (const listener of [...pendings]) listener(transaction);
    },
    final(fraction, block) {
      for (const listener of [...(finals.get(fraction) ?? [])]) listener({ kind: "final", ...block });
    },
    exceeded(fraction, faultyWeight, N) {
      for (const listener of [...(finals.get(fraction) ?? [])]) listener({ kind: "exceeded", faultyWeight, N });
    },
  };
}

const SAFE_FRACTION = 0.1;
const FINALIZED_FRACTION = 1 / 3;

/** A subscriber that asked for blocks from a number on hears of none below it. */
function laterThan(from: bigint, listener: (news: FinalityNews) => void): (news: FinalityNews) => void {
  return (news) => {
    if (news.kind === "exceeded" || news.header.number >= from) listener(news);
  };
}

function added<T>(set: Set<T>, item: T): Unsubscribe {
  set.add(item);
  return () => set.delete(item);
}

/** Logs of a block with their places. */
export function logsOf({ block, receipts }: Pick<KnownBlock, "block" | "receipts">): readonly LocatedLog[] {
  let logIndex = 0;
  return receipts.flatMap((receipt, transactionIndex) =>
    receipt.logs.map((log: Log) => ({
      ...log,
      blockNumber: block.header.number,
      blockHash: block.hash,
      transactionHash: (block.transactions[transactionIndex] as Transaction).hash,
      transactionIndex,
      logIndex: logIndex++,
    })),
  );
}

function callOf(request: CallRequest): Parameters<Executor["call"]>[0] {
  const { gasLimit, ...rest } = request;
  return { ...rest, ...(gasLimit === undefined ? {} : { gas: gasLimit }) };
}

function jobOf<K extends "call" | "estimateGas">(kind: K, request: CallRequest, pretence: Pretence | undefined) {
  return { kind, request: callOf(request), ...pretendedOf(pretence) } as const;
}

function pretendedOf({ state, block }: Pretence = {}) {
  return { ...(state ? { overrides: state } : {}), ...(block ? { block } : {}) };
}

function outcomeOf(result: CallResult): CallOutcome {
  if (result.kind === "success") return { kind: "returned", data: result.returnData, gasUsed: result.gasUsed };
  return failureOf(result);
}

function failureOf(result: Exclude<CallResult, { kind: "success" }>): Exclude<CallOutcome, { kind: "returned" }> {
  if (result.kind === "reverted") return { kind: "reverted", data: result.returnData, gasUsed: result.gasUsed };
  return { kind: "failed", reason: result.error };
}

/** In the words and with the number of go-ethereum (EIP-4444); clients then ask an archive. */
export function prunedHistory(block: bigint, oldest: bigint): ProtocolError {
  return new ProtocolError("KOMA_E_HISTORY_PRUNED", "pruned history unavailable", {
    facts: { block, oldest },
    fix: [`Ask for block ${oldest} or a later one, or ask an archive node.`],
  });
}

/** Makes a refusal of the pool an error in the words that wallets recognise. */
export function refusal(code: string, message: string, facts: Readonly<Record<string, string | number | bigint>>) {
  return new ProtocolError(code, message, { facts });
}
