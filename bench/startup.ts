// `npm run bench:startup`: how long from `koma devnet up` to the first answer, the first block and the first final block.
//
//   npm run bench:startup -- --validators 1,4,7 --runs 3
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as after } from "node:timers/promises";
import { parseArgs } from "node:util";
import { createRpcClient, type RpcClient } from "../src/rpc/index.ts";
import { koma, komaVersion, type RunningDevnet, withHome } from "./devnet.ts";
import { machine, processCost } from "./machine.ts";
import { median, sum } from "./statistics.ts";

const { values } = parseArgs({
  options: { validators: { type: "string", default: "1,4,7" }, runs: { type: "string", default: "3" } },
});

interface Sample {
  /** From the start of the command, in ms, to … */
  readonly answerMs: number;
  readonly blockMs: number;
  readonly finalMs: number;
  /** … its end. */
  readonly upMs: number;
  readonly downMs: number;
  readonly pssMib: number;
  /** CPU seconds of all nodes up to then. */
  readonly cpuS: number;
}

const POLL_MS = 10;
const LIMIT_MS = 120_000;

function measure(validators: number): Promise<Sample> {
  return withHome(async (home) => {
    const begin = performance.now();
    const since = () => performance.now() - begin;
    const up = koma<RunningDevnet>(home, "devnet", "up", "--validators", String(validators));
    // Polling sees a failure too: whichever comes first ends the race.
    const failed = up.then(
      () => new Promise<never>(() => {}),
      (error: unknown) => Promise.reject(error),
    );
    const watch = async () => {
      const rpc = await firstAnswer(home);
      const answerMs = since();
      await reached(rpc, "latest");
      const blockMs = since();
      await reached(rpc, "finalized");
      return { answerMs, blockMs, finalMs: since() };
    };
    const times = await Promise.race([watch(), failed]);
    const devnet = await up;
    const upMs = since();
    const costs = devnet.nodes.map(({ pid }) => processCost(pid));
    const downFrom = performance.now();
    await koma(home, "devnet", "down", "--all");
    return {
      ...times,
      upMs,
      downMs: performance.now() - downFrom,
      pssMib: median(costs.map((cost) => cost.pssMib)),
      cpuS: sum(costs.map((cost) => cost.cpuS)),
    };
  });
}

/** The first node's endpoint, as soon as it answers; where it is stands in the node's config file. */
async function firstAnswer(home: string): Promise<RpcClient> {
  const end = performance.now() + LIMIT_MS;
  while (performance.now() < end) {
    const url = endpointOf(home);
    if (url !== undefined) {
      const rpc = createRpcClient(url);
      if ((await rpc.request("eth_chainId").catch(() => undefined)) !== undefined) return rpc;
    }
    await after(POLL_MS);
  }
  throw new Error("no node answered in time");
}

function endpointOf(home: string): string | undefined {
  try {
    const devnets = join(home, "devnets");
    const nodes = join(devnets, readdirSync(devnets)[0] ?? "", "nodes");
    const file = join(nodes, readdirSync(nodes).sort()[0] ?? "", "config.json");
    const { rpc } = JSON.parse(readFileSync(file, "utf8")) as { rpc: { host: string; port: number } };
    return `http://${rpc.host}:${rpc.port}`;
  } catch {
    // Not written yet.
    return undefined;
  }
}

async function reached(rpc: RpcClient, tag: "latest" | "finalized"): Promise<void> {
  const end = performance.now() + LIMIT_MS;
  while (performance.now() < end) {
    const block = await rpc.request<{ number: string } | null>("eth_getBlockByNumber", [tag, false]);
    if (block && BigInt(block.number) >= 1n) return;
    await after(POLL_MS);
  }
  throw new Error(`no ${tag} block in time`);
}

process.stdout.write(`${await komaVersion()} on ${machine()}, median of ${values.runs} runs\n\n`);
process.stdout.write(
  "| validators | first answer ms | first block ms | first final block ms | `up` returns ms | `down` ms | MiB per node | CPU s, all nodes |\n",
);
process.stdout.write("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n");
const all: Record<string, readonly Sample[]> = {};
for (const validators of values.validators.split(",").map(Number)) {
  const samples: Sample[] = [];
  for (let run = 0; run < Number(values.runs); run++) samples.push(await measure(validators));
  all[validators] = samples;
  const of = (key: keyof Sample, digits = 0) => median(samples.map((sample) => sample[key])).toFixed(digits);
  process.stdout.write(
    `| ${validators} | ${of("answerMs")} | ${of("blockMs")} | ${of("finalMs")} | ${of("upMs")} | ${of("downMs")} | ${of("pssMib")} | ${of("cpuS", 1)} |\n`,
  );
}
process.stdout.write(`\n${JSON.stringify({ machine: machine(), samples: all })}\n`);
