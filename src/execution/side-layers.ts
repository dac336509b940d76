import type { BlockHeader } from "../chain/index.ts";
import type { Hash } from "../primitives/index.ts";
import { layersUpTo, StateLayer } from "./state-layer.ts";
import type { StateDiff } from "./state-store.ts";
import type { StateView } from "./state-view.ts";

/** What a block changed that can no longer become final: enough to run its children, and nothing more. */
export class SideLayer extends StateLayer {
  /** The layer of the parent, unless the parent is final. */
  get parent(): SideLayer | undefined {
    return this.below instanceof SideLayer ? this.below : undefined;
  }
}

/** Layers beside the final chain, at most so many of them. */
export class SideLayers {
  readonly #limit: number;
  /** In the order in which they came, so a parent stands before its children. */
  readonly #byHash = new Map<Hash, SideLayer>();

  /** @param limit  also the length of the longest chain */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#byHash.size;
  }

  get(hash: Hash): SideLayer | undefined {
    return this.#byHash.get(hash);
  }

  /** False when so many stand below a block on this parent that it could not be kept beside all of them. */
  hasRoomOn(parent: SideLayer | undefined): boolean {
    return layersUpTo(parent).length < this.#limit;
  }

  /**
   * Adds a block for which there is room on its parent. The oldest of the others go, with what stands on them: whoever
   * still needs one runs it again.
   */
  add(block: { readonly hash: Hash; readonly header: BlockHeader }, diff: StateDiff, below: StateView): void {
    const added = new SideLayer(block, diff, below);
    this.#byHash.set(added.hash, added);
    if (this.#byHash.size <= this.#limit) return;
    const needed = new Set(layersUpTo<SideLayer>(added));
    for (const layer of this.#byHash.values()) {
      if (!needed.has(layer)) return this.drop(layer.hash);
    }
  }

  /** Forgets a layer and everything above it. */
  drop(hash: Hash): void {
    const dropped = new Set([hash]);
    for (const layer of this.#byHash.values()) {
      if (dropped.has(layer.header.parentHash)) dropped.add(layer.hash);
    }
    for (const each of dropped) this.#byHash.delete(each);
  }

  clear(): void {
    this.#byHash.clear();
  }
}
