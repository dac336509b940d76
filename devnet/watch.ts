import { type Ctx, type DevnetManifest, type Home, isDevnetRunning, readManifest } from "../src/cli/index.ts";
import { KomaError } from "../src/errors.ts";
import { type BlocksSeen, followBlocks, NO_BLOCKS } from "./block-feed.ts";
import { connectControl } from "./control-client.ts";
import { NO_LOAD } from "./load.ts";
import { type DevnetReport, endpointsOf, findDevnet, producerNames, reportRunning, reportStopped } from "./report.ts";
import { summaryLine } from "./report-text.ts";
import type { DevnetState } from "./state.ts";
import { pause } from "./supervisor/wait-until.ts";

/** How often a devnet that is down is looked for. */
const LOOK_MS = 500;

/**
 * Shows the devnet until the signal aborts: on a terminal as a live view that also outlives the devnet, else as a line per
 * change (NDJSON with --json) until the devnet ends.
 *
 * @returns the last report
 */
export async function watchDevnet(ctx: Ctx<DevnetReport>, name: string): Promise<DevnetReport> {
  const { manifest } = findDevnet(ctx.home, name);
  if (process.stdout.isTTY === true && !ctx.cfg.json) return watchOnTerminal(ctx, manifest);
  return streamReports(ctx, manifest);
}

async function streamReports(ctx: Ctx<DevnetReport>, manifest: DevnetManifest): Promise<DevnetReport> {
  let latest = reportStopped(manifest);
  let said = "";
  const tell = (report: DevnetReport): void => {
    latest = report;
    const text = summaryLine(report);
    const line = ctx.cfg.json ? JSON.stringify(report) : text;
    if (line === said) return;
    said = line;
    ctx.out.record(report, text);
  };
  if (isDevnetRunning(manifest)) await followRun(ctx.home, manifest, tell, ctx.signal);
  // Ended by the devnet, not by the reader: that, too, is a change.
  if (!ctx.signal.aborted) tell(lastSeen(latest, readManifest(ctx.home.devnet(manifest.name))));
  return latest;
}

async function watchOnTerminal(ctx: Ctx<DevnetReport>, manifest: DevnetManifest): Promise<DevnetReport> {
  const { openDashboard } = await import("./view/live-dashboard.tsx");
  const left = new AbortController();
  const signal = AbortSignal.any([ctx.signal, left.signal]);
  const color = ctx.out.paint("bold", "x") !== "x";
  const view = openDashboard({ color, onLeave: () => left.abort() });
  let latest = reportStopped(manifest);
  const show = (report: DevnetReport): void => {
    latest = report;
    if (!signal.aborted) view.show(report);
  };
  try {
    while (!signal.aborted) {
      const current = readManifest(ctx.home.devnet(manifest.name));
      if (current && isDevnetRunning(current)) await followRun(ctx.home, current, show, signal);
      else show(waiting(lastSeen(latest, current)));
      // Rejects when the person leaves: the loop sees it.
      await pause(LOOK_MS, signal).catch(() => {});
    }
  } finally {
    view.close();
  }
  return latest;
}

/** Tells of every change until the devnet's supervisor hangs up or the signal aborts. */
async function followRun(
  home: Home,
  found: DevnetManifest,
  tell: (report: DevnetReport) => void,
  signal: AbortSignal,
): Promise<void> {
  const control = await connectControl(found.socket).catch((error: unknown) => {
    // It went away between the look at its pid and now.
    if (error instanceof KomaError && error.code === "KOMA_E_SUPERVISOR_UNREACHABLE") return undefined;
    throw error;
  });
  if (!control) return;
  const hungUp = new AbortController();
  let manifest = found;
  let state: DevnetState | undefined;
  let seen: BlocksSeen = NO_BLOCKS;
  const changed = (): void => {
    if (state) tell(reportRunning(manifest, state, seen));
  };
  const feed = followBlocks(
    {
      endpoints: () => (state ? endpointsOf(manifest, state) : []),
      nameOf: (address) => producerNames(manifest)(address),
      signal: AbortSignal.any([signal, hungUp.signal]),
    },
    (next) => {
      seen = next;
      changed();
    },
  );
  try {
    await control.subscribe((next) => {
      // While it comes up the manifest still grows.
      if (next.status !== state?.status) manifest = readManifest(home.devnet(found.name)) ?? manifest;
      state = next;
      changed();
    });
    await Promise.race([control.closed, untilAborted(signal), feed]);
  } finally {
    hungUp.abort();
    control.close();
    await feed;
  }
}

/** A devnet that is not there any more, with what was last known of its chain. */
function lastSeen(latest: DevnetReport, manifest: DevnetManifest | undefined): DevnetReport {
  if (!manifest) {
    const nodes = latest.nodes.map((node) => ({ ...node, state: "stopped", pid: null, peers: 0 }));
    const gone = {
      status: "removed",
      startedAt: null,
      blocksSeenBy: null,
      load: NO_LOAD,
      troubles: ["the devnet was removed"],
    };
    return { ...latest, ...gone, nodes, faults: [] };
  }
  const { chains, blocks } = latest;
  return { ...reportStopped(manifest), chains, blocks };
}

function waiting(report: DevnetReport): DevnetReport {
  const again = report.name === "default" ? "koma devnet up" : `koma devnet up --name ${report.name}`;
  return { ...report, troubles: [...report.troubles, `goes on here after: ${again}`] };
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
