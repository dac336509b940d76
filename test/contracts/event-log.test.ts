import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { addressOfKey } from "../../src/primitives/index.ts";
import type { EventBatch, EventLog, RootChain, RootDeployment, RootEvent } from "../../src/rootchain/index.ts";
import { type Anvil, key, startAnvil } from "./anvil.ts";
import { chainId, connectAs, deployTestRoot } from "./root-network.ts";

const alice = addressOfKey(key(1));

describe("event log of the root chain", () => {
  let anvil: Anvil;
  let root: RootDeployment;
  let client: RootChain;

  beforeAll(async () => {
    anvil = await startAnvil();
    root = await deployTestRoot(anvil);
    client = connectAs(anvil, root, 1);
  });
  afterAll(() => anvil.stop());

  let start: bigint;
  beforeEach(async () => {
    start = (await client.head()).number + 1n;
  });

  const deposit = (amount: bigint) => client.deposits.depositKmc({ chainId, recipient: alice, amount });
  const watch = (options: { confirmations?: number; maxRange?: number; from?: bigint } = {}): EventLog =>
    client.watch({
      from: options.from ?? start,
      confirmations: options.confirmations ?? 0,
      ...(options.maxRange ? { maxRange: options.maxRange } : {}),
    });

  async function drain(log: EventLog): Promise<EventBatch[]> {
    const batches: EventBatch[] = [];
    for (let batch = await log.poll(); batch; batch = await log.poll()) batches.push(batch);
    return batches;
  }

  const amounts = (batches: readonly EventBatch[]): bigint[] =>
    batches
      .flatMap((batch): readonly RootEvent[] => (batch.kind === "events" ? batch.events : []))
      .filter(({ event }) => event === "Deposited")
      .map(({ args }) => args["amount"] as bigint);

  it("gives every event once and in order, whatever the range of a request", async () => {
    for (const amount of [1n, 2n, 3n, 4n, 5n]) await deposit(amount);
    const log = watch({ maxRange: 2 });
    const batches = await drain(log);
    expect(amounts(batches)).toEqual([1n, 2n, 3n, 4n, 5n]);
    expect(batches.length).toBe(3);
    expect(await log.poll()).toBeUndefined();
    await deposit(6n);
    expect(amounts(await drain(log))).toEqual([6n]);
  });

  it("reads every event since the deployment, of every contract", async () => {
    const batches = await drain(watch({ from: root.startBlock }));
    const seen = new Set(
      batches
        .flatMap((batch) => (batch.kind === "events" ? batch.events : []))
        .map(({ contract, event }) => `${contract}.${event}`),
    );
    for (const name of [
      "StakeManager.Wired",
      "KomaRegistry.ChainRegistered",
      "KomaRegistry.TokenMapped",
      "DepositManager.EscrowSeeded",
      "KMC.Transfer",
      "ChallengeManager.VerifierRegistered",
    ]) {
      expect([...seen]).toContain(name);
    }
  });

  it("waits for confirmations", async () => {
    await deposit(10n);
    const log = watch({ confirmations: 3 });
    expect(await drain(log)).toEqual([]);
    await anvil.mine(2);
    expect(amounts(await drain(log))).toEqual([]);
    await anvil.mine(1);
    expect(amounts(await drain(log))).toEqual([10n]);
  });

  it("goes on from a cursor that was written down", async () => {
    await deposit(20n);
    const log = watch();
    expect(amounts(await drain(log))).toEqual([20n]);
    const written = JSON.stringify(log.cursor, (_, value) => (typeof value === "bigint" ? value.toString() : value));
    const read = JSON.parse(written) as { nextBlock: string; recent: { number: string; hash: `0x${string}` }[] };
    await deposit(21n);
    const again = client.watch({
      from: {
        nextBlock: BigInt(read.nextBlock),
        recent: read.recent.map(({ number, hash }) => ({ number: BigInt(number), hash: hash as never })),
      },
      confirmations: 0,
    });
    expect(amounts(await drain(again))).toEqual([21n]);
  });

  it("rolls back to the last common block and gives the new branch's events", async () => {
    await deposit(30n);
    const log = watch();
    expect(amounts(await drain(log))).toEqual([30n]);
    const common = (await client.head()).number;
    await deposit(31n);
    await deposit(32n);
    expect(amounts(await drain(log))).toEqual([31n, 32n]);

    // Two blocks are replaced by as many empty ones; what was in them is gone.
    await anvil.rpc.request("anvil_reorg", [2, []]);
    await deposit(33n);
    const [rollback, ...rest] = await drain(log);
    expect(rollback).toMatchObject({ kind: "rollback", to: common });
    expect(amounts(rest)).toEqual([33n]);
  });

  it("notices a root chain that was set back and grew differently", async () => {
    const snapshot = await anvil.rpc.request("evm_snapshot");
    const common = (await client.head()).number;
    const log = watch();
    await deposit(40n);
    expect(amounts(await drain(log))).toEqual([40n]);
    await anvil.rpc.request("evm_revert", [snapshot]);
    // Shorter than what was read: nothing to say yet.
    expect(await drain(log)).toEqual([]);
    await anvil.pass(100);
    await deposit(41n);
    const batches = await drain(log);
    const rollbacks = batches.filter(({ kind }) => kind === "rollback");
    expect(rollbacks.length).toBeLessThanOrEqual(1);
    expect(log.cursor.nextBlock).toBeGreaterThan(common);
    expect(amounts(batches)).toEqual([41n]);
  });

  it("is not disturbed by reorganisations above its confirmations", async () => {
    const log = watch({ confirmations: 5 });
    await deposit(50n);
    await anvil.mine(5);
    expect(amounts(await drain(log))).toEqual([50n]);
    await anvil.rpc.request("anvil_reorg", [4, []]);
    await anvil.mine(1);
    expect((await drain(log)).every(({ kind }) => kind === "events")).toBe(true);
  });

  it("yields batches as they come, until it is told to stop", async () => {
    const stop = new AbortController();
    const seen: bigint[] = [];
    const log = client.watch({ from: start, confirmations: 0, pollMs: 10 });
    const reading = (async () => {
      for await (const batch of log.batches(stop.signal)) {
        seen.push(...amounts([batch]));
        if (seen.length === 2) stop.abort();
      }
    })();
    await deposit(60n);
    await deposit(61n);
    await reading;
    expect(seen).toEqual([60n, 61n]);
  });
});
