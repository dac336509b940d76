import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { drawDag } from "../../test/support/draw-dag.ts";
import { drawRandomDag } from "../../test/support/random-dag.ts";
import { timestamp } from "../primitives/index.ts";
import type { DagUnit } from "./dag-unit.ts";
import { confidenceIn } from "./finality.ts";
import { forkChoice } from "./fork-choice.ts";
import { participationIn, recordChain, recordRound, rewardsForRound } from "./participation.ts";
import { countVotes, tallyBranches } from "./vote-tally.ts";

const amounts = { full: 1000n, reduced: 100n };

/** Three of four confirm and witness the block of the round at 0; dave is silent. */
function oneRound() {
  const drawn = drawDag({ alice: 4, bob: 3, carol: 2, dave: 1 });
  const a0 = drawn.unit("alice", { block: "X" });
  const b0 = drawn.unit("bob", { cites: [a0] });
  const c0 = drawn.unit("carol", { cites: [a0] });
  return { drawn, a0, b0, c0 };
}

describe("rewards of a round", () => {
  it("grow with the quorum that a validator is part of, and with its weight", () => {
    const { drawn, a0, b0, c0 } = oneRound();
    drawn.unit("alice", { cites: [b0, c0] });
    drawn.unit("bob", { cites: [c0] });
    const round = recordRound(drawn.instance, drawn.dag.latest, a0);
    expect(round.assignedWeight).toBe(10);
    // carol has seen alice and herself, 6; without her the others have seen 7 of each other.
    expect(round.quorums).toEqual([7, 7, 6, 0]);
    expect(rewardsForRound(drawn.instance, round, amounts)).toEqual([280n, 210n, 120n, 0n]);
  });

  it("are reduced where the quorum is not more than half and all that is faulty", () => {
    const { drawn, a0 } = oneRound();
    const round = { participation: [], assignedWeight: 10, quorums: [6, 5, 6, 0], faultyWeight: 0 };
    expect(rewardsForRound(drawn.instance, round, amounts)).toEqual([240n, 15n, 120n, 0n]);
    expect(rewardsForRound(drawn.instance, { ...round, faultyWeight: 1 }, amounts)).toEqual([24n, 15n, 12n, 0n]);
    expect(recordRound(drawn.instance, a0.panorama, a0).quorums).toEqual([0, 0, 0, 0]);
  });

  it("ask nothing of whoever has longer rounds or is faulty", () => {
    const { drawn, a0 } = oneRound();
    const d0 = drawn.unit("dave", { cites: [a0], roundExp: 1, t: 500 });
    drawn.unit("dave", { cites: [a0], after: d0, roundExp: 1, t: 1600 });
    const at = (round: number) =>
      participationIn(drawn.instance, drawn.dag.latest, timestamp(round)).map((part) =>
        typeof part === "object" ? part.seq : part,
      );
    expect(at(0)).toEqual([0, 0, 0, 1]);
    expect(at(1000)).toEqual(["no", "no", "no", "unassigned"]);
    expect(at(2000)).toEqual(["no", "no", "no", "no"]);
    drawn.unit("bob", { after: "nothing", cites: [a0], t: 600 });
    expect(at(0)).toEqual([0, "unassigned", 0, 1]);
  });
});

describe("over any DAG", () => {
  const dag = fc.record({ seed: fc.integer({ min: 1, max: 1e6 }), units: fc.integer({ min: 5, max: 60 }) });
  const draw = (options: { seed: number; units: number }) =>
    drawRandomDag({ ...options, weights: [3, 1, 2, 2], equivocators: [1] });

  it("a round pays no more than its block's reward, and a whole chain no more than its blocks'", () => {
    fc.assert(
      fc.property(dag, (options) => {
        const { drawn } = draw(options);
        const { dag: state, instance } = drawn;
        const records = recordChain(state, state.latest, amounts);
        const blocks = forkChoice(state.latest, instance.weights)?.depth ?? 0;
        const paid = records.reduce((sum, { reward }) => sum + reward, 0n);
        expect(paid).toBeLessThanOrEqual(amounts.full * BigInt(blocks));
        for (const { assigned, participated } of records) {
          expect(participated).toBeLessThanOrEqual(assigned);
          expect(assigned).toBeLessThanOrEqual(blocks);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("a quorum within the round is no greater than the block's own best of level 1", () => {
    fc.assert(
      fc.property(dag, (options) => {
        const { drawn } = draw(options);
        for (const unit of drawn.dag.order) {
          if (unit.block === undefined) continue;
          const { frontier } = confidenceIn(drawn.dag, unit.block);
          const { quorums } = recordRound(drawn.instance, drawn.dag.latest, unit);
          const half = drawn.instance.committee.total / 2;
          const best = Math.max(...quorums);
          if (best > half) expect(frontier[0]?.quorum).toBeGreaterThanOrEqual(best);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("depends on the panorama alone: units that come later change nothing", () => {
    fc.assert(
      fc.property(dag, (options) => {
        const { drawn, units } = draw(options);
        const probe = units[Math.floor(units.length / 2)] as DagUnit;
        const early = drawRandomDag({
          seed: options.seed,
          units: probe.position + 1,
          weights: [3, 1, 2, 2],
          equivocators: [1],
        });
        const same = early.drawn.dag.unit(probe.hash) as DagUnit;
        expect(recordChain(drawn.dag, probe.panorama, amounts)).toEqual(
          recordChain(early.drawn.dag, same.panorama, amounts),
        );
      }),
      { numRuns: 40 },
    );
  });

  it("the fork choice is where the heaviest branches of the tally lead", () => {
    fc.assert(
      fc.property(dag, (options) => {
        const { drawn } = draw(options);
        const tallies = tallyBranches(countVotes(drawn.dag.latest, drawn.instance.weights));
        let at: (typeof tallies)[number] | undefined;
        for (;;) {
          const next = tallies.find(({ block }) => block.parent === at?.block);
          if (next === undefined) break;
          at = next;
        }
        expect(at?.block).toBe(forkChoice(drawn.dag.latest, drawn.instance.weights));
      }),
      { numRuns: 60 },
    );
  });
});

describe("faults of the era before", () => {
  it("silence a validator without evidence here, and count its weight once", () => {
    const { drawn } = oneRound();
    drawn.dag.markFaulty(1);
    drawn.dag.markFaulty(1);
    expect([drawn.dag.faultKind(1), drawn.dag.faultyWeight, drawn.dag.latest[1]]).toEqual(["Indirect", 3, "faulty"]);
    drawn.dag.retainEvidenceOnly();
    expect(drawn.dag.latest).toEqual([undefined, "faulty", undefined, undefined]);
    expect(drawn.dag.head()).toBeUndefined();
  });
});
