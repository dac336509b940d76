import type { Hash } from "../primitives/index.ts";
import type { BlockNode } from "./block-tree.ts";
import type { Panorama, PanoramaBase } from "./dag-unit.ts";
import type { SignedUnit, UnitHash } from "./unit.ts";

/** What follows from a panorama alone, whoever cites it and when: rules 10 and 11 hold for it. */
export interface JudgedPanorama {
  readonly panorama: Panorama;
  readonly cited: Int32Array;
  /** Its fork choice; undefined: the key block. */
  readonly choice: BlockNode | undefined;
  readonly base: PanoramaBase | undefined;
  /** Time of the youngest unit in it, -Infinity without one. */
  readonly youngest: number;
  /** True when a unit in it claims endorsed units. */
  readonly hasClaims: boolean;
}

interface Shared {
  readonly observations: readonly number[];
  readonly hashes: readonly UnitHash[];
  judged: JudgedPanorama | undefined;
}

/** A round has two panoramas that nearly everybody cites, and some of those who heard less. */
const MAX_SHARED = 64;

/**
 * Panoramas that were looked up or judged last. All confirmations of a proposal cite the same units, and all witnesses of a
 * round that nobody was late in: of 300 units of a round in a large committee nearly all have one of two panoramas. What is
 * found out about one is true of all with its root and its numbers, because the root binds the hashes.
 */
export class SharedPanoramas {
  readonly #kept = new Map<Hash, Shared>();

  /** The hashes below a root; undefined when they are not known here. */
  hashesOf({ panoramaRoot, observations }: SignedUnit["body"]): readonly UnitHash[] | undefined {
    return this.#find(panoramaRoot, observations)?.hashes;
  }

  /** Of a unit whose hashes were compared with its root. */
  judgementOf({ panoramaRoot, observations }: SignedUnit["body"]): JudgedPanorama | undefined {
    return this.#find(panoramaRoot, observations)?.judged;
  }

  /** Keeps the hashes of a unit, which were compared with its root, and what was found out about its panorama. */
  keep({ body, hashes }: SignedUnit, judged?: JudgedPanorama): void {
    const { panoramaRoot, observations } = body;
    const known = this.#find(panoramaRoot, observations);
    if (known !== undefined) {
      known.judged ??= judged;
      return;
    }
    this.#kept.delete(panoramaRoot);
    this.#kept.set(panoramaRoot, { observations, hashes, judged });
    if (this.#kept.size <= MAX_SHARED) return;
    const [oldest] = this.#kept.keys();
    if (oldest !== undefined) this.#kept.delete(oldest);
  }

  clear(): void {
    this.#kept.clear();
  }

  #find(root: Hash, observations: readonly number[]): Shared | undefined {
    const known = this.#kept.get(root);
    return known !== undefined && areEqual(known.observations, observations) ? known : undefined;
  }
}

/** A root says which units are cited, and not under which numbers. */
function areEqual(a: readonly number[], b: readonly number[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
