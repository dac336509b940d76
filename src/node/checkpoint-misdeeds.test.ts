import { describe, expect, it, test } from "vitest";
import { chainOf } from "../../test/support/archived-blocks.ts";
import { producer, testChainId } from "../../test/support/chain-fixture.ts";
import { encodeHeader } from "../chain/index.ts";
import {
  type BlockSource,
  type CheckpointedBlock,
  createNetworkArchive,
  readHeaders,
  type SubmittedCheckpoint,
} from "../checkpoint/index.ts";
import { craftChallenge, describeFault, type ScanRules, scanCheckpoint } from "../fraud/index.ts";
import { bytesToHex, keccakHash, utf8 } from "../primitives/index.ts";
import { type BlockLeaf, blockLeafOf, createMerkleTree, leafOf } from "../proofs/index.ts";
import { checkpointLies } from "./checkpoint-misdeeds.ts";

const START = 5n;
const END = 8n;
const chain = chainOf(10);
const blocks: readonly CheckpointedBlock[] = chain.slice(Number(START), Number(END) + 1).map(({ block }) => block);
const banned = keccakHash(utf8("a block of before"));
const scene = { chainId: testChainId, banned };

/** Kind of fraud that each of them is, and what the scan says of it. */
const proofs: Readonly<Record<string, readonly [type: string, reason: string]>> = {
  "leaf-field": ["block-leaf", "its leaf says that its time is"],
  "bad-parent": ["block-sequence", "its parent hash is not the hash of the block before"],
  "time-warp": ["block-sequence", "its time is not after the block before"],
  "wrong-producer": ["block-producer", "its coinbase was no producer at that time"],
  "bad-seal": ["block-producer", "its seal is not by its coinbase"],
  "banned-block": ["banned-block", "was rejected before"],
};

function leavesOf(told: readonly CheckpointedBlock[]): readonly BlockLeaf[] {
  return told.map((block) => blockLeafOf(block));
}

/** What the root chain has when two thirds signed that. */
function checkpointOver(told: readonly CheckpointedBlock[]): SubmittedCheckpoint {
  return {
    chainId: testChainId,
    number: 2n,
    start: START,
    end: END,
    rootHash: createMerkleTree(leavesOf(told).map(leafOf)).root,
    lastBlockHash: told.at(-1)?.hash ?? banned,
    submittedAt: 1_800_000_000n,
    challengeEnd: 1_800_000_100n,
    status: "pending",
  };
}

/** An accomplice: its chain is the honest one, and it shows what it signed. */
function accomplice(told: readonly CheckpointedBlock[]): BlockSource {
  return {
    name: "accomplice",
    block: async (number) => chain[Number(number)],
    leaves: async () => leavesOf(told),
    headers: async () => readHeaders(told.map(({ header }) => bytesToHex(encodeHeader(header)))),
  };
}

const rules: ScanRules = {
  chainId: testChainId,
  banned: (hash) => hash === banned,
  rootTokenOf: () => undefined,
  producers: {
    graceBlocks: 2n,
    openGapSlots: 4,
    slotMs: 1_000,
    authorized: async (key) => key === producer.address,
    isSigner: async () => false,
  },
};

function lookInto(told: readonly CheckpointedBlock[], change: Partial<ScanRules["producers"]> = {}) {
  const checkpoint = checkpointOver(told);
  const before: SubmittedCheckpoint = { ...checkpoint, number: 1n, start: 1n, end: START - 1n };
  const first = chain.slice(1, Number(START)).map(({ block }) => block);
  const earlier = { ...before, rootHash: createMerkleTree(leavesOf(first).map(leafOf)).root };
  const archive = createNetworkArchive([accomplice(told)], {
    checkpoint: async (number) => [earlier, checkpoint].find((each) => each.number === number),
    checkpointCovering: async (block) => (block >= START && block <= END ? checkpoint : earlier),
  });
  const producers = { ...rules.producers, ...change } as NonNullable<ScanRules["producers"]>;
  return { archive, faults: () => scanCheckpoint(archive, checkpoint, { ...rules, producers }) };
}

describe("a false checkpoint over honest blocks", () => {
  test("names the kinds that are tested here", () => {
    expect(Object.keys(checkpointLies).sort()).toEqual(Object.keys(proofs).sort());
  });

  it.each(Object.keys(proofs))("%s says something else than the honest sign, and is found and proven", async (kind) => {
    const told = checkpointLies[kind]?.tell(blocks, scene) ?? [];
    // An honest validator reckons the root from its own blocks, and signs no other.
    expect(checkpointOver(told).rootHash).not.toBe(checkpointOver(blocks).rootHash);
    // Accomplices arrive at the same bytes without talking to each other.
    expect(checkpointLies[kind]?.tell(blocks, scene)).toEqual(told);
    const [type, reason] = proofs[kind] as readonly [string, string];
    const { archive, faults } = lookInto(told);
    const found = (await faults()).find((fault) => fault.type === type);
    if (!found) throw new Error(`no ${type} was found`);
    expect(describeFault(found)).toContain(reason);
    const challenge = await craftChallenge(archive, found, 2n);
    expect(challenge).toMatchObject({ type, checkpoint: 2n, block: END });
  });

  it("is none where the blocks are told as they are", async () => {
    expect(await lookInto(blocks).faults()).toEqual([]);
  });

  it.each(["bad-parent", "time-warp", "wrong-producer", "bad-seal"])("%s waits for two blocks", (kind) => {
    expect(checkpointLies[kind]?.tell(blocks.slice(0, 1), scene)).toBeUndefined();
  });

  it("banned-block waits until a block was banned", () => {
    expect(checkpointLies["banned-block"]?.tell(blocks, { ...scene, banned: undefined })).toBeUndefined();
  });

  it("is none where a validator leads in an open slot, and one where the gap is too short", async () => {
    const stranger = { authorized: async () => false, isSigner: async () => true };
    // Blocks are a second apart: two seconds have gone by in the slots between.
    expect(await lookInto(blocks, { ...stranger, openGapSlots: 1 }).faults()).toEqual([]);
    expect((await lookInto(blocks, { ...stranger, openGapSlots: 2 }).faults()).map(({ type }) => type)).toEqual(
      blocks.map(() => "block-producer"),
    );
    expect(await lookInto(blocks, { ...stranger, openGapSlots: 1, isSigner: async () => false }).faults()).toHaveLength(
      4,
    );
  });
});
