#!/usr/bin/env node
// The compiler forge calls: the WebAssembly build of the npm package `solc`, behind the two options forge uses.
const { readFileSync } = require("node:fs");
const { isAbsolute, relative, sep } = require("node:path");
const solc = require("solc");

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

function compile(text) {
  const input = JSON.parse(text);
  input.sources = renameKeys(input.sources);
  input.settings.outputSelection = renameKeys(input.settings.outputSelection);
  const output = JSON.parse(solc.compile(JSON.stringify(input)));
  // Other people's warnings are not ours to mend, and there are enough of them to hide our own.
  output.errors = (output.errors ?? []).filter(
    (error) => error.severity === "error" || error.sourceLocation?.file?.startsWith("../node_modules/") === false,
  );
  return JSON.stringify(output);
}

if (process.argv.includes("--version")) {
  // forge reads the last line.
  process.stdout.write(`solc, the solidity compiler commandline interface\nVersion: ${solc.version()}\n`);
} else {
  // forge calls `--standard-json` with every source inline on standard input.
  process.stdout.write(compile(readFileSync(0, "utf8")));
}
