import { describe, expect, it } from "vitest";
import { account } from "../../test/support/chain-fixture.ts";
import { EnvironmentError, ProtocolError } from "../errors.ts";
import { type Hash, keccakHash, utf8 } from "../primitives/index.ts";
import { commitmentOf, type RootChain } from "../rootchain/index.ts";
import { bountySalt, claimByCommitment, commitTo } from "./commitment.ts";
import { expectedBounty } from "./expected-bounty.ts";

const bob = account("bob");
const offence = keccakHash(utf8("offence"));
const by = { address: bob.address, privateKey: bob.key };
const signal = AbortSignal.timeout(5_000);

function rootChain(proven: boolean) {
  const noted: Hash[] = [];
  const claimed: (readonly [Hash, Hash])[] = [];
  const challenges = {
    commit: async (commitment: Hash) => void noted.push(commitment),
    claimBounty: async (id: Hash, salt: Hash) => void claimed.push([id, salt]),
    offence: async () => (proven ? {} : undefined),
  };
  return { noted, claimed, root: { challenges } as unknown as Pick<RootChain, "challenges"> };
}

describe("a commitment to an offence", () => {
  it("is of this key and this offence, and the same every time", async () => {
    const salt = bountySalt(offence, bob.key);
    expect(bountySalt(offence, bob.key)).toBe(salt);
    expect(bountySalt(offence, account("carol").key)).not.toBe(salt);
    expect(bountySalt(keccakHash(utf8("another")), bob.key)).not.toBe(salt);
    const { root, noted } = rootChain(false);
    await commitTo(root, by, offence, signal);
    expect(noted).toEqual([commitmentOf(bob.address, offence, salt)]);
  });

  it("claims the bounty when somebody else's challenge was mined first", async () => {
    const { root, claimed } = rootChain(true);
    const refusal = new ProtocolError("KOMA_E_ALREADY_PUNISHED", "It was punished before.");
    await claimByCommitment(root, refusal, offence, bob.key, signal);
    expect(claimed).toEqual([[offence, bountySalt(offence, bob.key)]]);
  });

  it("claims nothing when the challenge failed for another reason", async () => {
    const notFraud = new ProtocolError("KOMA_E_NOT_FRAUD", "It is none.");
    const away = new EnvironmentError("KOMA_E_RPC_UNREACHABLE", "Nobody answers.");
    const gone = new ProtocolError("KOMA_E_CHECKPOINT_STALE", "It was rejected for something else.");
    for (const [refusal, proven] of [
      [notFraud, true],
      [away, true],
      [gone, false],
    ] as const) {
      const { root, claimed } = rootChain(proven);
      await expect(claimByCommitment(root, refusal, offence, bob.key, signal)).rejects.toBe(refusal);
      expect(claimed).toEqual([]);
    }
  });
});

describe("the bounty to expect", () => {
  const root = {
    stakes: {
      params: async () => ({ slashBps: { A: 1_000, B: 500, C: 2_000 }, bountyBps: 5_000 }),
      validators: async () => [
        { seat: 0, selfStake: 1_000n, delegated: 9_000n, status: "active" },
        { seat: 1, selfStake: 3_000n, delegated: 0n, status: "active" },
        { seat: 1, selfStake: 5_000n, delegated: 0n, status: "withdrawn" },
        { seat: 2, selfStake: 7_000n, delegated: 0n, status: "active" },
      ],
    },
    checkpoints: { checkpoint: async () => ({ signerBitmap: 0b011n }) },
  } as unknown as Pick<RootChain, "checkpoints" | "stakes">;
  const challenge = { chainId: 1n, checkpoint: 3n };

  it("is the finder's share of what the signers themselves lose, by the class of the offence", async () => {
    expect(await expectedBounty(root, { ...challenge, type: "duplicate-nonce" }, 0n)).toBe(200n);
    expect(await expectedBounty(root, { ...challenge, type: "nonce-gap" }, 0n)).toBe(100n);
  });

  it("is of the double signer alone where a verdict names one", async () => {
    expect(await expectedBounty(root, { ...challenge, type: "consensus-equivocation" }, 0b100n)).toBe(700n);
  });
});
