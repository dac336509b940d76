// `npm run bench:startup`: how long from `koma devnet up` to the first answer, the first block and the first final block.
//
//   npm run bench:startup -- --validators 1,4,7 --runs 3
//   npm run bench:startup -- --validators 4 --checkpoint
import { parseArgs } from "node:util";
import { komaVersion } from "./devnet.ts";
import { machine } from "./machine.ts";
import { measureStartup, type StartupSample } from "./startup-sample.ts";
import { median } from "./statistics.ts";

const { values } = parseArgs({
  options: {
    validators: { type: "string", default: "1,4,7" },
    runs: { type: "string", default: "3" },
    /** Wait for the first checkpoint that is final on the root chain, too. */
    checkpoint: { type: "boolean", default: false },
  },
});

process.stdout.write(`${await komaVersion()} on ${machine()}, median of ${values.runs} runs\n\n`);
process.stdout.write(
  "| validators | first answer ms | first block ms | first final block ms | `up` returns ms | `down` ms | MiB per node | CPU s, all nodes | first final checkpoint s |\n",
);
process.stdout.write("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n");
const all: Record<string, readonly StartupSample[]> = {};
for (const validators of values.validators.split(",").map(Number)) {
  const samples: StartupSample[] = [];
  for (let run = 0; run < Number(values.runs); run++) samples.push(await measureStartup(validators, values.checkpoint));
  all[validators] = samples;
  const of = (key: keyof StartupSample, digits = 0) =>
    median(samples.map((sample) => sample[key] ?? Number.NaN)).toFixed(digits);
  const checkpointS = values.checkpoint ? (Number(of("checkpointMs")) / 1_000).toFixed(1) : "";
  process.stdout.write(
    `| ${validators} | ${of("answerMs")} | ${of("blockMs")} | ${of("finalMs")} | ${of("upMs")} | ${of("downMs")} | ${of("pssMib")} | ${of("cpuS", 1)} | ${checkpointS} |\n`,
  );
}
process.stdout.write(`\n${JSON.stringify({ machine: machine(), samples: all })}\n`);
