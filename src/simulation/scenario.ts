import { type Disturbance, drawDisturbance } from "./disturbance.ts";
import type { ByzantineFault, Fault } from "./fault.ts";
import { createPrng, type Prng } from "./prng.ts";
import { drawStakes, joinersOf } from "./stake-draw.ts";
import type { StakeChange } from "./stakes.ts";
import { planWeights, type WeightPlan } from "./weights.ts";

/** What a Byzantine validator of a drawn scenario may do. */
export type Misdeed = ByzantineFault["kind"];

export const misdeeds: readonly Misdeed[] = [
  "mute",
  "equivocate",
  "twoLives",
  "twoFinalities",
  "equivocatingLeader",
  "invalidBlock",
  "withholdBody",
  "withholdDependencies",
  "doppelganger",
  "forkBomb",
  "endorsementFlood",
  "garbage",
];

/** What is known of a run before its seed is drawn. Plain data. */
export interface ScenarioPlan {
  readonly validators: number;
  /** So many lead; they are the first ones. */
  readonly producers: number;
  readonly weights: WeightPlan;
  /** Fractions of the weight, one for every final that is watched. */
  readonly thresholds: readonly number[];
  readonly durationMs: number;
  /** Δ: the greatest delay of a message. */
  readonly delayMs: number;
  readonly loss: number;
  /** Validators that break the rules, drawn by the seed. */
  readonly byzantine: number;
  /** What they may do; each does one of them. */
  readonly misdeeds: readonly Misdeed[];
  /** Validators that die for good. */
  readonly crash: number;
  /** Kill -9s of honest validators that come back, each between storing and sending. */
  readonly restart: number;
  /** How long the network is split; 0: not at all. */
  readonly partitionMs: number;
  /** What else befalls machines and network in the first half, each once. */
  readonly disturbances: readonly Disturbance[];
  /** The run is over when everybody is through so many eras; 0: it is one era without end. */
  readonly eras: number;
  /** Least number of blocks of an era. */
  readonly eraBlocks: number;
}

/** One run in all its parts. */
export interface Scenario {
  readonly seed: number;
  readonly plan: ScenarioPlan;
  /** Stakes at the start; those who join later have 0. */
  readonly weights: readonly number[];
  /** Undefined in a run of one era. */
  readonly stakes: readonly StakeChange[] | undefined;
  readonly faults: readonly Fault[];
  /** From then on only those are missing who never come back: what was split or lost is mended. */
  readonly calmAfterMs: number;
}

/** Nothing goes wrong in the first seconds: a network that never began shows nothing. */
const QUIET_MS = 3_000;
/** How long a disturbance lasts, at most. */
const DISTURBANCE_MS = 6_000;
const GARBAGE_PER_SECOND = 20;
const ENDORSEMENTS_PER_SECOND = 50;

/** Draws who fails, how and when; the same seed draws the same. */
export function drawScenario(plan: ScenarioPlan, seed: number): Scenario {
  const prng = createPrng(seed ^ 0x5eed);
  const calmAfterMs = Math.max(QUIET_MS, Math.floor(plan.durationMs / 2));
  const order = shuffled(
    Array.from({ length: plan.validators }, (_, i) => i),
    prng,
  );
  const byzantine = order.slice(0, plan.byzantine);
  const crashed = order.slice(plan.byzantine, plan.byzantine + plan.crash);
  const others = order.slice(plan.byzantine + plan.crash);
  const moment = () => prng.between(QUIET_MS, calmAfterMs);
  const split = plan.partitionMs > 0 ? drawSplit(plan, order, calmAfterMs, prng) : undefined;
  // Nobody says how an era ended that has no end.
  const possible = plan.eras > 0 ? plan.misdeeds : plan.misdeeds.filter((misdeed) => misdeed !== "twoFinalities");
  const faults: Fault[] = together(
    byzantine.flatMap((index) => misdeedOf(prng.pick(possible), index, { from: moment(), until: calmAfterMs }, split)),
  );
  for (const index of crashed) faults.push({ kind: "crash", validators: [index], from: moment() });
  for (let i = 0; i < plan.restart; i++) {
    const index = prng.pick(others);
    const from = moment();
    if (index === undefined) break;
    faults.push({ kind: "crashAfterPersist", validators: [index], chance: 1, from, until: from + 700 });
  }
  if (plan.loss > 0) faults.push({ kind: "drop", share: plan.loss, from: 0, until: calmAfterMs });
  if (split !== undefined) faults.push(split);
  for (const kind of others.length > 0 ? plan.disturbances : []) {
    const from = prng.between(QUIET_MS, Math.max(QUIET_MS, calmAfterMs - DISTURBANCE_MS));
    const until = Math.min(calmAfterMs, from + DISTURBANCE_MS);
    faults.push(...drawDisturbance(kind, others, { from, until }, prng));
  }
  const weights = planWeights(plan.weights, plan.validators);
  if (plan.eras === 0) return { seed, plan, weights, stakes: undefined, faults, calmAfterMs };
  const stakes = drawStakes(weights, others, { from: 0, until: calmAfterMs }, prng);
  const joining = new Array<number>(joinersOf(plan.validators)).fill(0);
  return { seed, plan, weights: [...weights, ...joining], stakes, faults, calmAfterMs };
}

/** Conspirators throw one bomb: each forks on what the one before made. */
function together(faults: readonly Fault[]): Fault[] {
  const bombs = faults.filter((fault) => fault.kind === "forkBomb");
  const [first] = bombs;
  if (first === undefined) return [...faults];
  const validators = bombs.flatMap((bomb) => bomb.validators);
  return [...faults.filter((fault) => fault.kind !== "forkBomb"), { ...first, validators }];
}

type Split = Extract<Fault, { kind: "partition" }> & {
  readonly groups: readonly [readonly number[], readonly number[]];
};

/** Two groups of any size; the Byzantine ones, first in the order, may stand on either side. */
function drawSplit(plan: ScenarioPlan, order: readonly number[], calmAfterMs: number, prng: Prng): Split {
  const from = prng.between(QUIET_MS, Math.max(QUIET_MS, calmAfterMs - plan.partitionMs));
  const mixed = shuffled(order, prng);
  const cut = prng.between(1, Math.max(1, plan.validators - 1));
  const until = Math.min(calmAfterMs, from + plan.partitionMs);
  return { kind: "partition", groups: [mixed.slice(0, cut), mixed.slice(cut)], from, until };
}

function misdeedOf(
  misdeed: Misdeed | undefined,
  index: number,
  { from, until }: { readonly from: number; readonly until: number },
  split: Split | undefined,
): readonly Fault[] {
  const validators = [index];
  switch (misdeed) {
    case undefined:
      return [];
    case "twoLives": {
      if (split === undefined) return [{ kind: "equivocate", to: "halves", validators, from }];
      const { groups } = split;
      return [{ kind: misdeed, validators, groups, from: split.from, until: split.until ?? until }];
    }
    case "mute":
      // For a time, or for ever.
      return [{ kind: misdeed, validators, from, ...(from % 2 === 0 ? { until } : {}) }];
    case "doppelganger":
      return [{ kind: misdeed, validators, from, until }];
    case "equivocate":
    case "equivocatingLeader":
      return [{ kind: misdeed, to: from % 2 === 0 ? "all" : "halves", validators, from }];
    case "endorsementFlood":
      return [{ kind: misdeed, validators, from, perSecond: ENDORSEMENTS_PER_SECOND }];
    case "garbage":
      return [{ kind: misdeed, validators, from, perSecond: GARBAGE_PER_SECOND }];
    default:
      return [{ kind: misdeed, validators, from }];
  }
}

function shuffled(items: readonly number[], prng: Prng): readonly number[] {
  const left = [...items];
  return items.map(() => left.splice(prng.between(0, left.length - 1), 1)[0] as number);
}
