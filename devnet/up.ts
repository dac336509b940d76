import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Home, isRunning } from "../src/cli/index.ts";
import { EnvironmentError, UserError } from "../src/errors.ts";
import { type ControlClient, connectControl } from "./control-client.ts";
import { takeDown } from "./down.ts";
import { asksForShape, type NetworkRequest, resolveNetwork } from "./network-request.ts";
import { type DevnetPaths, devnetPaths } from "./paths.ts";
import { type DevnetPlan, differences, planDevnet } from "./plan.ts";
import { readPlan, writePlan } from "./plan-file.ts";
import { planOnFreePorts } from "./port-choice.ts";
import { lockHolder, type ProcessLock, takeLock } from "./process-lock.ts";
import { endLeftovers } from "./providers/leftovers.ts";
import { pause } from "./supervisor/wait-until.ts";
import { startSupervisor } from "./supervisor-process.ts";

export interface UpRequest {
  readonly home: Home;
  readonly name: string;
  readonly network: NetworkRequest;
  /** Throw away what an earlier devnet of that name left. */
  readonly fresh: boolean;
  /** No base below this one: the ports there were lost to somebody else. */
  readonly leastBase?: number;
  readonly signal: AbortSignal;
}

export interface RunningDevnet {
  readonly plan: DevnetPlan;
  readonly paths: DevnetPaths;
  readonly control: ControlClient;
  /** False when it ran already. */
  readonly started: boolean;
}

/** A plan, and how to make it run. */
export interface PlannedDevnet {
  readonly plan: DevnetPlan;
  readonly running: boolean;
  /** Starts the supervisor unless it runs. Must be called, or {@link abandon}. */
  launch(): Promise<RunningDevnet>;
  abandon(): void;
}

/**
 * Works out what `up` has to do: the plan of the request, or of the devnet that exists when nothing about its shape was
 * asked for. Same plan as before: go on with its data.
 *
 * @throws {UserError} KOMA_E_DEVNET_DIFFERS, KOMA_E_DEVNET_BUSY, KOMA_E_PORT_TAKEN, KOMA_E_NETWORK_INVALID
 */
export async function planUp(request: UpRequest): Promise<PlannedDevnet> {
  const { home, name, signal } = request;
  const paths = devnetPaths(home.devnet(name));
  const asked = asksForShape(request.network) ? resolveNetwork({ ...request.network, name }) : undefined;
  mkdirSync(paths.run, { recursive: true, mode: 0o700 });
  const lock = await takeLock(paths.upLock);
  try {
    if (request.fresh) await startAfresh(paths, signal);
    const existing = readPlan(paths.lock);
    const network = asked ?? existing?.network ?? resolveNetwork({ ...request.network, name });
    if (existing) refuseOtherPlan(existing, planDevnet(network), name);
    const holder = lockHolder(paths.runLock);
    if (existing && holder && isRunning(holder)) {
      return {
        plan: existing,
        running: true,
        launch: () => joinRunning(existing, paths, lock),
        abandon: () => lock.release(),
      };
    }
    await endLeftovers(paths.dir);
    const planning = await takePlanningLock(home, signal);
    try {
      const firstBase = Math.max(existing?.base ?? network.ports.base, request.leastBase ?? 0);
      const plan = await planOnFreePorts(network, firstBase, home);
      await writePlan(paths.lock, plan);
      return { plan, running: false, launch: () => start(plan, paths, lock, signal), abandon: () => lock.release() };
    } finally {
      planning.release();
    }
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function joinRunning(plan: DevnetPlan, paths: DevnetPaths, lock: ProcessLock): Promise<RunningDevnet> {
  try {
    return { plan, paths, control: await connectControl(paths.socket), started: false };
  } finally {
    lock.release();
  }
}

async function start(
  plan: DevnetPlan,
  paths: DevnetPaths,
  lock: ProcessLock,
  signal: AbortSignal,
): Promise<RunningDevnet> {
  try {
    return { plan, paths, control: await startSupervisor(paths, signal), started: true };
  } finally {
    lock.release();
  }
}

/** Ends the devnet and removes its data; only our own lock stays. */
async function startAfresh(paths: DevnetPaths, signal: AbortSignal): Promise<void> {
  await takeDown(paths, { graceMs: 2_000, signal });
  for (const entry of readdirSync(paths.dir)) {
    if (entry !== "run") rmSync(join(paths.dir, entry), { recursive: true, force: true });
  }
}

function refuseOtherPlan(existing: DevnetPlan, wanted: DevnetPlan, name: string): void {
  if (existing.hash === wanted.hash) return;
  const changes = differences(existing.network, wanted.network);
  throw new UserError("KOMA_E_DEVNET_DIFFERS", `The devnet "${name}" exists with another plan.`, {
    facts: { why: changes.slice(0, 8).join("\n"), network: name, differences: changes.length },
    fix: [
      `koma devnet up --name ${name} --fresh …   (throws its data away)`,
      `koma devnet up --name ${name}   (goes on with the plan it has)`,
    ],
  });
}

/** Two devnets that choose ports at once would choose the same. */
async function takePlanningLock(home: Home, signal: AbortSignal): Promise<ProcessLock> {
  mkdirSync(home.devnets, { recursive: true, mode: 0o700 });
  const limit = AbortSignal.any([signal, AbortSignal.timeout(10_000)]);
  for (;;) {
    try {
      return await takeLock(join(home.devnets, ".planning"));
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      await pause(20, limit).catch(() => {
        signal.throwIfAborted();
        throw new EnvironmentError("KOMA_E_DEVNET_BUSY", "Another koma has been choosing ports for too long.", {
          cause: error,
        });
      });
    }
  }
}
