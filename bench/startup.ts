// `npm run bench:startup`: how long from `koma devnet up` to the first answer, the first block and the first final block.
import { createRpcClient } from "../src/rpc/index.ts";
import { koma, machine, median, processCost, type RunningDevnet, withDevnet } from "./devnet.ts";

const sizes = (process.argv[2] ?? "1,4,7").split(",").map(Number);
const runs = Number(process.argv[3] ?? 3);

interface Sample {
  readonly upMs: number;
  readonly firstFinalMs: number;
  readonly downMs: number;
  readonly pssMib: number;
  readonly cpuS: number;
}

async function measure(validators: number): Promise<Sample> {
  const begin = performance.now();
  let downFrom = 0;
  const sample = await withDevnet(["--validators", String(validators)], async (devnet: RunningDevnet, home) => {
    const upMs = performance.now() - begin;
    const rpc = createRpcClient(devnet.chains[0]?.rpcUrl ?? "");
    for (;;) {
      const block = await rpc.request<{ number: string }>("eth_getBlockByNumber", ["finalized", false]);
      if (BigInt(block.number) >= 1n) break;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const firstFinalMs = performance.now() - begin;
    const costs = devnet.nodes.map((node) => processCost(node.pid));
    downFrom = performance.now();
    await koma(home, "devnet", "down", "--all");
    return {
      upMs,
      firstFinalMs,
      downMs: performance.now() - downFrom,
      pssMib: median(costs.map((cost) => cost.pssMib)),
      cpuS: costs.reduce((sum, cost) => sum + cost.cpuS, 0),
    };
  });
  return sample;
}

process.stdout.write(`${machine()}, median of ${runs}\n\n`);
process.stdout.write("| validators | up ms | first final ms | down ms | MiB per node (PSS) | CPU s of all nodes |\n");
process.stdout.write("| ---: | ---: | ---: | ---: | ---: | ---: |\n");
for (const size of sizes) {
  const samples: Sample[] = [];
  for (let run = 0; run < runs; run++) samples.push(await measure(size));
  const of = (key: keyof Sample, digits = 0) => median(samples.map((sample) => sample[key])).toFixed(digits);
  process.stdout.write(
    `| ${size} | ${of("upMs")} | ${of("firstFinalMs")} | ${of("downMs")} | ${of("pssMib")} | ${of("cpuS", 1)} |\n`,
  );
}
