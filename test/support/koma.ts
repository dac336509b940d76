import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { expect } from "vitest";
import { expectDocumented } from "./command-output.ts";

export const repository = fileURLToPath(new URL("../..", import.meta.url));
export const launcher = join(repository, "bin/run.js");

export interface Envelope<T = Record<string, unknown>> {
  readonly ok: boolean;
  readonly kind: string;
  readonly v: number;
  readonly data: T;
  readonly error?: {
    readonly code: string;
    readonly exit: number;
    readonly message: string;
    readonly why?: string;
    readonly fix?: string[];
    readonly details?: Record<string, unknown>;
  };
}

export interface Run<T> {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly envelope: Envelope<T>;
}

/** The built `koma` as a person runs it, with a home of its own. What it prints with `--json` must fit its schema. */
export interface Koma {
  readonly home: string;
  /** Runs a command with `--json` and expects exit code 0; answers `data`. */
  json<T = Record<string, unknown>>(...args: readonly string[]): Promise<T>;
  /** Runs a command with `--json`, whatever comes of it. */
  run<T = Record<string, unknown>>(...args: readonly string[]): Promise<Run<T>>;
  /** Runs a command as typed, without `--json`. */
  plain(...args: readonly string[]): Promise<{ exitCode: number; stdout: string; stderr: string }>;
  /** Takes down every devnet of this home and removes it; fails the test when a process survives. */
  dispose(): Promise<void>;
}

export function createKoma(environment: Readonly<Record<string, string>> = {}): Koma {
  const home = mkdtempSync(join(tmpdir(), "koma-e2e-"));
  const env = { ...environment, KOMA_HOME: home, CI: "true", NO_COLOR: "1" };

  async function plain(...args: readonly string[]) {
    const result = await execa(process.execPath, [launcher, ...args], { env, reject: false, stdin: "ignore" });
    const { exitCode = -1, stdout, stderr } = result;
    // The end-to-end tests come through here, so no command's output escapes its schema.
    if (printsJson(args)) {
      try {
        expectDocumented(stdout);
      } catch (cause) {
        throw new Error(`koma ${args.join(" ")} (exit ${exitCode}): ${(cause as Error).message}\n${stderr}`, { cause });
      }
    }
    return { exitCode, stdout, stderr };
  }

  async function run<T>(...args: readonly string[]): Promise<Run<T>> {
    const result = await plain(...args, "--json");
    return { ...result, envelope: JSON.parse(result.stdout) as Envelope<T> };
  }

  return {
    home,
    plain,
    run,
    async json<T>(...args: readonly string[]) {
      const { exitCode, envelope, stderr } = await run<T>(...args);
      expect(envelope.error, `koma ${args.join(" ")}\n${stderr}`).toBeUndefined();
      expect(exitCode).toBe(0);
      return envelope.data;
    },
    async dispose() {
      await plain("devnet", "down", "--all", "--purge", "--yes");
      const left = await processesOf(home);
      rmSync(home, { recursive: true, force: true });
      expect(left, "processes left behind").toEqual([]);
    },
  };
}

function printsJson(args: readonly string[]): boolean {
  const end = args.indexOf("--");
  return (end === -1 ? args : args.slice(0, end)).some((argument) => argument === "--json" || argument === "-j");
}

/** Command lines of living processes whose environment or arguments name `folder`. */
export async function processesOf(folder: string): Promise<readonly string[]> {
  const { stdout } = await execa("ps", ["-eo", "pid=,stat=,args="]);
  return stdout
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => {
      const [pid, state] = line.split(/\s+/, 2);
      if (state?.startsWith("Z") || Number(pid) === process.pid) return false;
      return line.includes(folder) || environmentOf(Number(pid)).includes(folder);
    })
    .filter((line) => !line.includes("ps -eo"));
}

function environmentOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, "latin1");
  } catch {
    // The process ended since, belongs to somebody else, or this is no Linux: then only its arguments can tell.
    return "";
  }
}

/** Waits until `check` answers something, looking again every 100 ms; fails after `timeoutMs` with what it last saw. */
export async function eventually<T>(
  what: string,
  check: () => Promise<T | undefined | false>,
  timeoutMs = 60_000,
): Promise<T> {
  const end = Date.now() + timeoutMs;
  let last: unknown;
  while (Date.now() < end) {
    try {
      const answer = await check();
      if (answer !== undefined && answer !== false) return answer;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${what}: not within ${timeoutMs} ms`, { cause: last });
}
