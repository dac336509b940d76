import { describe, expect, it } from "vitest";
import type { UnitHash } from "../consensus/index.ts";
import { type Bytes, type Hash, keccakHash, utf8 } from "../primitives/index.ts";
import { createFinalUnits } from "./final-units.ts";

const hash = (name: string): Hash => keccakHash(utf8(name));
const unit = (name: string) => hash(name) as string as UnitHash;

describe("the units of the newest final blocks", () => {
  const values = new Map<string, Bytes>();
  const meta = {
    get: (key: string) => values.get(key),
    set: (key: string, value: Bytes) => void values.set(key, value),
    delete: (key: string) => void values.delete(key),
  };
  const finals = createFinalUnits(meta);

  it("are kept per threshold, each with its block", () => {
    finals.mark(hash("instance"), 1 / 3, { unit: unit("a"), block: hash("block a") });
    finals.mark(hash("instance"), 0.1, { unit: unit("b"), block: hash("block b") });
    expect(finals.newest(hash("instance"), 1 / 3)).toEqual({ unit: unit("a"), block: hash("block a") });
    expect(createFinalUnits(meta).newest(hash("instance"), 0.1)).toEqual({ unit: unit("b"), block: hash("block b") });
  });

  it("are the newest marks only, and of the running instance only", () => {
    finals.mark(hash("instance"), 1 / 3, { unit: unit("c"), block: hash("block c") });
    expect(finals.newest(hash("instance"), 1 / 3)?.unit).toBe(unit("c"));
    expect(finals.newest(hash("another instance"), 1 / 3)).toBeUndefined();
    expect(finals.newest(hash("instance"), 0.8)).toBeUndefined();
  });

  it("are nothing when the stored value is of another form", () => {
    for (const key of values.keys()) values.set(key, new Uint8Array(64));
    expect(finals.newest(hash("instance"), 1 / 3)).toBeUndefined();
  });
});
