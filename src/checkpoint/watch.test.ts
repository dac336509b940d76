import { describe, expect, it } from "vitest";
import { EnvironmentError } from "../errors.ts";
import { keccakHash, utf8 } from "../primitives/index.ts";
import type { CheckpointRecord, EventBatch, RootEvent } from "../rootchain/index.ts";
import { type CheckpointEvent, type CheckpointWatchPorts, watchCheckpoints } from "./watch.ts";

const CHAIN = 80_401n;
const tx = keccakHash(utf8("a transaction"));
const cursor = { nextBlock: 0n, recent: [] };

const happened = (event: string, args: RootEvent["args"]): RootEvent => {
  return { event, args: { chainId: CHAIN, ...args }, transactionHash: tx } as unknown as RootEvent;
};
const events = (...list: readonly RootEvent[]): EventBatch => ({ kind: "events", events: list, through: 0n, cursor });
const submitted = (number: bigint, challengeEnd: bigint) =>
  happened("CheckpointSubmitted", { number, start: 0n, end: 15n, challengeEnd });
const pending = (number: bigint, challengeEnd: number) => ({ number, challengeEnd }) as CheckpointRecord;

/** One look per step; the watch is stopped after the last. */
interface Step {
  readonly now: number;
  readonly batches?: readonly (EventBatch | Error)[];
  readonly final?: readonly bigint[];
  /** What is pending, asked at the beginning and after a reorganisation. */
  readonly pending?: readonly CheckpointRecord[];
}

async function watch(steps: readonly Step[]): Promise<readonly CheckpointEvent[]> {
  const abort = new AbortController();
  let at = 0;
  const queues = steps.map(({ batches = [] }) => [...batches]);
  const step = () => steps[at] as Step;
  const ports: CheckpointWatchPorts = {
    async poll() {
      const next = queues[at]?.shift();
      if (next instanceof Error) throw next;
      return next;
    },
    pending: async () => step().pending ?? [],
    isFinal: async (number) => step().final?.includes(number) ?? false,
    now: async () => step().now,
  };
  const told: CheckpointEvent[] = [];
  const rest = async () => {
    at += 1;
    if (at === steps.length) abort.abort();
  };
  for await (const event of watchCheckpoints(CHAIN, ports, abort.signal, rest)) told.push(event);
  return told;
}

const words = (told: readonly CheckpointEvent[]) =>
  told.map((event) => `${event.event}${"number" in event ? ` ${event.number}` : ""}`);

describe("watching checkpoints", () => {
  it("tells those that are pending, each submission, and when each becomes final, in order", async () => {
    const told = await watch([
      { now: 100, pending: [pending(1n, 110)] },
      { now: 105, batches: [events(submitted(2n, 125n))] },
      { now: 110, final: [1n] },
      { now: 130, final: [1n, 2n] },
      { now: 140, final: [1n, 2n] },
    ]);
    expect(words(told)).toEqual(["pending 1", "submitted 2", "final 1", "final 2"]);
  });

  it("tells one that was submitted between its two first questions once", async () => {
    const told = await watch([{ now: 100, pending: [pending(1n, 110)], batches: [events(submitted(1n, 110n))] }]);
    expect(words(told)).toEqual(["pending 1"]);
  });

  it("does not call final what an open challenge holds back, nor what comes after it", async () => {
    const claim = [7n, CHAIN, 1n];
    const told = await watch([
      { now: 100, pending: [pending(1n, 110), pending(2n, 112)] },
      { now: 105, batches: [events(happened("ChallengeOpened", { id: 4n, claim }))] },
      { now: 120, final: [] },
      { now: 150, final: [1n, 2n] },
    ]);
    expect(words(told)).toEqual(["pending 1", "pending 2", "challenged 1", "final 1", "final 2"]);
    expect(told[2]).toMatchObject({ challenge: 4n, transaction: tx });
  });

  it("forgets what was rejected, with all after it, and takes the number given again", async () => {
    const told = await watch([
      { now: 100, pending: [pending(1n, 110), pending(2n, 112)] },
      {
        now: 105,
        batches: [events(happened("CheckpointRejected", { number: 1n }), submitted(1n, 140n))],
        final: [1n, 2n],
      },
      { now: 120, final: [1n, 2n] },
      { now: 140, final: [1n] },
    ]);
    expect(words(told)).toEqual(["pending 1", "pending 2", "rejected 1", "submitted 1", "final 1"]);
  });

  it("tells signatures that come late, and nothing of other chains", async () => {
    const late = happened("CheckpointAttested", { number: 1n, addedBitmap: 0b101n });
    const other = { ...late, args: { ...late.args, chainId: 1n } };
    const told = await watch([{ now: 100, batches: [events(other, late)] }]);
    expect(told).toEqual([{ event: "attested", number: 1n, seats: 0b101n, transaction: tx }]);
  });

  it("begins anew from the root chain when that leaves a branch", async () => {
    const told = await watch([
      { now: 100, batches: [events(submitted(1n, 110n))] },
      { now: 105, batches: [{ kind: "rollback", to: 3n, cursor }], pending: [pending(1n, 115)] },
      { now: 112, final: [1n] },
      { now: 115, final: [1n] },
    ]);
    expect(words(told)).toEqual(["submitted 1", "reorganised", "pending 1", "final 1"]);
  });

  it("tells once that the root chain is away, and goes on when it is back", async () => {
    const away = new EnvironmentError("KOMA_E_RPC_UNREACHABLE", "Nobody answers.");
    const told = await watch([
      { now: 100, batches: [away] },
      { now: 101, batches: [away] },
      { now: 102, batches: [events(submitted(1n, 110n))] },
    ]);
    expect(words(told)).toEqual(["trouble", "submitted 1"]);
  });
});
