import { describe, expect, it } from "vitest";
import { whyNotReady } from "./node-status.ts";

type Parts = Parameters<typeof whyNotReady>[0];

const nowMs = 1_700_000_000_000;

/** A node that is ready, but for what a test changes. */
function reasons(change: { peers?: number; expectsPeers?: boolean; height?: bigint; ageS?: bigint; synced?: boolean }) {
  const { peers = 3, expectsPeers = true, height = 9n, ageS = 1n, synced = true } = change;
  const header = { number: height, timestamp: BigInt(nowMs / 1_000) - ageS };
  return whyNotReady({
    expectsPeers,
    chain: { head: { header } },
    driver: { core: { status: () => ({ synced }) } },
    network: { peers: () => Array.from({ length: peers }) },
    clock: { now: () => nowMs },
  } as unknown as Parts);
}

describe("a node should be asked", () => {
  it("when it has peers, new blocks and everything that consensus knows", () => {
    expect(reasons({})).toEqual([]);
  });

  it("when it is alone and meant to be", () => {
    expect(reasons({ peers: 0, expectsPeers: false, synced: false })).toEqual([]);
  });

  it.each([
    ["without peers", { peers: 0 }, "no peers"],
    ["before the first block", { height: 0n, ageS: 900n }, "no block yet"],
    ["with an old block", { ageS: 61n }, "the newest block is old"],
    ["while it catches up", { synced: false }, "consensus is catching up"],
  ])("not %s", (_, change, reason) => {
    expect(reasons(change)).toEqual([reason]);
  });
});
