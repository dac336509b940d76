import { describe, expect, test } from "vitest";
import {
  brokenInvariants,
  deviators,
  type Fault,
  fractionFor,
  judgeSafety,
  Simulation,
} from "../../src/simulation/index.ts";

const N = 7;
const T = 2;
/** Faults are in force from here … */
const FROM = 4_000;
/** … to here, where they end. */
const UNTIL = 12_000;
const END = 24_000;

function run(faults: readonly Fault[], seed = 1): Simulation {
  const simulation = new Simulation({
    seed,
    weights: new Array(N).fill(1),
    thresholds: [fractionFor(0, N), fractionFor(1, N), fractionFor(T, N)],
    faults,
  });
  simulation.startAll();
  simulation.runFor(END);
  return simulation;
}

interface Row {
  readonly name: string;
  readonly faults: readonly Fault[];
  /** What shows that the fault was there. */
  readonly shows: (simulation: Simulation) => boolean;
}

const during = { from: FROM, until: UNTIL };
const two = { validators: [0, 1], ...during };

const height = (simulation: Simulation, name: string) => simulation.node(name).finalHeight(T);
const reasons = (simulation: Simulation) =>
  simulation.nodes.flatMap((node) => node.disconnects.map(({ reason }) => reason.code));
const blocksBy = (simulation: Simulation, creator: number) =>
  simulation
    .node("v6")
    .finalsAt(0)
    .filter(({ block }) => block.creator === creator);
const latest = (simulation: Simulation, atLeastMs: number) =>
  simulation
    .node("v6")
    .finalsAt(T)
    .some(({ block, at }) => at - block.t >= atLeastMs);

const rows: readonly Row[] = [
  { name: "crash, from the disk", faults: [{ kind: "crash", ...two }], shows: (s) => s.node("v0").crashes === 1 },
  {
    name: "crash, for ever",
    faults: [{ kind: "crash", validators: [0], from: FROM }],
    shows: (s) => !s.node("v0").alive,
  },
  {
    name: "amnesia: crash, with an empty disk",
    faults: [{ kind: "crash", store: "lost", validators: [1], ...during }],
    shows: (s) => s.node("v1").core.status(s.node("v1").now).stopped && s.equivocators().size === 0,
  },
  {
    name: "crash between storing and sending",
    faults: [{ kind: "crashAfterPersist", chance: 0.5, ...two }],
    shows: (s) => s.node("v0").crashes > 1,
  },
  {
    name: "clock skew",
    faults: [{ kind: "clockSkew", aheadMs: 300, ...two }],
    shows: (s) => s.node("v0").skewMs === 0,
  },
  {
    name: "clock that jumps ahead and back",
    faults: [
      { kind: "clockJump", validators: [2], byMs: 30_000, from: FROM },
      { kind: "clockJump", validators: [2], byMs: -30_000, from: FROM + 2_000 },
    ],
    shows: (s) => s.node("v2").skewMs === 0,
  },
  {
    name: "slow executor",
    faults: [{ kind: "slowExecutor", executeMs: 2_500, ...two }],
    shows: (s) => s.node("v0").executeMs === 20 && latest(s, 1_000),
  },
  { name: "mute for a time", faults: [{ kind: "mute", ...two }], shows: (s) => !s.node("v0").mute && latest(s, 1_000) },
  {
    name: "mute for ever",
    faults: [{ kind: "mute", validators: [0, 1], from: FROM }],
    shows: (s) => s.node("v0").mute,
  },
  {
    name: "equivocation, both copies to all",
    faults: [{ kind: "equivocate", to: "all", validators: [0, 1], from: FROM }],
    shows: (s) => s.equivocators().size === 2 && s.node("v6").faults.length === 2,
  },
  {
    name: "equivocation, disjoint halves",
    faults: [{ kind: "equivocate", to: "halves", validators: [3], from: FROM }],
    shows: (s) => s.node("v6").faults.includes(3) && s.equivocators().has(3),
  },
  {
    name: "equivocating leader, both blocks to all",
    faults: [{ kind: "equivocatingLeader", to: "all", validators: [0, 1], ...during }],
    shows: (s) => s.equivocators().size > 0,
  },
  {
    name: "equivocating leader, one block to each half",
    faults: [{ kind: "equivocatingLeader", to: "halves", validators: [0, 1], ...during }],
    shows: (s) => s.equivocators().size > 0,
  },
  {
    name: "invalid block",
    faults: [{ kind: "invalidBlock", ...two }],
    shows: (s) => reasons(s).includes("InvalidBlock"),
  },
  {
    name: "withheld block body",
    faults: [{ kind: "withholdBody", validators: [0, 1], from: FROM }],
    shows: (s) => blocksBy(s, 0).every(({ block }) => block.t < s.now - END + FROM + 1_000),
  },
  {
    name: "withheld dependencies",
    faults: [{ kind: "withholdDependencies", ...two }],
    shows: (s) => latest(s, 1_000),
  },
  {
    name: "doppelgänger",
    faults: [{ kind: "doppelganger", validators: [4], ...during }],
    shows: (s) =>
      [s.node("v4"), ...s.twinsOf(s.node("v4"))].some(({ alarms }) =>
        alarms.some(({ cause }) => cause === "doppelganger"),
      ),
  },
  {
    name: "fork bomb",
    faults: [{ kind: "forkBomb", validators: [0, 1], from: FROM }],
    shows: (s) => s.node("v6").faults.length === 2,
  },
  {
    name: "endorsement flood",
    faults: [{ kind: "endorsementFlood", perSecond: 100, ...two }],
    // Of one lane any two units are comparable: so much that nobody asked for, and nothing to accuse anybody of.
    shows: (s) => s.node("v6").store.endorsements().length > 100 && reasons(s).length === 0,
  },
  {
    name: "endorsement flood over the forks of an equivocator",
    faults: [
      { kind: "equivocate", to: "halves", validators: [0], from: FROM },
      { kind: "endorsementFlood", perSecond: 100, validators: [1], from: FROM },
    ],
    // Who endorses both forks has broken a rule of its own (E2).
    shows: (s) => [0, 1].every((i) => s.node("v6").faults.includes(i)),
  },
  {
    name: "garbage peer",
    faults: [{ kind: "garbage", perSecond: 100, ...two }],
    shows: (s) => s.node("v0").garbage !== undefined,
  },
  {
    name: "delay up to Δ",
    faults: [{ kind: "delay", minMs: 100, maxMs: 150, ...during }],
    shows: (s) => latest(s, 750),
  },
  {
    name: "delay beyond Δ",
    faults: [{ kind: "delay", minMs: 600, maxMs: 2_500, ...during }],
    shows: (s) => latest(s, 2_000),
  },
  { name: "drop", faults: [{ kind: "drop", share: 0.4, ...during }], shows: (s) => latest(s, 1_000) },
  { name: "duplicate", faults: [{ kind: "duplicate", share: 0.5, ...during }], shows: (s) => height(s, "v6") > 15 },
  {
    name: "reorder",
    faults: [{ kind: "reorder", share: 0.3, byMs: 700, ...during }],
    shows: (s) => latest(s, 1_000),
  },
  {
    name: "one-way links",
    faults: [{ kind: "oneWay", senders: [0, 1, 2, 3], receivers: [4, 5, 6], ...during }],
    shows: (s) => latest(s, UNTIL - FROM - 3_000),
  },
  {
    name: "partition",
    faults: [
      {
        kind: "partition",
        groups: [
          [0, 1, 2, 3],
          [4, 5, 6],
        ],
        ...during,
      },
    ],
    shows: (s) => latest(s, UNTIL - FROM - 3_000),
  },
  {
    name: "targeted denial of service that follows the leader",
    faults: [{ kind: "ddos", byMs: 1_500, everyMs: 1_000, ...during }],
    shows: (s) => latest(s, 1_000),
  },
];

describe("a network of seven at t = 2 bears, and goes on after", () => {
  test.each(rows)("$name", ({ faults, shows }) => {
    const simulation = run(faults);
    const { byzantine, crashed } = deviators(faults);
    expect(shows(simulation)).toBe(true);
    expect(brokenInvariants(simulation, byzantine)).toEqual([]);
    const gone = new Set([...byzantine, ...crashed]);
    const stopped = simulation.nodes.filter(
      (node) => !gone.has(node.index) && node.alive && node.core.status(node.now).stopped,
    ).length;
    for (const node of simulation.nodes.filter(({ index }) => !gone.has(index))) {
      const after = node
        .finalsAt(gone.size + stopped > T ? 0 : T)
        .filter(({ block }) => block.t > simulation.now - 8_000);
      expect(after.length).toBeGreaterThan(2);
    }
  });

  test("several of these at once", () => {
    const faults: Fault[] = [
      { kind: "equivocate", to: "halves", validators: [0], from: FROM },
      { kind: "garbage", perSecond: 50, validators: [1], from: FROM },
      { kind: "crashAfterPersist", chance: 0.3, validators: [2, 3], ...during },
      { kind: "reorder", share: 0.2, byMs: 500, ...during },
      { kind: "duplicate", share: 0.2, ...during },
      { kind: "clockSkew", aheadMs: -60, validators: [4], from: FROM },
      {
        kind: "partition",
        groups: [
          [0, 1, 2],
          [3, 4, 5, 6],
        ],
        from: FROM,
        until: FROM + 3_000,
      },
    ];
    const simulation = run(faults, 7);
    expect(brokenInvariants(simulation, deviators(faults).byzantine)).toEqual([]);
    expect(
      simulation
        .node("v6")
        .finalsAt(T)
        .some(({ block }) => block.t > simulation.now - 6_000),
    ).toBe(true);
  });
});

describe("validators with two lives across a partition", () => {
  const groups = [
    [0, 1, 4, 5],
    [2, 3, 6],
  ] as const;
  const split = { groups, from: FROM, until: UNTIL };

  test.each([
    { liars: [0, 1, 2, 3], note: "more than t = 2: blocks compete there" },
    { liars: [0, 2], note: "exactly t = 2: none compete there, though they do at t = 0" },
  ])("I-1 that weigh $note", ({ liars }) => {
    const faults: Fault[] = [
      { kind: "partition", ...split },
      { kind: "twoLives", validators: liars, ...split },
    ];
    const simulation = run(faults);
    const { safe, equivocating, conflicts } = judgeSafety(simulation);
    expect(equivocating).toBe(liars.length);
    expect(conflicts.some(({ threshold }) => threshold === T)).toBe(liars.length > T);
    expect(conflicts.length).toBeGreaterThan(0);
    expect(safe).toBe(true);
    expect(brokenInvariants(simulation, new Set(liars))).toEqual([]);
    // Both sides meet again: every honest node knows all of them.
    for (const name of ["v4", "v5", "v6"]) expect([...simulation.node(name).faults].sort()).toEqual(liars);
  });
});

describe("a seed", () => {
  test("and its faults give the same run twice, message by message", () => {
    const faults: Fault[] = [
      { kind: "equivocate", to: "all", validators: [0], from: FROM },
      { kind: "crashAfterPersist", chance: 0.3, validators: [2, 3], ...during },
      { kind: "garbage", perSecond: 30, validators: [1], ...during },
      { kind: "reorder", share: 0.2, byMs: 500, ...during },
    ];
    const digest = run(faults, 11).digest();
    expect(run(faults, 11).digest()).toBe(digest);
    expect(run(faults, 12).digest()).not.toBe(digest);
  });
});
