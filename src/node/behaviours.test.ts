import { afterEach, beforeEach, describe, expect, it, test } from "vitest";
import { openTestChain, producer, type TestChain, temporaryDirectories } from "../../test/support/chain-fixture.ts";
import { silentLogger } from "../logger.ts";
import { type Behaviours, createBehaviours } from "./behaviours.ts";
import { createNodeEventBus, type NodeEvent } from "./events.ts";

const directories = temporaryDirectories();
let chain: TestChain;
let behaviours: Behaviours;
let heard: NodeEvent[];

beforeEach(async () => {
  chain = await openTestChain({ directory: directories.create() });
  const events = createNodeEventBus();
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
const slipped = (block: bigint) => behaviours.blockFaults(block)?.extra(parent(), []).length ?? 0;

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
    const extra = behaviours.blockFaults(1n)?.extra(parent(), []) ?? [];
    expect(extra.map(({ nonce }) => nonce)).toEqual([0n, 1n]);
    behaviours.proposed(1n);
    expect(heard).toMatchObject([{ handle: "f1" }, { handle: "f2" }]);
    expect(slipped(2n)).toBe(0);
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
