import type { AccountState, BlockHeader } from "../chain/index.ts";
import { type Address, type Bytes, emptyBytes, type Hash } from "../primitives/index.ts";
import type { FinalState } from "./final-state.ts";
import type { ExecutedBlock } from "./state-store.ts";
import type { FinalTries, LayerTries } from "./state-tries.ts";
import type { StateView } from "./state-view.ts";

/** An executed block that is not final: its changes over its parent's state. */
export class Layer implements StateView {
  readonly executed: ExecutedBlock;
  readonly tries: LayerTries;
  /** The parent's layer, or the final state. Changes only when the parent becomes final, which changes no answer. */
  #below: StateView;

  constructor(executed: ExecutedBlock, tries: LayerTries, below: StateView) {
    this.executed = executed;
    this.tries = tries;
    this.#below = below;
  }

  get hash(): Hash {
    return this.executed.block.hash;
  }

  get header(): BlockHeader {
    return this.executed.block.header;
  }

  /** The layer of the parent, unless the parent is final. */
  get parent(): Layer | undefined {
    return this.#below instanceof Layer ? this.#below : undefined;
  }

  account(address: Address): AccountState | undefined {
    const { accounts } = this.executed.diff;
    const known = accounts.get(address);
    return known !== undefined || accounts.has(address) ? known : this.#below.account(address);
  }

  slot(address: Address, key: Hash): Bytes {
    const storage = this.executed.diff.storage.get(address);
    const known = storage?.slots.get(key);
    if (known !== undefined) return known;
    return storage?.cleared ? emptyBytes : this.#below.slot(address, key);
  }

  code(hash: Hash): Bytes {
    return this.executed.diff.code.get(hash) ?? this.#below.code(hash);
  }

  settle(below: StateView, tries: FinalTries): void {
    this.#below = below;
    this.tries.settle(tries);
  }
}

/** All layers above the final head: a tree, because several blocks may compete for one height. */
export class Layers {
  readonly #byHash = new Map<Hash, Layer>();

  get(hash: Hash): Layer | undefined {
    return this.#byHash.get(hash);
  }

  add(layer: Layer): void {
    this.#byHash.set(layer.hash, layer);
  }

  /** From the child of the final head up to `layer`. */
  chain(layer: Layer): readonly Layer[] {
    const chain: Layer[] = [];
    for (let at: Layer | undefined = layer; at !== undefined; at = at.parent) chain.push(at);
    return chain.reverse();
  }

  /** Forgets a layer and everything above it. */
  drop(hash: Hash): void {
    for (const [found, layer] of this.#byHash) {
      if (this.chain(layer).some((below) => below.hash === hash)) this.#byHash.delete(found);
    }
  }

  /** `top` is final: keeps only what stands on it, and lets that stand on the final state. */
  settle(top: Layer, state: FinalState, tries: FinalTries): void {
    for (const [hash, layer] of this.#byHash) {
      const chain = this.chain(layer);
      if (layer === top || !chain.includes(top)) this.#byHash.delete(hash);
    }
    const view = state.view(top.header.number);
    for (const layer of this.#byHash.values()) if (layer.parent === top) layer.settle(view, tries);
  }

  clear(): void {
    this.#byHash.clear();
  }
}
