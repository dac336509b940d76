// Several compilers at work on one input. The WebAssembly build of the npm package `solc` uses one core and is not quick;
// but the contracts that are asked of it are independent of each other, so each thread is asked for some of them.
const { existsSync, readFileSync } = require("node:fs");
const { availableParallelism } = require("node:os");
const { join } = require("node:path");
const { isMainThread, parentPort, Worker } = require("node:worker_threads");

/** A thread takes up to a gigabyte. */
const maxThreads = 4;

if (!isMainThread) {
  const solc = require("solc");
  parentPort.on("message", ({ input, importFrom }) => {
    // Imports that are not in the input are looked for in `importFrom`, as they are written.
    const read = (path) => {
      const file = importFrom === undefined ? undefined : join(importFrom, path);
      return file !== undefined && existsSync(file)
        ? { contents: readFileSync(file, "utf8") }
        : { error: `${path} is not installed` };
    };
    parentPort.postMessage(JSON.parse(solc.compile(JSON.stringify(input), { import: read })));
  });
}

/** Compiles every input; answers in their order. */
function compileAll(inputs, { importFrom } = {}) {
  return new Promise((resolve, reject) => {
    const outputs = new Array(inputs.length);
    const workers = [];
    let next = 0;
    let done = 0;
    const finish = (settle) => {
      for (const worker of workers) worker.terminate();
      settle();
    };
    const feed = (worker) => {
      const index = next++;
      if (index >= inputs.length) return;
      worker.once("message", (output) => {
        outputs[index] = output;
        done += 1;
        if (done === inputs.length) finish(() => resolve(outputs));
        else feed(worker);
      });
      worker.postMessage({ input: inputs[index], importFrom });
    };
    for (let i = 0; i < Math.min(threads(), inputs.length); i++) {
      const worker = new Worker(__filename);
      worker.once("error", (error) => finish(() => reject(error)));
      workers.push(worker);
      feed(worker);
    }
    if (inputs.length === 0) resolve(outputs);
  });
}

/**
 * The same input once per share of `files`, each asking for its share only. Large sources are dealt out first, so that
 * the shares take about as long as each other.
 */
function shareOut(input, files) {
  const selection = input.settings.outputSelection;
  const bySize = [...files].sort((a, b) => sizeOf(input, b) - sizeOf(input, a));
  const count = Math.min(files.length, 2 * threads());
  const shares = Array.from({ length: count }, (_, share) => bySize.filter((_, index) => index % count === share));
  return shares.map((share) => ({
    ...input,
    settings: {
      ...input.settings,
      outputSelection: Object.fromEntries(share.map((file) => [file, selection[file]])),
    },
  }));
}

/** One output out of those of {@link shareOut}: every contract once, every message once. */
function joinOutputs(outputs) {
  const messages = new Map(
    outputs.flatMap(({ errors = [] }) => errors.map((error) => [error.formattedMessage, error])),
  );
  const contracts = {};
  for (const output of outputs) {
    for (const [file, found] of Object.entries(output.contracts ?? {})) {
      contracts[file] = { ...contracts[file], ...found };
    }
  }
  return { errors: [...messages.values()], sources: outputs[0]?.sources ?? {}, contracts };
}

function threads() {
  return Math.max(1, Math.min(maxThreads, availableParallelism()));
}

function sizeOf(input, file) {
  return input.sources[file]?.content?.length ?? 0;
}

module.exports = { compileAll, joinOutputs, shareOut };
