// `npm run bench:finality`: how long after its slot a block is proposed, and final at several thresholds, on an idle devnet.
//
//   npm run bench:finality -- --validators 7,16 --blocks 120
import { setTimeout as after } from "node:timers/promises";
import { parseArgs } from "node:util";
import { createRpcClient, type RpcClient } from "../src/rpc/index.ts";
import { koma, komaVersion, type RunningDevnet, withHome } from "./devnet.ts";
import { machine, processCost, totalCpuS } from "./machine.ts";
import { mean, median, quantile } from "./statistics.ts";

const { values } = parseArgs({
  options: {
    validators: { type: "string", default: "7,16" },
    blocks: { type: "string", default: "120" },
    runs: { type: "string", default: "1" },
  },
});
/** As the nodes are told, and as a client asks for them. */
const THRESHOLDS = [
  { told: "1/3", alpha: 1 / 3 },
  { told: "1/2", alpha: 1 / 2 },
  { told: "0.8", alpha: 0.8 },
] as const;
/** What a wallet waits at most: the share of blocks above 0.8 within it is part of the table. */
const PATIENCE_MS = 2_500;
const LIMIT_MS = 60_000;

interface Sample {
  readonly validators: number;
  readonly blocks: number;
  /** Between the arrivals of two heads. */
  readonly interval: { readonly mean: number; readonly p5: number; readonly p95: number };
  /** From the beginning of a block's slot to when a client of one node heard of it, in ms. */
  readonly head: readonly number[];
  /** The same for finality, by threshold. */
  readonly final: readonly (readonly number[])[];
  readonly cpuPercentPerNode: number;
  readonly pssMib: number;
}

interface Announced {
  readonly hash: string;
  readonly number: string;
}

/** Blocks as one node's client hears of them; times in ms since the epoch, like those in the blocks. */
async function watch(rpc: RpcClient, what: readonly unknown[], space: "eth" | "koma") {
  const heard: { readonly hash: string; readonly at: number }[] = [];
  let failure: Error | undefined;
  await rpc.subscribe(
    space,
    what,
    (block) => heard.push({ hash: (block as Announced).hash, at: Date.now() }),
    (error) => {
      failure = error;
    },
  );
  return { heard, failure: () => failure };
}

function measure(validators: number, blocks: number): Promise<Sample> {
  return withHome(async (home) => {
    const thresholds = JSON.stringify(THRESHOLDS.map(({ told }) => told));
    const devnet = await koma<RunningDevnet>(
      home,
      ...["devnet", "up", "--validators", String(validators), "--set", `chains[0].consensus.finality=${thresholds}`],
    );
    const rpc = createRpcClient(devnet.chains[0]?.rpcUrl ?? "");
    const pids = devnet.nodes.map(({ pid }) => pid);
    const heads = await watch(rpc, ["newHeads"], "eth");
    const finals = await Promise.all(THRESHOLDS.map(({ alpha }) => watch(rpc, ["finality", { alpha }], "koma")));
    const [cpuBefore, start] = [totalCpuS(pids), performance.now()];
    for (const { heard, failure } of [heads, ...finals]) {
      const end = performance.now() + blocks * 1_000 + LIMIT_MS;
      while (heard.length < blocks) {
        if (failure()) throw failure();
        if (performance.now() > end) throw new Error(`${heard.length} of ${blocks} blocks came in time`);
        await after(100);
      }
    }
    const cpuPercentPerNode = (100_000 * (totalCpuS(pids) - cpuBefore)) / (performance.now() - start) / pids.length;
    const arrivals = heads.heard.map(({ at }) => at);
    const gaps = arrivals.slice(1).map((at, i) => at - (arrivals[i] as number));
    const sample: Sample = {
      validators,
      blocks: arrivals.length,
      interval: { mean: mean(gaps), p5: quantile(gaps, 0.05), p95: quantile(gaps, 0.95) },
      head: await sinceSlots(rpc, heads.heard),
      final: await Promise.all(finals.map(({ heard }) => sinceSlots(rpc, heard))),
      cpuPercentPerNode,
      pssMib: median(pids.map((pid) => processCost(pid).pssMib)),
    };
    await rpc.close();
    return sample;
  });
}

/** A block's timestamp is its slot's beginning, in whole seconds. */
function sinceSlots(rpc: RpcClient, heard: readonly { readonly hash: string; readonly at: number }[]) {
  return Promise.all(
    heard.map(async ({ hash, at }) => {
      const block = await rpc.request<{ timestamp: string } | null>("eth_getBlockByHash", [hash, false]);
      if (!block) throw new Error(`the node announced block ${hash} and does not have it`);
      return at - Number(block.timestamp) * 1_000;
    }),
  );
}

const ms = (value: number) => value.toFixed(0);
const both = (times: readonly number[]) => `${ms(median(times))} / ${ms(quantile(times, 0.95))}`;

process.stdout.write(`${await komaVersion()} on ${machine()}\n\n`);
process.stdout.write(
  "| validators | blocks | block every ms, mean (p5, p95) | slot to head p50 / p95 ms | " +
    THRESHOLDS.map(({ told }) => `to final(${told})`).join(" | ") +
    ` | above 0.8 within ${PATIENCE_MS / 1_000} s | core per node | MiB per node |\n`,
);
process.stdout.write(`| ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n`);
const samples: Sample[] = [];
for (const validators of values.validators.split(",").map(Number)) {
  for (let run = 0; run < Number(values.runs); run++) {
    const sample = await measure(validators, Number(values.blocks));
    samples.push(sample);
    const { interval, final } = sample;
    const highest = final.at(-1) ?? [];
    const inTime = highest.filter((time) => time <= PATIENCE_MS).length / highest.length;
    process.stdout.write(
      `| ${validators} | ${sample.blocks} | ${ms(interval.mean)} (${ms(interval.p5)}, ${ms(interval.p95)}) | ${both(sample.head)} | ` +
        `${final.map(both).join(" | ")} | ${(100 * inTime).toFixed(1)} % | ${sample.cpuPercentPerNode.toFixed(1)} % | ${ms(sample.pssMib)} |\n`,
    );
  }
}
process.stdout.write(`\n${JSON.stringify({ machine: machine(), samples })}\n`);
