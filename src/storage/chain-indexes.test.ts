import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { createChainIndexes } from "./chain-indexes.ts";
import { chainMigrations } from "./chain-schema.ts";
import { openDatabase } from "./database.ts";

const folder = mkdtempSync(join(tmpdir(), "koma-indexes-"));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Builds up to this schema wrote every key where it belongs at once. */
const BEFORE_KEYS_WAITED = 5;

test("the file of an older build is taken over with every key it had, and each is found once", () => {
  const file = join(folder, "chain.db");
  const options = { synchronous: "NORMAL", exclusive: false } as const;
  const older = openDatabase(file, { ...options, migrations: chainMigrations.slice(0, BEFORE_KEYS_WAITED) });
  const insert = older.prepare("INSERT INTO tx VALUES (?, ?, x'00', x'00', x'00', 1, 0, 0, NULL, 0, NULL)");
  for (const [id, key] of [
    [10, 3],
    [11, 2],
    [12, 3],
  ] as const) {
    insert.run(id, key);
  }
  older.prepare("INSERT INTO payment_key VALUES (7, 12)").run();
  older.prepare("INSERT INTO payment VALUES (12, x'')").run();
  older.close();

  const database = openDatabase(file, { ...options, migrations: chainMigrations });
  const { transactions, payments } = createChainIndexes(database);
  expect(transactions.newest(3, 100, 10)).toEqual([12, 10]);
  expect(transactions.newest(2, 100, 10)).toEqual([11]);
  expect(payments.newest(7, 100, 10)).toEqual([12]);
  transactions.add([[3, 20]]);
  transactions.remove(3, 12);
  expect(transactions.newest(3, 100, 10)).toEqual([20, 10]);
  database.close();
});
