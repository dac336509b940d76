import { describe, expect, it, test } from "vitest";
import { type BlockContent, chainOf, submit } from "../../test/support/archived-blocks.ts";
import { account, sign, testChainId } from "../../test/support/chain-fixture.ts";
import { delivery, deposit, openLogCase } from "../../test/support/log-frauds.ts";
import { createNetworkArchive, type SubmittedCheckpoint } from "../checkpoint/index.ts";
import { type Hash, keccakHash } from "../primitives/index.ts";
import { blockLeafOf, createBlockTree, createTxProof, proveBlock } from "../proofs/index.ts";
import { findFraud } from "./case.ts";
import { checkOffline } from "./check-offline.ts";
import { checkpointsUnder } from "./checkpoints-under.ts";
import { craftChallenge } from "./finders.ts";
import { type Inclusion, parseInclusion, serializeInclusion } from "./inclusion-file.ts";
import { fraudKindOf } from "./kinds.ts";
import { readCheckpoints } from "./named-checkpoints.ts";
import { parseChallenge, serializeChallenge } from "./proof-file.ts";

const ann = account("alice");
const pay = (nonce: bigint, value = 1n) => sign(ann, { nonce, to: account("bob").address, value });
/** Nonce 0 is spent under the first checkpoint and again under the second. */
const contents: Readonly<Record<number, BlockContent>> = {
  3: { transactions: [pay(0n)] },
  9: { transactions: [pay(0n, 2n)] },
};
const blocks = chainOf(16, "main", contents);
const checkpoints: readonly SubmittedCheckpoint[] = [submit(blocks, 1n, 0n, 7n), submit(blocks, 2n, 8n, 15n)];
const roots = checkpoints.map(({ rootHash }) => rootHash);
const live = async (number: bigint) => checkpoints[Number(number) - 1];

function inclusion(): Inclusion {
  const tree = createBlockTree(blocks.slice(0, 8).map(({ block }) => blockLeafOf(block)));
  const b = proveBlock({ chainId: testChainId, checkpoint: 1n }, tree, 3n);
  return { type: "transaction", proof: createTxProof(b, (blocks[3] as (typeof blocks)[number]).block, 0) };
}

async function doubleSpend() {
  const archive = createNetworkArchive([{ name: "node", block: async (number) => blocks[Number(number)] }], {
    checkpoint: live,
    checkpointCovering: async (block) => checkpoints.find(({ start, end }) => start <= block && block <= end),
  });
  const rules = { chainId: testChainId, banned: () => false, rootTokenOf: () => undefined };
  const fraud = { chainId: testChainId, archive, rules, graceBlocks: 64n };
  const [first] = (await findFraud(fraud, checkpoints)).found;
  if (!first) throw new Error("the double spend was not found");
  return craftChallenge(archive, first.fault, 64n);
}

const inclusionFile = async () => {
  const content = inclusion();
  return serializeInclusion(content, await checkpointsUnder({ inclusion: content }, live));
};
const challengeFile = async () => {
  const challenge = await doubleSpend();
  return serializeChallenge(challenge, await checkpointsUnder({ challenge }, live));
};

describe("a proof file against roots alone", () => {
  it("holds when the root of its checkpoint is given, and not with another", async () => {
    const text = await inclusionFile();
    const content = { inclusion: parseInclusion(text) };
    const named = readCheckpoints(text);
    expect(named).toEqual([{ checkpoint: 1n, start: 0n, end: 7n, rootHash: roots[0] }]);
    expect(await checkOffline(content, { named, roots })).toMatchObject({ outcome: "holds" });
    const other = await checkOffline(content, { named, roots: [roots[1] as Hash] });
    expect(other).toMatchObject({ outcome: "does-not-hold", checks: [{ ok: false, detail: `it names ${roots[0]}` }] });
  });

  it("does not hold by naming the trusted root for a block that is not below it", async () => {
    const elsewhere = chainOf(8, "other", contents);
    const tree = createBlockTree(elsewhere.map(({ block }) => blockLeafOf(block)));
    const proof = proveBlock({ chainId: testChainId, checkpoint: 1n }, tree, 3n);
    const named = [{ checkpoint: 1n, start: 0n, end: 7n, rootHash: roots[0] as Hash }];
    const checked = await checkOffline({ inclusion: { type: "block", proof } }, { named, roots });
    expect(checked.outcome).toBe("does-not-hold");
  });

  it("shows a double spend over two checkpoints, and needs both roots for it", async () => {
    const text = await challengeFile();
    const content = { challenge: parseChallenge(text) };
    const named = readCheckpoints(text);
    expect(await checkOffline(content, { named, roots })).toMatchObject({ outcome: "holds" });
    const half = await checkOffline(content, { named, roots: roots.slice(0, 1) });
    expect(half.outcome).toBe("does-not-hold");
    expect(half.checks.map(({ ok }) => ok)).toEqual([true, false]);
  });

  it("shows a transaction that is wrong by itself, whatever it calls", async () => {
    const fees = { maxFeePerGas: 2_000_000_000n, maxPriorityFeePerGas: 3_000_000_000n, gasLimit: 100_000n };
    const wrong = sign(ann, { nonce: 0n, to: account("bob").address, value: 1n, ...fees });
    const { fraud, checkpoints: signed, lookup } = openLogCase({ 5: { transactions: [wrong] } });
    const [found] = (await findFraud(fraud, signed, fraudKindOf("bad-transaction"))).found;
    if (!found) throw new Error("the chain of this test has a fault");
    const challenge = await craftChallenge(fraud.archive, found.fault, 64n);
    const given = { named: await checkpointsUnder({ challenge }, lookup.live), roots: [signed[1]?.rootHash as Hash] };
    expect((await checkOffline({ challenge }, given)).outcome).toBe("holds");
  });

  it("is the same file from the same facts", async () => {
    expect(await challengeFile()).toBe(await challengeFile());
    const content = inclusion();
    const named = await checkpointsUnder({ challenge: await doubleSpend() }, live);
    expect(serializeInclusion(content, named.toReversed())).toBe(serializeInclusion(content, named));
  });

  it("cannot be checked when it names no checkpoint", async () => {
    const content = inclusion();
    const text = serializeInclusion(content);
    expect(readCheckpoints(text)).toEqual([]);
    await expect(checkOffline({ inclusion: content }, { named: [], roots })).rejects.toMatchObject({
      code: "KOMA_E_PROOF_MALFORMED",
    });
  });

  it("is not decided where only the root chain knows, and says so", async () => {
    const { fraud, checkpoints: signed, lookup } = openLogCase({ 5: delivery(deposit(9n)) });
    const [found] = (await findFraud(fraud, signed, fraudKindOf("deposit-mismatch"))).found;
    if (!found) throw new Error("the chain of this test has a fault");
    const challenge = await craftChallenge(fraud.archive, found.fault, 64n);
    const named = await checkpointsUnder({ challenge }, lookup.live);
    const given = { named, roots: signed.map(({ rootHash }) => rootHash) };
    await expect(checkOffline({ challenge }, given)).rejects.toMatchObject({ code: "KOMA_E_PROOF_NEEDS_ROOT_CHAIN" });
  });

  const one = { number: "1", start: "0", end: "7", root: keccakHash(Uint8Array.of(1)) };
  test.each<[string, unknown]>([
    ["no list", {}],
    ["a number", [7]],
    ["a checkpoint twice", [one, one]],
    ["an end before the start", [{ ...one, start: "8" }]],
    ["more blocks than a checkpoint has", [{ ...one, end: "4096" }]],
    ["a root that is none", [{ ...one, root: "0x12" }]],
    ["a number that is not one of decimal digits", [{ ...one, number: 1 }]],
    ["more than any evidence speaks of", Array.from({ length: 9 }, (_, i) => ({ ...one, number: String(i) }))],
  ])("whose checkpoints are %s is malformed", (_, named) => {
    expect(() => readCheckpoints(JSON.stringify({ checkpoints: named }))).toThrow(
      expect.objectContaining({ code: "KOMA_E_PROOF_MALFORMED" }),
    );
  });
});
