// A thread of test/node/hostile-rpc.test.ts: many clients that mean harm, the same in every run.
import { workerData } from "node:worker_threads";
import { hostileRequests } from "./hostile-requests.ts";
import { createPrng } from "./prng.ts";

export interface HostilePlan {
  readonly port: number;
  readonly seed: number;
  readonly requests: number;
  readonly atOnce: number;
}

const { port, seed, requests, atOnce } = workerData as HostilePlan;
const kinds = Object.values(hostileRequests);
const random = createPrng(seed);
let sent = 0;

async function attack(): Promise<void> {
  while (sent < requests) await kinds[sent++ % kinds.length]?.(port, random);
}

await Promise.all(Array.from({ length: atOnce }, attack));
