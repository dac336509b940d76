import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import { chainMigrations } from "./chain-schema.ts";
import { type Database, openDatabase } from "./database.ts";
import { createKeyIndex, type KeyEntry, type KeyIndex } from "./key-index.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** An index over rows of its own, as the index of transactions is over theirs. */
class Scene {
  readonly #file: string;
  #database: Database;
  index: KeyIndex;

  constructor() {
    const folder = mkdtempSync(join(tmpdir(), "koma-keys-"));
    folders.push(folder);
    this.#file = join(folder, "chain.db");
    [this.#database, this.index] = this.#open();
  }

  #open(): [Database, KeyIndex] {
    const database = openDatabase(this.#file, {
      synchronous: "NORMAL",
      exclusive: false,
      migrations: [...chainMigrations, "CREATE TABLE row (key INTEGER, id INTEGER, PRIMARY KEY (id, key))"],
    });
    const from = database.prepare<{ key: number; id: number }>("SELECT key, id FROM row WHERE id >= ? ORDER BY id");
    const index = createKeyIndex(database, {
      name: "tx_key",
      batch: 12,
      entriesFrom: (first) => from.all(first).map(({ key, id }): KeyEntry => [key, id]),
    });
    return [database, index];
  }

  /** Writes all or, when it fails at its end, nothing. */
  write(work: () => void, fails: boolean): void {
    try {
      this.#database.transaction(() => {
        work();
        if (fails) throw new Error("as on a full disk");
      });
    } catch (error) {
      this.index.invalidate();
      if (!fails) throw error;
    }
  }

  run(sql: string, ...params: number[]): void {
    this.#database.prepare(sql).run(...params);
  }

  moved(): number {
    return this.#database.prepare<{ n: number }>("SELECT count(*) AS n FROM tx_key").get()?.n ?? 0;
  }

  reopen(): void {
    this.close();
    [this.#database, this.index] = this.#open();
  }

  close(): void {
    this.#database.close();
  }
}

/** Few keys, so that some have many ids and some stand beside each other. */
const keys = fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 8 });
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("add" as const), keys, fails: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("prune" as const), most: fc.nat(9), fails: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("back" as const), blocks: fc.nat(4), fails: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("reopen" as const) }) },
);

const PER_BLOCK = 16;

test("whatever is added, pruned, taken back or begun again, every id is found under its key, the newest first", () => {
  let moved = 0;
  fc.assert(
    fc.property(fc.array(step, { minLength: 10, maxLength: 60 }), (steps) => {
      const scene = new Scene();
      let rows: KeyEntry[] = [];
      let block = 0;
      for (const step of steps) {
        if (step.kind === "reopen") scene.reopen();
        else if (step.kind === "add") {
          const entries = step.keys.map((key, index): KeyEntry => [key, (block + 1) * PER_BLOCK + index]);
          scene.write(() => {
            for (const entry of entries) scene.run("INSERT INTO row VALUES (?, ?)", ...entry);
            scene.index.add(entries);
          }, step.fails);
          if (!step.fails) {
            rows = [...rows, ...entries];
            block++;
          }
        } else if (step.kind === "prune") {
          const gone = rows.slice(0, step.most);
          scene.write(() => {
            for (const entry of gone) {
              scene.index.remove(...entry);
              scene.run("DELETE FROM row WHERE key = ? AND id = ?", ...entry);
            }
          }, step.fails);
          if (!step.fails) rows = rows.slice(gone.length);
        } else {
          const to = Math.max(0, block - step.blocks);
          const first = (to + 1) * PER_BLOCK;
          scene.write(() => {
            scene.index.removeFrom(first);
            scene.run("DELETE FROM row WHERE id >= ?", first);
          }, step.fails);
          if (!step.fails) {
            rows = rows.filter(([, id]) => id < first);
            block = to;
          }
        }
        for (let key = 0; key <= 6; key++) {
          const ids = rows.filter((row) => row[0] === key).map(([, id]) => id);
          const newest = ids.toReversed();
          expect(scene.index.newest(key, Number.MAX_SAFE_INTEGER, 1_000)).toEqual(newest);
          const middle = newest[newest.length >> 1] ?? 0;
          expect(scene.index.newest(key, middle, 2)).toEqual(newest.filter((id) => id < middle).slice(0, 2));
        }
      }
      moved = Math.max(moved, scene.moved());
      scene.close();
    }),
    { numRuns: 60 },
  );
  // Or the table was never looked at.
  expect(moved).toBeGreaterThan(24);
});
