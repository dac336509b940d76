import { describe, expect, it, test } from "vitest";
import { encodeEndorsement, encodeEvidence, encodeUnit } from "../../src/consensus/index.ts";
import { identifyUnit } from "../../src/consensus/unit.ts";
import { replayInstance } from "../../src/node/replay-core.ts";
import { accept, type Hash, keccakHash } from "../../src/primitives/index.ts";
import { conflictingFinals, fractionFor, type SimulatedNode, Simulation } from "../../src/simulation/index.ts";

interface Unrest {
  /** Validators that live twice. */
  readonly equivocators: number;
  readonly loss?: number;
  readonly maxDelayMs?: number;
}

/** Ten validators, some of whom live twice: every honest one hears one life of each, and of the other from its peers. */
function tenWithEquivocators(seed: number, { equivocators, ...network }: Unrest) {
  const simulation = new Simulation({
    seed,
    weights: new Array(10).fill(1),
    thresholds: [fractionFor(3, 10)],
    params: { maxRoundExp: 2 },
    ...network,
  });
  const first = simulation.nodes.slice(0, equivocators);
  const lives = [first, first.map((node) => simulation.addTwin(node.index))];
  const honest = simulation.nodes.filter((node) => node.index >= equivocators);
  for (const life of lives.flat()) life.links = new Set(honest.map((node) => node.name));
  simulation.startAll();
  simulation.runFor(500);
  lives.forEach((nodes, i) => {
    const heard = new Set(honest.filter((_, j) => j % 2 === i).map((node) => node.name));
    for (const life of nodes) life.links = heard;
  });
  return { simulation, honest };
}

/** Claims in the last unit of each node, as its store has them. */
function claims(simulation: Simulation): number {
  return Math.max(
    ...simulation.nodes.flatMap((node) => node.store.units().map(({ unit }) => unit.body.endorsed.length)),
  );
}

/** What replaying the store of a node from its first unit meets: nothing, if it is complete. */
function replayOf({ instance }: Simulation, { store }: SimulatedNode) {
  const rows = store.signedUnits().map((unit) => {
    const payload = store.payloadOf(unit.hash);
    const { creator, seq } = unit;
    return {
      hash: unit.hash as string as Hash,
      creator,
      seq,
      bytes: encodeUnit(unit),
      ...(payload ? { payload } : {}),
    };
  });
  return replayInstance({
    instance,
    thresholds: [],
    blockIn: (payload) => accept({ hash: keccakHash(payload), parent: instance.keyBlock.hash }),
    reader: {
      instances: () => [],
      units: () => rows,
      unit: (_, hash) => rows.find((row) => row.hash === hash),
      endorsements: () =>
        store.endorsements().map((endorsement) => ({
          unit: endorsement.unit as string as Hash,
          endorser: endorsement.endorser,
          bytes: encodeEndorsement(endorsement),
        })),
      evidence: () => store.evidence.map((evidence) => ({ creator: 0, bytes: encodeEvidence(evidence) })),
      close: () => undefined,
    },
  });
}

describe("the limited naivety criterion in a network with an equivocator", () => {
  test.each([601, 605])("keeps every honest unit valid and the chain growing (I-29, seed %i)", (seed) => {
    const { simulation, honest } = tenWithEquivocators(seed, { equivocators: 1 });
    simulation.runFor(20_000);
    expect([...simulation.equivocators()]).toEqual([0]);
    const before = honest.map((node) => node.finalHeight(3));
    simulation.runFor(30_000);
    honest.forEach((node, i) => {
      expect(node.finalHeight(3)).toBeGreaterThan((before[i] as number) + 20);
    });
    expect(honest.flatMap((node) => node.disconnects)).toEqual([]);
    expect(honest.map((node) => node.faults)).toEqual(honest.map(() => [0]));
    expect(conflictingFinals(simulation)).toEqual([]);
    // Not for nothing: both forks were cited, so units had to be endorsed, and the endorsed ones are claimed.
    expect(new Set(simulation.endorsements.map(({ unit }) => unit)).size).toBeGreaterThan(0);
    expect(claims(simulation)).toBeGreaterThan(0);
    const [one] = honest as [SimulatedNode];
    expect(replayOf(simulation, one)).toMatchObject({ units: one.store.size, faulty: 1, difference: undefined });
  });

  it("bears lost messages", () => {
    const { simulation, honest } = tenWithEquivocators(611, { equivocators: 1, loss: 0.15, maxDelayMs: 400 });
    simulation.runFor(60_000);
    simulation.network.loss = 0;
    simulation.network.maxDelayMs = 60;
    simulation.runFor(15_000);
    const before = honest.map((node) => node.finalHeight(3));
    simulation.runFor(30_000);
    honest.forEach((node, i) => {
      expect(node.finalHeight(3)).toBeGreaterThan((before[i] as number) + 5);
    });
    expect(honest.flatMap((node) => node.disconnects)).toEqual([]);
    expect(conflictingFinals(simulation)).toEqual([]);
  });
});

interface Placed {
  readonly creator: number;
  readonly seq: number;
  readonly prev: string | undefined;
}

/** Every unit that any node has stored. */
function unitsOf(simulation: Simulation): ReadonlyMap<string, Placed> {
  const { domain } = simulation.instance;
  const units = new Map<string, Placed>();
  for (const node of simulation.nodes) {
    for (const { unit } of node.store.units()) {
      const { hash } = identifyUnit(domain, unit);
      units.set(hash, { creator: unit.creator, seq: unit.seq, prev: unit.prev });
    }
  }
  return units;
}

/** True when one of two units of a creator continues the other. */
function areComparable(units: ReadonlyMap<string, Placed>, a: string, b: string): boolean {
  let [upper, lower] = [a, b].sort((x, y) => (units.get(y)?.seq ?? 0) - (units.get(x)?.seq ?? 0)) as [string, string];
  const floor = units.get(lower)?.seq ?? 0;
  for (let at = units.get(upper); at !== undefined && at.seq > floor; at = units.get(upper)) upper = at.prev ?? "";
  return upper === lower;
}

describe("endorsements with f < N/3 equivocators (I-28)", () => {
  test.each([
    { seed: 621, deaths: 0 },
    { seed: 623, deaths: 0.05 },
    { seed: 624, deaths: 0.1 },
  ])("never contradict each other, and few forks get any (seed $seed, deaths $deaths)", ({ seed, deaths }) => {
    const { simulation, honest } = tenWithEquivocators(seed, { equivocators: 3, maxDelayMs: 300 });
    simulation.deathAfterPersist = deaths;
    simulation.runFor(20_000);
    simulation.deathAfterPersist = 0;
    simulation.runFor(5_000);
    const before = honest.map((node) => node.finalHeight(3));
    simulation.runFor(15_000);
    // Nobody has locked itself out, whatever was lost.
    honest.forEach((node, i) => {
      expect(node.finalHeight(3)).toBeGreaterThan((before[i] as number) + 4);
    });
    const endorsers = honest.map((node) => node.index);
    const units = unitsOf(simulation);
    const made = simulation.endorsements.filter(({ endorser }) => endorsers.includes(endorser));
    expect(made.length).toBeGreaterThan(0);
    const contradictions = made.filter((a) =>
      made.some(
        (b) =>
          a.endorser === b.endorser &&
          units.get(a.unit)?.creator === units.get(b.unit)?.creator &&
          !areComparable(units, a.unit, b.unit),
      ),
    );
    expect(contradictions).toEqual([]);

    // Endorsed by more than half: of one creator at most three that do not continue each other.
    const endorsed = [...new Set(made.map(({ unit }) => unit))].filter(
      (unit) => new Set(made.filter((each) => each.unit === unit).map(({ endorser }) => endorser)).size > 5,
    );
    for (let creator = 0; creator < 10; creator++) {
      const lanes: string[] = [];
      for (const unit of endorsed.filter((hash) => units.get(hash)?.creator === creator)) {
        if (!lanes.some((other) => areComparable(units, unit, other))) lanes.push(unit);
      }
      expect(lanes.length).toBeLessThanOrEqual(3);
    }
    // Nobody honest is ever accused (I-9).
    const accused = new Set(honest.flatMap((node) => node.faults));
    for (const index of endorsers) expect(accused.has(index)).toBe(false);
  });
});
