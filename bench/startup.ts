// `npm run bench:startup`: how long from `koma devnet up` to the first answer, the first block and the first final block.
//
//   npm run bench:startup -- --validators 1,4,7 --runs 3
import { parseArgs } from "node:util";
import { komaVersion } from "./devnet.ts";
import { machine } from "./machine.ts";
import { measureStartup, type StartupSample } from "./startup-sample.ts";
import { median } from "./statistics.ts";

const { values } = parseArgs({
  options: { validators: { type: "string", default: "1,4,7" }, runs: { type: "string", default: "3" } },
});

process.stdout.write(`${await komaVersion()} on ${machine()}, median of ${values.runs} runs\n\n`);
process.stdout.write(
  "| validators | first answer ms | first block ms | first final block ms | `up` returns ms | `down` ms | MiB per node | CPU s, all nodes |\n",
);
process.stdout.write("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n");
const all: Record<string, readonly StartupSample[]> = {};
for (const validators of values.validators.split(",").map(Number)) {
  const samples: StartupSample[] = [];
  for (let run = 0; run < Number(values.runs); run++) samples.push(await measureStartup(validators));
  all[validators] = samples;
  const of = (key: keyof StartupSample, digits = 0) => median(samples.map((sample) => sample[key])).toFixed(digits);
  process.stdout.write(
    `| ${validators} | ${of("answerMs")} | ${of("blockMs")} | ${of("finalMs")} | ${of("upMs")} | ${of("downMs")} | ${of("pssMib")} | ${of("cpuS", 1)} |\n`,
  );
}
process.stdout.write(`\n${JSON.stringify({ machine: machine(), samples: all })}\n`);
