import { setTimeout as after } from "node:timers/promises";
import type { Hash } from "../src/primitives/index.ts";
import { createRpcClient } from "../src/rpc/index.ts";
import { SENDERS, type Target } from "./target.ts";
import type { SignedTransaction } from "./workload.ts";

/** Calls in one message. */
export const BATCH = 50;
/** The slowest tool takes half a minute for what is sent at once. */
const PATIENCE = { timeoutMs: 180_000 };

/** Told of every transaction that was accepted, at the time of the answer. */
export type OnAnswer = (hash: Hash, at: number) => void;

/** Open loop: a late answer delays nobody but the same sender's next transaction. @returns when the last was accepted */
export async function sendOnTime(
  target: Target,
  load: readonly SignedTransaction[],
  dueAt: (index: number) => number,
  onAnswer: OnAnswer,
): Promise<number> {
  const rpc = createRpcClient(target.url, PATIENCE);
  const lanes = new Array<Promise<void>>(SENDERS).fill(Promise.resolve());
  const submit = async ({ raw, hash }: SignedTransaction) => {
    await rpc.request("eth_sendRawTransaction", [raw]);
    onAnswer(hash, performance.now());
  };
  for (const [i, transaction] of load.entries()) {
    const wait = dueAt(i) - performance.now();
    if (wait > 1) await after(wait);
    // A sender's transactions stay in order: a node drops none, but a later one would have to wait in the queue.
    const sent = (lanes[transaction.sender] as Promise<void>).then(() => submit(transaction));
    sent.catch(() => {}); // awaited below
    lanes[transaction.sender] = sent;
  }
  await Promise.all(lanes);
  return performance.now();
}

/** Every sender's in order, in batches, all senders at once. @returns when the last was accepted */
export async function sendAtOnce(
  target: Target,
  load: readonly SignedTransaction[],
  onAnswer: OnAnswer,
): Promise<number> {
  const rpc = createRpcClient(target.url, PATIENCE);
  const lanes = Map.groupBy(load, ({ sender }) => sender);
  await Promise.all(
    [...lanes.values()].map(async (lane) => {
      for (let i = 0; i < lane.length; i += BATCH) {
        const part = lane.slice(i, i + BATCH);
        const calls = part.map(({ raw }) => ({ method: "eth_sendRawTransaction", params: [raw] }));
        const outcomes = await rpc.batch(calls);
        const at = performance.now();
        for (const [j, outcome] of outcomes.entries()) {
          if (!outcome.ok) throw outcome.error;
          onAnswer((part[j] as SignedTransaction).hash, at);
        }
      }
    }),
  );
  return performance.now();
}
