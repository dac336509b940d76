import { describe, expect, it } from "vitest";
import type { SubmittedCheckpoint } from "../checkpoint/index.ts";
import { type Address, type Hash, keccakHash, utf8 } from "../primitives/index.ts";
import type { ExitRecord, RootEvent } from "../rootchain/index.ts";
import { trackDeposit, trackWithdrawal, type WithdrawalFacts } from "./track.ts";

const hash = (text: string): Hash => keccakHash(utf8(text));
const address = `0x${"11".repeat(20)}` as Address;

const event: RootEvent = {
  contract: "DepositManager",
  address,
  event: "Deposited",
  args: { id: 1n, createdAt: 100n },
  blockNumber: 50n,
  blockHash: hash("block"),
  transactionHash: hash("deposit"),
  logIndex: 0,
};
const delivery = { id: 1n, depositHash: hash("hash"), block: 9n, transaction: hash("delivery"), final: false };
const names = (steps: readonly { name: string; done: boolean }[]) =>
  steps.filter(({ done }) => done).map(({ name }) => name);

describe("a deposit on its way", () => {
  it.each([
    { confirmations: 0n, made: undefined, state: "deposited" },
    { confirmations: 2n, made: undefined, state: "confirmed" },
    { confirmations: 2n, made: { ...delivery, credited: true }, state: "credited" },
    { confirmations: 2n, made: { ...delivery, credited: true, final: true }, state: "final" },
    { confirmations: 2n, made: { ...delivery, credited: false, final: true }, state: "parked" },
  ])("is $state", ({ confirmations, made, state }) => {
    expect(trackDeposit({ event, confirmations, wanted: 2n, delivery: made }).state).toBe(state);
  });
});

describe("a withdrawal on its way", () => {
  const checkpoint: SubmittedCheckpoint = {
    chainId: 80_401n,
    number: 3n,
    start: 0n,
    end: 20n,
    rootHash: hash("root"),
    lastBlockHash: hash("last"),
    submittedAt: 200n,
    challengeEnd: 220n,
    status: "pending",
  };
  const exit: ExitRecord = {
    exitId: hash("exit"),
    status: "queued",
    chainId: 80_401n,
    token: address,
    account: address,
    amount: 1n,
    exitableAt: 230,
    checkpoint: 3n,
    generation: 0n,
    blockNumber: 7n,
    txIndex: 0,
    logIndex: 0,
    bonder: address,
    bond: 1n,
    payee: address,
  };
  const facts: WithdrawalFacts = {
    burn: {
      token: address,
      rootToken: address,
      account: address,
      recipient: address,
      amount: 1n,
      block: 7n,
      txIndex: 0,
      logIndex: 0,
    },
    transaction: hash("burn"),
    final: false,
    checkpoint: undefined,
    exit: undefined,
    startedIn: undefined,
    paidIn: undefined,
  };

  it.each([
    { state: "burned", change: {} },
    { state: "final", change: { final: true } },
    { state: "checkpointed", change: { checkpoint } },
    { state: "exit started", change: { checkpoint, exit } },
    { state: "checkpoint final", change: { checkpoint: { ...checkpoint, status: "finalized" as const }, exit } },
    {
      state: "paid",
      change: {
        checkpoint: { ...checkpoint, status: "finalized" as const },
        exit: { ...exit, status: "paid" as const },
      },
    },
    { state: "claimable", change: { checkpoint, exit: { ...exit, status: "claimable" as const } } },
    { state: "cancelled", change: { checkpoint, exit: { ...exit, status: "cancelled" as const } } },
  ])("is $state", ({ state, change }) => {
    expect(trackWithdrawal({ ...facts, ...change }).state).toBe(state);
  });

  it("says when it can be paid, until it was", () => {
    const waiting = trackWithdrawal({ ...facts, checkpoint, exit });
    expect(waiting.steps.at(-1)).toMatchObject({ name: "paid", at: 230n });
    expect(names(waiting.steps)).toEqual(["burned", "final", "checkpointed", "exit started"]);
    const paid = trackWithdrawal({ ...facts, checkpoint, exit: { ...exit, status: "paid" }, paidIn: hash("paid") });
    expect(paid.steps.at(-1)).toMatchObject({ done: true, tx: hash("paid"), at: null });
  });
});
