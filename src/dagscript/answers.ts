import {
  type BlockNode,
  type Confidence,
  confidenceIn,
  countVotes,
  type DagUnit,
  forkChoice,
  laneAncestor,
  participationIn,
  recordChain,
  recordRound,
  rewardsForRound,
  signEndorsement,
  skipIndex,
  tallyBranches,
} from "../consensus/index.ts";
import { timestamp } from "../primitives/index.ts";
import { addUnit } from "./add-unit.ts";
import { isStepError, type PlayedState, type StepError } from "./played-state.ts";
import { hashOfId, idOfHash } from "./script-instance.ts";
import type { StepContent } from "./step.ts";

/** A JSON value. */
export type Answer = unknown;

type Answers = {
  readonly [Op in StepContent["op"]]: (state: PlayedState, step: Extract<StepContent, { readonly op: Op }>) => Answer;
};

const answers: Answers = {
  unit: addUnit,
  endorse(state, { unit, by }) {
    const { dag, scripted } = state;
    const hash = hashOfId(unit);
    for (const endorser of by.map((name) => state.position(name))) {
      const privateKey = scripted.keys[endorser] as Uint8Array;
      dag.endorsements.add(signEndorsement(dag.instance, { unit: hash, endorser, privateKey }), dag.unit(hash));
    }
    return dag.endorsements.isEndorsed(hash);
  },
  markFaulty(state, { validator }) {
    state.dag.markFaulty(state.position(validator));
    return null;
  },
  retainEvidenceOnly(state) {
    state.dag.retainEvidenceOnly();
    return null;
  },
  note: () => null,
  forkChoice: (state, { panorama }) =>
    withPanorama(state, panorama, (seen) => state.blockId(forkChoice(seen, state.dag.instance.weights))),
  tallies: (state, { panorama }) =>
    withPanorama(state, panorama, (seen) =>
      tallyBranches(countVotes(seen, state.dag.instance.weights)).map(({ block, votes, branch }) => ({
        height: heightOf(block),
        block: state.blockId(block),
        votes,
        branch,
      })),
    ),
  parent: (state, { block }) => withBlock(state, block, (node) => state.blockId(node.parent)),
  height: (state, { block }) => withBlock(state, block, heightOf),
  isTerminal: (state, { unit }) => withBlock(state, unit, (node) => node.terminal),
  hasUnit: (state, { unit }) => state.unit(unit) !== undefined,
  inSwimlane: (state, { unit, seq }) =>
    withUnit(state, unit, (later) => {
      const earlier = laneAncestor(later, seq);
      return earlier === undefined ? null : idOfHash(earlier.hash);
    }),
  skipIndex: (state, { unit }) => withUnit(state, unit, (later) => skipIndex(later).map(({ hash }) => idOfHash(hash))),
  hasEvidence: (state, { validator }) => state.dag.evidenceAgainst(state.position(validator)) !== undefined,
  faultKind: (state, { validator }) => state.dag.faultKind(state.position(validator)) ?? null,
  faultyWeight: (state) => state.dag.faultyWeight,
  statePanorama: (state) => state.citations(state.dag.latest),
  firstMissingDependency: (state, { panorama }) => state.firstMissing(panorama) ?? null,
  nextFinalized: (state, { detector }) => state.blockId(state.nextFinalized(detector)),
  confidence: (state, { block }) => withBlock(state, block, (node) => confidenceAnswer(confidenceIn(state.dag, node))),
  roundParticipation: (state, { round, validator, panorama }) =>
    withPanorama(state, panorama, (seen) =>
      byName(
        state,
        validator,
        participationIn(state.dag.instance, seen, timestamp(round)).map((part) =>
          part === "unassigned" ? "Unassigned" : part === "no" ? "No" : "Yes",
        ),
      ),
    ),
  rewardFor: (state, { block, validator, panorama }) =>
    withPanorama(state, panorama, (seen) =>
      withBlock(state, block, (node) => {
        const { instance } = state.dag;
        const round = recordRound(instance, seen, state.dag.unit(node.unit) as DagUnit);
        return byName(state, validator, rewardsForRound(instance, round, amountsOf(state)).map(Number));
      }),
    ),
  rewardSum: (state, { validator, panorama }) =>
    withPanorama(state, panorama, (seen) =>
      byName(
        state,
        validator,
        recordChain(state.dag, seen, amountsOf(state)).map(({ reward }) => Number(reward)),
      ),
    ),
};

/** What the real consensus code says to a step. */
export function answerStep<Step extends StepContent>(state: PlayedState, step: Step): Answer {
  const answer = answers[step.op] as (state: PlayedState, step: StepContent) => Answer;
  return answer(state, step);
}

/** Number of ancestors in the era: the era's first block has 0. */
function heightOf(block: BlockNode): number {
  return block.depth - 1;
}

function confidenceAnswer({ strength, quorum, level, maxT, frontier }: Confidence): Answer {
  const { numerator, denominator } = strength;
  return {
    X: denominator === 1 ? String(numerator) : `${numerator}/${denominator}`,
    q: quorum ?? null,
    k: level,
    maxT: maxT ?? null,
    frontier: frontier.map((summit) => ({ k: summit.level, qMax: summit.quorum })),
  };
}

/** One validator's value, or everybody's by name. */
function byName<Value>(state: PlayedState, validator: string | undefined, values: readonly Value[]): Answer {
  if (validator !== undefined) return values[state.position(validator)];
  return Object.fromEntries(values.map((value, i) => [state.nameAt(i), value]));
}

function amountsOf({ script }: PlayedState) {
  return { full: BigInt(script.params.blockReward), reduced: BigInt(script.params.reducedBlockReward) };
}

type CitedList = Parameters<PlayedState["panorama"]>[0];
type SeenPanorama = Exclude<ReturnType<PlayedState["panorama"]>, StepError>;

function withPanorama(state: PlayedState, cites: CitedList, answer: (panorama: SeenPanorama) => Answer): Answer {
  const panorama = state.panorama(cites);
  return isStepError(panorama) ? panorama : answer(panorama);
}

function withBlock(state: PlayedState, id: string, answer: (block: BlockNode) => Answer): Answer {
  const block = state.block(id);
  return block === undefined ? { error: "UNKNOWN_BLOCK", block: id } : answer(block);
}

function withUnit(state: PlayedState, id: string, answer: (unit: DagUnit) => Answer): Answer {
  const unit = state.unit(id);
  return unit === undefined ? { error: "UNKNOWN_UNIT", unit: id } : answer(unit);
}
