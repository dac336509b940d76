import {
  decodeEraEnd,
  type Era,
  type Evidence,
  type FinalitySignature,
  type Instance,
  retentionOf,
} from "../consensus/index.ts";
import { BugError } from "../errors.ts";
import type { Bytes, Hash } from "../primitives/index.ts";
import { MemoryUnitStore } from "./memory-unit-store.ts";

/** An era as a validator's disk keeps it. */
export interface EraRecord {
  readonly era: Era;
  readonly instance: Instance;
  units: MemoryUnitStore;
  /** How it ended, with the signatures gathered so far; as it is sent to peers. */
  end: Bytes | undefined;
  /** What the validator signed at its end. */
  signed: FinalitySignature | undefined;
}

/** A block of the chain that is final at a third, or that two thirds have signed. */
export interface ChainBlock {
  readonly height: number;
  readonly hash: Hash;
  readonly payload: Bytes;
}

/** Everything that outlives a kill -9: eras with their units, and the final chain. */
export class SimulatedDisk {
  /** Virtual time at which it was empty. */
  readonly since: number;
  readonly #eras: EraRecord[] = [];
  readonly #chain: ChainBlock[] = [];

  constructor(since: number) {
    this.since = since;
  }

  /** Lowest first, from height 1 on, without gaps. */
  get chain(): readonly ChainBlock[] {
    return this.#chain;
  }

  get eras(): readonly EraRecord[] {
    return this.#eras;
  }

  get newest(): EraRecord | undefined {
    return this.#eras.at(-1);
  }

  open(era: Era, instance: Instance): EraRecord {
    const known = this.record(instance.id);
    if (known !== undefined) return known;
    const record = { era, instance, units: new MemoryUnitStore(), end: undefined, signed: undefined };
    this.#eras.push(record);
    return record;
  }

  record(instance: Hash): EraRecord | undefined {
    return this.#eras.find((record) => record.instance.id === instance);
  }

  before({ number }: Era): EraRecord | undefined {
    return this.#eras.find((record) => record.era.number === number - 1);
  }

  /** @throws {BugError} for a block that does not continue the chain */
  append(block: ChainBlock): void {
    if (block.height !== this.#chain.length + 1) {
      throw new BugError(`block ${block.height} does not follow block ${this.#chain.length}`);
    }
    this.#chain.push(block);
  }

  /** Ends of eras from this one on, lowest first, as far as they are proven or vouched for by what follows. */
  *endsFrom(instance: Hash): Generator<Bytes> {
    const first = this.#eras.findIndex((record) => record.instance.id === instance);
    for (const { end } of first < 0 ? [] : this.#eras.slice(first)) {
      if (end === undefined || decodeEraEnd(end) === undefined) return;
      yield end;
    }
  }

  /** Deletes the units of eras that nobody asks for any more; evidence and what the validator signed at their ends stays. */
  prune(current: Era): void {
    for (const record of this.#eras) {
      if (retentionOf(record.era, current) === "whole" || record.units.size === 0) continue;
      const left = new MemoryUnitStore();
      left.evidence = record.units.evidence;
      record.units = left;
    }
  }

  evidenceOf(instance: Hash): readonly Evidence[] {
    return this.record(instance)?.units.evidence ?? [];
  }

  crash(now: number): void {
    for (const { units } of this.#eras) units.crash(now);
  }

  /** A disk with the same content, for a second life that goes on from here. */
  copy(): SimulatedDisk {
    const copy = new SimulatedDisk(this.since);
    copy.#eras.push(...this.#eras.map((record) => ({ ...record, units: record.units.copy() })));
    copy.#chain.push(...this.#chain);
    return copy;
  }
}
