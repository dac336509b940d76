import { render, useInput, useStdin, useWindowSize } from "ink";
import { useEffect, useState } from "react";
import type { DevnetReport } from "../report.ts";
import { Dashboard } from "./dashboard.tsx";

export interface LiveDashboardProps {
  readonly report: DevnetReport;
  readonly color: boolean;
  /** True once the person has left: the last picture stays, without hints. */
  readonly over: boolean;
  readonly onLeave: () => void;
}

/** The dashboard with a clock, keys, and a terminal that may change its size. */
export function LiveDashboard({ report, color, over, onLeave }: LiveDashboardProps) {
  const { columns, rows } = useWindowSize();
  const nowMs = useClock();
  const { isRawModeSupported } = useStdin();
  useInput(
    (input, key) => {
      if (input === "q" || (key.ctrl && input === "c")) onLeave();
    },
    { isActive: isRawModeSupported && !over },
  );
  const leave = isRawModeSupported ? "q or Ctrl-C leave" : "Ctrl-C leaves";
  const hints = over ? [] : [leave, "│ final at 1/3", "┆ 1/2, 3/4, 7/8", ...seenFrom(report)];
  return <Dashboard {...{ report, nowMs, columns, rows, color, hints }} />;
}

function seenFrom({ blocksSeenBy }: DevnetReport): readonly string[] {
  return blocksSeenBy === null ? [] : [`blocks as ${blocksSeenBy} sees them`];
}

/** Ages count on also when no news comes. */
function useClock(): number {
  const [nowMs, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  return nowMs;
}

export interface OpenDashboard {
  show(report: DevnetReport): void;
  /** Gives the terminal back; the last picture stays. */
  close(): void;
}

/** Draws on the terminal. @param onLeave  called when a key says so */
export function openDashboard(options: { readonly color: boolean; readonly onLeave: () => void }): OpenDashboard {
  let app: ReturnType<typeof render> | undefined;
  let latest: DevnetReport | undefined;
  const draw = (report: DevnetReport, over: boolean): void => {
    const view = <LiveDashboard {...options} report={report} over={over} />;
    if (app) app.rerender(view);
    else app = render(view, { exitOnCtrlC: false });
  };
  return {
    show(report) {
      latest = report;
      draw(report, false);
    },
    close() {
      if (latest) draw(latest, true);
      app?.unmount();
    },
  };
}
