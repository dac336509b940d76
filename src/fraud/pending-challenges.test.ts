import { describe, expect, it } from "vitest";
import { account, testChainId } from "../../test/support/chain-fixture.ts";
import type { ClaimState } from "../rootchain/index.ts";
import { pendingChallenges } from "./pending-challenges.ts";

const { address: subject } = account("alice");
const claims = [
  { kind: 7, value: 4n, state: "open" },
  { kind: 7, value: 5n, state: "answered" },
  { kind: 15, value: 8n, state: "open" },
  { kind: 18, value: 2n, state: "open" },
  { kind: 18, value: 3n, state: "void" },
] as const;

/** A root chain with these claims under its only pending checkpoint. */
function rootWith(openChallenges: number) {
  let asked = 0;
  const root = {
    contracts: { InteractiveFraud: subject },
    checkpoints: {
      head: async () => ({ number: 4n, finalizedUpTo: 2n }),
      list: async (_: bigint, from: bigint, count: number) => (from === 3n && count === 1 ? [{ openChallenges }] : []),
    },
    interactive: () => ({
      async list() {
        asked += 1;
        return claims.map(({ kind, value }, place) => {
          return { id: BigInt(place + 1), claim: { kind, value, subject, number: 3n, deadline: 9n } };
        });
      },
      stateOf: async (id: bigint): Promise<ClaimState> => claims[Number(id) - 1]?.state ?? "none",
    }),
  };
  return { root: root as unknown as Parameters<typeof pendingChallenges>[0], asked: () => asked };
}

describe("challenges that wait for an answer", () => {
  it("are those that are open, each with what is said to be missing", async () => {
    const { root } = rootWith(3);
    const common = { checkpoint: 3n, block: undefined, deadline: 9n };
    expect(await pendingChallenges(root, testChainId, 0n)).toEqual([
      { ...common, id: "1", type: "nonce-gap", missing: `nonce 4 of ${subject}` },
      { ...common, id: "3", type: "utxo-gap", missing: `a log about ${subject} after number 8` },
      { ...common, id: "4", type: "deposit-skipped", missing: "the delivery of deposit 2" },
    ]);
  });

  it("are not looked for while no checkpoint is held up", async () => {
    const { root, asked } = rootWith(0);
    expect(await pendingChallenges(root, testChainId, 0n)).toEqual([]);
    expect(asked()).toBe(0);
  });
});
