// Plain JavaScript that any Node with ESM can parse: it runs before anything else is known to work.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const WANTED = [22, 13];
const HANDED_OVER = "KOMA_NODE_HANDED_OVER";

/** True when this Node can run koma. Otherwise hands over to the checkout's own Node, or says what is missing. */
export function ensureNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > WANTED[0] || (major === WANTED[0] && minor >= WANTED[1])) return true;

  const own = ownNode();
  if (own && !process.env[HANDED_OVER]) {
    handOver(own);
    return false;
  }
  process.stderr.write(
    `koma needs Node >= ${WANTED.join(".")}, found ${process.versions.node}. ` +
      "Install it from your package manager or nodejs.org, or run: npx -y -p node@24 -p koma-chain koma\n",
  );
  process.exitCode = 8;
  return false;
}

function ownNode() {
  const root = dirname(dirname(fileURLToPath(import.meta.url)));
  const name = process.platform === "win32" ? "node.exe" : "node";
  const path = join(root, "node_modules", "node", "bin", name);
  return existsSync(path) ? path : undefined;
}

function handOver(node) {
  const child = spawn(node, process.argv.slice(1), {
    stdio: "inherit",
    env: Object.assign({}, process.env, { [HANDED_OVER]: "1" }),
  });
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
  const forward = {};
  for (const signal of signals) {
    forward[signal] = () => child.kill(signal);
    process.on(signal, forward[signal]);
  }
  child.on("error", (error) => {
    process.stderr.write(`koma could not start its own Node (${node}): ${error.message}\n`);
    process.exitCode = 8;
  });
  child.on("exit", (code, signal) => {
    for (const name of signals) process.removeListener(name, forward[name]);
    if (signal) process.kill(process.pid, signal);
    else process.exitCode = code === null ? 70 : code;
  });
}
