import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { DevnetManifest } from "./devnet-manifest.ts";
import { type Home, openHome } from "./home.ts";
import { openNet, runningDevnets } from "./net-client.ts";
import { identifyProcess, isRunning, type ProcessIdentity } from "./process-identity.ts";

const self = identifyProcess(process.pid) as ProcessIdentity;
const gone: ProcessIdentity = { ...self, startTime: "1" };

let home: Home;
beforeEach(() => {
  home = openHome(mkdtempSync(join(tmpdir(), "koma-net-")));
});
afterEach(() => rmSync(home.root, { recursive: true, force: true }));

function write(name: string, supervisor: ProcessIdentity | null): void {
  const node = (node: string, state: "ready" | "killed") => ({
    name: node,
    roles: ["validator"],
    state,
    pid: 1,
    process: null,
    rpcUrl: `http://127.0.0.1/${node}`,
    wsUrl: "",
    ports: {},
    p2p: "",
    producerKey: "0x03",
    signer: "",
    owner: "",
    dir: "",
    log: "",
  });
  const manifest: DevnetManifest = {
    version: 1,
    name,
    status: "ready",
    provider: "process",
    createdAt: "2026-01-01T00:00:00.000Z",
    supervisor,
    socket: "/nowhere",
    chains: [{ id: 80401, name: "main", rpcUrl: "http://127.0.0.1/first", wsUrl: "" }],
    l1: { engine: "anvil", chainId: 31337, rpcUrl: "http://127.0.0.1/l1", pid: null },
    contracts: { StakeManager: "0x01" },
    nodes: [node("validator-0", "killed"), node("validator-1", "ready")],
    accounts: { mnemonic: "", count: 0, ethWei: "0", kmcWei: "0" },
  };
  mkdirSync(home.devnet(name), { recursive: true });
  writeFileSync(join(home.devnet(name), "manifest.json"), JSON.stringify(manifest));
}

const open = (network?: string, chain?: string) => openNet(home, { network, chain });

describe("a network client", () => {
  it("finds the only devnet that runs", () => {
    write("old", gone);
    write("demo", self);
    expect(open().name).toBe("demo");
    expect(open().chainId).toBe(80401);
    expect(open().contract("StakeManager")).toBe("0x01");
  });

  it("asks a node that is ready unless one is named", () => {
    write("demo", self);
    expect(open().rpcUrl()).toBe("http://127.0.0.1/validator-1");
    expect(open().rpcUrl("validator-0")).toBe("http://127.0.0.1/validator-0");
    expect(() => open().rpcUrl("validator-9")).toThrow(
      expect.objectContaining({
        code: "KOMA_E_NODE_NOT_FOUND",
        detail: expect.objectContaining({ fix: [expect.stringContaining("validator-0")] }),
      }),
    );
  });

  it("does not guess among several", () => {
    write("one", self);
    write("two", self);
    expect(() => open()).toThrow(expect.objectContaining({ code: "KOMA_E_NETWORK_AMBIGUOUS" }));
    expect(open("two").name).toBe("two");
  });

  it("tells a devnet that stopped from one that never was", () => {
    write("demo", gone);
    expect(() => open("demo")).toThrow(expect.objectContaining({ code: "KOMA_E_DEVNET_STOPPED" }));
    expect(() => open("dem")).toThrow(
      expect.objectContaining({
        code: "KOMA_E_DEVNET_NOT_FOUND",
        detail: expect.objectContaining({ fix: ["Did you mean demo?"] }),
      }),
    );
  });

  it("names the chain that does not exist", () => {
    write("demo", self);
    expect(open("demo", "main").chainId).toBe(80401);
    expect(open("demo", "80401").chainId).toBe(80401);
    expect(() => open("demo", "game")).toThrow(expect.objectContaining({ code: "KOMA_E_CHAIN_NOT_FOUND" }));
  });

  it("says which file is damaged", () => {
    mkdirSync(home.devnet("demo"), { recursive: true });
    writeFileSync(join(home.devnet("demo"), "manifest.json"), '{"version":1,"na');
    expect(() => open("demo")).toThrow(expect.objectContaining({ code: "KOMA_E_MANIFEST_INVALID" }));
    expect(runningDevnets(home)).toEqual([]);
  });
});

describe("a process's identity", () => {
  it("is more than its number", () => {
    expect(isRunning(self)).toBe(true);
    expect(isRunning({ ...self, startTime: `${self.startTime}0` })).toBe(false);
    expect(isRunning({ ...self, bootId: "another" })).toBe(false);
    expect(identifyProcess(2 ** 22 + 1)).toBeUndefined();
  });
});
