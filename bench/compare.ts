// `npm run bench:compare`: the same load on koma and on other tools' nodes, in turns, as ratios of medians.
//
//   npm run bench:compare -- --rate 200 --count 6000 --kind transfer --validators 4 --rounds 3 --tools anvil,hardhat,ganache
//
// hardhat and ganache are too heavy to be dependencies: npm installs them into ~/.cache/koma-bench (XDG_CACHE_HOME) when
// they are wanted first, 100 MB each. Without a network their columns are left out.
import { parseArgs } from "node:util";
import { komaVersion } from "./devnet.ts";
import { drive, type LoadResult, type Rate } from "./drive.ts";
import { machine } from "./machine.ts";
import { reasonOf } from "./reason.ts";
import { median } from "./statistics.ts";
import { komaName, type Target, withKoma } from "./target.ts";
import { toolCache } from "./tool-cache.ts";
import type { LoadKind } from "./workload.ts";
import { HOW_RUN, ROOMY, withYardstick, YARDSTICKS, type Yardstick, yardstick } from "./yardsticks.ts";

const { values } = parseArgs({
  options: {
    rate: { type: "string", default: "200" },
    count: { type: "string", default: "6000" },
    kind: { type: "string", default: "transfer" },
    validators: { type: "string", default: "4" },
    rounds: { type: "string", default: "3" },
    tools: { type: "string", default: YARDSTICKS.join(",") },
    help: { type: "boolean", default: false },
  },
});
if (values.help) {
  process.stdout.write(
    "npm run bench:compare -- [--rate N|max] [--count N] [--kind transfer|erc20|storage|compute] [--validators N]\n" +
      `    [--rounds N] [--tools ${YARDSTICKS.join(",")}]\n` +
      `hardhat and ganache are no dependencies: npm installs them into ${toolCache()} when they are wanted first.\n`,
  );
  process.exit();
}
const rate: Rate = values.rate === "max" ? "max" : Number(values.rate);
const plan = { kind: values.kind as LoadKind, rate, count: Number(values.count) };
const validators = Number(values.validators);

interface Column {
  readonly name: string;
  readonly run: (work: (target: Target) => Promise<LoadResult>) => Promise<LoadResult>;
  readonly results: LoadResult[];
}

const koma: Column = {
  name: komaName(validators),
  run: (work) => withKoma(validators, work, ROOMY),
  results: [],
};
const columns: Column[] = [koma];
for (const name of values.tools.split(",").filter((tool): tool is Yardstick => tool !== "")) {
  if (!YARDSTICKS.includes(name)) throw new Error(`there is no tool ${name}: ${YARDSTICKS.join(", ")}`);
  try {
    await yardstick(name);
    columns.push({ name, run: (work) => withYardstick(name, work), results: [] });
  } catch (error) {
    process.stdout.write(`${name} is left out, it cannot be had: ${reasonOf(error)}\n`);
  }
}

process.stdout.write(
  `${await komaVersion()} on ${machine()}; ${plan.count} × ${plan.kind} at ${plan.rate} a second, median of ${values.rounds} rounds in turns\n` +
    `${columns.flatMap(({ name }) => HOW_RUN[name as Yardstick] ?? []).join("; ")}\n\n`,
);
const failed = new Set<Column>();
for (let round = 0; round < Number(values.rounds); round++) {
  for (const column of columns) {
    if (failed.has(column)) continue;
    try {
      column.results.push(await column.run((target) => drive(target, plan)));
    } catch (error) {
      // Another tool's failure costs its column; koma's own is the end.
      if (column === koma) throw error;
      failed.add(column);
      process.stdout.write(`${column.name} is left out, it failed under the load: ${reasonOf(error)}\n\n`);
    }
  }
}

const others = columns.filter((column) => column !== koma && !failed.has(column));
const measures: readonly (readonly [string, (result: LoadResult) => number, number])[] = [
  ["mined per second", (r) => r.minedTps, 0],
  ["inclusion p50 ms", (r) => r.inclusionMs.p50, 1],
  ["inclusion p95 ms", (r) => r.inclusionMs.p95, 1],
  ["CPU ms per transaction, all nodes", (r) => r.cpuMsPerTx, 2],
  ["MiB per node", (r) => r.pssMib, 0],
];
const head = others.map(({ name }) => ` ${name} | ratio |`).join("");
process.stdout.write(`| measure | ${koma.name} |${head}\n| --- | ---: |${" ---: | ---: |".repeat(others.length)}\n`);
for (const [name, of, digits] of measures) {
  const ours = median(koma.results.map(of));
  const theirs = others.map(({ results }) => median(results.map(of)));
  const cells = theirs.map((value) => ` ${value.toFixed(digits)} | ${(ours / value).toFixed(2)} |`).join("");
  process.stdout.write(`| ${name} | ${ours.toFixed(digits)} |${cells}\n`);
}
const results = Object.fromEntries([koma, ...others].map((column) => [column.name, column.results]));
process.stdout.write(`\n${JSON.stringify({ machine: machine(), plan, results })}\n`);
