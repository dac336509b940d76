import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import SqliteDatabase from "better-sqlite3";

// Run by a test in a process of its own: exports, imports or prunes as the command does, and ends its own process with SIGKILL
// at the n-th thing whose name matches. Names are the SQL of rows that are written, and of transactions, or the call that
// writes a file. Of a file's bytes half are written then.

const [command, folder, file, what, nth] = process.argv.slice(2) as [string, string, string, string, string];
const wanted = new RegExp(what);
let left = Number(nth);

/** True when the process has to die here. */
const comes = (name: string): boolean => wanted.test(name) && --left === 0;
const die = () => process.kill(process.pid, "SIGKILL");

const statement = Object.getPrototypeOf(new SqliteDatabase(":memory:").prepare("SELECT 1")) as {
  run(this: SqliteDatabase.Statement, ...params: unknown[]): SqliteDatabase.RunResult;
};
const { run } = statement;
statement.run = function (...params) {
  if (comes(`before ${this.source}`)) die();
  const result = run.apply(this, params);
  if (comes(`after ${this.source}`)) die();
  return result;
};

const { writeSync, renameSync } = fs;
fs.writeSync = ((to: number, bytes: Uint8Array, ...place: [number?]) => {
  if (comes("write")) {
    writeSync(to, bytes.subarray(0, bytes.length >> 1));
    die();
  }
  return writeSync(to, bytes, ...place);
}) as typeof writeSync;
fs.renameSync = (from, to) => {
  if (comes("before rename")) die();
  renameSync(from, to);
  if (comes("after rename")) die();
};
syncBuiltinESMExports();

const { signal } = new AbortController();
if (command === "export") {
  await (await import("../../src/node/export-chain.ts")).exportChain(folder, { out: file, signal });
} else if (command === "import") {
  await (await import("../../src/node/import-chain.ts")).importChain(folder, { in: file, signal });
} else {
  const rootChain = { lateSlashS: () => Promise.resolve(0) };
  await (await import("../../src/node/prune-node.ts")).pruneNode(folder, { storage: "window", rootChain, signal });
}
throw new Error(`"${what}" came ${Number(nth) - left} times only`);
