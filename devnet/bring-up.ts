import { type Ctx, InterruptedError, openHome, readManifest, type Step } from "../src/cli/index.ts";
import { BugError, EnvironmentError, KomaError } from "../src/errors.ts";
import { takeDown } from "./down.ts";
import { type Follower, follow } from "./follow.ts";
import { readNetworkFile } from "./network-file.ts";
import { type NetworkRequest, nameOfFile } from "./network-request.ts";
import { type DevnetOverview, describeDevnet } from "./overview.ts";
import { devnetPaths } from "./paths.ts";
import { PORT_SHIFT } from "./ports.ts";
import { findLeftovers } from "./providers/leftovers.ts";
import { killGroup } from "./providers/process-group.ts";
import type { DevnetState, StepName } from "./state.ts";
import { type PlannedDevnet, planUp, type RunningDevnet } from "./up.ts";
import { parseWaitLevel } from "./wait-level.ts";

export interface BringUpRequest {
  /** Undefined: the name that the file gives, else `default`. */
  readonly name: string | undefined;
  readonly file: string | undefined;
  readonly validators: number | undefined;
  readonly producers: number | undefined;
  readonly l1: string | undefined;
  readonly set: readonly string[];
  readonly fresh: boolean;
  readonly waitFor: string;
}

/** A devnet that is up, and the connection to it. */
export interface DevnetSession {
  readonly overview: DevnetOverview;
  /** Stays until the signal aborts, tells what changes, and ends the devnet. */
  attach(ctx: Ctx, graceMs: number): Promise<void>;
  close(): void;
}

/** Without --timeout: long enough for the slowest machine this was tried on, short enough to be told. */
const DEFAULT_WAIT_MS = 120_000;
/** Each time somebody else was faster; with several devnets that come up at one moment it may be more than once. */
const MAX_MOVES = 4;
const STEP_NAMES: readonly StepName[] = ["l1", "stake", "nodes", "block"];

/** Plans, starts and waits, showing the steps; interrupted, it takes down again what it started. */
export async function bringUp(ctx: Ctx, request: BringUpRequest): Promise<DevnetSession> {
  const started = performance.now();
  const level = parseWaitLevel(request.waitFor);
  const network = await readRequest(request);
  const name = request.name ?? nameOfFile(network.file) ?? "default";
  const paths = devnetPaths(openHome(ctx.home.root).devnet(name));
  const timeoutMs = ctx.cfg.timeoutMs ?? DEFAULT_WAIT_MS;
  let planned: PlannedDevnet | undefined;
  let running: RunningDevnet | undefined;
  let following: Follower | undefined;
  let moves = 0;

  const plan = (again: { readonly fresh: boolean; readonly leastBase?: number }): Promise<PlannedDevnet> =>
    planUp({ home: ctx.home, name, network, signal: ctx.signal, ...again });
  const launch = async (): Promise<Follower> => {
    if (following) return following;
    running = await planned?.launch();
    if (!running) throw new BugError("a devnet was launched before it was planned");
    // A little before the command's own deadline: the supervisor can say what was missing.
    const leftMs = Math.max(1_000, timeoutMs - (performance.now() - started) - 500);
    following = await follow(running.control, level, { timeoutMs: leftMs, signal: ctx.signal });
    return following;
  };
  /** A port that was free when it was planned may be taken now: everything moves to others. */
  const moveAway = async (error: unknown): Promise<boolean> => {
    const taken = error instanceof KomaError && error.code === "KOMA_E_PORT_TAKEN";
    if (!taken || moves === MAX_MOVES || !running?.started || !planned || planned.plan.network.ports.pinned)
      return false;
    moves += 1;
    running.control.close();
    await takeDown(paths, { graceMs: 2_000, signal: ctx.signal });
    following = undefined;
    planned = await plan({ fresh: false, leastBase: planned.plan.base + PORT_SHIFT });
    return true;
  };
  const attempt = async <T>(ask: (follower: Follower) => Promise<T>): Promise<T> => {
    try {
      return await ask(await launch());
    } catch (error) {
      if (!(await moveAway(error))) throw error;
      ctx.out.note(`${(error as Error).message} Everything moves to other ports.`);
      return attempt(ask);
    }
  };
  const steps: Step[] = [
    {
      title: "plan",
      run: async () => {
        planned = await plan({ fresh: request.fresh });
        ctx.onForce(() => {
          for (const { pid } of findLeftovers(paths.dir)) killGroup(pid, "SIGKILL");
        });
        const { nodes, network: shape } = planned.plan;
        return `${nodes.length} nodes, 1 chain, seed ${shape.seed}${planned.running ? ", running already" : ""}`;
      },
    },
    ...STEP_NAMES.map(
      (title): Step => ({
        title,
        run: async (report) => (await attempt((follower) => follower.step(title, report))).detail,
      }),
    ),
  ];
  if (level.level !== "ready")
    steps.push({ title: level.level, run: async () => describeReached(await attempt((follower) => follower.reached)) });

  try {
    await ctx.tasks(steps);
    const state = await attempt((follower) => follower.reached);
    const manifest = readManifest(paths.dir);
    if (!running || !planned || !state || !manifest) throw new BugError("a devnet came up without a manifest");
    const { control } = running;
    return {
      overview: describeDevnet({
        dir: paths.dir,
        plan: planned.plan,
        manifest,
        state,
        started: running.started,
        elapsedMs: performance.now() - started,
      }),
      attach: async (attached, graceMs) => {
        await control.subscribe(createNarrator((text) => attached.out.note(text)));
        await Promise.race([control.closed, aborted(attached.signal)]);
        await takeDown(paths, { graceMs, signal: new AbortController().signal });
      },
      close: () => control.close(),
    };
  } catch (error) {
    running?.control.close();
    planned?.abandon();
    // A person who stops `up` does not want what it has started so far; a deadline leaves it for inspection.
    if (ctx.signal.reason instanceof InterruptedError && (running?.started ?? !planned?.running)) {
      await takeDown(paths, { graceMs: 2_000, signal: new AbortController().signal });
    }
    if (running && error instanceof KomaError && error.code === "KOMA_E_TIMEOUT" && !error.detail.fix?.length) {
      throw new EnvironmentError(error.code, `${error.message} The devnet goes on coming up.`, {
        ...error.detail,
        fix: [`koma devnet status ${name} --watch`, `koma devnet down ${name}`],
      });
    }
    throw error;
  }
}

async function readRequest(request: BringUpRequest): Promise<NetworkRequest> {
  const { file, validators, producers, l1, set } = request;
  return {
    ...(file === undefined ? {} : { file: await readNetworkFile(file) }),
    ...(validators === undefined ? {} : { validators }),
    ...(producers === undefined ? {} : { producers }),
    ...(l1 === undefined ? {} : { l1 }),
    set,
  };
}

function describeReached(state: DevnetState): string {
  const { checkpoint, chain } = state;
  return checkpoint
    ? `#${checkpoint.number}: blocks ${checkpoint.start} to ${checkpoint.end}`
    : `${chain.name} #${chain.finalized} by ${chain.producer}`;
}

/** Turns states into sentences about what is new in them. */
function createNarrator(say: (text: string) => void): (state: DevnetState) => void {
  let before: DevnetState | undefined;
  return (state) => {
    for (const node of state.nodes) {
      const old = before?.nodes.find(({ name }) => name === node.name);
      if (old && old.state !== node.state)
        say(`${node.name} is ${node.state}${node.lastExit && node.state === "crashed" ? `: ${node.lastExit}` : ""}`);
    }
    const { checkpoint } = state;
    if (before && checkpoint && checkpoint.number !== before.checkpoint?.number) {
      say(`checkpoint ${checkpoint.number}: blocks ${checkpoint.start} to ${checkpoint.end} ${checkpoint.state}`);
    }
    before = state;
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
