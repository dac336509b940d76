// `npm run bench:targets`: every target of the performance design, koma beside its yardstick in one run.
//
//   npm run bench:targets -- --rounds 3 --count 5000 --write
//
// With --write the figures go to docs/benchmarks.json, the table to docs/benchmarks.md and the picture to docs/benchmarks.svg.
// hardhat and ganache come from npm when they are wanted first, see bench/compare.ts.
import { readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { komaVersion } from "./devnet.ts";
import type { FigureKey, Figures } from "./figures.ts";
import { machine } from "./machine.ts";
import { picture } from "./picture.ts";
import { reasonOf } from "./reason.ts";
import { targetTable } from "./target-rows.ts";
import { type Note, onceSteps, roundSteps, type Step } from "./target-steps.ts";
import { figuresJson, renewSection } from "./targets-page.ts";
import { toolCache } from "./tool-cache.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    count: { type: "string", default: "5000" },
    write: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
if (values.help) {
  process.stdout.write(
    "npm run bench:targets -- [--rounds N] [--count TRANSACTIONS] [--write]\n" +
      `hardhat and ganache are no dependencies: npm installs them into ${toolCache()} when they are wanted first.\n`,
  );
  process.exit();
}
const [rounds, count] = [Number(values.rounds), Number(values.count)];

const samples: Partial<Record<FigureKey, number[]>> = {};
const failures: { step: string; reason: string }[] = [];
const note: Note = (subject, measure, value) => {
  const key: FigureKey = `${subject}.${measure}`;
  const list = samples[key] ?? [];
  samples[key] = list;
  list.push(Number(value.toPrecision(6)));
};

async function take(step: Step, round: string): Promise<void> {
  const begin = performance.now();
  try {
    await step.run(note);
    process.stderr.write(`${round}${step.name}: ${((performance.now() - begin) / 1_000).toFixed(0)} s\n`);
  } catch (error) {
    // It stands in the table and in the exit code; what was measured besides still counts.
    const reason = reasonOf(error);
    failures.push({ step: step.name, reason });
    process.stderr.write(`${round}${step.name} failed: ${reason}\n`);
  }
}

const [koma, where] = [await komaVersion(), machine()];
const busy = (loadavg()[0] as number) > cpus().length;
for (let round = 1; round <= rounds; round++) {
  for (const step of roundSteps(count)) await take(step, `round ${round}, `);
}
for (const step of onceSteps(count)) await take(step, "once, ");

const date = new Date().toISOString().slice(0, 10);
const figures: Figures = { koma, machine: where, busy, date, rounds, count, samples, failures };
process.stdout.write(`${targetTable(figures)}\n\n${JSON.stringify(figures)}\n`);
if (values.write) {
  const file = (name: string) => new URL(`../docs/${name}`, import.meta.url);
  writeFileSync(file("benchmarks.json"), figuresJson(figures));
  writeFileSync(file("benchmarks.svg"), picture(figures));
  writeFileSync(file("benchmarks.md"), renewSection(readFileSync(file("benchmarks.md"), "utf8"), figures));
}
if (failures.length > 0) process.exitCode = 1;
