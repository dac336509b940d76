import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Home, openHome } from "../src/cli/index.ts";
import type { NetworkRequest } from "./network-request.ts";
import { devnetPaths } from "./paths.ts";
import { type PlannedDevnet, planUp } from "./up.ts";

const base = 41_000;
let home: Home;
let servers: Server[];

beforeEach(() => {
  home = openHome(mkdtempSync(join(tmpdir(), "koma-up-")));
  servers = [];
});
afterEach(async () => {
  for (const server of servers) await new Promise((resolve) => server.close(resolve));
  rmSync(home.root, { recursive: true, force: true });
});

async function plan(name: string, network: NetworkRequest, fresh = false): Promise<PlannedDevnet> {
  const planned = await planUp({ home, name, network, fresh, signal: AbortSignal.timeout(10_000) });
  planned.abandon();
  return planned;
}

async function occupy(port: number): Promise<void> {
  const server = createServer();
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
}

describe("up", () => {
  it("plans the devnet that was asked for, and goes on with it when nothing is asked", async () => {
    const first = await plan("demo", { validators: 2 });
    expect(first.running).toBe(false);
    const again = await plan("demo", {});
    expect(again.plan.hash).toBe(first.plan.hash);
    expect(again.plan.nodes).toHaveLength(2);
  });

  it("refuses another plan for a devnet that exists, and names the difference", async () => {
    await plan("demo", { validators: 2 });
    await expect(plan("demo", { validators: 2, set: ["chains[0].checkpoint.every=8"] })).rejects.toMatchObject({
      code: "KOMA_E_DEVNET_DIFFERS",
      detail: { facts: { why: "chain.checkpointEvery: 16 -> 8" } },
    });
    expect((await plan("demo", { validators: 3 }, true)).plan.nodes).toHaveLength(3);
  });

  it("moves all its ports by a thousand when one is taken", async () => {
    const before = await plan("demo", {});
    await occupy(before.plan.nodes[1]?.ports.rpc as number);
    const after = await plan("demo", {});
    // Other devnets of the machine may hold the next thousand as well.
    expect(after.plan.base).toBeGreaterThan(before.plan.base);
    expect((after.plan.base - before.plan.base) % 1_000).toBe(0);
    expect(after.plan.hash).toBe(before.plan.hash);
  });

  it("names who holds a port that was chosen by hand", async () => {
    await occupy(base + 100);
    await expect(plan("demo", { set: [`ports.base=${base}`] })).rejects.toMatchObject({
      code: "KOMA_E_PORT_TAKEN",
      detail: { facts: { port: base + 100, ...(process.platform === "linux" ? { pid: process.pid } : {}) } },
    });
  });

  it("gives two devnets that are planned at once different ports", async () => {
    const request = { home, network: {}, fresh: false, signal: AbortSignal.timeout(10_000) };
    const both = await Promise.all([planUp({ ...request, name: "one" }), planUp({ ...request, name: "two" })]);
    for (const planned of both) planned.abandon();
    expect(new Set(both.map((planned) => planned.plan.base)).size).toBe(2);
  });

  it("is refused while another koma is at it", async () => {
    const request = { home, name: "demo", network: {}, fresh: false, signal: AbortSignal.timeout(10_000) };
    const first = await planUp(request);
    await expect(planUp(request)).rejects.toMatchObject({ code: "KOMA_E_DEVNET_BUSY" });
    first.abandon();
    expect(devnetPaths(home.devnet("demo")).dir).toBe(home.devnet("demo"));
    (await planUp(request)).abandon();
  });
});
