import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { EnvironmentError } from "../errors.ts";
import { type LogLine, openLogFile } from "./log-file.ts";

describe("a node's log", () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "koma-log-"));
    path = join(folder, "log", "node.ndjson");
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const linesOf = (file: string) =>
    readFileSync(file, "utf8")
      .split("\n")
      .filter((text) => text !== "")
      .map((text) => JSON.parse(text) as LogLine);

  it("loses lines on a full disk, and nothing else", () => {
    const told: string[] = [];
    // The device of Linux whose disk is always full.
    const log = openLogFile("/dev/full", { node: "n", level: "info", echo: ({ msg }) => told.push(msg) });
    log.logger.error({}, "the disk is full");
    log.logger.info({}, "and still");
    log.close();
    expect(told).toEqual(["the disk is full", "and still"]);
  });

  it("is one JSON object per line, with the module beside the facts", () => {
    const echoed: LogLine[] = [];
    const log = openLogFile(path, { node: "validator-0", level: "info", echo: (line) => echoed.push(line) });
    log.logger.child({ module: "chain" }).child({ instance: "0x1" }).info({ height: 5n }, "a block is final");
    log.logger.warn({}, "nobody in particular");
    log.close();
    const [first, second] = linesOf(path);
    expect(first).toMatchObject({
      node: "validator-0",
      level: "info",
      module: "chain",
      msg: "a block is final",
      fields: { instance: "0x1", height: "5" },
    });
    expect(Date.parse(first?.ts ?? "")).not.toBeNaN();
    expect(second).toMatchObject({ level: "warn", module: "node", fields: {} });
    expect(echoed.map(({ msg }) => msg)).toEqual(["a block is final", "nobody in particular"]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it("leaves out what is below its level", () => {
    const log = openLogFile(path, { node: "n", level: "warn" });
    for (const level of ["error", "warn", "info", "debug"] as const) log.logger[level]({}, level);
    log.close();
    expect(linesOf(path).map(({ msg }) => msg)).toEqual(["error", "warn"]);
  });

  it("says of an error what it was, with its code, its facts and its cause", () => {
    const log = openLogFile(path, { node: "n", level: "info" });
    const error = new EnvironmentError("KOMA_E_STORE_FULL", "The disk is full.", {
      facts: { freeBytes: 7n },
      cause: new Error("ENOSPC"),
    });
    log.logger.error({ error }, "writing failed");
    log.close();
    expect(linesOf(path)[0]?.fields).toMatchObject({
      error: {
        code: "KOMA_E_STORE_FULL",
        message: "The disk is full.",
        facts: { freeBytes: "7" },
        cause: { message: "ENOSPC" },
      },
    });
  });

  it("goes on in the same file after a restart", () => {
    for (const msg of ["first life", "second life"]) {
      const log = openLogFile(path, { node: "n", level: "info" });
      log.logger.info({}, msg);
      log.close();
    }
    expect(linesOf(path).map(({ msg }) => msg)).toEqual(["first life", "second life"]);
  });

  it("is rotated when it grows too long; the three files before it are kept, and no line is lost between them", () => {
    const log = openLogFile(path, { node: "n", level: "info", maxBytes: 1_000 });
    const written = Array.from({ length: 60 }, (_, i) => `line ${i}`);
    for (const msg of written) log.logger.info({}, msg);
    log.close();
    const files = [`${path}.3`, `${path}.2`, `${path}.1`, path];
    for (const file of files) expect(statSync(file).size).toBeLessThanOrEqual(1_000);
    expect(existsSync(`${path}.4`)).toBe(false);
    const kept = files.flatMap(linesOf).map(({ msg }) => msg);
    expect(kept).toEqual(written.slice(-kept.length));
    expect(kept.length).toBeGreaterThan(20);
  });
});
