import type { BlockNode } from "../../src/consensus/block-tree.ts";
import { createCommittee } from "../../src/consensus/committee.ts";
import { Dag, endorsedHashes } from "../../src/consensus/dag.ts";
import type { DagUnit, Panorama } from "../../src/consensus/dag-unit.ts";
import { type Endorsement, signEndorsement } from "../../src/consensus/endorsement.ts";
import type { ConflictingEndorsements } from "../../src/consensus/endorsements.ts";
import { confidenceIn } from "../../src/consensus/finality.ts";
import { type ConsensusParams, createInstance, type Instance } from "../../src/consensus/instance.ts";
import {
  citedHashes,
  inclusivePanorama,
  isCorrect,
  mergePanoramas,
  observationsOf,
  panoramaRoot,
} from "../../src/consensus/panorama.ts";
import { roundIdOf } from "../../src/consensus/rounds.ts";
import type { Confidence } from "../../src/consensus/summit.ts";
import { type SignedUnit, signUnit, type UnitBody, type WireUnit } from "../../src/consensus/unit.ts";
import {
  type CheckedUnit,
  checkCitations,
  checkContent,
  missingDependencies,
  type UnitRejection,
} from "../../src/consensus/validity.ts";
import {
  accept,
  addressOfKey,
  type Bytes,
  type Check,
  keccak256,
  keccakHash,
  type Timestamp,
  timestamp,
  utf8,
} from "../../src/primitives/index.ts";

export interface DrawnUnit {
  /** Units it cites besides its own predecessor. */
  readonly cites?: readonly DagUnit[];
  /** Proposes a block of this name, at the start of a slot that its creator is made to lead. */
  readonly block?: string;
  /** Own predecessor; "nothing" starts a second lane. Default: the last unit drawn for the creator. */
  readonly after?: DagUnit | "nothing";
  readonly t?: number;
  readonly roundExp?: number;
  /** Endorsed units it claims. Default: what its creator would claim. */
  readonly claims?: readonly DagUnit[];
  /** The whole panorama, in place of what follows from `cites`. */
  readonly panorama?: Panorama;
  /** Does not make the creator leader of its slot. */
  readonly withoutLeading?: boolean;
}

const drawnParams: ConsensusParams = {
  baseRoundMs: 1000,
  maxRoundExp: 4,
  eraMinBlocks: 0,
  eraMinMs: 0,
  weightScale: 1_000_000,
  maxLevel: 20,
  openGapSlots: 0,
  maxValidators: 150,
  // States may be of any shape here; who draws about naivety turns it on.
  lnc: false,
};

const keys: readonly Bytes[] = Array.from({ length: 150 }, (_, i) => keccak256(utf8(`drawn validator ${i}`))).sort(
  (a, b) => (addressOfKey(a) < addressOfKey(b) ? -1 : 1),
);

/** Keys whose addresses ascend: key i is validator i of every drawn committee. */
export function drawnKey(index: number): Bytes {
  return keys[index] as Bytes;
}

/** A real state built by hand: names for validators and blocks, times and leaders that fit by themselves. */
export class DrawnDag {
  readonly names: readonly string[];
  readonly instance: Instance;
  readonly dag: Dag;
  readonly #last = new Map<string, DagUnit>();
  readonly #blocks = new Map<string, BlockNode>();
  readonly #leaders = new Map<Timestamp, number>();

  constructor(weights: Readonly<Record<string, number>>, params: Partial<ConsensusParams>, banned: readonly number[]) {
    this.names = Object.keys(weights);
    const committee = createCommittee(
      this.names.map((name, i) => ({
        signer: addressOfKey(drawnKey(i)),
        weight: weights[name] as number,
        producer: true,
      })),
    );
    this.instance = createInstance({
      chainId: 80401n,
      genesisHash: keccakHash(utf8("drawn")),
      generation: 0,
      era: 0,
      keyBlock: { hash: keccakHash(utf8("key block")), height: 0 },
      eraStart: timestamp(0),
      seed: keccakHash(utf8("seed")),
      committee,
      params: { ...drawnParams, ...params },
      banned,
      leadersUsed: this.#leaders,
    });
    this.dag = new Dag(this.instance);
  }

  index(name: string): number {
    const index = this.names.indexOf(name);
    if (index < 0) throw new Error(`nobody is called ${name}`);
    return index;
  }

  /** Adds a unit; one that breaks a rule fails the test. */
  unit(name: string, drawn: DrawnUnit = {}): DagUnit {
    const signed = this.sign(name, drawn);
    const unit = this.add(signed);
    this.#last.set(name, unit);
    if (drawn.block !== undefined && unit.block !== undefined) this.#blocks.set(drawn.block, unit.block);
    return unit;
  }

  /** The unit as its creator would send it, with parts of its body or of itself replaced before signing. */
  sign(
    name: string,
    drawn: DrawnUnit = {},
    replaced: Partial<WireUnit> = {},
    replacedBody: Partial<UnitBody> = {},
  ): SignedUnit {
    const creator = this.index(name);
    const panorama = drawn.panorama ?? this.#panoramaOf(name, drawn);
    const own = panorama[creator];
    const prev = isCorrect(own) ? own : undefined;
    const roundExp = drawn.roundExp ?? 0;
    const t = timestamp(drawn.t ?? this.#timeOf(panorama, prev, drawn.block !== undefined));
    if (drawn.block !== undefined && !drawn.withoutLeading) {
      this.#leaders.set(roundIdOf(this.instance.params, t, roundExp), creator);
    }
    const observations = replacedBody.observations ?? observationsOf(panorama);
    const hashes = replaced.hashes ?? citedHashes(panorama);
    const body: UnitBody = {
      panoramaRoot: panoramaRoot(observations, hashes),
      observations,
      t,
      roundExp,
      blockHash: drawn.block === undefined ? undefined : keccakHash(utf8(drawn.block)),
      endorsed: endorsedHashes(drawn.claims ?? this.dag.endorsements.claimsFor(panorama)),
      ...replacedBody,
    };
    const seq = prev === undefined ? 0 : prev.seq + 1;
    const content = { instance: this.instance.id, creator, seq, prev: prev?.hash, body, hashes, ...replaced };
    return signUnit(this.instance.domain, content, drawnKey(creator));
  }

  /** All rules, in their order, on a unit that is not added. */
  judge(unit: WireUnit): Check<"valid", UnitRejection | { readonly code: "MissingDependency" }> {
    const checked = checkContent(unit, this.instance);
    if (!checked.ok) return checked;
    const missing = missingDependencies(checked.value, this.dag);
    if (missing.units.length + missing.evidence.length + missing.endorsements.length > 0) {
      return { ok: false, rejection: { code: "MissingDependency" } };
    }
    const valid = checkCitations(checked.value, this.dag);
    return valid.ok ? accept("valid") : valid;
  }

  /** Name of the first rule that a unit breaks, "valid" for none. */
  verdict(name: string, drawn: DrawnUnit = {}, replaced: Partial<WireUnit> = {}, body: Partial<UnitBody> = {}): string {
    const check = this.judge(this.sign(name, drawn, replaced, body));
    return check.ok ? check.value : check.rejection.code;
  }

  add(unit: SignedUnit): DagUnit {
    const checked = checkContent(unit, this.instance);
    if (!checked.ok) throw new Error(`unit breaks rule ${checked.rejection.code}`);
    const valid = checkCitations(checked.value as CheckedUnit, this.dag);
    if (!valid.ok) throw new Error(`unit breaks rule ${valid.rejection.code}`);
    return this.dag.add(valid.value, undefined).unit;
  }

  /** Endorsements of a unit; by default everybody's. */
  endorse(unit: DagUnit, names: readonly string[] = this.names): readonly ConflictingEndorsements[] {
    return names.flatMap((name) => [...this.dag.endorsements.add(this.endorsement(unit, name), unit)]);
  }

  endorsement(unit: DagUnit, name: string): Endorsement {
    const endorser = this.index(name);
    return signEndorsement(this.instance, { endorser, unit: unit.hash, privateKey: drawnKey(endorser) });
  }

  block(name: string): BlockNode {
    const block = this.#blocks.get(name);
    if (block === undefined) throw new Error(`no block ${name}`);
    return block;
  }

  confidence(block: string): Confidence {
    return confidenceIn(this.dag, this.block(block));
  }

  #panoramaOf(name: string, drawn: DrawnUnit): Panorama {
    const own = drawn.after === "nothing" ? undefined : (drawn.after ?? this.#last.get(name));
    const cited = [...(drawn.cites ?? []), ...(own === undefined ? [] : [own])];
    const nothing: Panorama = this.names.map(() => undefined);
    const merged = cited.map(inclusivePanorama).reduce(mergePanoramas, nothing);
    // Whatever the cited units saw of the creator, its own entry is the predecessor it claims.
    return merged.map((seen, i) => (i === this.index(name) ? own : seen));
  }

  /** Soon after everything cited, at most two units a round; a proposal waits for the next slot. */
  #timeOf(panorama: Panorama, prev: DagUnit | undefined, isProposal: boolean): number {
    const latest = Math.max(0, ...panorama.filter(isCorrect).map((unit) => unit.t));
    const { baseRoundMs } = this.instance.params;
    const nextSlot = (Math.floor(latest / baseRoundMs) + 1) * baseRoundMs;
    if (isProposal) return panorama.some(isCorrect) ? nextSlot : 0;
    const soon = latest + 1;
    const round = roundIdOf(this.instance.params, timestamp(soon), 0);
    return prev?.prev?.roundId === round ? nextSlot + 1 : soon;
  }
}

/**
 * A state to draw units in.
 *
 * @param weights validators in committee order
 */
export function drawDag(
  weights: Readonly<Record<string, number>>,
  params: Partial<ConsensusParams> = {},
  banned: readonly number[] = [],
): DrawnDag {
  return new DrawnDag(weights, params, banned);
}
