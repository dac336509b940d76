import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  alice,
  bob,
  type ClusterNode,
  coin,
  type NodeCluster,
  startCluster,
  transfer,
} from "../support/node-cluster.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const EVERY = 16;
const START = 1_700_000_000_000;
/** Of the root chain, in seconds. */
const LATE_SLASH = 40;

interface Status {
  readonly storage: { readonly mode: string; readonly statesFrom: string; readonly transactionsFrom: string };
}

/** One validator, which needs nobody, on a clock that the test moves: three hundred blocks pass in a few seconds. */
describe("a node that keeps a window", () => {
  const clock = new VirtualClock(START);
  let cluster: NodeCluster;
  let node: ClusterNode;
  beforeAll(async () => {
    cluster = await startCluster({ nodes: 1, eraMinBlocks: EVERY, checkpointEvery: EVERY, clock, storage: "window" });
    [node] = cluster.nodes as [ClusterNode];
    cluster.rootChain.lateSlashS = LATE_SLASH;
    // A node that starts waits two rounds for a peer's state.
    clock.advanceTo(START + 2_500);
  });
  afterAll(() => cluster.dispose());

  async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
    // Whatever it waits for is being worked on now: time stands meanwhile.
    for (let turn = 0; !(await condition()); turn++) {
      if (turn > 2_000_000) throw new Error(`no progress at block ${node.node().height()}`);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async function passBlocks(count: number): Promise<void> {
    for (let block = 0; block < count; block++) {
      const before = node.node().height();
      const slot = Math.ceil((clock.now() + 1) / 1000) * 1000;
      clock.advanceTo(slot);
      await until(() => node.node().height() > before);
      clock.advanceTo(slot + 700);
    }
  }

  const storage = async () => (await node.rpc().request<Status>("koma_status")).storage;
  const request = (method: string, ...params: unknown[]) => node.rpc().request<unknown>(method, params);

  /** Lets time pass in which nothing happens but pruning. */
  async function prune(): Promise<void> {
    for (let slice = 0; slice < 40; slice++) {
      clock.advanceTo(clock.now() + 5);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  it("keeps everything while fraud below it could still be punished", async () => {
    await node
      .rpc()
      .request("eth_sendRawTransaction", [
        `0x${Buffer.from(transfer(alice, { nonce: 0n, to: bob.address, value: coin }).raw).toString("hex")}`,
      ]);
    await passBlocks(220);
    await until(() => cluster.rootChain.taken.length >= 10);
    cluster.rootChain.finalize(5n, BigInt(Math.floor(clock.now() / 1000)));
    await passBlocks(LATE_SLASH / 2);
    await prune();
    expect(await storage()).toEqual({ mode: "window", statesFrom: "0x0", transactionsFrom: "0x0" });
    expect(await request("eth_getBlockByNumber", "0x1", false)).toMatchObject({ number: "0x1" });
  });

  it("then forgets what is below the last settled checkpoint, and says so as go-ethereum does", async () => {
    const settled = cluster.rootChain.taken[4]?.checkpoint.end ?? 0n;
    await passBlocks(LATE_SLASH);
    for (let tries = 0; BigInt((await storage()).transactionsFrom) === 0n && tries < 50; tries++) {
      await passBlocks(1);
      await prune();
    }
    const kept = await storage();
    expect(kept).toMatchObject({
      statesFrom: `0x${settled.toString(16)}`,
      transactionsFrom: `0x${settled.toString(16)}`,
    });

    const pruned = { number: 4444, message: "pruned history unavailable", code: "KOMA_E_HISTORY_PRUNED" };
    const withPayment = await paymentBlock();
    await expect(request("eth_getBlockByNumber", withPayment, true)).rejects.toMatchObject(pruned);
    await expect(request("eth_getBlockReceipts", withPayment)).rejects.toMatchObject(pruned);
    await expect(request("eth_getLogs", { fromBlock: "0x1", toBlock: "0x20" })).rejects.toMatchObject(pruned);
    await expect(request("eth_getBalance", bob.address, withPayment)).rejects.toMatchObject({
      number: -32000,
      message: expect.stringContaining("missing trie node"),
      code: "KOMA_E_STATE_UNAVAILABLE",
    });
    await expect(request("eth_call", { to: bob.address }, withPayment)).rejects.toMatchObject({
      code: "KOMA_E_STATE_UNAVAILABLE",
    });
    // Headers stay, and from the settled block on everything does.
    expect(await request("eth_getHeaderByNumber", withPayment)).toMatchObject({ number: withPayment });
    const first = `0x${settled.toString(16)}`;
    expect(await request("eth_getBlockByNumber", first, true)).toMatchObject({ number: first });
    expect(BigInt((await request("eth_getBalance", bob.address, first)) as string)).toBe(1_001n * coin);
    expect(await request("eth_getProof", bob.address, [], first)).toMatchObject({ address: bob.address });
  });

  it("goes on after a restart, with what it had kept", async () => {
    const before = await storage();
    const height = node.node().height();
    await cluster.stop(0);
    await cluster.start(0);
    clock.advanceTo(clock.now() + 2_500);
    await until(() => node.node().height() > height);
    await passBlocks(3);
    expect(BigInt((await storage()).statesFrom)).toBeGreaterThanOrEqual(BigInt(before.statesFrom));
  });

  /** Block of the only payment, by the nonce of its sender in the headers' states that are left: it came first. */
  async function paymentBlock(): Promise<string> {
    for (let number = 1; number < 20; number++) {
      const header = (await request("eth_getHeaderByNumber", `0x${number.toString(16)}`)) as { gasUsed: string };
      if (BigInt(header.gasUsed) > 0n) return `0x${number.toString(16)}`;
    }
    throw new Error("no block carries the payment");
  }
});
