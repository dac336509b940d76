// `npm run bench:load`: how a devnet carries a steady load, and how it idles.
//
//   npm run bench:load -- --rate 200 --count 6000 --kind transfer,erc20 --validators 4 --idle 30
import { parseArgs } from "node:util";
import { komaVersion } from "./devnet.ts";
import { drive, type LoadResult, measureIdle, type Rate } from "./drive.ts";
import { machine } from "./machine.ts";
import { withKoma } from "./target.ts";
import type { LoadKind } from "./workload.ts";

const { values } = parseArgs({
  options: {
    rate: { type: "string", default: "200" },
    count: { type: "string", default: "6000" },
    kind: { type: "string", default: "transfer,erc20" },
    validators: { type: "string", default: "4" },
    idle: { type: "string", default: "30" },
  },
});
const validators = Number(values.validators);
const rates = values.rate.split(",").map((rate): Rate => (rate === "max" ? "max" : Number(rate)));
const kinds = values.kind.split(",") as LoadKind[];

process.stdout.write(`${await komaVersion()} on ${machine()}\n\n`);
const results: LoadResult[] = [];
const idle = await withKoma(validators, async (target) => {
  const quiet = Number(values.idle) > 0 ? await measureIdle(target, Number(values.idle)) : undefined;
  for (const kind of kinds) {
    for (const rate of rates) results.push(await drive(target, { kind, rate, count: Number(values.count) }));
  }
  return quiet;
});

if (idle) {
  const { blockMs, finalBlockMs } = idle;
  const ms = (value: number) => value.toFixed(0);
  process.stdout.write(
    `idle, ${validators} validators, ${values.idle} s: block every ${ms(blockMs.mean)} ms (p5 ${ms(blockMs.p5)}, p95 ${ms(blockMs.p95)}), ` +
      `final block every ${ms(finalBlockMs.mean)} ms (p95 ${ms(finalBlockMs.p95)}), ` +
      `${idle.cpuPercentPerNode.toFixed(1)} % of a core and ${ms(idle.pssMib)} MiB per node\n\n`,
  );
}
process.stdout.write(
  "| load | tx/s offered | accepted | mined | inclusion p50 / p95 / p99 ms | final p50 / p95 / p99 ms | CPU ms per tx, all nodes | MiB per node |\n",
);
process.stdout.write("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n");
for (const result of results) {
  const { inclusionMs: i, finalMs: f } = result;
  const three = (l: typeof i | undefined) => (l ? [l.p50, l.p95, l.p99].map((v) => v.toFixed(0)).join(" / ") : "");
  process.stdout.write(
    `| ${result.count} × ${result.kind} | ${result.rate} | ${result.acceptedTps.toFixed(0)} | ${result.minedTps.toFixed(0)} | ` +
      `${three(i)} | ${three(f)} | ${result.cpuMsPerTx.toFixed(2)} | ${result.pssMib.toFixed(0)} |\n`,
  );
}
process.stdout.write(`\n${JSON.stringify({ machine: machine(), idle, results })}\n`);
