import {
  type BlockRef,
  decodeUnit,
  type Effect,
  type Endorsement,
  type Evidence,
  encodeUnit,
  type OwnHead,
  type SignedUnit,
  type StoredUnit,
  type UnitHash,
} from "../consensus/index.ts";
import { BugError } from "../errors.ts";
import type { Bytes } from "../primitives/index.ts";

interface Row {
  readonly unit: SignedUnit;
  readonly payload: Bytes | undefined;
  readonly at: number;
}

function byHash(rows: readonly Row[]): Map<UnitHash, Row> {
  return new Map(rows.map((row) => [row.unit.hash, row]));
}

/** Foreign units are written in batches: what came in during this time is lost in a crash. */
const BATCH_MS = 50;

/** What a validator's disk keeps: own units at once, with compare-and-set and all that came before; others a little later. */
export class MemoryUnitStore {
  evidence: readonly Evidence[] = [];
  readonly finals = new Map<number, UnitHash>();
  /** Rows that no crash takes any more. */
  #flushed = 0;
  #rows: Row[] = [];
  #byHash = new Map<UnitHash, Row>();
  #endorsements: { readonly endorsement: Endorsement; readonly at: number }[] = [];
  #flushedEndorsements = 0;
  readonly #ownEndorsed = new Map<number, UnitHash>();
  #ownHead: OwnHead | undefined;

  get ownHead(): OwnHead | undefined {
    return this.#ownHead;
  }

  /** Units written. */
  get size(): number {
    return this.#rows.length;
  }

  /** Refuses an own unit that does not follow the stored one: a validator that goes on would equivocate. */
  persist({ unit, payload, own }: Extract<Effect, { kind: "persist" }>, at: number): void {
    if (own !== undefined) {
      const expected = this.#ownHead === undefined ? 0 : this.#ownHead.seq + 1;
      if (own.seq !== expected || unit.seq !== expected) {
        throw new BugError(`own unit ${unit.seq} does not follow stored unit ${expected - 1}`);
      }
      this.#ownHead = { seq: unit.seq, hash: unit.hash };
    }
    // An own unit whose past a crash took away comes in again, as a peer's.
    if (this.#byHash.has(unit.hash)) return;
    const row = { unit, payload, at };
    this.#byHash.set(unit.hash, row);
    this.#rows.push(row);
    // One transaction with everything that waits: what an own unit cites must be there after a crash, or whoever made it would
    // have to be asked, and an equivocator need not answer.
    if (own !== undefined) this.#flush();
  }

  /** Refuses an own endorsement that does not follow the stored one of the same creator. */
  persistEndorsement({ endorsement, own }: Extract<Effect, { kind: "persistEndorsement" }>, at: number): void {
    if (own !== undefined) {
      if (this.#ownEndorsed.get(own.creator) !== own.after) {
        throw new BugError(`own endorsement of ${endorsement.unit} does not follow the stored one`);
      }
      this.#ownEndorsed.set(own.creator, endorsement.unit);
    }
    this.#endorsements.push({ endorsement, at });
    if (own !== undefined) this.#flush();
  }

  /** Last unit of each creator that the validator endorsed. */
  get ownEndorsed(): readonly { readonly creator: number; readonly unit: UnitHash }[] {
    return [...this.#ownEndorsed].map(([creator, unit]) => ({ creator, unit }));
  }

  endorsements(): readonly Endorsement[] {
    return this.#endorsements.map(({ endorsement }) => endorsement);
  }

  payloadOf(hash: UnitHash): Bytes | undefined {
    return this.#byHash.get(hash)?.payload;
  }

  unit(hash: UnitHash): SignedUnit | undefined {
    return this.#byHash.get(hash)?.unit;
  }

  /** A block is final. The last one of an era takes everything before it to the disk: the next era rests on it. */
  markFinal(threshold: number, { unit, terminal }: BlockRef): void {
    this.finals.set(threshold, unit);
    if (terminal) this.#flush();
  }

  /** The machine dies at `now`: batches that were not written yet are gone, own units are not. */
  crash(now: number): void {
    this.#rows = this.#rows.filter((row, i) => i < this.#flushed || row.at <= now - BATCH_MS);
    this.#byHash = byHash(this.#rows);
    this.#endorsements = this.#endorsements.filter(
      ({ at }, i) => i < this.#flushedEndorsements || at <= now - BATCH_MS,
    );
    this.#flush();
  }

  #flush(): void {
    this.#flushed = this.#rows.length;
    this.#flushedEndorsements = this.#endorsements.length;
  }

  /** A disk with the same content, for a second life that goes on from here. */
  copy(): MemoryUnitStore {
    const copy = new MemoryUnitStore();
    copy.#rows = [...this.#rows];
    copy.#byHash = byHash(this.#rows);
    copy.#endorsements = [...this.#endorsements];
    for (const [creator, unit] of this.#ownEndorsed) copy.#ownEndorsed.set(creator, unit);
    copy.#ownHead = this.#ownHead;
    copy.evidence = this.evidence;
    for (const [threshold, block] of this.finals) copy.finals.set(threshold, block);
    return copy;
  }

  /** True once a unit has been written: what the others may be sent of it. */
  has(hash: UnitHash): boolean {
    return this.#byHash.has(hash);
  }

  /** Everything the validator holds: its state, in the order in which it grew. */
  signedUnits(): readonly SignedUnit[] {
    return this.#rows.map((row) => row.unit);
  }

  units(): readonly StoredUnit[] {
    return this.#rows.map((row) => {
      // Through bytes, as from a disk.
      const unit = decodeUnit(encodeUnit(row.unit));
      if (!unit.ok) throw new BugError(`stored unit does not decode: ${unit.rejection.code}`);
      return { unit: unit.value, payload: row.payload };
    });
  }
}
