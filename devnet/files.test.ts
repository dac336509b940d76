import { spawn } from "node:child_process";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { identifyProcess, isRunning } from "../src/cli/index.ts";
import { followLines } from "./follow-file.ts";
import { openJournal, readJournal, verifyJournal } from "./journal.ts";
import { readTail } from "./log-tail.ts";
import { openMarks } from "./marks.ts";
import { selectNodes } from "./node-selection.ts";
import { devnetPaths } from "./paths.ts";
import { findPortOwner, isPortTaken } from "./port-probe.ts";
import { lockHolder, takeLock } from "./process-lock.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "koma-files-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe("a journal", () => {
  const now = (): Date => new Date("2026-01-01T00:00:00Z");
  const path = (): string => join(dir, "events.ndjson");

  it("numbers its events and chains them, across restarts", () => {
    for (const type of ["a", "b"]) {
      const journal = openJournal(path(), now);
      journal.append(type, { height: 5n }, "validator-0");
      journal.close();
    }
    expect(verifyJournal(path())).toBe(2);
    expect(readJournal(path(), 1)).toMatchObject([{ seq: 2, type: "b", node: "validator-0", data: { height: "5" } }]);
  });

  it("cuts off what a crash left of its last line", () => {
    const journal = openJournal(path(), now);
    journal.append("a", {});
    journal.close();
    appendFileSync(path(), '{"seq":2,"ty');
    const again = openJournal(path(), now);
    again.append("b", {});
    again.close();
    expect(verifyJournal(path())).toBe(2);
  });

  it("shows that somebody changed it", () => {
    const journal = openJournal(path(), now);
    journal.append("a", { amount: 1 });
    journal.append("b", {});
    journal.close();
    writeFileSync(path(), readFileSync(path(), "utf8").replace('"amount":1', '"amount":2'));
    expect(() => verifyJournal(path())).toThrow(expect.objectContaining({ code: "KOMA_E_JOURNAL_BROKEN" }));
  });
});

describe("a lock", () => {
  const path = (): string => join(dir, "lock");

  it("has one holder, who can be named", async () => {
    const lock = await takeLock(path());
    expect(lockHolder(path())?.pid).toBe(process.pid);
    await expect(takeLock(path())).rejects.toMatchObject({ code: "KOMA_E_DEVNET_BUSY" });
    lock.release();
    expect(lockHolder(path())).toBeUndefined();
    (await takeLock(path())).release();
  });

  it("of a process that died is taken over, by one of those who try", async () => {
    const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
    const identity = identifyProcess(child.pid as number);
    writeFileSync(path(), JSON.stringify(identity));
    expect(lockHolder(path())?.pid).toBe(child.pid);
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
    const attempts = await Promise.allSettled([takeLock(path()), takeLock(path()), takeLock(path())]);
    expect(attempts.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });

  it("that is not one of ours is nobody's", async () => {
    writeFileSync(path(), "what?");
    (await takeLock(path())).release();
  });
});

describe("marks", () => {
  it("count for the plan they were made for only", async () => {
    const path = join(dir, "marks.json");
    await openMarks(path, "plan-1").set("keys", { nodes: 4 });
    expect(openMarks(path, "plan-1").get("keys")).toEqual({ nodes: 4 });
    expect(openMarks(path, "plan-2").has("keys")).toBe(false);
  });
});

describe("logs", () => {
  it("are read from the end", () => {
    const path = join(dir, "log");
    writeFileSync(path, Array.from({ length: 5_000 }, (_, index) => `line ${index}\n`).join(""));
    expect(readTail(path, 2)).toEqual(["line 4998", "line 4999"]);
    expect(readTail(join(dir, "none"), 2)).toEqual([]);
  });

  it("are followed line by line, also past a rotation", async () => {
    const path = join(dir, "log");
    const stop = new AbortController();
    const seen: string[] = [];
    writeFileSync(path, "old\n");
    const following = (async () => {
      for await (const line of followLines(path, 4, stop.signal)) {
        seen.push(line);
        if (line === "two") writeFileSync(path, "3\n");
        if (line === "3") stop.abort();
      }
    })();
    appendFileSync(path, "one\ntw");
    appendFileSync(path, "o\n");
    await following;
    expect(seen).toEqual(["one", "two", "3"]);
  });
});

describe("ports", () => {
  it("that are taken are found, with who holds them", async () => {
    const server = createServer();
    const port = await new Promise<number>((resolve) => {
      server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port));
    });
    expect(await isPortTaken(port, "127.0.0.1")).toBe(true);
    if (process.platform === "linux") expect(findPortOwner(port)?.pid).toBe(process.pid);
    await new Promise((resolve) => server.close(resolve));
    expect(await isPortTaken(port, "127.0.0.1")).toBe(false);
  });
});

describe("node patterns", () => {
  const names = ["core-0", "core-1", "edge"];
  it("mean names, all, and what fits the stars", () => {
    expect(selectNodes(["edge", "core-*"], names)).toEqual(names);
    expect(selectNodes(["*-1"], names)).toEqual(["core-1"]);
    expect(selectNodes(["c*-0"], names)).toEqual(["core-0"]);
    expect(selectNodes(["all"], names)).toEqual(names);
    expect(selectNodes([], names)).toEqual([]);
    expect(() => selectNodes(["egde"], names)).toThrow(expect.objectContaining({ code: "KOMA_E_NODE_NOT_FOUND" }));
  });
});

it("a socket's path fits however deep the devnet's folder is", () => {
  const deep = join("/", ...Array.from({ length: 12 }, () => "a-long-folder-name"));
  expect(devnetPaths("/tmp/x").socket).toBe("/tmp/x/run/ctl.sock");
  expect(devnetPaths(deep).socket.length).toBeLessThanOrEqual(100);
  expect(devnetPaths(deep).socket).not.toBe(devnetPaths(`${deep}x`).socket);
});

it("a dead process is not taken for a live one", async () => {
  const child = spawn(process.execPath, ["-e", ""]);
  const identity = identifyProcess(child.pid as number);
  await new Promise((resolve) => child.once("exit", resolve));
  expect(identity && isRunning(identity)).toBeFalsy();
});
