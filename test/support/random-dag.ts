import type { DagUnit } from "../../src/consensus/dag-unit.ts";
import type { ConsensusParams } from "../../src/consensus/instance.ts";
import type { SignedUnit } from "../../src/consensus/unit.ts";
import { type DrawnDag, type DrawnUnit, drawDag } from "./draw-dag.ts";
import { createPrng, type Prng } from "./prng.ts";

export interface RandomDagOptions {
  readonly seed: number;
  readonly units: number;
  readonly weights: readonly number[];
  /** Validators that fork now and then. */
  readonly equivocators?: readonly number[];
  readonly params?: Partial<ConsensusParams>;
  /** Chance that some unit is endorsed by everybody after one was added; needs `params.lnc`. */
  readonly endorsing?: number;
  /** Sees every unit that was drawn before it is added; one that breaks a rule is left out. */
  readonly onDrawn?: (unit: SignedUnit, drawn: DrawnDag) => void;
}

/** With naivety not every unit is valid: after so many tries for each the state stays smaller than asked for. */
const TRIES_PER_UNIT = 20;

/** A valid state of random shape: late citations, blocks on several branches, forks by those who are asked to. */
export function drawRandomDag(options: RandomDagOptions): { readonly drawn: DrawnDag; readonly units: DagUnit[] } {
  const prng = createPrng(options.seed);
  const names = options.weights.map((_, i) => `v${i}`);
  const drawn = drawDag(
    Object.fromEntries(names.map((name, i) => [name, options.weights[i] as number])),
    options.params,
  );
  const units: DagUnit[] = [];
  let blocks = 0;
  let slot = 0;
  const place = (name: string, spec: DrawnUnit): void => {
    const signed = drawn.sign(name, spec);
    options.onDrawn?.(signed, drawn);
    if (options.params?.lnc && !drawn.judge(signed).ok) return;
    units.push(drawn.unit(name, spec));
    if (prng.next() < (options.endorsing ?? 0)) drawn.endorse(prng.pick(units.slice(-6)) as DagUnit);
  };
  for (let tries = 0; units.length < options.units && tries < TRIES_PER_UNIT * options.units; tries++) {
    const creator = prng.between(0, names.length - 1);
    const forks = options.equivocators?.includes(creator) === true && prng.next() < 0.3;
    const own = units.filter((unit) => unit.creator === creator);
    const after = forks ? (prng.pick(own) ?? "nothing") : (own.findLast((unit) => !isForked(unit, own)) ?? "nothing");
    const cites = somePeers(prng, units, creator, names.length, after);
    const isProposal = cites.length === 0 ? after === "nothing" : prng.next() < 0.15;
    if (!isProposal && cites.length === 0) continue;
    const time = Math.max(0, ...cites.map((unit) => unit.t), after === "nothing" ? 0 : after.t);
    if (isProposal) {
      slot = Math.max(slot + 1000, Math.floor(time / 1000) * 1000 + 1000);
      place(names[creator] as string, { cites, after, block: `B${blocks++}`, t: slot });
    } else {
      // Forks with the same citations still differ in their time.
      const soon = time + 1 + units.length;
      const round = Math.floor(soon / 1000) * 1000;
      const isThird = after !== "nothing" && after.prev?.roundId === round;
      place(names[creator] as string, { cites, after, t: isThird ? soon + 1000 : soon });
    }
  }
  return { drawn, units };
}

function isForked(unit: DagUnit, own: readonly DagUnit[]): boolean {
  return own.some((other) => other.prev === unit);
}

/** Units of others, not always the latest; none that saw a later unit of the creator than the one it goes on from. */
function somePeers(
  prng: Prng,
  units: readonly DagUnit[],
  creator: number,
  size: number,
  after: DagUnit | "nothing",
): readonly DagUnit[] {
  const cites: DagUnit[] = [];
  for (let i = 0; i < size; i++) {
    if (i === creator || prng.next() < 0.3) continue;
    const recent = units.filter((unit) => unit.creator === i).slice(-3);
    const pick = prng.pick(prng.next() < 0.7 ? recent.slice(-1) : recent);
    if (pick === undefined) continue;
    const seen = pick.panorama[creator];
    const fits =
      seen === undefined ||
      (seen !== "faulty" && after !== "nothing" && seen.seq <= after.seq && ownPast(after).includes(seen));
    if (fits) cites.push(pick);
  }
  return cites;
}

function ownPast(unit: DagUnit): readonly DagUnit[] {
  const past: DagUnit[] = [];
  for (let at: DagUnit | undefined = unit; at !== undefined; at = at.prev) past.push(at);
  return past;
}
