import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { silentLogger } from "../logger.ts";
import { type Bytes, timestamp } from "../primitives/index.ts";
import { type JournalRecord, openPoolJournal, type PoolJournal } from "./pool-journal.ts";

const rules = { maxBytes: 100_000, maxTransactionBytes: 1_000 };
let directory: string;
let file: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "koma-pool-"));
  file = join(directory, "pool.journal");
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const open = (least?: number): PoolJournal => openPoolJournal(directory, rules, silentLogger, least);
const record = (fill: number, length = 100): JournalRecord => ({
  raw: new Uint8Array(length).fill(fill),
  admittedAt: timestamp(1_700_000_000_000 + fill),
});
const records = (...fills: number[]) => fills.map((fill) => record(fill));

/** What a process finds that opens the file now; another one may still have it open, as after kill -9. */
async function found(): Promise<readonly JournalRecord[]> {
  const journal = open();
  const restored = journal.takeRestored();
  expect(journal.takeRestored()).toEqual([]);
  await journal.close();
  return restored;
}

describe("the pool's journal", () => {
  it("gives back what was appended, though nobody closed it, and goes on after it", async () => {
    const killed = open();
    expect(killed.takeRestored()).toEqual([]);
    killed.append(records(1, 2));
    killed.append(records(3));
    expect(await found()).toEqual(records(1, 2, 3));
    const next = open();
    next.append(records(4));
    await next.close();
    expect(await found()).toEqual(records(1, 2, 3, 4));
  });

  it("keeps what stands before any damage, and what is appended after it", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.integer({ min: 1, max: 255 }), fc.boolean(), async (where, flip, cut) => {
        rmSync(file, { force: true });
        const journal = open();
        journal.append(records(1, 2, 3, 4));
        await journal.close();
        const bytes = readFileSync(file);
        const at = where % bytes.length;
        if (cut) truncateSync(file, at);
        else {
          bytes[at] = (bytes[at] as number) ^ flip;
          writeFileSync(file, bytes);
        }
        const kept = await found();
        expect(records(1, 2, 3, 4).slice(0, kept.length)).toEqual(kept);
        expect(kept.length).toBeLessThan(4);
        const next = open();
        next.append(records(9));
        await next.close();
        expect(await found()).toEqual([...kept, ...records(9)]);
      }),
      { numRuns: 40 },
    );
  });

  it.each<{ what: string; bytes: Bytes }>([
    { what: "another file", bytes: new Uint8Array(500).fill(7) },
    { what: "an empty file", bytes: new Uint8Array(0) },
  ])("begins anew over $what", async ({ bytes }) => {
    writeFileSync(file, bytes);
    expect(await found()).toEqual([]);
    const journal = open();
    journal.append(records(1));
    await journal.close();
    expect(await found()).toEqual(records(1));
  });

  it("takes no record that is longer than a transaction may be", async () => {
    const journal = open();
    journal.append([record(1), record(2, 1_001), record(3)]);
    await journal.close();
    expect(await found()).toEqual(records(1));
  });

  it("forgets what has left the pool when it has grown to twice the pool's size, and loses nothing meanwhile", async () => {
    const journal = open(1_000);
    journal.append(records(...Array.from({ length: 40 }, (_, fill) => fill)));
    const long = statSync(file).size;
    journal.tidy({ bytes: 3_000, records: () => records(1, 2) });
    expect(statSync(file).size).toBe(long);
    journal.tidy({ bytes: 200, records: () => records(38, 39) });
    journal.append(records(40));
    await journal.settled();
    journal.append(records(41));
    expect(statSync(file).size).toBeLessThan(long / 2);
    await journal.close();
    expect(await found()).toEqual(records(38, 39, 40, 41));
  });

  it("is whole when the process died while it was being rewritten", async () => {
    const journal = open();
    journal.append(records(1, 2));
    await journal.close();
    writeFileSync(`${file}.new`, "KOMAPOOL1\nhalf");
    expect(await found()).toEqual(records(1, 2));
  });

  it("says that a directory cannot be written", () => {
    expect(() => openPoolJournal(join(directory, "missing"), rules, silentLogger)).toThrowError(
      expect.objectContaining({ code: "KOMA_E_STORE_IO" }),
    );
  });
});
