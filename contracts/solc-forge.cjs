#!/usr/bin/env node
// The compiler forge calls: the WebAssembly build of the npm package `solc`, behind the two options forge uses.
const { existsSync, readFileSync } = require("node:fs");
const { isAbsolute, join, relative, sep } = require("node:path");
const solc = require("solc");
const { compileAll, joinOutputs, shareOut } = require("./solc-pool.cjs");

/**
 * Tests of the proof libraries carry library code inside themselves, which must be the code that is deployed: they are compiled
 * like the contracts. All others only call contracts, which forge loads as they were compiled; without the optimizer and its
 * intermediate language they compile in a tenth of the time.
 */
const carriesLibraryCode = ({ content }) => content.includes("ProofHarness");

/**
 * forge names a file outside its project "../node_modules/x" where our sources import it and "/repo/node_modules/x"
 * where another package's file does. A native solc finds both on disk; this one has no disk, so both become the first.
 */
function nameOf(path) {
  return isAbsolute(path) ? relative(__dirname, path).split(sep).join("/") : path;
}

function renameKeys(object) {
  return Object.fromEntries(Object.entries(object).map(([path, value]) => [nameOf(path), value]));
}

/**
 * What build.ts compiled, if it did so from the same sources with the same settings: the contracts that tests call are then
 * those that are shipped, and nobody waits for them twice.
 */
function compiledBefore({ sources, settings }) {
  const file = join(__dirname, "cache", "compiled.json");
  if (!existsSync(file)) return {};
  const before = JSON.parse(readFileSync(file, "utf8"));
  const installed = (name) =>
    JSON.parse(readFileSync(join(__dirname, "..", "node_modules", name, "package.json"))).version;
  const same =
    Object.entries(before.versions).every(([name, version]) => installed(name) === version) &&
    Object.entries(before.sources).every(([path, { content }]) => sources[path]?.content === content) &&
    ["viaIR", "evmVersion"].every((name) => settings[name] === before.settings[name]) &&
    ["enabled", "runs"].every((name) => settings.optimizer[name] === before.settings.optimizer[name]) &&
    ["bytecodeHash", "appendCBOR"].every((name) => settings.metadata[name] === before.settings.metadata[name]);
  return same ? before.contracts : {};
}

function isWanted(selection) {
  return Object.values(selection).some((outputs) => outputs.length > 0);
}

async function compile(text) {
  const input = JSON.parse(text);
  input.sources = renameKeys(input.sources);
  input.settings.outputSelection = renameKeys(input.settings.outputSelection);
  const wanted = Object.entries(input.settings.outputSelection).filter(([, selection]) => isWanted(selection));
  const before = compiledBefore(input);
  const files = wanted.map(([file]) => file).filter((file) => before[file] === undefined);
  const isQuick = (file) => file.startsWith("test/") && !carriesLibraryCode(input.sources[file]);

  const { optimizer: _, viaIR: __, ...plainSettings } = input.settings;
  const outputs = await compileAll([
    ...shareOut({ ...input, settings: { ...plainSettings, optimizer: { enabled: false } } }, files.filter(isQuick)),
    ...shareOut(
      input,
      files.filter((file) => !isQuick(file)),
    ),
  ]);
  const output = joinOutputs(outputs);
  for (const [file] of wanted) if (before[file] !== undefined) output.contracts[file] = before[file];
  // Other people's warnings are not ours to mend, and there are enough of them to hide our own.
  output.errors = output.errors.filter(
    (error) => error.severity === "error" || error.sourceLocation?.file?.startsWith("../node_modules/") === false,
  );
  return JSON.stringify(output);
}

async function main() {
  if (process.argv.includes("--version")) {
    // forge reads the last line.
    process.stdout.write(`solc, the solidity compiler commandline interface\nVersion: ${solc.version()}\n`);
  } else {
    // forge calls `--standard-json` with every source inline on standard input.
    process.stdout.write(await compile(readFileSync(0, "utf8")));
  }
}

void main();
