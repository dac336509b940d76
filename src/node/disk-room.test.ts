import { tmpdir } from "node:os";
import { expect, it } from "vitest";
import { freeBytes, ROOM_BYTES, waitForRoom } from "./disk-room.ts";

it("knows what the disk of a folder has left", async () => {
  expect(await freeBytes(tmpdir())).toBeGreaterThan(0);
});

it("waits until there is room for more than the next block", async () => {
  const left = [0, ROOM_BYTES - 1, ROOM_BYTES];
  const free = async () => left.shift() ?? 0;
  expect(await waitForRoom("/", AbortSignal.timeout(60_000), { free, lookMs: 1 })).toBe(true);
  expect(left).toEqual([]);
});

it("ends with the node", async () => {
  const abort = new AbortController();
  const free = async () => {
    abort.abort();
    return 0;
  };
  expect(await waitForRoom("/", abort.signal, { free, lookMs: 1 })).toBe(false);
});
