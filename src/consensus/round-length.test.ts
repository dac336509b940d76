import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { drawDag } from "../../test/support/draw-dag.ts";
import { timestamp } from "../primitives/index.ts";
import { afterRounds, RoundLengthController, type RoundLengthState } from "./round-length.ts";

const MAX_EXP = 4;

/** A window with so many failures, all of them at its end. */
function windowOf(successes: number, failures: number): readonly boolean[] {
  return [...new Array<boolean>(successes).fill(true), ...new Array<boolean>(failures).fill(false)];
}

function stateAfter(rounds: readonly boolean[], success: boolean, nextIndex: number, roundExp = 2): RoundLengthState {
  return afterRounds({ roundExp, rounds }, { success, skipped: 0, nextIndex }, MAX_EXP);
}

describe("afterRounds", () => {
  test.each([
    { rule: "29 failures change nothing", rounds: windowOf(0, 28), success: false, nextIndex: 7, roundExp: 2 },
    { rule: "30 failures make rounds longer", rounds: windowOf(0, 29), success: false, nextIndex: 7, roundExp: 3 },
    {
      rule: "failures that left the window are forgotten",
      rounds: windowOf(40, 0),
      success: false,
      nextIndex: 7,
      roundExp: 2,
    },
    {
      rule: "40 rounds with 7 failures make rounds shorter",
      rounds: windowOf(33, 6),
      success: false,
      nextIndex: 80,
      roundExp: 1,
    },
    { rule: "8 failures do not", rounds: windowOf(32, 7), success: false, nextIndex: 80, roundExp: 2 },
    { rule: "a window that is not full does not", rounds: windowOf(38, 0), success: true, nextIndex: 80, roundExp: 2 },
    { rule: "only at multiples of 40 rounds", rounds: windowOf(39, 0), success: true, nextIndex: 81, roundExp: 2 },
  ])("$rule", ({ rounds, success, nextIndex, roundExp }) => {
    expect(stateAfter(rounds, success, nextIndex).roundExp).toBe(roundExp);
  });

  it("forgets the window with every change and stays between 0 and the maximum", () => {
    expect(stateAfter(windowOf(0, 29), false, 7)).toEqual({ roundExp: 3, rounds: [] });
    expect(stateAfter(windowOf(0, 29), false, 7, MAX_EXP)).toMatchObject({ roundExp: MAX_EXP });
    expect(stateAfter(windowOf(39, 0), true, 80)).toEqual({ roundExp: 1, rounds: [] });
    expect(stateAfter(windowOf(39, 0), true, 80, 0)).toMatchObject({ roundExp: 0 });
  });

  it("counts skipped rounds as failed, whatever their number", () => {
    const ended = { success: true, skipped: 1_000_000, nextIndex: 7 };
    expect(afterRounds({ roundExp: 0, rounds: windowOf(40, 0) }, ended, MAX_EXP).roundExp).toBe(1);
    const few = afterRounds({ roundExp: 0, rounds: windowOf(40, 0) }, { ...ended, skipped: 3 }, MAX_EXP);
    expect(few.rounds).toEqual([...windowOf(37, 0), false, false, false]);
  });

  it("moves by at most one and keeps at most 40 rounds, whatever happens", () => {
    const ended = fc.record({ success: fc.boolean(), skipped: fc.nat(100), nextIndex: fc.nat(1000) });
    fc.assert(
      fc.property(fc.array(ended, { maxLength: 200 }), (rounds) => {
        let state: RoundLengthState = { roundExp: 1, rounds: [] };
        for (const each of rounds) {
          const next = afterRounds(state, each, MAX_EXP);
          expect(Math.abs(next.roundExp - state.roundExp)).toBeLessThanOrEqual(1);
          expect(next.roundExp).toBeGreaterThanOrEqual(0);
          expect(next.roundExp).toBeLessThanOrEqual(MAX_EXP);
          expect(next.rounds.length).toBeLessThanOrEqual(40);
          state = next;
        }
      }),
    );
  });
});

describe("RoundLengthController", () => {
  /** A proposal in slot 0 that `voters` of four confirm and attest. */
  function roundWith(voters: readonly string[]) {
    const drawn = drawDag({ alice: 1, bob: 1, carol: 1, dan: 1 });
    const controller = new RoundLengthController(drawn.dag, { roundExp: 0, rounds: [] });
    controller.begin(timestamp(0), 0);
    const proposal = drawn.unit("alice", { block: "A" });
    controller.noteProposal(drawn.block("A"));
    const confirmations = voters.map((name) => drawn.unit(name, { cites: [proposal] }));
    for (const name of ["alice", ...voters]) drawn.unit(name, { cites: confirmations, t: 666 });
    return controller;
  }

  it("calls a round good when a block of it has a level-1 summit of more than half", () => {
    const good = roundWith(["bob", "carol"]);
    good.end(timestamp(1000));
    expect(good.state.rounds).toEqual([true]);
    const bad = roundWith(["bob"]);
    bad.end(timestamp(1000));
    expect(bad.state.rounds).toEqual([false]);
  });

  it("does not count the block of another round", () => {
    const drawn = drawDag({ alice: 1, bob: 1, carol: 1 });
    const controller = new RoundLengthController(drawn.dag, { roundExp: 0, rounds: [] });
    const proposal = drawn.unit("alice", { block: "A" });
    const confirmations = ["bob", "carol"].map((name) => drawn.unit(name, { cites: [proposal] }));
    for (const name of drawn.names) drawn.unit(name, { cites: confirmations, t: 666 });
    controller.begin(timestamp(1000), 0);
    controller.noteProposal(drawn.block("A"));
    controller.end(timestamp(2000));
    expect(controller.state.rounds).toEqual([false]);
  });

  it("does not blame a new length for rounds of the old one", () => {
    const drawn = drawDag({ alice: 1 });
    const controller = new RoundLengthController(drawn.dag, { roundExp: 0, rounds: windowOf(0, 29) });
    controller.begin(timestamp(0), 0);
    controller.end(timestamp(1000));
    expect(controller.state).toEqual({ roundExp: 1, rounds: [] });
    controller.begin(timestamp(1000), 0);
    controller.end(timestamp(2000));
    expect(controller.state).toEqual({ roundExp: 1, rounds: [] });
  });

  it("takes over from an earlier era what this era allows", () => {
    const { dag } = drawDag({ alice: 1 }, { maxRoundExp: 1 });
    const rounds = windowOf(12, 3);
    expect(new RoundLengthController(dag, { roundExp: 1, rounds }).state).toEqual({ roundExp: 1, rounds });
    expect(new RoundLengthController(dag, { roundExp: 3, rounds }).state).toEqual({ roundExp: 1, rounds: [] });
  });
});
