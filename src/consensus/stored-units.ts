import { BugError } from "../errors.ts";
import type { Bytes, Timestamp } from "../primitives/index.ts";
import { blockRef } from "./block-ref.ts";
import { type BlockNode, descendsFrom } from "./block-tree.ts";
import type { Dag } from "./dag.ts";
import type { Effect } from "./effects.ts";
import type { ConflictingEndorsements } from "./endorsements.ts";
import type { Evidence } from "./evidence.ts";
import type { StoredUnit } from "./koma-bft.ts";
import type { Synchronizer } from "./synchronizer.ts";
import type { UnitHash } from "./unit.ts";
import { type CheckedUnit, checkCitations, missingDependencies } from "./validity.ts";

/** What units from the store prove beside themselves. */
export interface RestoredUnits {
  /** Faults whose evidence was not stored. */
  readonly evidence: readonly Evidence[];
  readonly conflicts: readonly ConflictingEndorsements[];
}

/** Units from the store on their way back into the state. */
export class StoredUnits {
  readonly #dag: Dag;
  readonly #sync: Synchronizer;
  /** Units whose citations are not here: a crash has lost those. */
  readonly #orphans = new Map<CheckedUnit, Bytes | undefined>();

  constructor(dag: Dag, sync: Synchronizer) {
    this.#dag = dag;
    this.#sync = sync;
  }

  /** @throws {BugError} for a unit that was never valid here */
  load(stored: Iterable<StoredUnit>): RestoredUnits {
    const evidence: Evidence[] = [];
    const conflicts: ConflictingEndorsements[] = [];
    const load = (each: StoredUnit): void => {
      const added = this.#load(each);
      if (added?.evidence !== undefined) evidence.push(added.evidence);
      conflicts.push(...(added?.conflicts ?? []));
    };
    for (const each of stored) load(each);
    // What an earlier crash took came in again, so it stands in the store behind those that cite it.
    for (let left = Number.POSITIVE_INFINITY; this.#orphans.size > 0 && this.#orphans.size < left; ) {
      left = this.#orphans.size;
      const orphans = [...this.#orphans];
      this.#orphans.clear();
      for (const [unit, payload] of orphans) load({ unit, payload });
    }
    return { evidence, conflicts };
  }

  /** Units whose citations a crash has lost wait until peers have sent those, however long it takes. */
  retry(now: Timestamp): readonly Effect[] {
    const effects: Effect[] = [];
    for (const [unit, payload] of this.#orphans) {
      if (this.#dag.unit(unit.hash) !== undefined) this.#orphans.delete(unit);
      else if (!this.#sync.knows(unit.hash)) effects.push(...this.#sync.receive(unit, payload, undefined, now));
    }
    return effects;
  }

  /** Blocks that the shell has to run again, parents first. */
  unexecutedBlocks(executed: UnitHash | undefined): readonly Effect[] {
    const done = executed === undefined ? undefined : this.#dag.block(executed);
    const effects: Effect[] = [];
    for (const { block } of this.#dag.order) {
      if (block?.payload === undefined || block === done) continue;
      if (done === undefined || descendsFrom(block, done)) effects.push(validateBlock(block, block.payload));
    }
    return effects;
  }

  #load({ unit: wire, payload }: StoredUnit): ReturnType<Dag["add"]> | undefined {
    const { instance } = this.#dag;
    if (wire.instance !== instance.id) throw new BugError(`stored unit of instance ${wire.instance}`);
    // Only what was checked is ever stored: the hash binds the content, so the signature need not be looked at again.
    const unit = instance.checks.identify(instance.domain, wire) as CheckedUnit;
    if (this.#dag.unit(unit.hash) !== undefined) return undefined;
    const missing = missingDependencies(unit, this.#dag);
    if (missing.units.length + missing.evidence.length + missing.endorsements.length > 0) {
      this.#orphans.set(unit, payload);
      return undefined;
    }
    const check = checkCitations(unit, this.#dag);
    if (!check.ok) throw new BugError(`stored unit ${unit.hash} breaks rule ${check.rejection.code}`);
    return this.#dag.add(check.value, payload);
  }
}

function validateBlock(block: BlockNode, payload: Bytes): Effect {
  const parent = block.parent && blockRef(block.parent);
  return { kind: "validateBlock", block: { ...blockRef(block), payload }, parent, from: undefined };
}
