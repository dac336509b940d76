import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connectRootChain } from "../../src/rootchain/index.ts";
import { ask, type DevnetData } from "../support/devnet.ts";
import { createKoma, eventually } from "../support/koma.ts";

interface Tally {
  readonly election: string;
  readonly phase: string;
  readonly closesAt: string;
  readonly effectiveAt: string;
  readonly castWei: string;
  readonly results: readonly { readonly name: string | null; readonly result: string; readonly votesPct: number }[];
  readonly tx: string | null;
}

interface Nominated {
  readonly bondWei: string;
  readonly producerKey: string;
}

interface Listed {
  readonly name: string | null;
  readonly state: string;
}

/** Two of four validators produce, every tenure has half a minute of voting, and eras are short: sets come in with them. */
const network = {
  version: 1,
  name: "vote",
  l1: { blockTime: "1s" },
  chains: [{ consensus: { era: 6 }, producers: { seats: 2, tenure: "44s", voteOpen: "40s", voteLead: "12s" } }],
  nodes: [{ name: "validator", count: 4, roles: ["validator", "producer"] }],
};
/** Left of a vote before this test begins to vote in it, milliseconds. */
const ENOUGH_MS = 15_000;

const koma = createKoma();
let devnet: DevnetData;

beforeAll(async () => {
  const file = join(koma.home, "vote.network.json");
  writeFileSync(file, JSON.stringify(network));
  devnet = await koma.json<DevnetData>("devnet", "up", file);
});
afterAll(() => koma.dispose());

const tally = () => koma.json<Tally>("producer", "tally");
const producers = async (set: string) => (await koma.json<Listed[]>("producer", "list", "--set", set)).map(nameOf);
const nameOf = ({ name }: Listed) => name;
const signerOf = (index: number) => devnet.nodes[index]?.signer;

interface Block {
  readonly miner: string;
  /** Seconds. */
  readonly time: number;
}

/** The chain's blocks from `first` to the newest. */
async function blocksFrom(first: number): Promise<readonly Block[]> {
  const url = devnet.nodes[0]?.rpcUrl as string;
  const head = Number(await ask<string>(url, "eth_blockNumber"));
  const numbers = Array.from({ length: head - first + 1 }, (_, i) => `0x${(first + i).toString(16)}`);
  const blocks = await Promise.all(
    numbers.map((number) => ask<{ miner: string; timestamp: string }>(url, "eth_getBlockByNumber", number, false)),
  );
  return blocks.map(({ miner, timestamp }) => ({ miner, time: Number(timestamp) }));
}

describe("an election of producers", () => {
  it("puts those whom the stakers approve of into office, at the start of the next tenure", async () => {
    expect(await producers("current")).toEqual(["validator-0", "validator-1"]);
    const nominate = (node: string, ...more: string[]) =>
      koma.json<Nominated>("producer", "nominate", "--validator", node, "--location", "DE", ...more);
    // One of them seals with another key than it signs with.
    const [first, second] = await Promise.all([
      nominate("validator-2"),
      nominate("validator-3", "--producer-key", "validator-3.producer"),
    ]);
    expect(first).toMatchObject({ bondWei: (1_000n * 10n ** 18n).toString(), producerKey: signerOf(2) });
    const sealer = second?.producerKey as string;
    expect(sealer).not.toBe(signerOf(3));
    expect((await koma.run("producer", "nominate", "--validator", "validator-2")).envelope.error?.code).toMatch(
      /^KOMA_E_(BALANCE_LOW|NOMINEE_STATE)$/,
    );

    const open = await eventually(
      "a vote with some time left",
      async () => {
        const state = await tally();
        return state.phase === "open" && Date.parse(state.closesAt) - Date.now() > ENOUGH_MS && state;
      },
      90_000,
    );
    const vote = (voter: string, ...nominees: string[]) =>
      koma.json<{ weightWei: string }>("producer", "vote", ...nominees, "--from", voter, "--election", open.election);
    const [ballot, early] = await Promise.all([
      vote("validator-0", "validator-2", "validator-3"),
      koma.run("producer", "tally", "--close"),
      vote("validator-1", "validator-3"),
      vote("validator-2", "validator-2", "validator-3"),
    ]);
    expect(ballot?.weightWei).toBe((1_000n * 10n ** 18n).toString());
    expect(early?.envelope.error?.code).toBe("KOMA_E_VOTE_OPEN");
    const counted = await tally();
    expect(BigInt(counted.castWei)).toBe(3_000n * 10n ** 18n);
    expect(counted.results.slice(0, 2)).toMatchObject([
      { name: "validator-3", votesPct: 100, result: "in" },
      { name: "validator-2", votesPct: 66.66, result: "in" },
    ]);

    await eventually("the vote to close", async () => (await tally()).phase === "closed", 60_000);
    const settled = await koma.json<Tally>("producer", "tally", "--close", "--from", "dave");
    expect(settled).toMatchObject({ election: open.election, phase: "settled" });
    expect(settled.tx).toMatch(/^0x/);

    // What nodes and fraud proofs read: the set before until it takes over, the new one from then on.
    const { registry } = connectRootChain({ url: devnet.l1.rpcUrl, contracts: devnet.contracts });
    const from = Date.parse(settled.effectiveAt) / 1000;
    const chain = BigInt(devnet.chains[0]?.id ?? 0);
    expect(await registry.producersAt(chain, from - 1)).toEqual([signerOf(0), signerOf(1)]);
    expect(await registry.producersAt(chain, from)).toEqual([sealer, signerOf(2)]);

    await eventually(
      "the new producers to be in office",
      async () => (await producers("current")).includes("validator-3"),
      60_000,
    );
    expect(await producers("current")).toEqual(["validator-3", "validator-2"]);

    // Consensus takes them over at the border of an era, one to two eras after it heard of them.
    const elected = [signerOf(2), sealer];
    const blocks = await eventually(
      "six blocks by the new producers alone",
      async () => {
        const all = await blocksFrom(1);
        const both = elected.every((key) => all.some(({ miner }) => miner === key));
        return both && all.slice(-6).every(({ miner }) => elected.some((key) => key === miner)) && all;
      },
      90_000,
    );
    const schedule = await koma.json<{ name: string | null }[]>("producer", "schedule", "--next", "5");
    expect(schedule).toHaveLength(5);
    expect(schedule.every(({ name }) => name === "validator-2" || name === "validator-3")).toBe(true);
    expect(await koma.json("producer", "status", "validator-3")).toMatchObject({
      sealsWith: sealer,
      keyOnNode: true,
      nextSlot: expect.any(String),
    });
    const longest = Math.max(...blocks.slice(1).map(({ time }, i) => time - (blocks[i]?.time ?? 0)));
    expect(longest).toBeLessThanOrEqual(3);
    const paid = await koma.json<{ status: string }>("tx", "send", "--to", "bob", "--value", "1", "--finality", "1/3");
    expect(paid.status).toBe("final");
  }, 240_000);

  it("gives up a seat in the middle of a tenure, and somebody else produces without a gap", async () => {
    const first = Number(await ask<string>(devnet.nodes[0]?.rpcUrl as string, "eth_blockNumber"));
    const change = await koma.json<{ removed: string; added: string | null }>(
      ...["producer", "replace", "validator-2", "--reason", "resigned", "--yes"],
    );
    // Nobody stands by, so that one of the producers of the first hour takes the seat.
    expect(change.removed).toBe(signerOf(2));
    expect([signerOf(0), signerOf(1)]).toContain(change.added);
    const blocks = await eventually(
      "the substitute's blocks, and six of them without the one that left",
      async () => {
        const all = await blocksFrom(first);
        const substituted = all.some(({ miner }) => miner === change.added);
        return substituted && all.length > 6 && all.slice(-6).every(({ miner }) => miner !== change.removed) && all;
      },
      90_000,
    );
    const longest = Math.max(...blocks.slice(1).map(({ time }, i) => time - (blocks[i]?.time ?? 0)));
    expect(longest).toBeLessThanOrEqual(3);
    expect(await koma.json("producer", "status", "validator-2")).not.toMatchObject({ state: "producing" });
  }, 150_000);
});
