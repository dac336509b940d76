import {
  decodeUnit,
  type Effect,
  type Endorsement,
  type Evidence,
  encodeUnit,
  type OwnHead,
  type StoredUnit,
  type UnitHash,
} from "../../src/consensus/index.ts";
import type { Bytes } from "../../src/primitives/index.ts";

interface Row {
  readonly hash: UnitHash;
  readonly bytes: Bytes;
  readonly payload: Bytes | undefined;
  readonly own: boolean;
  readonly at: number;
}

/** Foreign units are written in batches: what came in during this time is lost in a crash. */
const BATCH_MS = 50;

/** What a validator's disk keeps: own units at once and with compare-and-set, all others a little later. */
export class MemoryUnitStore {
  readonly evidence: Evidence[] = [];
  #endorsements: { readonly endorsement: Endorsement; readonly own: boolean; readonly at: number }[] = [];
  readonly #ownEndorsed = new Map<number, UnitHash>();
  readonly finals = new Map<number, UnitHash>();
  #rows: Row[] = [];
  #ownHead: OwnHead | undefined;

  get ownHead(): OwnHead | undefined {
    return this.#ownHead;
  }

  /** Refuses an own unit that does not follow the stored one: a validator that goes on would equivocate. */
  persist({ unit, payload, own }: Extract<Effect, { kind: "persist" }>, at: number): void {
    if (own !== undefined) {
      const expected = this.#ownHead === undefined ? 0 : this.#ownHead.seq + 1;
      if (own.seq !== expected || unit.seq !== expected) {
        throw new Error(`own unit ${unit.seq} does not follow stored unit ${expected - 1}`);
      }
      this.#ownHead = { seq: unit.seq, hash: unit.hash };
    }
    this.#rows.push({ hash: unit.hash, bytes: encodeUnit(unit), payload, own: own !== undefined, at });
  }

  /** Refuses an own endorsement that does not follow the stored one of the same creator. */
  persistEndorsement({ endorsement, own }: Extract<Effect, { kind: "persistEndorsement" }>, at: number): void {
    if (own !== undefined) {
      if (this.#ownEndorsed.get(own.creator) !== own.after)
        throw new Error("own endorsement does not follow the stored one");
      this.#ownEndorsed.set(own.creator, endorsement.unit);
    }
    this.#endorsements.push({ endorsement, own: own !== undefined, at });
  }

  get ownEndorsed(): readonly { readonly creator: number; readonly unit: UnitHash }[] {
    return [...this.#ownEndorsed].map(([creator, unit]) => ({ creator, unit }));
  }

  endorsements(): readonly Endorsement[] {
    return this.#endorsements.map(({ endorsement }) => endorsement);
  }

  payloadOf(hash: UnitHash): Bytes | undefined {
    return this.#rows.find((row) => row.hash === hash)?.payload;
  }

  /** The machine dies at `now`: batches that were not written yet are gone, own units are not. */
  crash(now: number): void {
    const written = (row: { readonly own: boolean; readonly at: number }) => row.own || row.at <= now - BATCH_MS;
    this.#rows = this.#rows.filter(written);
    this.#endorsements = this.#endorsements.filter(written);
  }

  units(): readonly StoredUnit[] {
    return this.#rows.map((row) => {
      const unit = decodeUnit(row.bytes);
      if (!unit.ok) throw new Error(`stored unit does not decode: ${unit.rejection.code}`);
      return { unit: unit.value, payload: row.payload };
    });
  }
}
