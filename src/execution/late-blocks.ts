import {
  type Block,
  type BlockHeader,
  type BlockRejection,
  type ChainConfig,
  emptyTrieRoot,
  Trie,
} from "../chain/index.ts";
import { type Address, accept, type Bytes, type Check, type Hash, reject } from "../primitives/index.ts";
import { AncestorTries } from "./ancestor-tries.ts";
import type { RuleChanges } from "./apply-transaction.ts";
import { checkBlock, type Ground } from "./check-block.ts";
import { sideChainTooLong, stateCorrupt, stateUnavailable } from "./errors.ts";
import { EvmEngine } from "./evm-engine.ts";
import type { FinalState } from "./final-state.ts";
import type { Layer } from "./layers.ts";
import { Pacer } from "./pacer.ts";
import { SerialQueue } from "./serial-queue.ts";
import { type SideLayer, SideLayers } from "./side-layers.ts";
import { layersUpTo } from "./state-layer.ts";
import type { ExecutedBlock, StateStore } from "./state-store.ts";
import { accountEntry, type FinalTries, type StateTries, slotEntry } from "./state-tries.ts";
import type { StateView } from "./state-view.ts";

/** Side layers that are kept, and so the longest chain of late blocks that can be run. */
export const MAX_SIDE_LAYERS = 512;

const KEPT_TIPS = 4;

/** Shorter than a slice of the head's blocks, which may have to wait for the end of one. */
const LATE_SLICE_MS = 5;

export interface LateBlocksOptions {
  readonly store: StateStore;
  readonly state: FinalState;
  readonly tries: FinalTries;
  readonly chain: ChainConfig;
  readonly fastTransfers: boolean;
  /** Default {@link MAX_SIDE_LAYERS}. */
  readonly sideLayers?: number;
  /** When no work on the head's blocks waits. */
  readonly headIdle: () => Promise<void>;
}

/** The final block that everything of a branch stands on, and the branch from there to a parent. */
interface Branch {
  readonly base: BlockHeader;
  readonly layers: readonly SideLayer[];
}

/**
 * Blocks whose parent has been overtaken: it is final and not the head any more, or it stands beside the final chain. They
 * will never become final, but consensus needs the same verdict about them as about any other, on every node and whenever
 * they come. So there is no limit to how far back their parent may be, as long as the store has its state.
 *
 * They run on an EVM of their own, one at a time, and only while no block of the head waits.
 */
export class LateBlocks {
  readonly #options: LateBlocksOptions;
  readonly #side: SideLayers;
  readonly #ancestors: AncestorTries;
  /** Account tries after the late blocks that were run last: the next one often stands on one of them. */
  readonly #tips = new Map<Hash, Trie>();
  readonly #coming = new Set<Hash>();
  readonly #queue = new SerialQueue();
  readonly #pacer: Pacer;
  #engine: EvmEngine | undefined;
  /** Counts rollbacks; work that began before one ends at its next step. */
  #epoch = 0;
  #running = 0;

  constructor(options: LateBlocksOptions) {
    this.#options = options;
    this.#side = new SideLayers(options.sideLayers ?? MAX_SIDE_LAYERS);
    this.#pacer = new Pacer(LATE_SLICE_MS, async () => {
      await options.headIdle();
      this.#checkEpoch();
    });
    this.#ancestors = new AncestorTries(options.store, options.state, options.tries, this.#pacer);
  }

  /** Whether a block can be run on top of this one here. */
  isGround(hash: Hash): boolean {
    return this.#side.get(hash) !== undefined || this.#options.store.numberOf(hash) !== undefined;
  }

  /** Whether this block waits to be run. */
  isComing(hash: Hash): boolean {
    return this.#coming.has(hash);
  }

  /** @throws as `Executor.executeBlock` does */
  execute(block: Block, rules: RuleChanges | undefined): Promise<Check<ExecutedBlock, BlockRejection>> {
    this.#coming.add(block.hash);
    return this.#queue.run(async () => {
      this.#running = this.#epoch;
      try {
        await this.#options.headIdle();
        this.#checkEpoch();
        return await this.#execute(block, rules);
      } catch (error) {
        // Rows that a rollback changed under it may look like damage.
        this.#checkEpoch();
        throw error;
      } finally {
        this.#coming.delete(block.hash);
      }
    });
  }

  /** Takes over layers that can no longer become final, parents first. */
  keep(lost: readonly Layer[]): void {
    for (const { executed } of lost) {
      const { block, diff } = executed;
      const branch = this.#branch(block.header.parentHash);
      if (branch) this.#add(block, diff, branch);
    }
  }

  drop(hash: Hash): void {
    this.#side.drop(hash);
  }

  clear(): void {
    this.#epoch++;
    this.#side.clear();
    this.#ancestors.clear();
    this.#tips.clear();
  }

  async #execute(block: Block, rules: RuleChanges | undefined): Promise<Check<ExecutedBlock, BlockRejection>> {
    const { parentHash } = block.header;
    const branch = this.#branch(parentHash);
    if (!branch) return reject({ code: "UnknownParent", parent: parentHash });
    if (!this.#side.hasRoomOn(branch.layers.at(-1))) throw sideChainTooLong(block.hash, branch.layers.length);
    const { chain, fastTransfers } = this.#options;
    // Taken out while it works: one whose work threw is not used again, its journal may be anywhere.
    const engine = this.#engine ?? (await EvmEngine.create(chain.chainId, this.#pacer));
    this.#engine = undefined;
    const checked = await checkBlock(block, this.#ground(branch), {
      engine,
      chain,
      fastTransfers,
      ...(rules ? { rules } : {}),
    });
    this.#engine = engine;
    this.#checkEpoch();
    if (!checked.ok) return checked;
    const { executed, tries } = checked.value;
    // Its parent may have had to go meanwhile, and a block that is final already needs no layer.
    const now = this.#options.store.numberOf(block.hash) === undefined ? this.#branch(parentHash) : undefined;
    if (now) this.#add(block, executed.diff, now);
    this.#rememberTip(block.hash, tries.accounts);
    return accept(executed);
  }

  #branch(parent: Hash): Branch | undefined {
    const { store } = this.#options;
    const layers = layersUpTo(this.#side.get(parent));
    const number = store.numberOf(layers[0]?.header.parentHash ?? parent);
    const base = number === undefined ? undefined : store.header(number);
    return base && { base, layers };
  }

  #ground({ base, layers }: Branch): Ground {
    const { store } = this.#options;
    const top = layers.at(-1);
    const header = top?.header ?? base;
    return {
      header,
      view: this.#view({ base, layers }),
      hashOf: (number) => {
        if (number <= base.number) return store.hashOf(number);
        return layers[Number(number - base.number) - 1]?.hash;
      },
      tries: (storageOf) => this.#tries({ base, layers }, storageOf()),
    };
  }

  #view({ base, layers }: Branch): StateView {
    return layers.at(-1) ?? this.#options.state.view(base.number);
  }

  #add(block: Block, diff: ExecutedBlock["diff"], branch: Branch): void {
    if (this.#side.hasRoomOn(branch.layers.at(-1))) this.#side.add(block, diff, this.#view(branch));
  }

  /** Side layers keep no tries: each could hold a whole one of its ancestor's time. They are made anew, from the diffs. */
  async #tries(branch: Branch, storageOf: readonly Address[]): Promise<StateTries> {
    const storage = new Map<Address, Trie>();
    for (const address of storageOf) storage.set(address, await this.#storage(branch, address));
    const accounts = await this.#accounts(branch);
    return {
      accounts,
      storage: (address, root) => {
        const trie = storage.get(address) ?? Trie.empty;
        if (trie.root() !== root) throw stateCorrupt(`the storage of ${address} in a late block`, root, trie.root());
        return trie;
      },
    };
  }

  async #accounts({ base, layers }: Branch): Promise<Trie> {
    const at = layers.findLastIndex(({ hash }) => this.#tips.has(hash));
    const tip = layers[at] && this.#tips.get(layers[at].hash);
    let trie = tip ?? (await this.#ancestors.accounts(base.number, base.stateRoot));
    for (const { diff } of layers.slice(at + 1)) {
      trie = await this.#ancestors.update(trie, [...diff.accounts], ([address, account]) =>
        accountEntry(address, account),
      );
    }
    return trie;
  }

  #rememberTip(block: Hash, accounts: Trie): void {
    this.#tips.set(block, accounts);
    for (const oldest of this.#tips.keys()) if (this.#tips.size > KEPT_TIPS) this.#tips.delete(oldest);
  }

  async #storage({ base, layers }: Branch, address: Address): Promise<Trie> {
    let below: Hash | undefined = this.#options.state.view(base.number).account(address)?.storageRoot;
    const slots = new Map<Hash, Bytes>();
    for (const { diff } of layers) {
      const change = diff.storage.get(address);
      if (change?.cleared) {
        below = undefined;
        slots.clear();
      }
      for (const [key, value] of change?.slots ?? []) slots.set(key, value);
    }
    const of = { number: base.number, root: base.stateRoot };
    const trie = await this.#ancestors.storage(address, below ?? emptyTrieRoot, of);
    return this.#ancestors.update(trie, [...slots], ([key, value]) => slotEntry(key, value));
  }

  #checkEpoch(): void {
    const { state, store } = this.#options;
    if (this.#running !== this.#epoch) throw stateUnavailable(state.number, store.historyStart());
  }
}
