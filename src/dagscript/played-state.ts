import {
  ancestorAtDepth,
  type BlockNode,
  type CheckedUnit,
  Dag,
  type DagUnit,
  FinalityDetector,
  missingDependencies,
  type Observation,
  type Panorama,
  SEEN_FAULTY,
  SEEN_NOTHING,
  type UnitHash,
} from "../consensus/index.ts";
import type { Script } from "./parse-script.ts";
import { hashOfId, idOfHash, type ScriptedInstance, scriptedInstance } from "./script-instance.ts";
import type { CitedId } from "./script-reader.ts";

/** Answers that are no answer, with the names of section 6 or of docs/protocol/playing-with-the-dag.md. */
export interface StepError {
  readonly error: string;
  readonly validator?: string;
  readonly unit?: string;
  readonly block?: string;
}

/** What must be in the state before a citation list means anything. */
export type MissingDependency =
  | { readonly unit: string }
  | { readonly evidence: string }
  | { readonly endorsement: string };

/** The consensus state that a script is played into, with the script's names for everything. */
export class PlayedState {
  readonly script: Script;
  readonly scripted: ScriptedInstance;
  readonly dag: Dag;
  readonly #names: readonly string[];
  readonly #detectors: ReadonlyMap<string, FinalityDetector>;

  constructor(script: Script) {
    this.script = script;
    this.scripted = scriptedInstance(script);
    this.dag = new Dag(this.scripted.instance);
    this.#names = script.validators.map(({ name }) => name);
    const { total } = this.scripted.instance.committee;
    this.#detectors = new Map(
      // "At least this share must equivocate": one more than the weight that may.
      [...script.detectors].map(([name, t]) => [name, new FinalityDetector(this.dag, [(t + 1) / total])]),
    );
  }

  /** Position of a validator; -1 for a name that nobody has. */
  position(name: string): number {
    return this.#names.indexOf(name);
  }

  nameAt(position: number): string {
    return this.#names[position] as string;
  }

  unit(id: string): DagUnit | undefined {
    return this.dag.unit(hashOfId(id));
  }

  block(id: string): BlockNode | undefined {
    return this.dag.block(hashOfId(id));
  }

  blockId(block: BlockNode | undefined): string | null {
    return block === undefined ? null : idOfHash(block.unit);
  }

  citations(panorama: Panorama): readonly (string | null)[] {
    return panorama.map((seen) => (seen === undefined ? null : seen === "faulty" ? "F" : idOfHash(seen.hash)));
  }

  /** As a unit's body writes them; a unit that is not here counts as somebody's first. */
  observations(cites: readonly CitedId[]): readonly number[] {
    return cites.map((cited) => {
      if (cited === undefined) return SEEN_NOTHING;
      return cited === "faulty" ? SEEN_FAULTY : (this.unit(cited.id)?.seq ?? 0) + 2;
    });
  }

  /** Units first, in the order of validators, then evidence (KoMaBFT spec 15). */
  firstMissing(cites: readonly CitedId[], endorsed: readonly UnitHash[] = []): MissingDependency | undefined {
    const hashes = cites.flatMap((cited) => (typeof cited === "object" ? [hashOfId(cited.id)] : []));
    const asked = { hashes, body: { observations: this.observations(cites), endorsed } };
    const { units, evidence, endorsements } = missingDependencies(asked as unknown as CheckedUnit, this.dag);
    if (units[0] !== undefined) return { unit: idOfHash(units[0].hash) };
    if (evidence[0] !== undefined) return { evidence: this.nameAt(evidence[0]) };
    return endorsements[0] === undefined ? undefined : { endorsement: idOfHash(endorsements[0]) };
  }

  /** The panorama of a citation list, by default that of the state; what it lacks otherwise. */
  panorama(cites: readonly CitedId[] | undefined): Panorama | StepError {
    if (cites === undefined) return this.dag.latest;
    if (cites.length !== this.dag.instance.size) return { error: "PanoramaLength" };
    // Only units: a question may suppose that somebody is faulty.
    const missing = this.firstMissing(cites.map((cited) => (cited === "faulty" ? undefined : cited)));
    if (missing !== undefined) return missingError(missing);
    return cites.map((cited): Observation => (typeof cited === "object" ? this.unit(cited.id) : cited));
  }

  /** The next block that is final for a detector; undefined: none. */
  nextFinalized(name: string): BlockNode | undefined {
    const detector = this.#detectors.get(name) as FinalityDetector;
    detector.newlyViolated();
    const last = detector.status()[0]?.last;
    const head = this.dag.head();
    // One block at a time: the detector is shown the head's branch only up to its next candidate.
    const candidate = head && ancestorAtDepth(head, Math.min(head.depth, (last?.depth ?? 0) + 1));
    return detector.advance(candidate)[0]?.block;
  }
}

export function missingError(missing: MissingDependency): StepError {
  if ("evidence" in missing) return { error: "MissingDependency", validator: missing.evidence };
  return { error: "MissingDependency", unit: "unit" in missing ? missing.unit : missing.endorsement };
}

export function isStepError(answer: object): answer is StepError {
  return "error" in answer;
}
