import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, test } from "vitest";
import { type Hash, keccakHash, utf8 } from "../primitives/index.ts";
import { openScanMemory } from "./scan-memory.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "koma-scan-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const root = (name: string): Hash => keccakHash(utf8(name));

describe("what a watch has looked into", () => {
  it("is known after a restart, for this chain alone", async () => {
    const path = join(folder, "scan.json");
    const memory = await openScanMemory(path, 7n);
    expect(memory.has(root("a"))).toBe(false);
    await memory.add(root("a"));
    expect((await openScanMemory(path, 7n)).has(root("a"))).toBe(true);
    expect((await openScanMemory(path, 8n)).has(root("a"))).toBe(false);
  });

  it("forgets the oldest, so that the file does not grow", async () => {
    const path = join(folder, "scan.json");
    const scanned = Array.from({ length: 1_024 }, (_, i) => root(`${i}`));
    writeFileSync(path, JSON.stringify({ version: 1, chainId: "7", scanned }));
    const memory = await openScanMemory(path, 7n);
    await memory.add(root("new"));
    expect(JSON.parse(readFileSync(path, "utf8")).scanned).toHaveLength(1_024);
    expect([memory.has(root("0")), memory.has(root("1")), memory.has(root("new"))]).toEqual([false, true, true]);
  });

  test.each(["", "{", "[]", "null", '{"version":2}', '{"version":1,"chainId":"7","scanned":"0x"}'])(
    "is nothing when the file holds %j",
    async (text) => {
      const path = join(folder, "scan.json");
      writeFileSync(path, text);
      expect((await openScanMemory(path, 7n)).has(root("a"))).toBe(false);
    },
  );
});
