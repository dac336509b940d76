// `npm run bench:committee`: what KoMaBFT costs a node in large committees, and how fast it is there, on simulated networks.
//
//   npm run bench:committee -- --validators 50,100,150 --rounds 8
//
// Every validator is the real consensus object with native signatures; network and clock are simulated. What is measured is the CPU time
// of the whole process divided by the validators, after the first rounds. Encoding is counted once per message, as on a network; every
// receiver decodes and checks for itself.
import { parseArgs } from "node:util";
import { thresholdFromFraction } from "../src/consensus/index.ts";
import { secp256k1Backend } from "../src/primitives/index.ts";
import { planWeights, Simulation } from "../src/simulation/index.ts";
import { machine } from "./machine.ts";
import { quantile } from "./statistics.ts";

const { values } = parseArgs({
  options: { validators: { type: "string", default: "50,100,150" }, rounds: { type: "string", default: "8" } },
});

const PRODUCERS = 7;
const FRACTIONS = [1 / 3, 0.5, 0.8];
/** Rounds before anything is counted: all validators have units by then, and the compiler has warmed up. */
const WARM_UP = 3;

interface Sample {
  readonly validators: number;
  readonly cpuMs: number;
  /** Units a node takes up in a round. */
  readonly units: number;
  readonly bytesPerUnit: number;
  readonly downloadKb: number;
  readonly networkMb: number;
  readonly heapMb: number;
  readonly p50: readonly number[];
  readonly p95: readonly number[];
}

function measure(validators: number, rounds: number): Sample {
  const simulation = new Simulation({
    seed: validators,
    weights: planWeights("pareto", validators),
    thresholds: FRACTIONS,
    separateMachines: true,
    producers: Array.from({ length: PRODUCERS }, (_, i) => Math.floor((i * validators) / PRODUCERS)),
  });
  const heapBefore = usedHeapMb();
  simulation.startAll();
  simulation.runFor(WARM_UP * 1000);
  const [first] = simulation.nodes;
  if (first === undefined) throw new Error("a committee has at least one validator");
  const unitsBefore = first.store.size;
  const traffic = { ...simulation.traffic };
  const cpu = process.cpuUsage();
  simulation.runFor(rounds * 1000);
  const { user, system } = process.cpuUsage(cpu);
  const units = (first.store.size - unitsBefore) / rounds;
  const bytes = (simulation.traffic.bytes - traffic.bytes) / rounds;
  const { total } = simulation.instance.committee;
  const latencies = FRACTIONS.map((fraction) =>
    simulation.nodes.flatMap((node) =>
      node.finalsAt(thresholdFromFraction(fraction, total)).map(({ block, at }) => at - block.t),
    ),
  );
  return {
    validators,
    cpuMs: (user + system) / 1000 / rounds / validators,
    units,
    bytesPerUnit: bytes / validators / units,
    downloadKb: bytes / validators / 1000,
    networkMb: bytes / 1e6,
    heapMb: usedHeapMb() - heapBefore,
    p50: latencies.map((samples) => quantile(samples, 0.5)),
    p95: latencies.map((samples) => quantile(samples, 0.95)),
  };
}

function usedHeapMb(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return (heapUsed + arrayBuffers) / 1e6;
}

const rounds = Number(values.rounds);
process.stdout.write(`${machine()}, ${secp256k1Backend} signatures, ${rounds} rounds of 1 s after ${WARM_UP}\n\n`);
process.stdout.write(
  "| validators | CPU ms per node and round | units per round | bytes per unit | download kB per node and round | network MB per round | heap MB per node | final 1/3 p50 / p95 ms | 0.5 | 0.8 |\n",
);
process.stdout.write(`|${" ---: |".repeat(10)}\n`);
const samples: Sample[] = [];
for (const validators of values.validators.split(",").map(Number)) {
  const sample = measure(validators, rounds);
  samples.push(sample);
  const latency = FRACTIONS.map((_, i) => `${sample.p50[i]} / ${sample.p95[i]}`);
  const cells = [
    validators,
    sample.cpuMs.toFixed(1),
    sample.units.toFixed(0),
    sample.bytesPerUnit.toFixed(0),
    sample.downloadKb.toFixed(0),
    sample.networkMb.toFixed(1),
    (sample.heapMb / validators).toFixed(1),
    ...latency,
  ];
  process.stdout.write(`| ${cells.join(" | ")} |\n`);
}
process.stdout.write(`\n${JSON.stringify({ machine: machine(), samples })}\n`);
