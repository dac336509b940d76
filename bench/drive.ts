import { setTimeout as after } from "node:timers/promises";
import type { Hash } from "../src/primitives/index.ts";
import { type BlockWatch, watchBlocks } from "./block-watch.ts";
import { processCost, totalCpuS } from "./machine.ts";
import { checkOutcome } from "./outcome.ts";
import { sendAtOnce, sendOnTime } from "./sending.ts";
import { mean, median, quantile } from "./statistics.ts";
import type { Target } from "./target.ts";
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
  /** From when a transaction was seen in a block to when that was known to be final, median, in ms. */
  readonly finalLagMs: number | undefined;
  /** CPU of all nodes together, what they use while idle taken off, in ms. */
  readonly cpuMsPerTx: number;
  /** Gas of the load for each second of that CPU. */
  readonly gasPerCpuS: number;
  /** Median over the nodes, after the load. */
  readonly pssMib: number;
}

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
    const answeredAt = new Map<Hash, number>();
    const onAnswer = (hash: Hash, at: number) => answeredAt.set(hash, at);
    const acceptedAt =
      plan.rate === "max" ? await sendAtOnce(target, load, onAnswer) : await sendOnTime(target, load, dueAt, onAnswer);
    const includedAt = target.minesOnSend ? answeredAt : watch.includedAt;
    await settled(target, load, includedAt, watch);
    const end = performance.now();
    const cpuMs = (totalCpuS(target.pids) - cpuBefore) * 1_000 - idleCpuPerMs * (end - start);
    const { blocks, gasUsed } = await checkOutcome(target, load);

    const included = load.map(({ hash }) => includedAt.get(hash) as number);
    const latencies = (times: readonly number[]) => latency(times.map((at, i) => at - dueAt(i)));
    const final = target.hasFinality ? load.map(({ hash }) => watch.finalAt.get(hash) as number) : undefined;
    const last = Math.max(...included);
    return {
      target: target.name,
      ...plan,
      blocks,
      acceptedTps: (plan.count * 1_000) / (acceptedAt - start),
      minedTps: (plan.count * 1_000) / (last - start),
      inclusionMs: latencies(included),
      finalMs: final && latencies(final),
      finalLagMs: final && median(final.map((at, i) => at - (included[i] as number))),
      cpuMsPerTx: cpuMs / plan.count,
      gasPerCpuS: (Number(gasUsed) * 1_000) / cpuMs,
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

async function baseline(target: Target): Promise<number> {
  const before = totalCpuS(target.pids);
  const start = performance.now();
  await after(BASELINE_MS);
  return ((totalCpuS(target.pids) - before) * 1_000) / (performance.now() - start);
}

/** Every transaction was seen in a block and, where there is finality, in a final one. */
async function settled(
  target: Target,
  load: readonly SignedTransaction[],
  includedAt: ReadonlyMap<Hash, number>,
  watch: BlockWatch,
): Promise<void> {
  const goal = target.hasFinality ? watch.finalAt : includedAt;
  const end = performance.now() + SETTLE_MS;
  for (;;) {
    const failure = watch.failure();
    if (failure) throw failure;
    const missing = load.filter(({ hash }) => !goal.has(hash) || !includedAt.has(hash)).length;
    if (missing === 0) return;
    if (performance.now() > end) throw new Error(`${target.name}: ${missing} transactions did not arrive in time`);
    await after(50);
  }
}

function latency(values: readonly number[]): Latency {
  return { p50: quantile(values, 0.5), p95: quantile(values, 0.95), p99: quantile(values, 0.99) };
}
