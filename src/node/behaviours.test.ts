import { afterEach, beforeEach, describe, expect, it, test } from "vitest";
import {
  account,
  openTestChain,
  producer,
  sign,
  type TestChain,
  temporaryDirectories,
  testGenesis,
} from "../../test/support/chain-fixture.ts";
import type { CheckpointedBlock } from "../checkpoint/index.ts";
import { silentLogger } from "../logger.ts";
import type { Checkpoint } from "../rootchain/index.ts";
import { type Behaviours, createBehaviours } from "./behaviours.ts";
import { createNodeEventBus, type NodeEvent, type NodeEventBus } from "./events.ts";

const directories = temporaryDirectories();
/** Another key of the same producer, that seals its blocks. */
const sealer = account("sealer");
const funds = { balance: 10n ** 18n };
const genesis = testGenesis({ [producer.address]: funds, [sealer.address]: funds });
let chain: TestChain;
let behaviours: Behaviours;
let heard: NodeEvent[];
let events: NodeEventBus;

beforeEach(async () => {
  chain = await openTestChain({ directory: directories.create(), genesis });
  events = createNodeEventBus();
  heard = [];
  events.subscribe((event) => void heard.push(event));
  behaviours = createBehaviours(
    { name: "validator-0", devnet: true, chainId: chain.genesis.chainId, signer: producer },
    { executor: chain.executor, events, logger: silentLogger },
  );
});
afterEach(() => {
  chain.close();
  directories.cleanUp();
});

const order = { type: "behave", id: 1, handle: "f1", kind: "bad-nonce", collude: [], params: {} } as const;
const parent = () => chain.executor.headerAt(chain.executor.finalHead.hash);
const slipped = (block: bigint) => behaviours.blockFaults(block)?.extra(parent(), [], producer).length ?? 0;

describe("a behaviour", () => {
  it("begins with the block that it was ordered for, and is honest before", () => {
    behaviours.begin({ ...order, actors: ["validator-0"], at: "5" });
    expect(behaviours.blockFaults(4n)).toBeUndefined();
    behaviours.proposed(4n);
    expect(heard).toEqual([]);
    expect(behaviours.blockFaults(5n)?.rules.ignoreNonces).toBe(true);
    expect(slipped(5n)).toBe(2);
    expect(slipped(6n)).toBe(2);
  });

  it("makes accomplices accept wrong nonces from that block on, and not before", () => {
    behaviours.begin({ ...order, actors: ["validator-1"], collude: ["validator-0"], at: "5" });
    expect(behaviours.blockFaults(4n)).toBeUndefined();
    expect(behaviours.blockFaults(5n)?.rules.ignoreNonces).toBe(true);
    expect(slipped(5n)).toBe(0);
  });

  it("without a block begins at once, and is done as often as ordered", () => {
    behaviours.begin({ ...order, actors: ["validator-0"], times: 1 });
    expect(slipped(1n)).toBe(2);
    behaviours.proposed(1n);
    expect(heard).toMatchObject([{ type: "behaviour", handle: "f1", event: "performed" }]);
    expect(slipped(2n)).toBe(0);
    behaviours.end("f1");
    expect(behaviours.blockFaults(2n)).toBeUndefined();
  });

  it("commits all that was ordered in one block, each with a nonce of its own", () => {
    behaviours.begin({ ...order, kind: "log-forge", actors: ["validator-0"], times: 1 });
    behaviours.begin({ ...order, handle: "f2", kind: "tip-above-fee", actors: ["validator-0"], times: 1 });
    const extra = behaviours.blockFaults(1n)?.extra(parent(), [], producer) ?? [];
    expect(extra.map(({ nonce }) => nonce)).toEqual([0n, 1n]);
    behaviours.proposed(1n);
    expect(heard).toMatchObject([{ handle: "f1" }, { handle: "f2" }]);
    expect(slipped(2n)).toBe(0);
  });

  it("is done with the key that seals the block, after what that key sends already", () => {
    behaviours.begin({ ...order, actors: ["validator-0"] });
    const fields = { to: sealer.address, value: 0n };
    const before = [sign(sealer, { ...fields, nonce: 0n }), sign(producer, { ...fields, nonce: 0n })];
    const slippedBy = (key: typeof sealer) => behaviours.blockFaults(1n)?.extra(parent(), before, key) ?? [];
    expect(slippedBy(sealer).map(({ sender, nonce }) => [sender, nonce])).toEqual([
      [sealer.address, 1n],
      [sealer.address, 1n],
    ]);
    expect(slippedBy(producer).map(({ sender }) => sender)).toEqual([producer.address, producer.address]);
  });

  it("waits while the key that seals the block has no coin for it", () => {
    behaviours.begin({ ...order, actors: ["validator-0"], times: 1 });
    expect(behaviours.blockFaults(1n)?.extra(parent(), [], account("a key without a coin"))).toEqual([]);
    behaviours.proposed(1n);
    expect(heard).toEqual([]);
    expect(slipped(2n)).toBe(2);
  });

  test.each([
    { why: "a kind that nobody knows", change: { kind: "levitate" }, code: "KOMA_E_BEHAVIOUR_UNKNOWN" },
    { why: "a parameter", change: { params: { size: "3" } }, code: "KOMA_E_ARGUMENT_INVALID" },
    { why: "a token that is missing", change: { kind: "erc20-output" }, code: "KOMA_E_ARGUMENT_INVALID" },
    {
      why: "a token that is no address",
      change: { kind: "erc20-output", params: { token: "dUSD" } },
      code: "KOMA_E_ADDRESS_MALFORMED",
    },
    { why: "a start that is no block", change: { at: "soon" }, code: "KOMA_E_ARGUMENT_INVALID" },
    { why: "a negative start", change: { at: "-1" }, code: "KOMA_E_ARGUMENT_INVALID" },
  ])("is refused with $why, and changes nothing", ({ change, code }) => {
    expect(() => behaviours.begin({ ...order, actors: ["validator-0"], ...change })).toThrow(
      expect.objectContaining({ code }),
    );
    expect(behaviours.blockFaults(10n)).toBeUndefined();
  });
});

describe("a behaviour that is done to checkpoints", () => {
  const blocksTo = async (last: number) => {
    const blocks: CheckpointedBlock[] = [];
    for (let number = 1; number <= last; number++) blocks.push((await chain.extend([])).block);
    return blocks;
  };
  const submitted = (end: bigint) => events.emit({ type: "checkpointSubmitted", number: 1n, start: 1n, end });
  const leafTime = (blocks: readonly CheckpointedBlock[] | undefined) => blocks?.at(-1)?.header.timestamp;

  it.each([
    { part: "actor", actors: ["validator-0"], told: ["performed", "finished"] },
    { part: "accomplice", actors: ["validator-1"], told: [] },
  ])("has an $part sign a false last leaf until it is on the root chain, and show what was signed", async (given) => {
    const honest = await blocksTo(3);
    const shorter = honest.slice(0, 2);
    behaviours.begin({ ...order, kind: "leaf-field", actors: given.actors, times: 1, at: "3" });
    expect(behaviours.checkpointed(shorter)).toBe(shorter);
    const signed = behaviours.checkpointed(honest);
    expect(leafTime(signed)).toBe((leafTime(honest) as bigint) + 1n);
    expect(signed?.map(({ hash }) => hash)).toEqual(honest.map(({ hash }) => hash));
    submitted(3n);
    expect(
      heard.filter(({ type }) => type === "behaviour").map((event) => (event as { event?: string }).event),
    ).toEqual(given.told);
    expect(behaviours.checkpointed([...honest.slice(1)])).toEqual(honest.slice(1));
    behaviours.end("f1");
    expect(behaviours.signedBlocks(honest)).toEqual(signed);
    expect(behaviours.signedBlocks(shorter)).toBe(shorter);
    expect(behaviours.blockFaults(3n)).toBeUndefined();
  });

  it("has an actor sign a second content once, and leaves accomplices honest", () => {
    const checkpoint = { start: 1n, end: 4n, rootHash: `0x${"0a".repeat(32)}` } as Checkpoint;
    behaviours.begin({ ...order, kind: "double-vote", actors: ["validator-1"], times: 1 });
    expect(behaviours.secondVote(checkpoint)).toBeUndefined();
    behaviours.begin({ ...order, kind: "double-vote", actors: ["validator-0"], times: 1 });
    expect(behaviours.secondVote(checkpoint)).toEqual({ ...checkpoint, rootHash: `0x${"0a".repeat(31)}0b` });
    expect(behaviours.secondVote(checkpoint)).toBeUndefined();
    expect(behaviours.blockFaults(4n)).toBeUndefined();
  });
});
