import { mkdirSync, readFileSync, rmdirSync, rmSync, statSync } from "node:fs";
import { identifyProcess, isRunning, type ProcessIdentity, parseProcessIdentity } from "../src/cli/index.ts";
import { BugError, UserError } from "../src/errors.ts";
import { writeFileAtomic } from "../src/wallet/index.ts";

/** A file that says which process holds something. It is worth nothing once that process is gone. */
export interface ProcessLock {
  release(): void;
}

/**
 * Takes the lock for this process; one whose holder died is taken over.
 *
 * @throws {UserError} KOMA_E_DEVNET_BUSY names the live holder
 */
export async function takeLock(path: string): Promise<ProcessLock> {
  const self = identifyProcess(process.pid);
  if (!self) throw new BugError("a running process does not find itself");
  for (;;) {
    try {
      await writeFileAtomic(path, `${JSON.stringify(self)}\n`, { exclusive: true });
      return { release: () => release(path, self) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const holder = readHolder(path);
    if (holder && isRunning(holder)) {
      throw new UserError("KOMA_E_DEVNET_BUSY", `Another koma (pid ${holder.pid}) is working on this devnet.`, {
        facts: { path, pid: holder.pid },
        fix: ["Wait for it, or stop it, and try again."],
      });
    }
    await removeStale(path);
  }
}

/** The live holder of a lock, if any. */
export function lockHolder(path: string): ProcessIdentity | undefined {
  const holder = readHolder(path);
  return holder && isRunning(holder) ? holder : undefined;
}

function readHolder(path: string): ProcessIdentity | undefined {
  try {
    return parseProcessIdentity(JSON.parse(readFileSync(path, "utf8")));
  } catch (error) {
    // Gone in the meantime, or no lock of ours: both mean that nobody holds it.
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/**
 * Removes a dead holder's file. Two processes may find it stale at once, and the slower one must not remove the lock the
 * faster one took meanwhile: so removal has a guard of its own, under which the file is looked at again.
 */
async function removeStale(path: string): Promise<void> {
  const guard = `${path}.break`;
  try {
    mkdirSync(guard);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    // The guard is held for less than a millisecond; an old one was left by a crash.
    if (ageMs(guard) > 2_000) rmSync(guard, { recursive: true, force: true });
    await new Promise((resolve) => setTimeout(resolve, 10));
    return;
  }
  try {
    const holder = readHolder(path);
    if (!holder || !isRunning(holder)) rmSync(path, { force: true });
  } finally {
    rmdirSync(guard);
  }
}

function release(path: string, self: ProcessIdentity): void {
  const holder = readHolder(path);
  if (holder?.pid === self.pid && holder.startTime === self.startTime) rmSync(path, { force: true });
}

function ageMs(path: string): number {
  try {
    return Date.now() - statSync(path).mtimeMs;
  } catch {
    return 0; // removed meanwhile
  }
}
