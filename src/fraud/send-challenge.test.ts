import { describe, expect, it } from "vitest";
import { account } from "../../test/support/chain-fixture.ts";
import { ProtocolError } from "../errors.ts";
import { keccakHash, utf8 } from "../primitives/index.ts";
import { commitmentOf, type RootChain } from "../rootchain/index.ts";
import { bountySalt } from "./commitment.ts";
import type { Challenge } from "./evidence.ts";
import { sendChallenge } from "./send-challenge.ts";

const bob = account("bob");
const by = { address: bob.address, privateKey: bob.key };
const offence = keccakHash(utf8("offence"));
const challenge: Challenge = {
  kind: 5,
  type: "duplicate-nonce",
  chainId: 1n,
  checkpoint: 2n,
  block: 9n,
  evidence: "0x",
};
const mined = { hash: keccakHash(utf8("transaction")), blockNumber: 7n, gasUsed: 1n };
const signal = AbortSignal.timeout(5_000);

/** A root chain that notes what is sent to it. `rival`: somebody else's challenge was mined before. */
function rootChain(rival = false) {
  const done: string[] = [];
  const sends = (what: string, also = {}) => {
    done.push(what);
    return Promise.resolve({ ...mined, ...also });
  };
  const root = {
    challenges: {
      commit: (commitment: string) => sends(`commit ${commitment}`),
      async challenge() {
        if (rival) throw new ProtocolError("KOMA_E_ALREADY_PUNISHED", "It was punished before.");
        return sends("challenge", { offenceId: offence });
      },
      offence: async () => ({}),
      claimBounty: (_: string, salt: string) => sends(`claim ${salt}`),
    },
    interactive: () => ({ open: (_kind: number, _evidence: string, bond: bigint) => sends(`open for ${bond}`) }),
    stakes: { openOffences: async () => [], slashOutcome: async () => ({ bounty: 5n }) },
    elections: { newestSet: async () => ({ members: [] }) },
    events: async () => [],
  } as unknown as RootChain;
  return { root, done };
}

const found = { challenge, offence };
const commitment = `commit ${commitmentOf(bob.address, offence, bountySalt(offence, bob.key))}`;

describe("a challenge that is sent", () => {
  it("notes a commitment first where one is asked for, and none otherwise", async () => {
    const quick = rootChain();
    expect(await sendChallenge(quick.root, by, found, { commit: false }, signal)).toMatchObject({
      state: "accepted",
      commitTx: undefined,
    });
    expect(quick.done).toEqual(["challenge"]);
    const careful = rootChain();
    const noted: unknown[] = [];
    const options = { commit: true, noted: (sent: unknown) => void noted.push(sent) };
    expect(await sendChallenge(careful.root, by, found, options, signal)).toMatchObject({
      state: "accepted",
      commitTx: mined.hash,
    });
    expect(careful.done).toEqual([commitment, "challenge"]);
    expect(noted).toEqual([mined]);
  });

  it("takes the bounty by its commitment when somebody else was quicker, and nothing without one", async () => {
    const careful = rootChain(true);
    expect(await sendChallenge(careful.root, by, found, { commit: true }, signal)).toMatchObject({
      state: "claimed",
      bounty: 5n,
    });
    expect(careful.done).toEqual([commitment, `claim ${bountySalt(offence, bob.key)}`]);
    const quick = rootChain(true);
    await expect(sendChallenge(quick.root, by, found, { commit: false }, signal)).rejects.toMatchObject({
      code: "KOMA_E_ALREADY_PUNISHED",
    });
  });

  it("is a claim where something is missing, which needs its bond and no commitment", async () => {
    const { root, done } = rootChain();
    expect(await sendChallenge(root, by, { ...found, bond: 3n }, { commit: true }, signal)).toMatchObject({
      state: "opened",
    });
    expect(done).toEqual(["open for 3"]);
  });
});
