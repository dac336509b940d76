import { existsSync, rmSync } from "node:fs";
import { isRunning, type ProcessIdentity, readManifest } from "../src/cli/index.ts";
import { KomaError } from "../src/errors.ts";
import { writeFileAtomic } from "../src/wallet/index.ts";
import { connectControl } from "./control-client.ts";
import type { DevnetPaths } from "./paths.ts";
import { lockHolder } from "./process-lock.ts";
import { endLeftovers } from "./providers/leftovers.ts";
import { killGroup } from "./providers/process-group.ts";
import { pause } from "./supervisor/wait-until.ts";

export interface DownOptions {
  /** Time for the nodes to end in order. */
  readonly graceMs: number;
  readonly signal: AbortSignal;
}

export interface DownReport {
  readonly stopped: readonly string[];
  /** Nodes that had to be killed, and processes that were found without their supervisor. */
  readonly killed: readonly string[];
}

/** What the supervisor needs besides the grace: the root chain, its last words. */
const EXTRA_MS = 8_000;

/** Ends a devnet and everything that belongs to it; nothing is left running, its data stays. */
export async function takeDown(paths: DevnetPaths, options: DownOptions): Promise<DownReport> {
  const supervisor = lockHolder(paths.runLock);
  const report = supervisor ? await askToStop(paths, supervisor, options) : { stopped: [], killed: [] };
  const left = await endLeftovers(paths.dir);
  await markStopped(paths);
  return { stopped: report.stopped, killed: [...report.killed, ...left] };
}

/** Removes a stopped devnet's folder. */
export function purgeDevnet(paths: DevnetPaths): void {
  rmSync(paths.dir, { recursive: true, force: true });
  rmSync(paths.socket, { force: true });
}

async function askToStop(paths: DevnetPaths, supervisor: ProcessIdentity, options: DownOptions): Promise<DownReport> {
  let report: DownReport = { stopped: [], killed: [] };
  try {
    const control = await connectControl(paths.socket);
    report = await control.call<DownReport>("shutdown", { graceMs: options.graceMs });
    await control.closed;
  } catch (error) {
    // It does not answer on its socket, for instance because it is just starting: a signal says the same.
    if (!(error instanceof KomaError)) throw error;
    killGroup(supervisor.pid, "SIGTERM");
  }
  const deadline = Date.now() + options.graceMs + EXTRA_MS;
  while (isRunning(supervisor) && Date.now() < deadline) await pause(15, options.signal);
  if (isRunning(supervisor)) killGroup(supervisor.pid, "SIGKILL");
  while (isRunning(supervisor)) await pause(15, options.signal);
  return report;
}

/** A supervisor that died could not write its last manifest. */
async function markStopped(paths: DevnetPaths): Promise<void> {
  const manifest = existsSync(paths.manifest) ? readManifest(paths.dir) : undefined;
  if (!manifest || manifest.supervisor === null) return;
  const nodes = manifest.nodes.map((node) => ({ ...node, state: "stopped", pid: null, process: null }));
  const stopped = { ...manifest, status: "stopped", supervisor: null, l1: { ...manifest.l1, pid: null }, nodes };
  await writeFileAtomic(paths.manifest, `${JSON.stringify(stopped, null, 2)}\n`);
}
