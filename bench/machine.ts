import { readFileSync } from "node:fs";
import { arch, cpus, loadavg, platform } from "node:os";

/** The machine, for the head of every table. */
export function machine(): string {
  const [first] = cpus();
  const load = loadavg()[0]?.toFixed(1);
  return `${cpus().length} × ${first?.model.trim()}, ${platform()} ${arch()}, Node ${process.versions.node}, load ${load}`;
}

/** What a process has cost so far. */
export interface ProcessCost {
  /** Proportional set size: memory shared with others is split among them. */
  readonly pssMib: number;
  /** Seconds in user and kernel mode. */
  readonly cpuS: number;
}

/** Linux counts CPU time in hundredths of a second for user space, whatever the kernel ticks with. */
const TICKS_PER_S = 100;

/** Reads /proc, so it needs Linux. */
export function processCost(pid: number): ProcessCost {
  const smaps = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ticks = Number(fields[11]) + Number(fields[12]);
  return { pssMib: Number(/^Pss:\s+(\d+) kB/m.exec(smaps)?.[1] ?? 0) / 1024, cpuS: ticks / TICKS_PER_S };
}

export function totalCpuS(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + processCost(pid).cpuS, 0);
}
