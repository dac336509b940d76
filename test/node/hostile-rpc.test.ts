import { once } from "node:events";
import { availableParallelism, loadavg } from "node:os";
import { Worker } from "node:worker_threads";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createRpcClient } from "../../src/rpc/index.ts";
import type { HostilePlan } from "../support/hostile-clients.ts";
import { alice, type NodeCluster, startCluster } from "../support/node-cluster.ts";

const REQUESTS = 1_000;
const AT_ONCE = 40;
/** No honest client waits longer, on a machine that has the time: others may be at work on it beside us. */
const patienceMs = () => 1_000 * Math.max(1, (loadavg()[0] ?? 0) / (2 * availableParallelism()));

let cluster: NodeCluster;
beforeAll(async () => {
  cluster = await startCluster({ nodes: 1, rpcLimits: { callTimeoutMs: 1_000, requestTimeoutMs: 4_000 } });
});
afterAll(() => cluster.dispose());

async function metrics(): Promise<ReadonlyMap<string, number>> {
  const text = await (await fetch(`${cluster.at(0).node().rpc().url}/metrics`)).text();
  return new Map([...text.matchAll(/^([a-z_]+) (\S+)$/gm)].map(([, name, value]) => [name ?? "", Number(value)]));
}

it(`${REQUESTS} hostile requests neither crash a node nor keep others waiting, and leave nothing behind`, async () => {
  const node = cluster.at(0);
  await cluster.until("there are blocks", () => node.node().height() >= 2n);
  const { port, url } = node.node().rpc();
  // The thread for calls starts with the first of them.
  await cluster.until("calls are answered", async () => {
    const asked = node.rpc().request("eth_call", [{ to: alice.address, data: "0x" }, "latest"]);
    return asked.then(
      () => true,
      () => false,
    );
  });
  const before = await metrics();
  const begunAt = node.node().height();

  // In a thread of its own: what an attack costs the attackers is not the node's affair.
  const attackers = new Worker(new URL("../support/hostile-clients.ts", import.meta.url), {
    workerData: { port, seed: 4_711, requests: REQUESTS, atOnce: AT_ONCE } satisfies HostilePlan,
  });
  const attack = once(attackers, "exit");
  let over = false;
  const ended = () => {
    over = true;
  };
  attack.then(ended, ended);

  const waits: { readonly method: string; readonly ms: number }[] = [];
  const honest = createRpcClient(url);
  const timed = async (method: string, ...params: readonly unknown[]) => {
    const askedAt = performance.now();
    // A time-out is judged as the wait it was; any other refusal is none of theirs to get.
    await honest.request(method, params).catch((error: unknown) => {
      if ((error as { code?: string }).code !== "KOMA_E_RPC_TIMEOUT") throw error;
    });
    waits.push({ method, ms: Math.round(performance.now() - askedAt) });
  };
  while (!over) {
    await timed("eth_blockNumber");
    await timed("eth_getBalance", alice.address, "latest");
    await timed("eth_call", { to: alice.address, data: "0x" }, "latest");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect(await attack).toEqual([0]);
  const slowest = waits.toSorted((a, b) => b.ms - a.ms).slice(0, 3);
  expect(waits.length).toBeGreaterThan(50);
  expect(slowest.filter(({ ms }) => ms > patienceMs())).toEqual([]);

  // Blocks went on, and what the attackers held is given back.
  const height = node.node().height();
  expect(height).toBeGreaterThan(begunAt);
  await cluster.until("the chain goes on", () => node.node().height() > height + 1n);
  await cluster.until("nothing of theirs is left", async () => {
    const now = await metrics();
    return (
      now.get("koma_rpc_websockets") === 0 &&
      now.get("koma_call_jobs") === 0 &&
      now.get("koma_rpc_buffered_bytes") === before.get("koma_rpc_buffered_bytes") &&
      (now.get("koma_rpc_connections") ?? 0) <= (before.get("koma_rpc_connections") ?? 0) + 2
    );
  });
  const ready = await fetch(`${url}/ready`);
  expect([ready.status, await ready.json()]).toEqual([200, { ready: true, reasons: [] }]);
  expect(node.log.filter(({ level }) => level === "error")).toEqual([]);
});
