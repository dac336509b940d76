import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";

const repository = fileURLToPath(new URL("..", import.meta.url));

/** What `koma devnet up --json` says, as far as benchmarks need it. */
export interface RunningDevnet {
  readonly chains: readonly { readonly id: number; readonly rpcUrl: string }[];
  readonly l1: { readonly rpcUrl: string; readonly pid: number | null };
  readonly nodes: readonly { readonly name: string; readonly pid: number; readonly rpcUrl: string }[];
  readonly elapsedMs: number;
}

/** Runs the built koma in a home of its own. @throws {Error} with what it said */
export async function koma<T>(home: string, ...args: readonly string[]): Promise<T> {
  const { exitCode, data, said } = await tryKoma<T>(home, ...args);
  if (exitCode !== 0) throw new Error(`koma ${args.join(" ")} ended with ${exitCode}: ${said}`);
  return data as T;
}

/** The same, whatever comes of it. */
export async function tryKoma<T>(
  home: string,
  ...args: readonly string[]
): Promise<{ readonly exitCode: number; readonly data: T | undefined; readonly said: string }> {
  const { stdout, stderr, exitCode } = await execa(process.execPath, [launcher, ...args, "--json"], {
    env: { KOMA_HOME: home, CI: "true" },
    stdin: "ignore",
    reject: false,
  });
  const data = exitCode === 0 ? (JSON.parse(stdout) as { data: T }).data : undefined;
  return { exitCode: exitCode ?? -1, data, said: `${stdout} ${stderr}` };
}

const launcher = join(repository, "bin/run.js");

/** The version and the build that is measured. */
export async function komaVersion(): Promise<string> {
  const { stdout } = await execa("git", ["-C", repository, "describe", "--always", "--dirty"], { reject: false });
  return stdout === "" ? "koma" : `koma ${stdout}`;
}

/** A home for one devnet. */
export async function withHome<T>(work: (home: string) => Promise<T>): Promise<T> {
  const home = mkdtempSync(join(tmpdir(), "koma-bench-"));
  try {
    return await work(home);
  } finally {
    await koma(home, "devnet", "down", "--all", "--purge", "--yes");
    rmSync(home, { recursive: true, force: true });
  }
}
