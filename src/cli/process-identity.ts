import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/**
 * A process beyond doubt: numbers are used again, so a pid counts only together with the moment the process started and
 * the boot of the machine it ran on.
 */
export interface ProcessIdentity {
  readonly pid: number;
  /** Opaque; equal for the same process only. */
  readonly startTime: string;
  readonly bootId: string;
}

/** Identity of a live process; undefined when there is none with that pid, or only its corpse. */
export function identifyProcess(pid: number): ProcessIdentity | undefined {
  const startTime = startTimeOf(pid);
  return startTime === undefined ? undefined : { pid, startTime, bootId: bootId() };
}

export function isRunning(identity: ProcessIdentity): boolean {
  return identity.bootId === bootId() && startTimeOf(identity.pid) === identity.startTime;
}

/** Reads what {@link identifyProcess} wrote into a file. */
export function parseProcessIdentity(value: unknown): ProcessIdentity | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { pid, startTime, bootId: boot } = value as Record<string, unknown>;
  return Number.isInteger(pid) && (pid as number) > 0 && typeof startTime === "string" && typeof boot === "string"
    ? { pid: pid as number, startTime, bootId: boot }
    : undefined;
}

function startTimeOf(pid: number): string | undefined {
  if (process.platform !== "linux") return startTimeFromPs(pid);
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return undefined; // no such process
  }
  // The name in parentheses may hold spaces; fields are counted after it: state is the first, start time the twentieth.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" || fields[0] === "X" ? undefined : fields[19];
}

function startTimeFromPs(pid: number): string | undefined {
  try {
    const line = execFileSync("ps", ["-o", "stat=,lstart=", "-p", String(pid)], { encoding: "utf8" }).trim();
    const [state = "", ...started] = line.split(/\s+/);
    return line === "" || state.startsWith("Z") ? undefined : started.join(" ");
  } catch {
    return undefined; // ps exits with 1 when there is no such process
  }
}

let knownBootId: string | undefined;

function bootId(): string {
  knownBootId ??=
    process.platform === "linux"
      ? readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()
      : execFileSync("sysctl", ["-n", "kern.boottime"], { encoding: "utf8" }).trim();
  return knownBootId;
}
