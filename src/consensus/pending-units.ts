import type { Bytes, Timestamp } from "../primitives/index.ts";
import type { ValidatorIndex } from "./committee.ts";
import type { PeerId } from "./messages.ts";
import type { SignedUnit, UnitHash } from "./unit.ts";
import type { CheckedUnit } from "./validity.ts";

/** Something a unit waits for. */
export type Dependency =
  /** Where it stands is what those who cite it say; the hash alone names it. */
  | { readonly kind: "unit"; readonly hash: UnitHash; readonly creator: ValidatorIndex; readonly seq: number }
  | { readonly kind: "evidence"; readonly creator: ValidatorIndex }
  | { readonly kind: "endorsements"; readonly hash: UnitHash }
  | { readonly kind: "block"; readonly hash: UnitHash };

/** What a unit without the hashes of its panorama waits for: any unit with this number, so that its hash is known. */
export interface PlaceDependency {
  readonly kind: "place";
  readonly creator: ValidatorIndex;
  readonly seq: number;
}

export type DependencyKey =
  | `place ${number} ${number}`
  | `unit ${UnitHash}`
  | `evidence ${number}`
  | `endorsements ${UnitHash}`
  | `block ${UnitHash}`;

export function dependencyKey(dependency: Dependency | PlaceDependency): DependencyKey {
  if (dependency.kind === "place") return `place ${dependency.creator} ${dependency.seq}`;
  return dependency.kind === "evidence" ? `evidence ${dependency.creator}` : `${dependency.kind} ${dependency.hash}`;
}

/**
 * How far a unit is: `postponed` until its time comes, `waiting` for what it cites, `ready` to be judged, `validating`
 * while the shell runs its block.
 */
export type PendingStage = "postponed" | "waiting" | "ready" | "validating";

export interface PendingUnit<Unit extends SignedUnit = CheckedUnit> {
  readonly unit: Unit;
  readonly since: Timestamp;
  /** Peers that sent it. */
  readonly senders: Set<PeerId>;
  /** Peers that have it: those who sent it, or something that stands on it. In the order in which we learnt so. */
  readonly holders: Set<PeerId>;
  payload: Bytes | undefined;
  stage: PendingStage;
}

export interface PendingLimits {
  readonly maxPendingUnits: number;
  readonly maxPendingPerCreator: number;
}

/** Units that are not in the state yet, one entry each, and who waits for what. */
export class PendingUnits<Unit extends SignedUnit = CheckedUnit> {
  readonly #limits: PendingLimits;
  readonly #entries = new Map<UnitHash, PendingUnit<Unit>>();
  readonly #byCreator = new Map<ValidatorIndex, Set<UnitHash>>();
  readonly #waiters = new Map<DependencyKey, Set<UnitHash>>();
  readonly #dependencies = new Map<UnitHash, Set<DependencyKey>>();

  constructor(limits: PendingLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(hash: UnitHash): PendingUnit<Unit> | undefined {
    return this.#entries.get(hash);
  }

  entries(): IterableIterator<PendingUnit<Unit>> {
    return this.#entries.values();
  }

  /** True when some pending unit cannot go on without it. */
  isNeeded(dependency: Dependency): boolean {
    return this.#waiters.has(dependencyKey(dependency));
  }

  /** True when a pending unit of a creator that `accepts` waits for it, directly or through others. */
  isNeededBy(unit: UnitHash, accepts: (creator: ValidatorIndex) => boolean): boolean {
    const seen = new Set<UnitHash>();
    const stack = [unit];
    for (let hash = stack.pop(); hash !== undefined; hash = stack.pop()) {
      for (const waiter of this.#waiters.get(`unit ${hash}`) ?? []) {
        if (seen.has(waiter)) continue;
        seen.add(waiter);
        const creator = this.#entries.get(waiter)?.unit.creator;
        if (creator !== undefined && accepts(creator)) return true;
        stack.push(waiter);
      }
    }
    return false;
  }

  /** These units, and all pending ones that wait for one of them, directly or through others. */
  standingOn(units: readonly UnitHash[]): ReadonlySet<UnitHash> {
    const found = new Set(units);
    // Grows while it is walked.
    for (const hash of found) for (const waiter of this.#waiters.get(`unit ${hash}`) ?? []) found.add(waiter);
    return found;
  }

  /** Pending units of one creator. */
  ofCreator(creator: ValidatorIndex): readonly PendingUnit<Unit>[] {
    const hashes = this.#byCreator.get(creator) ?? [];
    return [...hashes].map((hash) => this.#entries.get(hash)).filter((entry) => entry !== undefined);
  }

  /** Pending units with a sequence number; more than one are an equivocation. */
  at(creator: ValidatorIndex, seq: number): readonly PendingUnit<Unit>[] {
    return this.ofCreator(creator).filter(({ unit }) => unit.seq === seq);
  }

  /** Pending units that cite a unit. */
  citing(unit: UnitHash): readonly PendingUnit<Unit>[] {
    return this.#waiting(`unit ${unit}`);
  }

  /** Pending units that wait for a dependency. */
  waitersOf(dependency: Dependency | PlaceDependency): readonly PendingUnit<Unit>[] {
    return this.#waiting(dependencyKey(dependency));
  }

  #waiting(key: DependencyKey): readonly PendingUnit<Unit>[] {
    const hashes = this.#waiters.get(key) ?? [];
    return [...hashes].map((hash) => this.#entries.get(hash)).filter((entry) => entry !== undefined);
  }

  /** Adds an entry; over a limit the youngest unit of the creator with most entries goes, maybe this one. */
  add(entry: PendingUnit<Unit>): readonly PendingUnit<Unit>[] {
    const { hash, creator } = entry.unit;
    this.#entries.set(hash, entry);
    const own = this.#byCreator.get(creator) ?? new Set();
    own.add(hash);
    this.#byCreator.set(creator, own);
    const dropped: PendingUnit<Unit>[] = [];
    if (own.size > this.#limits.maxPendingPerCreator) dropped.push(this.#dropYoungest(own));
    else if (this.#entries.size > this.#limits.maxPendingUnits) dropped.push(this.#dropYoungest(this.#mostPending()));
    return dropped;
  }

  /** Says what a unit waits for now, in place of what it waited for. */
  waitFor(hash: UnitHash, dependencies: readonly (Dependency | PlaceDependency)[]): void {
    this.#forgetDependencies(hash);
    if (dependencies.length === 0) return;
    const keys = new Set(dependencies.map(dependencyKey));
    this.#dependencies.set(hash, keys);
    for (const key of keys) {
      const waiters = this.#waiters.get(key) ?? new Set();
      waiters.add(hash);
      this.#waiters.set(key, waiters);
    }
  }

  remove(hash: UnitHash): void {
    const entry = this.#entries.get(hash);
    if (entry === undefined) return;
    this.#forgetDependencies(hash);
    this.#entries.delete(hash);
    const own = this.#byCreator.get(entry.unit.creator);
    own?.delete(hash);
    if (own?.size === 0) this.#byCreator.delete(entry.unit.creator);
  }

  #dropYoungest(hashes: ReadonlySet<UnitHash>): PendingUnit<Unit> {
    let youngest: PendingUnit<Unit> | undefined;
    for (const hash of hashes) {
      const entry = this.#entries.get(hash) as PendingUnit<Unit>;
      if (youngest === undefined || entry.unit.body.t > youngest.unit.body.t) youngest = entry;
    }
    const dropped = youngest as PendingUnit<Unit>;
    this.remove(dropped.unit.hash);
    return dropped;
  }

  #mostPending(): ReadonlySet<UnitHash> {
    let most: ReadonlySet<UnitHash> = new Set();
    for (const hashes of this.#byCreator.values()) if (hashes.size > most.size) most = hashes;
    return most;
  }

  #forgetDependencies(hash: UnitHash): void {
    for (const key of this.#dependencies.get(hash) ?? []) {
      const waiters = this.#waiters.get(key);
      waiters?.delete(hash);
      if (waiters?.size === 0) this.#waiters.delete(key);
    }
    this.#dependencies.delete(hash);
  }
}
