import {
  type BlockRef,
  type ConsensusMessage,
  createEarlyMessages,
  createEraCore,
  decodeEraAnswer,
  decodeEraEnd,
  type Era,
  type EraBefore,
  EraLag,
  type EraSigner,
  type Evidence,
  encodeEraEnd,
  encodeMessage,
  endOfTail,
  followEnds,
  type Instance,
  isTailOver,
  type LocalOptions,
  leftBy,
  nextEra,
  ownIn,
  perpetratorOf,
  thresholdFromFraction,
} from "../consensus/index.ts";
import { BugError } from "../errors.ts";
import type { Bytes, Hash } from "../primitives/index.ts";
import { adoptEnds } from "./era-adoption.ts";
import { type EraEvents, type EraOwner, EraRun, type FaultReport, type Finalize } from "./era-run.ts";
import type { EraWorld } from "./era-world.ts";
import type { ChainBlock, EraRecord, SimulatedDisk } from "./simulated-disk.ts";
import { hasAmnesia, SwitchSignatures } from "./switch-signatures.ts";

/** How eras ended, as a peer tells it, and the blocks of its chain above a height. */
export interface EraAnswer {
  readonly ends: Bytes;
  readonly blocks: readonly ChainBlock[];
}

export interface SequenceOwner extends EraOwner {
  note(text: string): void;
  finalized(run: EraRun, effect: Finalize): void;
  faultReported(run: EraRun, effect: FaultReport): void;
  /** An era is open; `adopted`: signatures of others led to it. */
  opened(record: EraRecord, adopted: boolean): void;
  /** Asks a peer how eras ended; what gets lost on the way there or back is never answered. */
  askForEras(to: string, instance: Hash, after: number, answered: (answer: EraAnswer) => void): void;
}

export interface SequenceConfig {
  readonly signer: EraSigner;
  readonly local: Partial<LocalOptions>;
  /** Shares of the weight at which blocks are watched. */
  readonly fractions: readonly number[];
}

/** At this share an era's last block ends the era, and its signers say so. */
const FINALIZED = 1 / 3;
/** Between a switch block's finality and the next era: the block goes to the disk. */
const COMMIT_MS = 5;
/** After so long a question about eras counts as lost. */
const ANSWER_MS = 3_000;
/** Where messages come from that a node gives to itself. */
const SELF = "self";

/** One life of a validator: runs one era after the other, as `src/node` does on real disks and networks (KoMaBFT spec 13). */
export class EraSequence implements EraEvents {
  readonly #world: EraWorld;
  readonly #owner: SequenceOwner;
  readonly #disk: SimulatedDisk;
  readonly #config: SequenceConfig;
  readonly #early = createEarlyMessages();
  readonly #lag: EraLag;
  #current: EraRun;
  #signatures: SwitchSignatures;
  /** The era before: for a few rounds it still makes units, then it only answers. */
  #ended: { readonly run: EraRun; readonly signatures: SwitchSignatures } | undefined;
  #askedUntil = 0;
  #closed = false;

  /** From what the disk holds; an empty one begins with the first era. */
  constructor(world: EraWorld, disk: SimulatedDisk, config: SequenceConfig, owner: SequenceOwner) {
    this.#world = world;
    this.#disk = disk;
    this.#config = config;
    this.#owner = owner;
    this.#lag = new EraLag(world.rules.params.baseRoundMs);
    this.#current = this.#open(disk.newest?.era ?? world.firstEra, false);
    this.#signatures = this.#signaturesOf(this.#current.record);
  }

  get current(): EraRun {
    return this.#current;
  }

  /** The current era and the one before, if that still runs or answers. */
  get runs(): readonly EraRun[] {
    return [this.#current, ...(this.#ended ? [this.#ended.run] : [])];
  }

  start(): void {
    this.#answerForBefore();
    this.#run();
  }

  close(): void {
    this.#closed = true;
    for (const run of this.runs) run.close();
  }

  receive(message: ConsensusMessage, from: string): void {
    const { instance } = message;
    if (instance === this.#current.instance.id) return this.#give(this.#current, this.#signatures, message, from);
    if (this.#ended && instance === this.#ended.run.instance.id) {
      return this.#give(this.#ended.run, this.#ended.signatures, message, from);
    }
    // An older era, or one that is not open here yet. No fault of the peer's.
    if (this.#disk.record(instance) !== undefined) return;
    this.#early.keep(message, from, encodeMessage(message).length);
    const { worldNow } = this.#owner;
    if (this.#lag.strangerSpoke(this.#owner.now, worldNow < this.#askedUntil)) this.#ask(from);
  }

  faultReported(run: EraRun, effect: FaultReport): void {
    this.#keepEvidence((effect.earlier ?? run.instance).id, effect.evidence);
    this.#owner.faultReported(run, effect);
    if (!effect.earlier) this.#hearEarlier(effect.evidence, run.instance);
  }

  #give(run: EraRun, signatures: SwitchSignatures, message: ConsensusMessage, from: string): void {
    if (message.kind !== "finality") return run.receive(message, from);
    signatures.receive(message.signed, from);
  }

  #open(era: Era, adopted: boolean, before?: EraBefore): EraRun {
    const { fractions, signer, local } = this.#config;
    const instance = this.#world.instanceOf(era);
    const record = this.#disk.open(era, instance);
    const thresholds = oneFractionEach(fractions, instance.committee.total);
    const previous = this.#disk.before(era)?.instance;
    const core = createEraCore({ instance, previous }, { thresholds, signer, local }, before);
    this.#owner.opened(record, adopted);
    return new EraRun(this.#owner, this, core, record, ownIn(instance, signer)?.index);
  }

  #signaturesOf(record: EraRecord): SwitchSignatures {
    const onConflict = (evidence: Evidence) => this.#onFinalityConflict(evidence, record.instance);
    return new SwitchSignatures(record, {
      disk: this.#disk,
      signer: this.#config.signer,
      owner: this.#owner,
      onConflict,
    });
  }

  #run(): void {
    const { core, record } = this.#current;
    const { units, era } = record;
    const previous = this.#disk.before(era)?.instance.id;
    const finals = [...units.finals].map(([threshold, block]) => ({ threshold, block }));
    const run = this.#current;
    run.perform(
      core.restore({
        units: units.units(),
        ownHead: units.ownHead,
        evidence: [...units.evidence, ...(previous === undefined ? [] : this.#disk.evidenceOf(previous))],
        endorsements: units.endorsements(),
        ownEndorsed: units.ownEndorsed,
        finals,
        amnesia: hasAmnesia(this.#disk, record, this.#config.signer),
      }),
    );
    run.perform(core.start(this.#owner.now));
    for (const { message, from } of this.#early.take(run.instance.id)) this.receive(message, from);
    this.#resumeEnd(run);
  }

  /** A node that stopped between the end of an era and the beginning of the next is not told of the end again. */
  #resumeEnd(run: EraRun): void {
    const third = thresholdFromFraction(FINALIZED, run.instance.committee.total);
    const { finals } = run.core.status(this.#owner.now);
    const last = finals.find(({ threshold }) => threshold === third)?.last;
    if (last?.terminal) this.#endLater(run, last);
  }

  finalized(run: EraRun, effect: Finalize): void {
    const { block, threshold } = effect;
    this.#owner.finalized(run, effect);
    if (threshold === thresholdFromFraction(FINALIZED, run.instance.committee.total)) {
      this.#commit(run, block);
      if (block.terminal) this.#endLater(run, block);
    }
    if (block.terminal && run === this.#ended?.run && isTailOver(run.core.status(this.#owner.now))) run.answerOnly();
  }

  #commit({ record }: EraRun, { unit, height, payloadHash }: BlockRef): void {
    if (height <= this.#disk.chain.length) return;
    const payload = record.units.payloadOf(unit);
    if (payload === undefined) throw new BugError(`the content of the final block ${height} is not stored`);
    this.#disk.append({ height, hash: payloadHash, payload });
  }

  #endLater(run: EraRun, block: BlockRef): void {
    this.#owner.at(this.#owner.now + COMMIT_MS, () => {
      if (!this.#closed && run === this.#current) this.#end(run, block);
    });
  }

  /** The switch block is final at a third and on the disk: the next era begins. */
  #end(run: EraRun, { unit: hash, height, t, payloadHash }: BlockRef): void {
    const unit = run.record.units.unit(hash);
    if (unit === undefined) throw new BugError(`the unit ${hash} of a final switch block is not stored`);
    const { rules } = this.#world;
    const staked = this.#world.stakedAfter(t);
    const switchBlock = { hash: payloadHash, height, t, observations: unit.body.observations, staked };
    const next = nextEra(run.record.era, switchBlock, rules);
    const before = leftBy(run.core, next, this.#owner.now);
    this.#ended?.run.close();
    this.#ended = { run, signatures: this.#signatures };
    this.#owner.at(endOfTail(this.#owner.now, t, rules.params), () => run.answerOnly());
    const proof = { height, block: payloadHash, unit: hash, signatures: [] };
    run.record.end = encodeEraEnd({ unit, proof, staked });
    this.#signatures.conclude(proof);
    this.#lag.caughtUp();
    this.#begin(this.#open(next, false, before));
    this.#run();
  }

  /** After a start: the era before is there for those who are not as far yet. */
  #answerForBefore(): void {
    const { era } = this.#current.record;
    const record = this.#disk.before(era);
    if (record === undefined) return;
    const { instance, units } = record;
    const previous = this.#disk.before(record.era)?.instance;
    const thresholds = oneFractionEach(this.#config.fractions, instance.committee.total);
    const core = createEraCore({ instance, previous }, { thresholds, local: this.#config.local });
    const run = new EraRun(this.#owner, this, core, record, undefined);
    core.restore({ units: units.units(), evidence: units.evidence, endorsements: units.endorsements() });
    run.answerOnly();
    this.#ended = { run, signatures: this.#signaturesOf(record) };
    const end = record.end && decodeEraEnd(record.end);
    if (end) this.#ended.signatures.conclude(end.proof);
  }

  #onFinalityConflict(evidence: Evidence, instance: Instance): void {
    if (this.#closed) return;
    this.#keepEvidence(instance.id, evidence);
    if (instance.id !== this.#current.instance.id) return this.#hearEarlier(evidence, instance);
    this.#current.receive({ instance: instance.id, kind: "evidence", evidence }, SELF);
  }

  /** A fault of the era before that its switch block came too early for counts in this one. */
  #hearEarlier(evidence: Evidence, instance: Instance): void {
    if (this.#closed || this.#ended?.run.instance.id !== instance.id) return;
    this.#current.receive({ instance: this.#current.instance.id, kind: "evidence", evidence }, SELF);
  }

  #keepEvidence(instance: Hash, evidence: Evidence): void {
    const units = this.#disk.record(instance)?.units;
    const isKept = units?.evidence.some((known) => perpetratorOf(known) === perpetratorOf(evidence));
    if (units !== undefined && !isKept) units.evidence = [...units.evidence, evidence];
  }

  #ask(peer: string): void {
    const { record } = this.#current;
    this.#askedUntil = this.#owner.worldNow + ANSWER_MS;
    this.#owner.askForEras(peer, record.instance.id, this.#disk.chain.length, (answer) => {
      this.#askedUntil = 0;
      if (!this.#closed && record === this.#current.record) this.#adopt(record.era, answer);
    });
  }

  /** Goes on in the newest era whose beginning is proven, if this node is behind by whole eras. */
  #adopt(from: Era, { ends, blocks }: EraAnswer): void {
    const listed = decodeEraAnswer(ends);
    const proven = listed && followEnds(this.#world.rules, from, listed);
    if (proven === undefined || !this.#lag.isBehind(proven.length, this.#owner.now)) return;
    const era = adoptEnds(this.#world, this.#disk, from, { proven, blocks });
    if (era === from) return;
    for (const run of this.runs) run.close();
    this.#ended = undefined;
    this.#lag.caughtUp();
    this.#begin(this.#open(era, true));
    this.#answerForBefore();
    this.#run();
  }

  #begin(run: EraRun): void {
    this.#current = run;
    this.#signatures = this.#signaturesOf(run.record);
    this.#disk.prune(run.record.era);
  }
}

/** In a small committee two fractions may be the same weight: one final block is one event. */
function oneFractionEach(fractions: readonly number[], total: number): readonly number[] {
  const byWeight = new Map(fractions.map((fraction) => [thresholdFromFraction(fraction, total), fraction]));
  return [...byWeight.values()];
}
