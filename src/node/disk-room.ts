import { statfs } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

/** A node that goes on with less would stop again a moment later. */
export const ROOM_BYTES = 64 * 1024 * 1024;
const LOOK_MS = 2_000;

export interface RoomOptions {
  /** Default: what the disk says. */
  readonly free?: (directory: string) => Promise<number>;
  /** Between two looks; default 2 s. */
  readonly lookMs?: number;
}

/** Bytes that this process may still write to the disk of `directory`. */
export async function freeBytes(directory: string): Promise<number> {
  const { bavail, bsize } = await statfs(directory);
  return bavail * bsize;
}

/**
 * Waits until the disk of `directory` has room again.
 *
 * @returns false when the signal aborted first
 */
export async function waitForRoom(
  directory: string,
  signal: AbortSignal,
  { free = freeBytes, lookMs = LOOK_MS }: RoomOptions = {},
): Promise<boolean> {
  while (!signal.aborted) {
    // Before the first look, too: what found no room may be bound by less than the disk, and would be tried in a circle. The
    // pause ends early when the signal aborts.
    await sleep(lookMs, undefined, { signal }).catch(() => undefined);
    if (!signal.aborted && (await free(directory)) >= ROOM_BYTES) return true;
  }
  return false;
}
