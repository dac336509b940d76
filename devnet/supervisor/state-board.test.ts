import { describe, expect, it } from "vitest";
import { resolveNetwork } from "../network-request.ts";
import { planDevnet } from "../plan.ts";
import type { NodeView } from "../state.ts";
import { StateBoard } from "./state-board.ts";

const plan = planDevnet(resolveNetwork({ validators: 2 }));
const signers = plan.nodes.map(({ signer }) => signer);

function node(name: string, height: number, finalized: number, state: NodeView["state"] = "ready"): NodeView {
  return { name, state, pid: 1, height, finalized, peers: 1, restarts: 0, failures: 0, lastExit: null };
}

/** Blocks 1 to 20 are final, validator-0 and validator-1 taking turns; checkpoints end with 8 and 16. */
function boardAt20(): StateBoard {
  const board = new StateBoard(plan);
  for (let number = 1n; number <= 20n; number++) {
    board.finalized(number, `0x${number}`, signers[Number(number % 2n)] as string);
  }
  board.newCheckpoint({ number: 1, start: 0, end: 8, state: "pending" });
  board.newCheckpoint({ number: 2, start: 9, end: 16, state: "pending" });
  return board;
}

const shown = (board: StateBoard) => {
  const { chain, checkpoint } = board.snapshot([], []);
  return { ...chain, checkpoint: checkpoint?.number };
};

describe("the state of a devnet", () => {
  it("after a rollback shows the block that is final now, and the checkpoint that stands", () => {
    const board = boardAt20();
    board.rolledBack([node("validator-0", 8, 8), node("validator-1", 21, 20)]);
    expect(shown(board)).toMatchObject({ finalized: 20, checkpoint: 2 }); // one of them has not heard of it yet
    board.rolledBack([node("validator-0", 9, 8), node("validator-1", 8, 8)]);
    expect(shown(board)).toMatchObject({
      height: 9,
      finalized: 8,
      hash: "0x8",
      producer: "validator-0",
      checkpoint: 1,
    });
  });

  it("counts what becomes final after a rollback as new, also a checkpoint of a number given before", () => {
    const board = boardAt20();
    board.rolledBack([node("validator-0", 8, 8), node("validator-1", 20, 20, "killed")]);
    expect(board.finalized(9n, "0x9b", signers[0] as string)).toBe(true);
    expect(shown(board)).toMatchObject({ finalized: 9, hash: "0x9b", producer: "validator-0" });
    expect(board.newCheckpoint({ number: 2, start: 9, end: 12, state: "pending" })).toBe(true);
    expect(board.snapshot([], []).checkpoint).toMatchObject({ number: 2, end: 12 });
  });

  it("does not fall back when only a node that lags is left", () => {
    const board = boardAt20();
    board.head(5n);
    board.rolledBack([]);
    expect(shown(board)).toMatchObject({ finalized: 20, height: 20 });
  });

  it("takes each checkpoint once, from whoever reports it first", () => {
    const board = boardAt20();
    expect(board.newCheckpoint({ number: 2, start: 9, end: 16, state: "pending" })).toBe(false);
    expect(board.newCheckpoint({ number: 1, start: 0, end: 8, state: "pending" })).toBe(false);
    expect(board.newCheckpoint({ number: 2, start: 9, end: 16, state: "final" })).toBe(true);
  });
});
