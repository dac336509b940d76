import { BugError } from "../errors.ts";
import type { Branded, Bytes, Hash, Timestamp } from "../primitives/index.ts";
import { type BlockNode, skipPointers } from "./block-tree.ts";
import type { ValidatorIndex, Weight } from "./committee.ts";
import {
  type DagUnit,
  type Lane,
  laneAncestor,
  type Observation,
  type Panorama,
  type PanoramaBase,
} from "./dag-unit.ts";
import { type ConflictingEndorsements, Endorsements } from "./endorsements.ts";
import { createEquivocationEvidence, type Evidence, perpetratorOf } from "./evidence.ts";
import { forkChoice } from "./fork-choice.ts";
import type { Instance } from "./instance.ts";
import { mergeClocks } from "./lane-clock.ts";
import { Naivety } from "./naivety.ts";
import { citedHashes, isCorrect, observationsOf } from "./panorama.ts";
import { roundIdOf } from "./rounds.ts";
import { SharedPanoramas } from "./shared-panoramas.ts";
import type { SignedHeader } from "./signed-header.ts";
import type { SignedUnit, UnitHash } from "./unit.ts";
import { UnitHashes } from "./unit-hashes.ts";

/** A unit with its citations looked up in a state; see `checkCitations`, which alone makes {@link ValidUnit}s. */
export interface ResolvedUnit {
  readonly unit: SignedUnit;
  readonly panorama: Panorama;
  /** The panorama as numbers. */
  readonly cited: Int32Array;
  readonly prev: DagUnit | undefined;
  /** Fork choice of the panorama: the parent of the unit's block, or its vote. */
  readonly choice: BlockNode | undefined;
  /** Endorsed units that it claims to see. */
  readonly endorsed: readonly DagUnit[];
  readonly base: PanoramaBase | undefined;
}

/** Everything it cites is in the state, and the rules hold. Only such a unit can be added. */
export type ValidUnit = Branded<ResolvedUnit, "ValidUnit">;

export interface AddedUnit {
  readonly unit: DagUnit;
  readonly evidence: Evidence | undefined;
  readonly conflicts: readonly ConflictingEndorsements[];
}

/** Why a validator counts as faulty: fixed at the era's start, proven in this instance, or proven in the era before. */
export type FaultKind = "Banned" | "Direct" | "Indirect";

/**
 * The state of one instance: a downward closed set of valid units, with what can be derived from it. It only grows.
 *
 * @see KoMaBFT spec 5
 */
export class Dag {
  readonly instance: Instance;
  /** Units in an order in which citations come before those who cite. */
  readonly order: DagUnit[] = [];
  /** Latest unit of each validator, or "faulty". */
  readonly latest: Observation[];
  readonly endorsements: Endorsements;
  readonly naivety = new Naivety();
  /** As bytes, by the position of each unit in {@link order}. */
  readonly hashes = new UnitHashes();
  readonly shared = new SharedPanoramas();
  readonly #units = new Map<UnitHash, DagUnit>();
  readonly #blocks = new Map<UnitHash, BlockNode>();
  readonly #evidence = new Map<ValidatorIndex, Evidence>();
  /** Faulty on evidence of the era before. */
  readonly #marked = new Map<ValidatorIndex, Evidence | undefined>();
  readonly #forked = new Set<ValidatorIndex>();
  /** Every one begins at number 0. */
  readonly #firstLanes: (Lane | undefined)[] = [];
  #laneCount: number;
  #faultyWeight = 0;

  constructor(instance: Instance) {
    this.instance = instance;
    this.#laneCount = instance.size;
    this.endorsements = new Endorsements(instance);
    this.latest = Array.from({ length: instance.size }, (_, i) => (instance.banned.has(i) ? "faulty" : undefined));
  }

  unit(hash: UnitHash): DagUnit | undefined {
    return this.#units.get(hash);
  }

  /** {@link unit}, where its place is known: nearly always it lies on the lane that we follow, and no table is needed. */
  unitAt(creator: ValidatorIndex, seq: number, hash: UnitHash): DagUnit | undefined {
    const unit = this.onFirstLane(creator, seq);
    return unit?.hash === hash ? unit : this.#units.get(hash);
  }

  /** Unit number `seq` on a validator's first lane; who has not forked has no other. */
  onFirstLane(creator: ValidatorIndex, seq: number): DagUnit | undefined {
    return this.#firstLanes[creator]?.units[seq];
  }

  block(unit: UnitHash): BlockNode | undefined {
    return this.#blocks.get(unit);
  }

  /** Of this instance, or of the era before. */
  evidenceAgainst(index: ValidatorIndex): Evidence | undefined {
    return this.#evidence.get(index) ?? this.#marked.get(index);
  }

  evidence(): readonly Evidence[] {
    return [...this.#evidence.values()];
  }

  /**
   * Validators whose fault is proven, in this instance or in the era before. Of both kinds this instance may hold forks: what
   * stands on them needs endorsements, and whoever is faulty already is not proven to fork here as well.
   */
  equivocators(): readonly ValidatorIndex[] {
    return [...this.#evidence.keys(), ...this.#marked.keys()];
  }

  /** True once somebody's fault is proven, see {@link equivocators}. */
  get knowsEvidence(): boolean {
    return this.#evidence.size + this.#marked.size > 0;
  }

  faultKind(index: ValidatorIndex): FaultKind | undefined {
    if (this.instance.banned.has(index)) return "Banned";
    if (this.#evidence.has(index)) return "Direct";
    return this.#marked.has(index) ? "Indirect" : undefined;
  }

  isFaulty(index: ValidatorIndex): boolean {
    return this.latest[index] === "faulty";
  }

  /** Weight of the validators proven to have equivocated, in this instance or in the era before. */
  get faultyWeight(): Weight {
    return this.#faultyWeight;
  }

  /** Grows with everything that can change head or finality. */
  get revision(): number {
    return this.order.length + this.#evidence.size + this.#marked.size;
  }

  /** Validators of whom the state holds units on more than one lane. */
  get forked(): ReadonlySet<ValidatorIndex> {
    return this.#forked;
  }

  /** Block that the whole state prefers; undefined: the key block. */
  head(): BlockNode | undefined {
    return forkChoice(this.latest, this.instance.weights);
  }

  /**
   * Adds a unit.
   *
   * @returns the unit, the evidence against its creator if it is the first to prove a fault, and what endorsements that
   *   came before it contradict
   */
  add(valid: ValidUnit, payload: Bytes | undefined): AddedUnit {
    const { unit, panorama, cited, prev, choice, endorsed, base } = valid;
    if (this.#units.has(unit.hash)) throw new BugError(`unit ${unit.hash} was added twice`);
    const block = unit.body.blockHash && this.#createBlock(unit, unit.body.blockHash, choice, payload);
    const added: DagUnit = {
      hash: unit.hash,
      creator: unit.creator,
      seq: unit.seq,
      prev,
      t: unit.body.t,
      roundExp: unit.body.roundExp,
      roundId: roundIdOf(this.instance.params, unit.body.t, unit.body.roundExp),
      panorama,
      cited,
      base,
      lane: this.#laneFor(unit.creator, prev),
      ...mergeClocks(panorama, cited, this.#forked),
      block,
      vote: block ?? choice,
      endorsed,
      bodyHash: unit.bodyHash,
      panoramaRoot: unit.body.panoramaRoot,
      signature: unit.signature,
      position: this.order.length,
    };
    added.lane.units.push(added);
    this.order.push(added);
    this.hashes.add(added.hash);
    this.#units.set(added.hash, added);
    if (block) this.#blocks.set(block.unit, block);
    const evidence = this.#updateLatest(added);
    return { unit: added, evidence, conflicts: this.endorsements.onUnit(added) };
  }

  /** A unit of the state with the same creator and number on the lane that we follow: with it, an equivocation. */
  forkOf({ hash, creator, seq }: SignedUnit): SignedUnit | undefined {
    const known = this.onFirstLane(creator, seq);
    return known === undefined || known.hash === hash ? undefined : this.wire(known);
  }

  /** Would a block on `parent` in the slot at `t` be the era's last? */
  isTerminal(parent: BlockNode | undefined, t: Timestamp): boolean {
    const { eraMinBlocks, eraMinMs } = this.instance.params;
    const depth = (parent?.depth ?? 0) + 1;
    return eraMinBlocks > 0 && depth >= eraMinBlocks && t >= this.instance.eraStart + eraMinMs;
  }

  /** Records a verified fault; false when one of that validator is known. */
  addEvidence(evidence: Evidence): boolean {
    const accused = perpetratorOf(evidence);
    if (this.#evidence.has(accused)) return false;
    this.#evidence.set(accused, evidence);
    if (!this.#marked.has(accused)) this.#faultyWeight += this.instance.weights[accused] as Weight;
    this.latest[accused] = "faulty";
    return true;
  }

  /**
   * Counts a validator as faulty on evidence of the era before: its units stay valid, but its entry is faulty and its
   * weight does not vote (KoMaBFT spec 7). Whoever is faulty already stays as it is; false then.
   */
  markFaulty(index: ValidatorIndex, evidence?: Evidence): boolean {
    if (this.faultKind(index) !== undefined) return false;
    this.#marked.set(index, evidence);
    this.#faultyWeight += this.instance.weights[index] as Weight;
    this.latest[index] = "faulty";
    return true;
  }

  /** Forgets everything but who is faulty and why: what an old era keeps for those who still cite its evidence. */
  retainEvidenceOnly(): void {
    this.order.length = 0;
    this.hashes.clear();
    this.shared.clear();
    this.#units.clear();
    this.#blocks.clear();
    this.#forked.clear();
    this.#firstLanes.length = 0;
    this.#laneCount = this.instance.size;
    for (let i = 0; i < this.latest.length; i++) if (this.latest[i] !== "faulty") this.latest[i] = undefined;
  }

  /** The unit as it travels, with the hashes of its panorama. */
  wire(unit: DagUnit): SignedUnit {
    return {
      instance: this.instance.id,
      creator: unit.creator,
      seq: unit.seq,
      prev: unit.prev?.hash,
      body: {
        panoramaRoot: unit.panoramaRoot,
        observations: observationsOf(unit.panorama),
        t: unit.t,
        roundExp: unit.roundExp,
        blockHash: unit.block?.payloadHash,
        endorsed: endorsedHashes(unit.endorsed),
      },
      bodyHash: unit.bodyHash,
      hash: unit.hash,
      signature: unit.signature,
      hashes: citedHashes(unit.panorama),
    };
  }

  #createBlock(
    unit: SignedUnit,
    payloadHash: Hash,
    parent: BlockNode | undefined,
    payload: Bytes | undefined,
  ): BlockNode {
    const depth = (parent?.depth ?? 0) + 1;
    return {
      unit: unit.hash,
      creator: unit.creator,
      parent,
      height: this.instance.keyBlock.height + depth,
      depth,
      t: unit.body.t,
      payloadHash,
      terminal: this.isTerminal(parent, unit.body.t),
      skip: skipPointers(parent, depth),
      payload,
    };
  }

  /** The lane that a unit after `prev` continues, or a new one when another unit continues it already. */
  #laneFor(creator: ValidatorIndex, prev: DagUnit | undefined): Lane {
    if (prev !== undefined && prev.lane.units.at(-1) === prev) return prev.lane;
    const isFirst = this.#firstLanes[creator] === undefined;
    if (!isFirst) this.#forked.add(creator);
    const id = isFirst ? creator : this.#laneCount++;
    const lane: Lane = { id, creator, parent: prev?.lane, firstSeq: (prev?.seq ?? -1) + 1, units: [] };
    if (isFirst) this.#firstLanes[creator] = lane;
    return lane;
  }

  #updateLatest(added: DagUnit): Evidence | undefined {
    const known = this.latest[added.creator];
    if (known === "faulty") return undefined;
    if (known === added.prev) {
      this.latest[added.creator] = added;
      return undefined;
    }
    // Its predecessor is in the state and is not the latest, so the state has another unit with this number.
    const other = isCorrect(known) ? laneAncestor(known, added.seq) : undefined;
    if (other === undefined) throw new BugError(`no unit ${added.seq} beside ${added.hash}`);
    const evidence = createEquivocationEvidence(this.instance.domain, this.#header(other), this.#header(added));
    this.addEvidence(evidence);
    return evidence;
  }

  #header(unit: DagUnit): SignedHeader {
    const { creator, seq, bodyHash, signature } = unit;
    return { instance: this.instance.id, creator, seq, prev: unit.prev?.hash, bodyHash, signature };
  }
}

/** Claims as a unit's body writes them. */
export function endorsedHashes(units: readonly DagUnit[]): readonly UnitHash[] {
  return units.map((unit) => unit.hash).sort();
}
