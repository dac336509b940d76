import { beforeEach, describe, expect, it } from "vitest";
import type { Bytes } from "../primitives/index.ts";
import { FINALIZED, SAFE } from "./config.ts";
import { createWatchedThresholds, type WatchedThresholds } from "./watched-thresholds.ts";

describe("the thresholds that a node watches", () => {
  const always = [SAFE, FINALIZED];
  let rows: Map<string, Bytes>;
  let changes: (readonly number[])[];
  let watched: WatchedThresholds;

  function open(): WatchedThresholds {
    const meta = {
      get: (key: string) => rows.get(key),
      set: (key: string, value: Bytes) => void rows.set(key, value),
      delete: (key: string) => void rows.delete(key),
    };
    const opened: WatchedThresholds = createWatchedThresholds([...always, 0.8], {
      meta,
      onChange: () => changes.push(opened.list()),
    });
    return opened;
  }

  beforeEach(() => {
    rows = new Map();
    changes = [];
    watched = open();
  });

  it("are those of the configuration until somebody sets others, which a restart keeps", () => {
    expect(watched.list()).toEqual([...always, 0.8]);
    expect(watched.set([0.5, 0.6])).toEqual([...always, 0.5, 0.6]);
    expect(open().list()).toEqual([...always, 0.5, 0.6]);
    expect(watched.set([])).toEqual([...always, 0.8]);
    expect(open().list()).toEqual([...always, 0.8]);
    expect(changes).toEqual([
      [...always, 0.5, 0.6],
      [...always, 0.8],
    ]);
  });

  it("gain what a subscriber wants, as long as one does", () => {
    const [first, second] = [watched.acquire(0.6), watched.acquire(0.6)];
    expect(watched.list()).toEqual([...always, 0.6, 0.8]);
    expect(watched.isKept(0.6)).toBe(false);
    first.release();
    first.release();
    expect(watched.list()).toEqual([...always, 0.6, 0.8]);
    second.release();
    expect(watched.list()).toEqual([...always, 0.8]);
    expect(changes).toHaveLength(2);
  });

  it("are one where they differ by less than the store can tell", () => {
    const third = watched.acquire(0.3333333);
    expect(third.fraction).toBe(FINALIZED);
    expect(watched.list()).toEqual([...always, 0.8]);
    expect(changes).toEqual([]);
  });

  it("stay with a subscriber when they are set no more, under the name it knows", () => {
    const held = watched.acquire(0.8);
    watched.set([0.5]);
    expect(watched.list()).toEqual([...always, 0.5, 0.8]);
    expect(watched.isKept(0.8)).toBe(false);
    watched.set([0.8000001]);
    expect(watched.list()).toEqual([...always, 0.8]);
    held.release();
    expect(watched.list()).toEqual([...always, 0.8]);
  });

  it("are bounded, whoever asks", () => {
    const many = Array.from({ length: 17 }, (_, i) => 0.4 + i / 100);
    expect(() => watched.set(many)).toThrowError(expect.objectContaining({ code: "KOMA_E_RPC_PARAMS_INVALID" }));
    for (const bad of [0, 1, -0.5, Number.NaN, 2]) {
      expect(() => watched.set([bad])).toThrowError(expect.objectContaining({ code: "KOMA_E_RPC_PARAMS_INVALID" }));
      expect(() => watched.acquire(bad)).toThrowError(expect.objectContaining({ code: "KOMA_E_RPC_PARAMS_INVALID" }));
    }
    const held = many.slice(0, 16).map((alpha) => watched.acquire(alpha));
    expect(() => watched.acquire(0.9)).toThrowError(expect.objectContaining({ code: "KOMA_E_RPC_LIMIT" }));
    watched.acquire(many[3] as number).release();
    held[3]?.release();
    watched.acquire(0.9);
    expect(watched.list()).toHaveLength(3 + 16);
  });
});
