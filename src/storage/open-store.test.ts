import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import SqliteDatabase from "better-sqlite3";
import { afterEach, describe, expect, it } from "vitest";
import { temporaryDirectories } from "../../test/support/chain-fixture.ts";
import { silentLogger } from "../logger.ts";
import { utf8, zeroHash } from "../primitives/index.ts";
import { openStore } from "./index.ts";

const directories = temporaryDirectories();
afterEach(directories.cleanUp);

const open = (directory: string) => openStore(directory, { chainId: 1n, logger: silentLogger });

function caught(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}

describe("opening a data directory", () => {
  it("creates it, and finds everything again", () => {
    const directory = join(directories.create(), "new", "deeper");
    const store = open(directory);
    store.meta.set("some.key", utf8("value"));
    store.deposits.record([{ id: 1n, seenAt: 5n, body: utf8("one") }], 6n);
    store.finality.mark({ threshold: "1/3", height: 3n, hash: zeroHash, confidence: 10n });
    store.close();
    const again = open(directory);
    expect(again.meta.get("some.key")).toEqual(utf8("value"));
    expect(again.deposits.get(1n)).toEqual({ id: 1n, seenAt: 5n, body: utf8("one"), deliveredIn: undefined });
    expect(again.deposits.cursor()).toBe(6n);
    expect(again.finality.newest("1/3")?.height).toBe(3n);
    again.close();
  });

  it("refuses a newer schema", () => {
    const directory = directories.create();
    open(directory).close();
    const database = new SqliteDatabase(join(directory, "chain.db"));
    database.pragma("user_version = 99");
    database.close();
    expect(caught(() => open(directory))).toMatchObject({
      code: "KOMA_E_STORE_NEWER",
      detail: { facts: { found: 99 } },
    });
  });

  it("refuses the database of another program", () => {
    const directory = directories.create();
    const database = new SqliteDatabase(join(directory, "chain.db"));
    database.exec("CREATE TABLE theirs (a)");
    database.close();
    expect(caught(() => open(directory))).toMatchObject({ code: "KOMA_E_STORE_FOREIGN" });
  });

  it("refuses a damaged file", () => {
    const directory = directories.create();
    writeFileSync(join(directory, "consensus.db"), utf8("not a database at all, but long enough to be read as one"));
    expect(caught(() => open(directory))).toMatchObject({ code: "KOMA_E_STORE_CORRUPT" });
  });

  it("refuses what cannot be a directory", () => {
    const file = join(directories.create(), "file");
    writeFileSync(file, "");
    expect(caught(() => open(file))).toMatchObject({ code: "KOMA_E_STORE_IO" });
    const directory = directories.create();
    mkdirSync(join(directory, "chain.db"));
    expect(caught(() => open(directory))).toMatchObject({ code: "KOMA_E_STORE_IO" });
  });

  it("refuses a second process while the first one runs", () => {
    const directory = directories.create();
    const store = open(directory);
    const script = `
      const { openStore } = await import(${JSON.stringify(new URL("./index.ts", import.meta.url).href)});
      try { openStore(${JSON.stringify(directory)}, { chainId: 1n, logger: console }); console.log("opened"); }
      catch (error) { console.log(error.code); }`;
    const second = spawnSync(process.execPath, ["--input-type=module", "--eval", script], { encoding: "utf8" });
    store.close();
    expect(second.stdout.trim()).toBe("KOMA_E_STORE_LOCKED");
  });
});
