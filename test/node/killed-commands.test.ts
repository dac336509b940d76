import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exportChain } from "../../src/node/export-chain.ts";
import { importChain } from "../../src/node/import-chain.ts";
import { pruneNode } from "../../src/node/prune-node.ts";
import { verifyNode } from "../../src/node/verify-node.ts";
import { type LoneValidator, startLoneValidator } from "../support/lone-validator.ts";

const EVERY = 16;
/** Checkpoints that are final: all that is older than 128 blocks can go. */
const SETTLED = 3n;
const { signal } = new AbortController();

describe("a command on a stopped node that is killed", () => {
  let lone: LoneValidator;
  let file: string;
  let height: bigint;
  let settled: bigint | undefined;
  beforeAll(async () => {
    lone = await startLoneValidator({ eraMinBlocks: EVERY, checkpointEvery: EVERY });
    const { cluster, node, clock } = lone;
    file = join(node.folder, "..", "whole.koma");
    await lone.passBlocks(190);
    await lone.until(() => cluster.rootChain.taken.length >= Number(SETTLED));
    settled = cluster.rootChain.taken[Number(SETTLED) - 1]?.checkpoint.end;
    cluster.rootChain.finalize(SETTLED, BigInt(Math.floor(clock.now() / 1000)));
    await lone.passBlocks(5);
    await cluster.stop(0);
    const whole = await exportChain(node.folder, { out: file, signal });
    expect(whole.beganAgain).toBe(false);
    height = whole.to;
  });
  afterAll(() => lone.cluster.dispose());

  const beside = (name: string) => join(lone.node.folder, "..", name);

  /** Runs the command in a process of its own until the n-th thing of that name. */
  async function killed(command: string, folder: string, where: string, what: string, nth: number): Promise<void> {
    const program = new URL("../support/die-in-command.ts", import.meta.url).pathname;
    const child = spawn(process.execPath, [program, command, folder, where, what, String(nth)], {
      stdio: ["ignore", "inherit", "inherit"],
    });
    await once(child, "exit");
    expect(child.signalCode).toBe("SIGKILL");
  }

  it.each([
    { at: "in the middle of a block", what: "^write$", nth: 120 },
    { at: "with all written, before the file has its name", what: "^before rename$", nth: 1 },
  ])("while it exports, $at: no file is there, and the next run begins again", async ({ what, nth }) => {
    const out = beside(`${nth}.koma`);
    await killed("export", lone.node.folder, out, what, nth);
    expect(existsSync(out)).toBe(false);
    const told: string[] = [];
    const again = await exportChain(lone.node.folder, { out, signal, report: (detail) => told.push(detail) });
    expect(again).toMatchObject({ beganAgain: true, from: 1n, to: height });
    expect(told[0]).toMatch(/cut off: beginning again/);
    expect(existsSync(`${out}.partial`)).toBe(false);
    expect(readFileSync(out).equals(readFileSync(file))).toBe(true);
  });

  it.each([
    { at: "in the middle of a block's transaction", what: "^after INSERT INTO block ", nth: 30, had: 28n },
    { at: "between an era's last block and its end", what: "^before UPDATE era SET", nth: 2, had: 32n },
  ])("while it imports, $at: all before it is there, and the next run goes on", async ({ what, nth, had }) => {
    const folder = lone.emptyNode(`import-${nth}`);
    await killed("import", folder, file, what, nth);
    const left = await verifyNode(folder, { signal });
    expect(left).toMatchObject({ ok: true, to: had });
    const told: string[] = [];
    const rest = await importChain(folder, { in: file, signal, report: (detail) => told.push(detail) });
    expect(rest).toMatchObject({ from: left.to + 1n, wentOnAfter: left.to });
    expect(told[0]).toBe(`the node has block ${left.to}: going on after it`);
    const whole = await verifyNode(folder, { signal });
    expect(whole).toMatchObject({ ok: true, to: rest.to });
    expect(height - whole.to).toBeLessThanOrEqual(BigInt(EVERY + 2));
  });

  it.each([
    { at: "in the middle of a slice of rows", what: "^after DELETE FROM undo", nth: 20 },
    { at: "with the rows gone and the file as large as before", what: "^before VACUUM", nth: 1 },
  ])("while it prunes, $at: nothing that is to stay is lost, and the next run goes on", async ({ what, nth }) => {
    const folder = beside(`prune-${what.replaceAll(/\W/g, "")}`);
    cpSync(lone.node.folder, folder, { recursive: true });
    await killed("prune", folder, file, what, nth);
    expect(await verifyNode(folder, { signal })).toMatchObject({ ok: true, to: height });
    const rootChain = { lateSlashS: () => Promise.resolve(0) };
    const told: string[] = [];
    const report = (detail: string) => told.push(detail);
    const pruned = await pruneNode(folder, { storage: "window", rootChain, signal, report });
    expect(pruned.wentOn).toBe(true);
    expect(told[0]).toBe("an earlier run was cut off: going on");
    expect(pruned.statesFrom).toBe(settled);
    expect(pruned.transactionsFrom).toBeLessThanOrEqual(pruned.statesFrom);
    expect(await verifyNode(folder, { signal })).toMatchObject({
      ok: true,
      to: height,
      states: Number(height - pruned.statesFrom) + 1,
    });
    expect((await pruneNode(folder, { storage: "window", rootChain, signal })).wentOn).toBe(false);
  });
});
