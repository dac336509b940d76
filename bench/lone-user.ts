import { setTimeout as after } from "node:timers/promises";
import { createRpcClient } from "../src/rpc/index.ts";
import { median } from "./statistics.ts";
import type { Target } from "./target.ts";
import { prepareLoad } from "./workload.ts";

const SENDS = 11;
const LIMIT_MS = 30_000;
const POLL_MS = 1;

/** How long one user waits for the receipt of a transfer, nobody else being there: median of some, in ms. */
export async function loneUser(target: Target): Promise<number> {
  const rpc = createRpcClient(target.url);
  const times: number[] = [];
  for (const { raw, hash } of await prepareLoad(target, "transfer", SENDS)) {
    const begin = performance.now();
    await rpc.request("eth_sendRawTransaction", [raw]);
    while ((await rpc.request("eth_getTransactionReceipt", [hash])) === null) {
      if (performance.now() - begin > LIMIT_MS) throw new Error(`${target.name}: no receipt within ${LIMIT_MS} ms`);
      await after(POLL_MS);
    }
    times.push(performance.now() - begin);
  }
  return median(times);
}
