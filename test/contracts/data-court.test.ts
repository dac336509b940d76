import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createCheckpointReader, createNetworkArchive } from "../../src/checkpoint/index.ts";
import {
  answerDemand,
  demandData,
  findDemand,
  findUnavailable,
  knownOf,
  pendingChallenges,
} from "../../src/fraud/index.ts";
import { addressOfKey, zeroHash } from "../../src/primitives/index.ts";
import { blockLeafOf, createBlockTree } from "../../src/proofs/index.ts";
import type { BlockPart, Demand, RootChain, RootDeployment } from "../../src/rootchain/index.ts";
import { chainOf } from "../support/archived-blocks.ts";
import { alice, sign } from "../support/chain-fixture.ts";
import { type Anvil, key, startAnvil } from "./anvil.ts";
import { chainId, connectAs, deployTestRoot, stakeValidators, submitCheckpoint } from "./root-network.ts";

const DATA_WINDOW = 30;

const transactions = Array.from({ length: 60 }, (_, nonce) =>
  sign(alice, { nonce: BigInt(nonce), to: alice.address, data: new Uint8Array(2_000).fill(nonce + 1) }),
);
const large = { address: alice.address, topics: [zeroHash], data: new Uint8Array(100_000).fill(7) };
const blocks = chainOf(8, "data", {
  2: { transactions },
  5: { transactions: transactions.slice(0, 2), logs: [[large], []] },
});

let anvil: Anvil;
let root: RootDeployment;
let client: RootChain;

/** Blocks as somebody shows them who keeps some back, or their receipts. */
function archive(hidden: readonly bigint[] = [], bare: readonly bigint[] = []) {
  const block = async (number: bigint) => {
    const found = hidden.includes(number) ? undefined : blocks[Number(number)];
    return found && bare.includes(number) ? { ...found, receipts: [] } : found;
  };
  return createNetworkArchive([{ name: "node", block }], createCheckpointReader(client.checkpoints, chainId));
}

async function pending() {
  const { number } = await client.checkpoints.head(chainId);
  const found = await createCheckpointReader(client.checkpoints, chainId).checkpoint(number - 1n);
  return found ? [found] : [];
}

async function demand(block: bigint, part: BlockPart) {
  const made = await demandData(client, archive(), await pending(), { block, part, send: true });
  if (!made?.sent?.opened) throw new Error("nothing was demanded");
  return made.sent.opened;
}

async function structHashOf({ number }: Demand) {
  return (await client.checkpoints.list(chainId, number, 1))[0]?.structHash;
}

beforeAll(async () => {
  anvil = await startAnvil();
  root = await deployTestRoot(anvil, { dataWindow: DATA_WINDOW, challengePeriod: 600, unbonding: 900 });
  await stakeValidators(anvil, root);
  client = connectAs(anvil, root, 4);
  await anvil.pass(root.params.minInterval);
  const tree = createBlockTree(blocks.map(({ block }) => blockLeafOf(block)));
  const lastBlockHash = blocks.at(-1)?.block.hash ?? zeroHash;
  await submitCheckpoint(root, client, { start: 0n, end: 7n, rootHash: tree.root, lastBlockHash });
});

afterAll(() => anvil.stop());

describe("the court for data, spoken to by the client", () => {
  it("is asked for nothing while somebody shows every block, and for the first block that nobody shows", async () => {
    const [checkpoint] = await pending();
    if (!checkpoint) throw new Error("no checkpoint");
    expect(await findUnavailable(archive(), checkpoint)).toBeUndefined();
    expect(await findUnavailable(archive([3n, 4n]), checkpoint)).toBe(3n);
    expect(await findUnavailable(archive([], [2n, 5n]), checkpoint)).toBe(2n);
    expect(await findUnavailable(archive([4n], [2n]), checkpoint)).toBe(2n);
    const wanted = { send: false };
    expect(await demandData(client, archive(), [checkpoint], wanted)).toBeUndefined();
    const tried = await demandData(client, archive([3n]), [checkpoint], wanted);
    expect(tried?.terms).toMatchObject({ block: 3n, part: "txs", from: 0, to: 65_536 });
    await expect(demandData(client, archive(), [checkpoint], { ...wanted, block: 99n })).rejects.toMatchObject({
      code: "KOMA_E_NOT_CHECKPOINTED",
    });
  });

  it.each<{ part: BlockPart; block: bigint; what: string }>([
    { part: "header", block: 1n, what: "a header" },
    { part: "txs", block: 1n, what: "an empty block's transactions" },
    { part: "txs", block: 2n, what: "as many of sixty transactions as were demanded" },
    { part: "receipts", block: 2n, what: "sixty receipts" },
    { part: "receipts", block: 5n, what: "a receipt that is larger than a transaction of the root chain" },
  ])("takes $what as an answer, pays for it and returns the rest", async ({ part, block }) => {
    const opened = await demand(block, part);
    const responder = connectAs(anvil, root, 3);
    const demands = responder.demands();
    const account = addressOfKey(key(3));
    const before = await demands.owed(account);
    const structHash = await structHashOf(opened.demand);
    expect(await answerDemand(archive(), structHash, demands, opened)).toBe("answered");
    expect(await demands.stateOf(opened.id)).toBe("answered");
    expect(await demands.owed(account)).toBeGreaterThan(before);
    const { open, held } = await demands.docket(opened.demand.structHash);
    expect({ open, held }).toEqual({ open: 0, held: true });
    // Asked again, by name, it has nothing more to show.
    const again = await findDemand(demands, chainId, 0n, `d${opened.id}`);
    expect(again).toEqual(opened);
    expect(await answerDemand(archive(), structHash, demands, again)).toBe("answered");
  });

  it("takes what comes after in the next demand", async () => {
    const made = await demand(2n, "txs");
    expect(made.demand.from).toBe(65_536);
    const demands = connectAs(anvil, root, 3).demands();
    expect(await answerDemand(archive(), made.demand.structHash, demands, made)).toBe("answered");
    const shown = await demands.shown(made.demand.structHash, 2n, "txs");
    expect(shown.shown).toBeGreaterThan(made.demand.from);
  });

  it("lets the checkpoint go after a window, and convicts those who signed what nobody shows", async () => {
    const demands = client.demands();
    const [record] = await client.checkpoints.list(chainId, 1n, 1);
    if (!record) throw new Error("no checkpoint");
    await anvil.pass(DATA_WINDOW + 1);
    const terms = { chainId, number: 1n, structHash: record.structHash } as Demand;
    await demands.release(terms);
    expect((await demands.docket(record.structHash)).held).toBe(false);

    expect(await pendingChallenges(client, chainId, 0n)).toEqual([]);
    const opened = await demand(6n, "receipts");
    const { deadline } = opened.demand;
    const waiting = { id: `d${opened.id}`, type: "unavailable", checkpoint: 1n, block: 6n, deadline };
    expect(await pendingChallenges(client, chainId, 0n)).toEqual([{ ...waiting, missing: "the receipts of block 6" }]);
    await expect(demands.conclude(opened, undefined)).rejects.toMatchObject({ message: expect.stringMatching(/./) });
    await anvil.pass(DATA_WINDOW + 1);
    expect(await knownOf(archive([6n]), opened.demand)).toBeUndefined();
    const known = await knownOf(archive(), opened.demand);
    expect(known?.leaf.number).toBe(6n);
    await demands.conclude(opened, known);
    expect(await demands.stateOf(opened.id)).toBe("convicted");
    expect(await pendingChallenges(client, chainId, 0n)).toEqual([]);
    expect(await client.challenges.offence(opened.demand.offenceId)).toMatchObject({ kind: 17, class: 2 });
    expect(await structHashOf(opened.demand)).not.toBe(opened.demand.structHash);
    expect(await answerDemand(archive(), undefined, demands, opened)).toBe("gone");
    expect(await demands.owed(addressOfKey(key(4)))).toBeGreaterThan(0n);
  });
});
