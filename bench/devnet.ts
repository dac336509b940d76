import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { arch, cpus, loadavg, platform, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";

const repository = fileURLToPath(new URL("..", import.meta.url));

/** What `koma devnet up --json` says, as far as benchmarks need it. */
export interface RunningDevnet {
  readonly chains: readonly { readonly id: number; readonly rpcUrl: string }[];
  readonly l1: { readonly rpcUrl: string };
  readonly nodes: readonly { readonly name: string; readonly pid: number; readonly rpcUrl: string }[];
  readonly elapsedMs: number;
}

/** Runs the built koma in a home of its own. */
export async function koma<T>(home: string, ...args: readonly string[]): Promise<T> {
  const { stdout } = await execa(process.execPath, [join(repository, "bin/run.js"), ...args, "--json"], {
    env: { KOMA_HOME: home, CI: "true" },
    stdin: "ignore",
  });
  return (JSON.parse(stdout) as { data: T }).data;
}

/** A fresh devnet for the length of `work`. */
export async function withDevnet<T>(
  flags: readonly string[],
  work: (devnet: RunningDevnet, home: string) => Promise<T>,
): Promise<T> {
  const home = mkdtempSync(join(tmpdir(), "koma-bench-"));
  try {
    return await work(await koma<RunningDevnet>(home, "devnet", "up", ...flags), home);
  } finally {
    await koma(home, "devnet", "down", "--all", "--purge", "--yes");
    rmSync(home, { recursive: true, force: true });
  }
}

/** Proportional set size in MiB and CPU seconds of a process, from /proc. */
export function processCost(pid: number): { readonly pssMib: number; readonly cpuS: number } {
  const smaps = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ticks = Number(fields[11]) + Number(fields[12]);
  return { pssMib: Number(/^Pss:\s+(\d+) kB/m.exec(smaps)?.[1] ?? 0) / 1024, cpuS: ticks / 100 };
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** Nearest-rank quantile. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(q * sorted.length) - 1))] ?? Number.NaN;
}

/** The machine, for the head of every table. */
export function machine(): string {
  const [first] = cpus();
  const load = loadavg()[0]?.toFixed(1);
  return `${cpus().length} × ${first?.model.trim()}, ${platform()} ${arch()}, Node ${process.versions.node}, load ${load}`;
}
