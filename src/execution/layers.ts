import type { Hash } from "../primitives/index.ts";
import type { FinalState } from "./final-state.ts";
import { layersUpTo, StateLayer } from "./state-layer.ts";
import type { ExecutedBlock } from "./state-store.ts";
import type { FinalTries, LayerTries } from "./state-tries.ts";
import type { StateView } from "./state-view.ts";

/** An executed block above the final head. What is below it changes only when that becomes final, which changes no answer. */
export class Layer extends StateLayer {
  readonly executed: ExecutedBlock;
  readonly tries: LayerTries;

  constructor(executed: ExecutedBlock, tries: LayerTries, below: StateView) {
    super(executed.block, executed.diff, below);
    this.executed = executed;
    this.tries = tries;
  }

  /** The layer of the parent, unless the parent is final. */
  get parent(): Layer | undefined {
    return this.below instanceof Layer ? this.below : undefined;
  }

  settle(below: StateView, tries: FinalTries): void {
    this.below = below;
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
    return layersUpTo(layer);
  }

  /** Forgets a layer and everything above it. */
  drop(hash: Hash): void {
    for (const [found, layer] of this.#byHash) {
      if (this.chain(layer).some((below) => below.hash === hash)) this.#byHash.delete(found);
    }
  }

  /**
   * `top` is final: keeps only what stands on it, and lets that stand on the final state.
   *
   * @returns what competed with it and lost, parents first
   */
  settle(top: Layer, state: FinalState, tries: FinalTries): readonly Layer[] {
    const lost: Layer[] = [];
    const final = new Set(this.chain(top));
    for (const [hash, layer] of this.#byHash) {
      const isAbove = layer !== top && this.chain(layer).includes(top);
      if (isAbove) continue;
      this.#byHash.delete(hash);
      if (!final.has(layer)) lost.push(layer);
    }
    const view = state.view(top.header.number);
    for (const layer of this.#byHash.values()) if (layer.parent === top) layer.settle(view, tries);
    return lost;
  }

  clear(): void {
    this.#byHash.clear();
  }
}
