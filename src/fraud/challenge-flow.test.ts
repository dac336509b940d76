import { AbiCoder } from "ethers";
import { describe, expect, it } from "vitest";
import { type BlockContent, chainOf, submit } from "../../test/support/archived-blocks.ts";
import { account, producer, sign, testChainId } from "../../test/support/chain-fixture.ts";
import { type ChainArchive, createNetworkArchive, type SubmittedCheckpoint } from "../checkpoint/index.ts";
import { EnvironmentError, ProtocolError } from "../errors.ts";
import { bytesToHex, type Hash, type Hex, keccakHash, utf8 } from "../primitives/index.ts";
import type { Verdict } from "../rootchain/index.ts";
import { type FraudCase, findFraud, proveFraud } from "./case.ts";
import { type CheckpointLookup, checkChallenge } from "./check-file.ts";
import { craftChallenge } from "./finders.ts";
import { fraudKindOf } from "./kinds.ts";
import { parseChallenge, serializeChallenge } from "./proof-file.ts";

const ann = account("alice");
const bob = account("bob");
const pay = (nonce: bigint, value = 1n) => sign(ann, { nonce, to: bob.address, value });

/** Block 3 spends nonce 0, block 9 spends it again. */
const contents: Readonly<Record<number, BlockContent>> = {
  3: { transactions: [pay(0n)] },
  5: { transactions: [pay(1n)] },
  9: { transactions: [pay(0n, 2n)] },
};
const blocks = chainOf(16, "main", contents);
const first = submit(blocks, 1n, 0n, 7n);
const second = submit(blocks, 2n, 8n, 15n);
const checkpoints: readonly SubmittedCheckpoint[] = [first, second];

function archiveOf(source = blocks): ChainArchive {
  return createNetworkArchive([{ name: "node", block: async (number) => source[Number(number)] }], {
    checkpoint: async (number) => checkpoints[Number(number) - 1],
    checkpointCovering: async (block) => checkpoints.find(({ start, end }) => start <= block && block <= end),
  });
}

function caseOf(source = blocks): FraudCase {
  return {
    chainId: testChainId,
    archive: archiveOf(source),
    rules: { chainId: testChainId, banned: () => false, rootTokenOf: () => undefined },
    graceBlocks: 64n,
  };
}

const verdict: Verdict = {
  offenceId: keccakHash(utf8("offence")),
  class: 1,
  chainId: testChainId,
  number: 2n,
  blockHash: blocks[9]?.block.hash as Hash,
  signers: 0n,
};
const convict = async () => verdict;
const refuse = async () => {
  throw new ProtocolError("KOMA_E_NOT_FRAUD", "The evidence shows no fraud.");
};
const lookup: CheckpointLookup = {
  live: async (number) => checkpoints[Number(number) - 1],
  rolledBack: async () => [],
  rootTokenOf: async () => undefined,
  childTokenOf: async () => undefined,
  depositHash: async () => undefined,
};

describe("looking for fraud", () => {
  it("finds a nonce that is spent again, in the checkpoint that holds the second use", async () => {
    const { found, unread } = await findFraud(caseOf(), checkpoints);
    expect(unread).toEqual([]);
    expect(found).toMatchObject([
      {
        checkpoint: 2n,
        fault: { type: "duplicate-nonce", sender: ann.address, first: { block: 3n }, second: { block: 9n } },
      },
    ]);
  });

  it("finds it also when nonces that do not ascend are asked for, and not as another kind", async () => {
    expect((await findFraud(caseOf(), checkpoints, fraudKindOf("nonce-mismatch"))).found).toHaveLength(1);
    expect((await findFraud(caseOf(), checkpoints, fraudKindOf("block-sequence"))).found).toEqual([]);
  });

  it("tells of checkpoints whose blocks no node has, and goes on", async () => {
    const { found, unread } = await findFraud(caseOf(chainOf(16, "other", contents)), checkpoints);
    expect(found).toEqual([]);
    expect(unread.map(({ checkpoint }) => checkpoint)).toEqual([1n, 2n]);
  });

  it("finds nothing on an honest chain, whoever sealed its first block", async () => {
    const honest = chainOf(16, "honest", { 3: { transactions: [pay(0n)] }, 9: { transactions: [pay(1n)] } });
    const checkpoint = submit(honest, 1n, 0n, 15n);
    const archive = createNetworkArchive([{ name: "node", block: async (number) => honest[Number(number)] }], {
      checkpoint: async () => checkpoint,
      checkpointCovering: async () => checkpoint,
    });
    expect((await findFraud({ ...caseOf(), archive }, [checkpoint])).found).toEqual([]);
  });
});

describe("proving fraud", () => {
  it("crafts the evidence that the root contracts take, and has it judged", async () => {
    const fraud = caseOf();
    const { found } = await findFraud(fraud, checkpoints);
    const judged: { kind: number; evidence: Hex }[] = [];
    const { proven } = await proveFraud(fraud, found, async (kind, evidence) => {
      judged.push({ kind, evidence });
      return verdict;
    });
    expect(proven).toMatchObject({ verdict, challenge: { type: "duplicate-nonce", checkpoint: 2n, block: 9n } });
    expect(judged).toEqual([{ kind: 5, evidence: proven?.challenge.evidence }]);
    const proof =
      "tuple(tuple(uint64,uint64,uint64 number,uint64,bytes32,bytes32,bytes32,bytes32[]) b,uint32 txIndex,bytes[] txNodes)";
    const [one, two] = AbiCoder.defaultAbiCoder().decode([proof, proof, "bytes"], proven?.challenge.evidence as Hex);
    expect([one.b.number, two.b.number]).toEqual([3n, 9n]);
  });

  it("goes on to the next fault when the root contracts refuse one, and says why", async () => {
    const fraud = caseOf();
    const { found } = await findFraud(fraud, checkpoints);
    const { proven, refused } = await proveFraud(fraud, found, refuse);
    expect(proven).toBeUndefined();
    expect(refused).toMatchObject([{ checkpoint: 2n, code: "KOMA_E_NOT_FRAUD" }]);
  });

  it("does not take a root chain that is away for a refusal", async () => {
    const fraud = caseOf();
    const { found } = await findFraud(fraud, checkpoints);
    const away = async () => {
      throw new EnvironmentError("KOMA_E_ROOTCHAIN_UNREACHABLE", "Nobody answers.");
    };
    await expect(proveFraud(fraud, found, away)).rejects.toMatchObject({ code: "KOMA_E_ROOTCHAIN_UNREACHABLE" });
  });
});

describe("a fraud proof's file", () => {
  const craft = async () => {
    const { found } = await findFraud(caseOf(), checkpoints);
    const [only] = found;
    if (!only) throw new Error("the chain of this test has a fault");
    return craftChallenge(archiveOf(), only.fault, 64n);
  };

  it("holds by itself, without the root contracts, after having been written and read", async () => {
    const challenge = parseChallenge(serializeChallenge(await craft()));
    const { outcome, checks } = await checkChallenge(challenge, lookup, convict);
    expect(outcome).toBe("holds");
    expect(checks.map(({ ok }) => ok)).toEqual(checks.map(() => true));
    expect(checks.at(-1)).toMatchObject({ name: "the root contracts convict", detail: verdict.offenceId });
  });

  it("does not hold when the root contracts refuse, or a byte of it is another", async () => {
    const challenge = await craft();
    expect((await checkChallenge(challenge, lookup, refuse)).outcome).toBe("does-not-hold");
    const root = (blocks[9]?.block.header.transactionsRoot ?? "").slice(2);
    const evidence = challenge.evidence.replace(root, `${root.slice(0, -1)}${root.endsWith("0") ? "1" : "0"}`) as Hex;
    expect(evidence).not.toBe(challenge.evidence);
    expect((await checkChallenge({ ...challenge, evidence }, lookup)).outcome).toBe("does-not-hold");
  });

  it("is stale when its checkpoint was rolled back, whether or not the number was given again", async () => {
    const challenge = await craft();
    const gone = { ...lookup, live: async (number: bigint) => (number === 2n ? undefined : first) };
    expect((await checkChallenge(challenge, gone)).outcome).toBe("stale");
    const other = chainOf(16, "mended");
    const replaced: CheckpointLookup = {
      ...lookup,
      live: async (number) => (number === 2n ? submit(other, 2n, 8n, 15n) : first),
      rolledBack: async () => [{ checkpoint: 2n, start: 8n, end: 15n, rootHash: second.rootHash }],
    };
    expect((await checkChallenge(challenge, replaced)).outcome).toBe("stale");
  });

  it("is malformed when its evidence is not encoded as its kind asks", async () => {
    const challenge = { ...(await craft()), evidence: bytesToHex(producer.key) };
    await expect(checkChallenge(challenge, lookup)).rejects.toMatchObject({ code: "KOMA_E_PROOF_MALFORMED" });
  });
});
