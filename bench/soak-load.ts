import { setTimeout as after, setImmediate as immediate } from "node:timers/promises";
import type { Hash } from "../src/primitives/index.ts";
import { createRpcClient } from "../src/rpc/index.ts";
import { watchBlocks } from "./block-watch.ts";
import { SENDERS, type Target } from "./target.ts";
import { openWorkload } from "./workload.ts";

/** A steady load without an end, which keeps only what is under way. */
export interface SoakLoad {
  /** What happened since it was asked last. */
  take(): { readonly sent: number; readonly refused: number; readonly inclusionMs: readonly number[] };
  /** Sends no more, and waits for what is under way. @returns how many transactions never became final */
  finish(): Promise<number>;
  /** Rejects when the load cannot go on. */
  readonly broken: Promise<never>;
}

const SETTLE_MS = 120_000;
const SWEEP_MS = 250;

interface UnderWay {
  readonly dueAt: number;
  included: boolean;
}

/**
 * Sends transfers at a rate, each when it is due. Latency counts from then. A refusal ends its sender's lane, whose later
 * nonces would only wait.
 *
 * @param rate  per second
 */
export async function startSoakLoad(target: Target, rate: number): Promise<SoakLoad> {
  const next = await openWorkload(target, "transfer");
  const watch = await watchBlocks(target);
  const rpc = createRpcClient(target.url);
  const underWay = new Map<Hash, UnderWay>();
  const lanes = new Array<Promise<void>>(SENDERS).fill(Promise.resolve());
  const ended = new Set<number>();
  let [sent, refused] = [0, 0];
  let inclusionMs: number[] = [];
  let stopped = false;

  async function send(): Promise<void> {
    const start = performance.now();
    for (let i = 0; !stopped; i++) {
      const dueAt = start + (i * 1_000) / rate;
      const wait = dueAt - performance.now();
      // Late, it still lets answers and blocks come in.
      if (wait > 1) await after(wait);
      else if (i % 16 === 0) await immediate();
      const { raw, hash, sender } = next();
      if (ended.has(sender)) continue;
      lanes[sender] = (lanes[sender] as Promise<void>).then(async () => {
        if (ended.has(sender)) return;
        underWay.set(hash, { dueAt, included: false });
        try {
          await rpc.request("eth_sendRawTransaction", [raw]);
          sent++;
        } catch {
          // Counted, and judged at the end: with one refused the run has failed.
          underWay.delete(hash);
          ended.add(sender);
          refused++;
        }
      });
    }
    await Promise.all(lanes);
  }

  function sweep(): void {
    for (const [hash, transaction] of underWay) {
      const at = watch.includedAt.get(hash);
      if (at !== undefined && !transaction.included) {
        transaction.included = true;
        inclusionMs.push(at - transaction.dueAt);
      }
      if (transaction.included && watch.finalAt.has(hash)) {
        underWay.delete(hash);
        watch.forget(hash);
      }
    }
  }

  const sending = send();
  const broken = new Promise<never>((_, reject) => {
    sending.catch(reject);
    const timer = setInterval(() => {
      sweep();
      const failure = watch.failure();
      if (failure) reject(failure);
      if (stopped || failure) clearInterval(timer);
    }, SWEEP_MS);
  });
  broken.catch(() => {}); // raced by whoever waits

  return {
    broken,
    take: () => {
      sweep();
      const taken = { sent, refused, inclusionMs };
      [sent, refused] = [0, 0];
      inclusionMs = [];
      return taken;
    },
    finish: async () => {
      stopped = true;
      await sending;
      const end = performance.now() + SETTLE_MS;
      for (sweep(); underWay.size > 0 && performance.now() < end; sweep()) {
        if (watch.failure()) throw watch.failure();
        await after(SWEEP_MS);
      }
      await watch.close();
      return underWay.size;
    },
  };
}
