// `npm run bench:compare`: the same load on koma and on anvil, in turns, as ratios of medians.
//
//   npm run bench:compare -- --rate 200 --count 6000 --kind transfer --validators 4 --rounds 3
import { parseArgs } from "node:util";
import { komaVersion } from "./devnet.ts";
import { drive, type LoadResult, type Rate } from "./drive.ts";
import { machine } from "./machine.ts";
import { median } from "./statistics.ts";
import { withAnvil, withKoma } from "./target.ts";
import type { LoadKind } from "./workload.ts";

const { values } = parseArgs({
  options: {
    rate: { type: "string", default: "200" },
    count: { type: "string", default: "6000" },
    kind: { type: "string", default: "transfer" },
    validators: { type: "string", default: "4" },
    rounds: { type: "string", default: "3" },
  },
});
const rate: Rate = values.rate === "max" ? "max" : Number(values.rate);
const plan = { kind: values.kind as LoadKind, rate, count: Number(values.count) };

process.stdout.write(
  `${await komaVersion()} and anvil --block-time 1 --gas-limit 1000000000 on ${machine()}; ` +
    `${plan.count} × ${plan.kind} at ${plan.rate} a second, median of ${values.rounds} rounds in turns\n\n`,
);
const ours: LoadResult[] = [];
const theirs: LoadResult[] = [];
for (let round = 0; round < Number(values.rounds); round++) {
  ours.push(await withKoma(Number(values.validators), (target) => drive(target, plan)));
  theirs.push(await withAnvil((target) => drive(target, plan)));
}

const measures: readonly (readonly [string, (result: LoadResult) => number, number])[] = [
  ["mined per second", (r) => r.minedTps, 0],
  ["inclusion p50 ms", (r) => r.inclusionMs.p50, 0],
  ["inclusion p95 ms", (r) => r.inclusionMs.p95, 0],
  ["CPU ms per transaction, all nodes", (r) => r.cpuMsPerTx, 2],
  ["MiB per node", (r) => r.pssMib, 0],
];
process.stdout.write(`| measure | ${ours[0]?.target} | ${theirs[0]?.target} | ratio |\n| --- | ---: | ---: | ---: |\n`);
for (const [name, of, digits] of measures) {
  const [a, b] = [median(ours.map(of)), median(theirs.map(of))];
  process.stdout.write(`| ${name} | ${a.toFixed(digits)} | ${b.toFixed(digits)} | ${(a / b).toFixed(2)} |\n`);
}
process.stdout.write(`\n${JSON.stringify({ machine: machine(), plan, koma: ours, anvil: theirs })}\n`);
