import { describe, expect, it } from "vitest";
import { encodeVote } from "../checkpoint/index.ts";
import { type Address, bytesToHex, keccak256, keccakHash, signDigest, utf8, zeroHash } from "../primitives/index.ts";
import { type Checkpoint, checkpointDigest } from "../rootchain/index.ts";
import { checkChallenge } from "./check-file.ts";
import { craftDoubleVote, readDoubleVote } from "./double-votes.ts";

const chainId = 80_401n;
const key = keccak256(utf8("ann"));
const domain = { rootChainId: 31_337n, contract: `0x${"ab".repeat(20)}` as Address };
const checkpoint: Checkpoint = {
  chainId,
  epoch: 3n,
  number: 7n,
  proposer: `0x${"a".repeat(40)}` as Address,
  start: 97n,
  end: 112n,
  rootHash: keccakHash(utf8("blocks")),
  lastBlockHash: keccakHash(utf8("last")),
  accountHash: zeroHash,
  prevCheckpoint: keccakHash(utf8("before")),
  generation: 0n,
};
const voteOf = (fields: Partial<Checkpoint> = {}) => {
  const content = { ...checkpoint, ...fields };
  return { round: 1, checkpoint: content, signature: signDigest(checkpointDigest(content, domain), key) };
};
const shown = (fields: Partial<Checkpoint>) => ({
  votes: [voteOf(), voteOf(fields)].map((vote) => bytesToHex(encodeVote(vote))),
});
const nothing = async () => undefined;
const lookup = {
  live: nothing,
  rolledBack: async () => [],
  rootTokenOf: nothing,
  childTokenOf: nothing,
  depositHash: nothing,
};

describe("two votes of one staker that a node shows", () => {
  it("are read as they were signed", () => {
    const other = { rootHash: zeroHash };
    expect(readDoubleVote(shown(other))).toEqual({ first: voteOf(), second: voteOf(other) });
  });

  it.each<{ what: string; entry: unknown }>([
    { what: "nothing", entry: null },
    { what: "no votes", entry: {} },
    { what: "one vote", entry: { votes: shown({}).votes.slice(1) } },
    { what: "a vote that is no hex", entry: { votes: ["0x", "vote"] } },
    { what: "a vote that does not decode", entry: { votes: [shown({}).votes[0], "0xc0"] } },
    { what: "a vote without end", entry: { votes: [shown({}).votes[0], `0x${"00".repeat(2_000)}`] } },
  ])("are not read from $what", ({ entry }) => {
    expect(readDoubleVote(entry)).toBeUndefined();
  });

  it.each<{ fields: Partial<Checkpoint>; outcome: string }>([
    { fields: { rootHash: zeroHash }, outcome: "holds" },
    { fields: { lastBlockHash: zeroHash }, outcome: "holds" },
    { fields: { proposer: `0x${"b".repeat(40)}` as Address, epoch: 4n }, outcome: "does-not-hold" },
    { fields: { rootHash: zeroHash, end: 113n }, outcome: "does-not-hold" },
    { fields: { rootHash: zeroHash, generation: 1n }, outcome: "does-not-hold" },
  ])("$outcome in a file when they differ in $fields", async ({ fields, outcome }) => {
    const challenge = craftDoubleVote({ first: voteOf(), second: voteOf(fields) });
    expect(challenge).toMatchObject({ kind: 20, type: "checkpoint-equivocation", chainId, checkpoint: 0n });
    expect((await checkChallenge(challenge, lookup)).outcome).toBe(outcome);
  });

  it("are malformed in a file that holds something else", async () => {
    const challenge = { ...craftDoubleVote({ first: voteOf(), second: voteOf() }), evidence: "0x1234" as const };
    await expect(checkChallenge(challenge, lookup)).rejects.toMatchObject({ code: "KOMA_E_PROOF_MALFORMED" });
  });
});
