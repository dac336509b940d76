import {
  type Block,
  type BlockHeader,
  type BlockRejection,
  type ChainConfig,
  emptyTrieRoot,
  type Genesis,
  nextBaseFee,
  type StateOverrides,
  type Trie,
} from "../chain/index.ts";
import { type Address, accept, type Check, type Hash, reject, zeroAddress } from "../primitives/index.ts";
import { AncestorTries } from "./ancestor-tries.ts";
import type { RuleChanges } from "./apply-transaction.ts";
import { BlockRun } from "./block-run.ts";
import { fillBlock } from "./build-block.ts";
import type { CallAnswers, CallJob, CallRunner, CallSite } from "./call-jobs.ts";
import { type CallContext, Calls } from "./calls.ts";
import { checkBlock, environmentOf, type Ground } from "./check-block.ts";
import { EnginePool } from "./engine-pool.ts";
import { blockUnknown, genesisMismatch, notInitialised, proofTooFar } from "./errors.ts";
import { type BlockEnvironment, EvmEngine } from "./evm-engine.ts";
import type { AccountProof, BuildParameters, BuiltBlock, CallRequest, Executor } from "./executor.ts";
import { FinalState } from "./final-state.ts";
import { executedGenesis } from "./genesis-state.ts";
import { LateBlocks, MAX_SIDE_LAYERS } from "./late-blocks.ts";
import { Layer, Layers } from "./layers.ts";
import { Pacer } from "./pacer.ts";
import { SerialQueue } from "./serial-queue.ts";
import { proveAccount } from "./state-proof.ts";
import type { ExecutedBlock, StateStore } from "./state-store.ts";
import { FinalTries, type LayerTries, type StateTries } from "./state-tries.ts";
import type { StateView } from "./state-view.ts";

export interface ExecutorOptions {
  readonly store: StateStore;
  readonly chainId: bigint;
  /** Most gas of one call; default 30 million, and never above the block's limit. */
  readonly callGasLimit?: bigint;
  /** Longest one call may run; default 5 s. */
  readonly callTimeoutMs?: number;
  /** Calls at once; default 2, because they share the thread with blocks. */
  readonly concurrentCalls?: number;
  /** Off runs plain transfers through the EVM too, with the same outcome; for tests and comparison. Default on. */
  readonly fastTransfers?: boolean;
  /** Answers clients' calls in other threads; without it they run in this one, beside blocks. */
  readonly callRunner?: CallRunner;
  /** Blocks beside the final chain that are kept, to run others on them; default 512. */
  readonly sideLayers?: number;
}

/** What is used where {@link ExecutorOptions} says nothing. */
const DEFAULTS: Omit<Required<ExecutorOptions>, "store" | "chainId" | "callRunner"> = {
  callGasLimit: 30_000_000n,
  callTimeoutMs: 5_000,
  concurrentCalls: 2,
  fastTransfers: true,
  sideLayers: MAX_SIDE_LAYERS,
};

/** Calls that may wait for their turn. */
const WAITING_CALLS = 512;
/** Block execution lets other tasks run after this long: a unit of consensus must not wait more than 20 ms. */
const BLOCK_SLICE_MS = 10;
const PROOF_SLICE_MS = 5;

interface Head {
  readonly number: bigint;
  readonly hash: Hash;
}

/** Makes the {@link Executor} that runs blocks on `@ethereumjs/evm`; `init` comes next. */
export async function createExecutor(options: ExecutorOptions): Promise<Executor> {
  const engine = await EvmEngine.create(options.chainId, new Pacer(BLOCK_SLICE_MS));
  return new EthereumjsExecutor({ ...DEFAULTS, ...options }, engine);
}

/** What is there once a genesis is known. */
interface Ready {
  readonly state: FinalState;
  readonly tries: FinalTries;
  readonly chain: ChainConfig;
  readonly late: LateBlocks;
  /** Tries of older final blocks, for proofs. */
  readonly past: AncestorTries;
  head: Head;
}

/** The final head or a layer above it. */
interface HeadGround extends Ground {
  tries(): StateTries;
}

type Settings = Required<Omit<ExecutorOptions, "callRunner">> & Pick<ExecutorOptions, "callRunner">;

class EthereumjsExecutor implements Executor {
  readonly #options: Settings;
  readonly #engine: EvmEngine;
  readonly #calls: Calls;
  readonly #layers = new Layers();
  readonly #queue = new SerialQueue();
  readonly #proofs = new SerialQueue();
  readonly #proofPacer = new Pacer(PROOF_SLICE_MS);
  #ready: Ready | undefined;

  constructor(options: Settings, engine: EvmEngine) {
    this.#options = options;
    this.#engine = engine;
    const pool = new EnginePool({
      chainId: options.chainId,
      size: options.concurrentCalls,
      waiting: WAITING_CALLS,
      timeoutMs: options.callTimeoutMs,
    });
    this.#calls = new Calls(pool, options.callGasLimit, options.chainId);
  }

  get finalHead(): Head {
    return this.#open().head;
  }

  init(genesis: Genesis): Promise<void> {
    return this.#queue.run(async () => {
      const { store } = this.#options;
      const block0 = executedGenesis(genesis);
      const stored = store.hashOf(0n);
      if (stored === undefined) store.commit([block0]);
      else if (stored !== block0.block.hash) throw genesisMismatch(stored, block0.block.hash);
      const head = store.head() as Head;
      const header = store.header(head.number) as BlockHeader;
      const state = new FinalState(store, head.number);
      this.#layers.clear();
      this.#ready?.late.clear();
      const tries = FinalTries.rebuild(store, header.stateRoot);
      const chain = { chainId: this.#options.chainId, gasLimit: genesis.gasLimit };
      const late = new LateBlocks({ ...this.#options, state, tries, chain, headIdle: () => this.#queue.idle() });
      const past = new AncestorTries(store, state, tries, this.#proofPacer);
      this.#ready = { state, tries, chain, late, past, head };
    });
  }

  async executeBlock(
    block: Block,
    { rules }: { readonly rules?: RuleChanges } = {},
  ): Promise<Check<ExecutedBlock, BlockRejection>> {
    const parent = block.header.parentHash;
    const { verdict } = await this.#queue.run(async () => {
      const known = this.#layers.get(block.hash);
      if (known) return { verdict: accept(known.executed) };
      const ground = this.#ground(parent);
      if (ground) return { verdict: await this.#executeOnHead(block, ground, rules) };
      const { late } = this.#open();
      // Not awaited here: it is run beside the queue, when nothing waits in it.
      if (late.isGround(parent) || late.isComing(parent)) return { verdict: late.execute(block, rules) };
      return { verdict: reject({ code: "UnknownParent" as const, parent }) };
    });
    return verdict;
  }

  canExecuteOn(block: Hash): boolean {
    return this.#layers.get(block) !== undefined || this.#open().late.isGround(block);
  }

  buildBlock(parameters: BuildParameters): Promise<BuiltBlock> {
    return this.#queue.run(async () => {
      const { parent } = parameters;
      const ground = this.#ground(parent);
      if (ground === undefined) throw blockUnknown(parent);
      const environment: BlockEnvironment = {
        number: ground.header.number + 1n,
        timestamp: parameters.timestamp,
        coinbase: parameters.coinbase,
        prevRandao: parameters.prevRandao,
        gasLimit: parameters.gasLimit,
        baseFeePerGas: nextBaseFee(ground.header),
        hashOf: ground.hashOf,
      };
      const { rules } = parameters;
      const run = new BlockRun(this.#engine, {
        environment,
        parent: ground.view,
        fastTransfers: this.#options.fastTransfers,
        ...(rules ? { rules } : {}),
      });
      const outcome = await fillBlock(run, ground.tries(), environment, parameters);
      const { skipped, ...executed } = outcome.built;
      return { ...this.#keep(executed, outcome.tries, ground), skipped };
    });
  }

  finalize(hash: Hash): Promise<readonly ExecutedBlock[]> {
    return this.#queue.run(async () => {
      const ready = this.#open();
      const top = this.#layers.get(hash);
      if (top === undefined) {
        if (this.#options.store.numberOf(hash) !== undefined) return [];
        throw blockUnknown(hash);
      }
      const chain = this.#layers.chain(top);
      const executed = chain.map((layer) => layer.executed);
      this.#options.store.commit(executed);
      for (const layer of chain) {
        ready.state.advance(layer.header.number, layer.executed.diff);
        ready.tries.advance(layer.tries.accounts, layer.tries.changedStorage);
      }
      ready.head = { number: top.header.number, hash };
      ready.late.keep(this.#layers.settle(top, ready.state, ready.tries));
      return executed;
    });
  }

  rollback(to: bigint): Promise<void> {
    return this.#queue.run(async () => {
      const ready = this.#open();
      const { store } = this.#options;
      const header = store.header(to);
      if (to < ready.head.number && header === undefined) throw blockUnknown(to);
      this.#layers.clear();
      ready.late.clear();
      ready.past.clear();
      if (to >= ready.head.number || header === undefined) return;
      store.rollback(to);
      ready.state.rollback(to);
      ready.head = store.head() as Head;
      // Rebuilt from the rows, not from what changed: whoever takes final blocks back wants to know that the rows are right.
      ready.tries.rollback(FinalTries.rebuild(store, header.stateRoot).accounts);
    });
  }

  discard(hash: Hash): void {
    this.#layers.drop(hash);
    this.#open().late.drop(hash);
  }

  stateAt(at: Hash | bigint): StateView {
    const layer = typeof at === "bigint" ? undefined : this.#layers.get(at);
    return layer ?? this.#open().state.view(this.#finalNumber(at));
  }

  headerAt(at: Hash | bigint): BlockHeader {
    const layer = typeof at === "bigint" ? undefined : this.#layers.get(at);
    if (layer) return layer.header;
    const header = this.#options.store.header(this.#finalNumber(at));
    if (header === undefined) throw blockUnknown(at);
    return header;
  }

  async call(request: CallRequest, at: Hash | bigint, overrides?: StateOverrides) {
    return this.#calls.run({ kind: "call", request, ...(overrides ? { overrides } : {}) }, this.#context(at));
  }

  async answer<J extends CallJob>(job: J, at: Hash | bigint): Promise<CallAnswers[J["kind"]]> {
    const { callRunner } = this.#options;
    return callRunner ? callRunner.run(job, this.#site(at)) : this.#calls.run(job, this.#context(at));
  }

  async prove(address: Address, slots: readonly Hash[], at: Hash | bigint): Promise<AccountProof> {
    const { tries, head } = this.#open();
    const view = this.stateAt(at);
    const root = view.account(address)?.storageRoot ?? emptyTrieRoot;
    const layer = typeof at === "bigint" ? undefined : this.#layers.get(at);
    const number = layer === undefined ? this.#finalNumber(at) : head.number;
    if (layer !== undefined || number === head.number) {
      const current: StateTries = layer?.tries ?? tries;
      return proveAccount(address, slots, {
        view,
        accounts: current.accounts,
        storage: current.storage(address, root),
      });
    }
    const of = { number, root: this.headerAt(at).stateRoot };
    const storage = await this.#history(view, number, (past) => past.storage(address, root, of));
    const accounts = await this.#history(view, number, (past) => past.accounts(of.number, of.root));
    return proveAccount(address, slots, { view, accounts, storage });
  }

  /** Goes back to an older state, one walk at a time, and never long at a time. */
  #history(view: StateView, number: bigint, walk: (past: AncestorTries) => Promise<Trie>): Promise<Trie> {
    return this.#proofs.run(async () => {
      const { past } = this.#open();
      const ms = this.#options.callTimeoutMs;
      this.#proofPacer.start({ ms, expired: () => proofTooFar(number, ms) });
      try {
        return await walk(past);
      } catch (error) {
        // Rows that a rollback changed under it may look like damage; then the view is not valid either, and says so.
        view.account(zeroAddress);
        throw error;
      }
    });
  }

  block(hash: Hash): ExecutedBlock | undefined {
    return this.#layers.get(hash)?.executed;
  }

  #open(): Ready {
    if (this.#ready === undefined) throw notInitialised();
    return this.#ready;
  }

  #finalNumber(at: Hash | bigint): bigint {
    const { head } = this.#open();
    if (at === head.hash) return head.number;
    const number = typeof at === "bigint" ? at : this.#options.store.numberOf(at);
    if (number === undefined || number < 0n || number > head.number) throw blockUnknown(at);
    return number;
  }

  #ground(parent: Hash): HeadGround | undefined {
    const { head, state, tries } = this.#open();
    const layer = this.#layers.get(parent);
    if (!layer && parent !== head.hash) return undefined;
    const header = layer?.header ?? this.headerAt(parent);
    return {
      header,
      view: layer ?? state.view(head.number),
      tries: () => layer?.tries ?? tries,
      hashOf: this.#ancestors(layer, header.number),
    };
  }

  async #executeOnHead(
    block: Block,
    ground: HeadGround,
    rules: RuleChanges | undefined,
  ): Promise<Check<ExecutedBlock, BlockRejection>> {
    const checked = await checkBlock(block, ground, {
      engine: this.#engine,
      chain: this.#open().chain,
      fastTransfers: this.#options.fastTransfers,
      ...(rules ? { rules } : {}),
    });
    if (!checked.ok) return checked;
    return accept(this.#keep(checked.value.executed, checked.value.tries, ground));
  }

  /** Hashes of a block's ancestors: `parent` is its parent's layer unless that is final, `last` its parent's number. */
  #ancestors(parent: Layer | undefined, last: bigint): (number: bigint) => Hash | undefined {
    const unfinished = new Map<bigint, Hash>();
    for (const layer of parent === undefined ? [] : this.#layers.chain(parent)) {
      unfinished.set(layer.header.number, layer.hash);
    }
    return (number) => (number > last ? undefined : (unfinished.get(number) ?? this.#options.store.hashOf(number)));
  }

  #keep(executed: ExecutedBlock, tries: LayerTries, ground: HeadGround): ExecutedBlock {
    this.#layers.add(new Layer(executed, tries, ground.view));
    return executed;
  }

  #context(at: Hash | bigint): CallContext {
    const header = this.headerAt(at);
    const environment = environmentOf(header, this.#ancestors(this.#layers.get(header.parentHash), header.number - 1n));
    return { view: this.stateAt(at), environment, header };
  }

  #site(at: Hash | bigint): CallSite {
    const layer = typeof at === "bigint" ? undefined : this.#layers.get(at);
    if (layer) return { base: this.#open().head, layers: this.#layers.chain(layer) };
    const number = this.#finalNumber(at);
    const hash = this.#options.store.hashOf(number);
    if (hash === undefined) throw blockUnknown(at);
    return { base: { number, hash }, layers: [] };
  }
}
