import { readdirSync, readFileSync } from "node:fs";
import {
  identifyProcess,
  isRunning,
  type ProcessIdentity,
  parseProcessIdentity,
  readManifest,
} from "../../src/cli/index.ts";
import { killGroup } from "./process-group.ts";

/** After SIGTERM, before SIGKILL. */
const GRACE_MS = 2_000;

/** Processes that an earlier supervisor of the devnet in `dir` left behind, found by their environment and the manifest. */
export function findLeftovers(dir: string): readonly ProcessIdentity[] {
  const found = new Map<number, ProcessIdentity>();
  for (const pid of markedProcesses(`KOMA_DEVNET=${dir}`)) {
    const identity = identifyProcess(pid);
    if (identity && pid !== process.pid) found.set(pid, identity);
  }
  for (const node of readManifestSafely(dir)) {
    const identity = parseProcessIdentity(node);
    if (identity && isRunning(identity)) found.set(identity.pid, identity);
  }
  return [...found.values()];
}

/** Ends them, first politely. Answers with `pid n` for each. */
export async function endLeftovers(dir: string): Promise<readonly string[]> {
  const leftovers = findLeftovers(dir);
  // A stopped process would not see SIGTERM until it is continued.
  for (const { pid } of leftovers) for (const signal of ["SIGTERM", "SIGCONT"] as const) killGroup(pid, signal);
  const deadline = Date.now() + GRACE_MS;
  let alive = leftovers.filter(isRunning);
  while (alive.length > 0 && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    alive = alive.filter(isRunning);
  }
  for (const { pid } of alive) killGroup(pid, "SIGKILL");
  while (alive.some(isRunning)) await new Promise((resolve) => setTimeout(resolve, 20));
  return leftovers.map(({ pid }) => `pid ${pid}`);
}

/** Linux shows the environment of our own processes; elsewhere the manifest has to do. */
function markedProcesses(mark: string): readonly number[] {
  if (process.platform !== "linux") return [];
  const entry = Buffer.from(`${mark}\0`);
  return readdirSync("/proc")
    .filter((name) => /^[1-9][0-9]*$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return Buffer.concat([Buffer.from("\0"), readFileSync(`/proc/${pid}/environ`)]).includes(
          Buffer.concat([Buffer.from("\0"), entry]),
        );
      } catch {
        return false; // somebody else's process, or gone
      }
    });
}

function readManifestSafely(dir: string): readonly unknown[] {
  try {
    return (readManifest(dir)?.nodes ?? []).map((node) => node.process);
  } catch {
    return []; // a damaged manifest names nobody; the environment does
  }
}
