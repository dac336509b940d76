import {
  type ConsensusMessage,
  createKomaBft,
  decodeEndorsement,
  decodeEvidence,
  decodeUnit,
  type Effect,
  type Endorsement,
  type Instance,
  indexOfSigner,
  type KomaBft,
  type MessageBody,
  type UnitHash,
} from "../consensus/index.ts";
import { type Bytes, type Check, type Hash, type Timestamp, timestamp } from "../primitives/index.ts";
import type { ConsensusReader, StoredUnit } from "../storage/index.ts";

/** Where the replay and what a node has kept part ways first. */
export interface ReplayDifference {
  /** A stored unit that does not decode, breaks a rule, or cites what is not stored; or a final block that differs. */
  readonly kind: "unit" | "block" | "final";
  /** Unit, or unit of the block. */
  readonly unit?: string;
  readonly height?: number;
  readonly problem: string;
}

export interface ReplayedFinal {
  readonly height: number;
  readonly unit: UnitHash;
  /** Hash of the chain's block. */
  readonly hash: Hash;
}

export interface ReplayedInstance {
  readonly units: number;
  /** Final blocks by threshold, in height order. */
  readonly finals: ReadonlyMap<number, readonly ReplayedFinal[]>;
  readonly faulty: number;
  readonly difference: ReplayDifference | undefined;
}

export interface ReplaySource {
  readonly reader: ConsensusReader;
  readonly instance: Instance;
  /** The era before, whose late evidence counts in this one. */
  readonly previous?: Instance | undefined;
  readonly thresholds: readonly number[];
  /** Hashes of the block in a payload, or why it is none. */
  readonly blockIn: (payload: Bytes) => Check<BlockHashes, string>;
}

export interface BlockHashes {
  readonly hash: Hash;
  readonly parent: Hash;
}

/** The peer that all stored units come from. */
const STORE = "store";

/** Gives every stored unit of one instance to a fresh core as if a peer had sent it: all rules, signatures too. */
export function replayInstance(source: ReplaySource): ReplayedInstance {
  const replay = new Replay(source);
  for (const row of source.reader.units(source.instance.id)) replay.take(row);
  return replay.finish();
}

function earlierEvidence({ reader, instance, previous }: ReplaySource): ReadonlyMap<number, Bytes> {
  const found = new Map<number, Bytes>();
  for (const { creator, bytes } of previous ? reader.evidence(previous.id) : []) {
    const signer = previous?.committee.validators[creator]?.signer;
    const index = signer && indexOfSigner(instance.committee, signer);
    if (index !== undefined) found.set(index, bytes);
  }
  return found;
}

class Replay {
  readonly #source: ReplaySource;
  readonly #core: KomaBft;
  readonly #added = new Set<Hash>();
  readonly #blocks = new Map<UnitHash, BlockHashes>();
  readonly #finals: ReadonlyMap<number, ReplayedFinal[]>;
  readonly #evidence: ReadonlyMap<number, Bytes>;
  /** Of the era before, by where the accused stands in this one: taken in when a unit cites it. */
  readonly #earlier: ReadonlyMap<number, Bytes>;
  readonly #endorsements: ReadonlyMap<Hash, readonly Bytes[]>;
  readonly #faulty = new Set<number>();
  /** Units that were not taken at once: they wait for others, or are by equivocators that nobody needed yet. */
  readonly #late = new Set<Hash>();
  #current: Hash | undefined;
  #units = 0;
  #now: Timestamp;
  #difference: ReplayDifference | undefined;

  constructor(source: ReplaySource) {
    const { instance, reader, thresholds } = source;
    this.#source = source;
    this.#core = createKomaBft({ instance, previous: source.previous, thresholds });
    this.#now = instance.eraStart;
    this.#finals = new Map(thresholds.map((fraction) => [fraction, []]));
    const endorsements = Map.groupBy(reader.endorsements(instance.id), ({ unit }) => unit);
    this.#endorsements = new Map([...endorsements].map(([unit, rows]) => [unit, rows.map(({ bytes }) => bytes)]));
    this.#evidence = new Map(reader.evidence(instance.id).map(({ creator, bytes }) => [creator, bytes]));
    this.#earlier = earlierEvidence(source);
  }

  take(row: StoredUnit): void {
    this.#units++;
    this.#current = row.hash;
    const unit = decodeUnit(row.bytes);
    if (!unit.ok)
      return this.#differs({ kind: "unit", unit: row.hash, problem: `does not decode: ${unit.rejection.code}` });
    // Whatever its creator's clock said, here it is not early.
    this.#now = timestamp(Math.max(this.#now, unit.value.body.t));
    this.#receive({ kind: "unit", unit: unit.value, payload: row.payload });
    if (!this.#added.has(row.hash)) this.#late.add(row.hash);
  }

  finish(): ReplayedInstance {
    this.#current = undefined;
    for (const bytes of this.#evidence.values()) this.#receiveEvidence(bytes);
    for (const hash of this.#late) {
      if (!this.#added.has(hash) && !this.#isByKnownEquivocator(hash)) {
        this.#differs({ kind: "unit", unit: hash, problem: "waits for a unit or evidence that is not stored" });
      }
    }
    return {
      units: this.#units,
      finals: this.#finals,
      faulty: this.#faulty.size,
      difference: this.#difference,
    };
  }

  #isByKnownEquivocator(hash: Hash): boolean {
    const row = this.#source.reader.unit(this.#source.instance.id, hash);
    return row !== undefined && this.#faulty.has(row.creator);
  }

  #receiveEvidence(bytes: Bytes): void {
    const evidence = decodeEvidence(bytes);
    if (evidence.ok) return this.#receive({ kind: "evidence", evidence: evidence.value });
    this.#differs({ kind: "unit", problem: `stored evidence does not decode: ${evidence.rejection.code}` });
  }

  #receiveEndorsements(unit: UnitHash): void {
    const endorsements: Endorsement[] = [];
    for (const bytes of this.#endorsements.get(unit as string as Hash) ?? []) {
      const endorsement = decodeEndorsement(bytes);
      if (endorsement.ok) endorsements.push(endorsement.value);
      else
        this.#differs({
          kind: "unit",
          unit: unit as string as Hash,
          problem: "a stored endorsement of it does not decode",
        });
    }
    if (endorsements.length > 0) this.#receive({ kind: "endorsements", endorsements });
  }

  #receive(body: MessageBody): void {
    const message: ConsensusMessage = { instance: this.#source.instance.id, ...body };
    this.#perform(this.#core.handleMessage(message, STORE, this.#now));
  }

  #perform(effects: readonly Effect[]): void {
    for (const effect of effects) {
      switch (effect.kind) {
        case "persist":
          this.#added.add(effect.unit.hash as string as Hash);
          break;
        case "validateBlock":
          this.#noteBlock(effect.block.unit, effect.block.payload);
          // The node that stored it had run it; running it again is the chain's business, not consensus'.
          this.#perform(this.#core.resolveBlock(effect.block.unit, "valid", this.#now));
          break;
        case "finalize":
          this.#noteFinal(effect.fraction, effect.block.unit, effect.block.height);
          break;
        case "reportFault":
          this.#faulty.add(effect.validator);
          break;
        case "disconnect":
          this.#differs({
            kind: "unit",
            ...(this.#current === undefined ? {} : { unit: this.#current }),
            problem: `breaks rule ${effect.reason.code}`,
          });
          break;
        case "send":
          this.#answer(effect.message);
          break;
        default:
          // Timers, heads, alarms and broadcasts: nobody is there, and nothing is late.
          break;
      }
    }
  }

  /** The core lacks something that comes later in the store, or that it had dropped: the store is the peer to ask. */
  #answer(question: MessageBody): void {
    const { reader, instance } = this.#source;
    if (question.kind === "getEvidence") {
      const bytes = this.#evidence.get(question.creator) ?? this.#earlier.get(question.creator);
      if (bytes !== undefined) this.#receiveEvidence(bytes);
      return;
    }
    if (question.kind === "getEndorsements") return this.#receiveEndorsements(question.unit);
    if (question.kind === "getLane") return this.#receiveLane(question);
    if (question.kind !== "getUnit" && question.kind !== "getBlock") return;
    const hash = question.kind === "getUnit" ? question.unit : question.block;
    const row = reader.unit(instance.id, hash as string as Hash);
    const unit = row && decodeUnit(row.bytes);
    if (row === undefined || !unit?.ok) return;
    if (question.kind === "getUnit") this.#receive({ kind: "unit", unit: unit.value, payload: row.payload });
    else if (row.payload !== undefined) this.#receive({ kind: "block", block: question.block, payload: row.payload });
  }

  #receiveLane({ creator, from, to }: Extract<MessageBody, { kind: "getLane" }>): void {
    const { reader, instance } = this.#source;
    for (const row of reader.units(instance.id)) {
      if (row.creator !== creator || row.seq < from || row.seq > to) continue;
      const unit = decodeUnit(row.bytes);
      if (unit.ok) this.#receive({ kind: "unit", unit: unit.value, payload: row.payload });
    }
  }

  #noteBlock(unit: UnitHash, payload: Bytes): void {
    const block = this.#source.blockIn(payload);
    if (block.ok) this.#blocks.set(unit, block.value);
    else this.#differs({ kind: "block", unit, problem: `its block does not decode: ${block.rejection}` });
  }

  #noteFinal(fraction: number, unit: UnitHash, height: number): void {
    const finals = this.#finals.get(fraction);
    const block = this.#blocks.get(unit);
    if (finals === undefined || block === undefined) return;
    const parent = finals.at(-1)?.hash ?? this.#source.instance.keyBlock.hash;
    if (block.parent !== parent) {
      this.#differs({ kind: "block", unit, height, problem: `its parent ${block.parent} is not the final ${parent}` });
    }
    finals.push({ height, unit, hash: block.hash });
  }

  #differs(difference: ReplayDifference): void {
    this.#difference ??= difference;
  }
}
