import { setTimeout as after } from "node:timers/promises";
import type { Hash, Hex } from "../src/primitives/index.ts";
import { createRpcClient, type RpcClient } from "../src/rpc/index.ts";
import { type BlockWatch, watchBlocks } from "./block-watch.ts";
import { processCost, totalCpuS } from "./machine.ts";
import { mean, median, quantile } from "./statistics.ts";
import { SENDERS, type Target } from "./target.ts";
import { type LoadKind, prepareLoad, type SignedTransaction } from "./workload.ts";

/** Transactions a second, or all as soon as possible. */
export type Rate = number | "max";

export interface LoadPlan {
  readonly kind: LoadKind;
  readonly count: number;
  readonly rate: Rate;
}

export interface Latency {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

export interface LoadResult {
  readonly target: string;
  readonly kind: LoadKind;
  readonly count: number;
  readonly rate: Rate;
  readonly blocks: number;
  /** Per second, from the first that was due to the last accepted or included. */
  readonly acceptedTps: number;
  readonly minedTps: number;
  /** From when a transaction was due, in ms. */
  readonly inclusionMs: Latency;
  /** The same to finality at a third of the stake. */
  readonly finalMs: Latency | undefined;
  /** CPU of all nodes together, what they use while idle taken off, in ms. */
  readonly cpuMsPerTx: number;
  /** Median over the nodes, after the load. */
  readonly pssMib: number;
}

const BATCH = 50;
const SETTLE_MS = 120_000;
const BASELINE_MS = 5_000;

/** Puts one load on a chain and follows every transaction to its end. @throws {Error} when anything was lost or failed */
export async function drive(target: Target, plan: LoadPlan): Promise<LoadResult> {
  const load = await prepareLoad(target, plan.kind, plan.count);
  const watch = await watchBlocks(target);
  try {
    const idleCpuPerMs = await baseline(target);
    const cpuBefore = totalCpuS(target.pids);
    const start = performance.now();
    const dueAt = (i: number) => (plan.rate === "max" ? start : start + (i * 1_000) / plan.rate);
    const acceptedAt = plan.rate === "max" ? await sendAtOnce(target, load) : await sendOnTime(target, load, dueAt);
    await settled(target, load, watch);
    const end = performance.now();
    const cpuMs = (totalCpuS(target.pids) - cpuBefore) * 1_000 - idleCpuPerMs * (end - start);
    await checkOutcome(target, load);

    const included = load.map(({ hash }) => watch.includedAt.get(hash) as number);
    const latencies = (times: readonly number[]) => latency(times.map((at, i) => at - dueAt(i)));
    const last = Math.max(...included);
    return {
      target: target.name,
      ...plan,
      blocks: watch.heads.filter((at) => at >= start && at <= last).length,
      acceptedTps: (plan.count * 1_000) / (acceptedAt - start),
      minedTps: (plan.count * 1_000) / (last - start),
      inclusionMs: latencies(included),
      finalMs: target.hasFinality ? latencies(load.map(({ hash }) => watch.finalAt.get(hash) as number)) : undefined,
      cpuMsPerTx: cpuMs / plan.count,
      pssMib: median(target.pids.map((pid) => processCost(pid).pssMib)),
    };
  } finally {
    await watch.close();
  }
}

/** How regularly an idle chain makes blocks and finalizes them, in ms. */
export async function measureIdle(target: Target, seconds: number) {
  const watch = await watchBlocks(target);
  try {
    const cpuBefore = totalCpuS(target.pids);
    const start = performance.now();
    await after(seconds * 1_000);
    const elapsedMs = performance.now() - start;
    const cpuS = totalCpuS(target.pids) - cpuBefore;
    if (watch.failure()) throw watch.failure();
    const gaps = (times: readonly number[]) => times.slice(1).map((at, i) => at - (times[i] as number));
    const heads = gaps(watch.heads);
    const finals = gaps(watch.finals.map(({ at }) => at));
    return {
      blocks: watch.heads.length,
      blockMs: { mean: mean(heads), p5: quantile(heads, 0.05), p95: quantile(heads, 0.95) },
      finalBlockMs: { mean: mean(finals), p5: quantile(finals, 0.05), p95: quantile(finals, 0.95) },
      cpuPercentPerNode: (100_000 * cpuS) / elapsedMs / target.pids.length,
      pssMib: median(target.pids.map((pid) => processCost(pid).pssMib)),
    };
  } finally {
    await watch.close();
  }
}

/** Open loop: a late answer delays nobody but the same sender's next transaction. */
async function sendOnTime(
  target: Target,
  load: readonly SignedTransaction[],
  dueAt: (index: number) => number,
): Promise<number> {
  const rpc = createRpcClient(target.url);
  const lanes = new Array<Promise<void>>(SENDERS).fill(Promise.resolve());
  for (const [i, { raw, sender }] of load.entries()) {
    const wait = dueAt(i) - performance.now();
    if (wait > 1) await after(wait);
    // A sender's transactions stay in order: a node drops none, but a later one would have to wait in the queue.
    const sent = (lanes[sender] as Promise<void>).then(() => submit(rpc, raw));
    sent.catch(() => {}); // awaited below
    lanes[sender] = sent;
  }
  await Promise.all(lanes);
  return performance.now();
}

async function submit(rpc: RpcClient, raw: Hex): Promise<void> {
  await rpc.request("eth_sendRawTransaction", [raw]);
}

async function sendAtOnce(target: Target, load: readonly SignedTransaction[]): Promise<number> {
  const rpc = createRpcClient(target.url);
  const lanes = Map.groupBy(load, ({ sender }) => sender);
  await Promise.all(
    [...lanes.values()].map(async (lane) => {
      for (let i = 0; i < lane.length; i += BATCH) {
        const calls = lane.slice(i, i + BATCH).map(({ raw }) => ({ method: "eth_sendRawTransaction", params: [raw] }));
        for (const outcome of await rpc.batch(calls)) if (!outcome.ok) throw outcome.error;
      }
    }),
  );
  return performance.now();
}

async function baseline(target: Target): Promise<number> {
  const before = totalCpuS(target.pids);
  const start = performance.now();
  await after(BASELINE_MS);
  return ((totalCpuS(target.pids) - before) * 1_000) / (performance.now() - start);
}

/** Every transaction was seen in a block and, where there is finality, in a final one. */
async function settled(target: Target, load: readonly SignedTransaction[], watch: BlockWatch): Promise<void> {
  const goal = target.hasFinality ? watch.finalAt : watch.includedAt;
  const end = performance.now() + SETTLE_MS;
  for (;;) {
    const failure = watch.failure();
    if (failure) throw failure;
    const missing = load.filter(({ hash }) => !goal.has(hash) || !watch.includedAt.has(hash)).length;
    if (missing === 0) return;
    if (performance.now() > end) throw new Error(`${target.name}: ${missing} transactions did not arrive in time`);
    await after(50);
  }
}

/** No figure counts unless every transaction succeeded and all nodes hold the same chain. */
async function checkOutcome(target: Target, load: readonly SignedTransaction[]): Promise<void> {
  const rpc = createRpcClient(target.url);
  let height = 0n;
  for (let i = 0; i < load.length; i += BATCH) {
    const calls = load.slice(i, i + BATCH).map(({ hash }) => ({ method: "eth_getTransactionReceipt", params: [hash] }));
    for (const outcome of await rpc.batch(calls)) {
      if (!outcome.ok) throw outcome.error;
      const receipt = outcome.result as { status: Hex; blockNumber: Hex; transactionHash: Hash } | null;
      if (receipt?.status !== "0x1") throw new Error(`${target.name}: ${receipt?.transactionHash} did not succeed`);
      if (BigInt(receipt.blockNumber) > height) height = BigInt(receipt.blockNumber);
    }
  }
  const at = `0x${height.toString(16)}`;
  const hashes = new Set<string>();
  for (const url of target.urls) {
    // A node may be a block behind the one that was watched.
    const node = createRpcClient(url);
    const end = performance.now() + SETTLE_MS;
    for (;;) {
      const block = await node.request<{ hash: Hash } | null>("eth_getBlockByNumber", [at, false]);
      if (block) {
        hashes.add(block.hash);
        break;
      }
      if (performance.now() > end) throw new Error(`${url} does not reach block ${height}`);
      await after(50);
    }
  }
  if (hashes.size !== 1) throw new Error(`${target.name}: nodes differ at block ${height}: ${[...hashes].join(", ")}`);
}

function latency(values: readonly number[]): Latency {
  return { p50: quantile(values, 0.5), p95: quantile(values, 0.95), p99: quantile(values, 0.99) };
}
