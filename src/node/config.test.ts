import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { testGenesis } from "../../test/support/chain-fixture.ts";
import { type Genesis, serializeGenesis } from "../chain/index.ts";
import { addressOfKey, bytesToHex, keccak256, utf8 } from "../primitives/index.ts";
import { FINALIZED, loadConfig, rpcAccess, SAFE } from "./config.ts";
import type { NodeConfigFile } from "./config-file.ts";

const key = keccak256(utf8("a signer"));

describe("a node's configuration", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "koma-config-"));
    write("genesis.json", serializeGenesis(testGenesis()));
    write("identity", bytesToHex(keccak256(key)));
    write("signer", `${bytesToHex(key)}\n`);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);

  function load(change: Partial<NodeConfigFile> = {}) {
    const file: NodeConfigFile = {
      version: 1,
      name: "validator-0",
      genesis: "genesis.json",
      dataDir: "data",
      rpc: { host: "127.0.0.1", port: 0 },
      p2p: { host: "127.0.0.1", port: 0, peers: [], identityKeyFile: "identity" },
      signer: { keyFile: "signer" },
      rootChain: { url: "http://127.0.0.1:8545" },
      devnet: true,
      log: { file: "node.ndjson", level: "info" },
      thresholds: [0.5],
      ...change,
    };
    write("config.json", JSON.stringify(file));
    return loadConfig(folder);
  }

  it("names files from its own folder, and cannot be changed", () => {
    const config = load();
    expect(config.dataDir).toBe(join(folder, "data"));
    expect(config.log.file).toBe(join(folder, "node.ndjson"));
    expect(config.signer?.address).toBe(addressOfKey(key));
    expect(load({ dataDir: "/elsewhere" }).dataDir).toBe("/elsewhere");
    expect(Object.isFrozen(config)).toBe(true);
  });

  it("watches the thresholds of Ethereum's tags besides its own, each once", () => {
    expect(load().thresholds).toEqual([SAFE, FINALIZED, 0.5]);
    expect(load({ thresholds: [0.8, 0.1, 0.8] }).thresholds).toEqual([SAFE, FINALIZED, 0.8]);
    // A third, as people write it: the same threshold, not one beside it.
    expect(load({ thresholds: [0.333333] }).thresholds).toEqual([SAFE, FINALIZED]);
  });

  it("says who may ask the node, and how much", () => {
    const rpc = { host: "127.0.0.1", port: 0 };
    expect(rpcAccess(load())).toEqual({ allowedHosts: [], cors: { origins: "*" } });
    expect(rpcAccess(load({ devnet: false }))).toEqual({ allowedHosts: [], cors: { origins: [] } });
    const origins = ["https://wallet.example"];
    const config = load({ rpc: { ...rpc, hosts: ["node.example"], origins, limits: { maxBatch: 7 } } });
    expect(rpcAccess(config)).toEqual({ allowedHosts: ["node.example"], cors: { origins } });
    expect(config.rpc.limits).toEqual({ maxBatch: 7 });
  });

  it.each([
    [{ maxBatchSize: 7 }, /rpc\.limits\.maxBatchSize is not known/],
    [{ maxBatch: 0 }, /rpc\.limits\.maxBatch must be a whole number from 1/],
    [{ maxBatch: 1.5 }, /rpc\.limits\.maxBatch must be a whole number/],
    [{ maxLogs: "many" }, /rpc\.limits\.maxLogs must be a whole number/],
    [[], /rpc\.limits must be an object/],
  ])("refuses the limits %j", (limits, sentence) => {
    const rpc = { host: "127.0.0.1", port: 0, limits } as unknown as NodeConfigFile["rpc"];
    expect(() => load({ rpc })).toThrow(sentence);
  });

  it("keeps everything on a devnet, all blocks elsewhere, and what it is told to", () => {
    expect(load().storage).toBe("archive");
    expect(load({ storage: "window" }).storage).toBe("window");
    expect(() => load({ storage: "some" as never })).toThrow(/storage must be archive, full or window/);
    write("genesis.json", serializeGenesis({ ...testGenesis(), devnet: false }));
    expect(load().storage).toBe("full");
  });

  it("allows faults only where the genesis says devnet too", () => {
    expect(load().devnet).toBe(true);
    expect(load({ devnet: false }).devnet).toBe(false);
    const real: Genesis = { ...testGenesis(), devnet: false };
    write("genesis.json", serializeGenesis(real));
    expect(load().devnet).toBe(false);
  });

  it.each<{ what: string; code: string; break: () => void }>([
    { what: "no config.json", code: "KOMA_E_FILE_UNREADABLE", break: () => rmSync(join(folder, "config.json")) },
    {
      what: "a config.json that is no JSON",
      code: "KOMA_E_NODE_CONFIG_INVALID",
      break: () => write("config.json", "{"),
    },
    {
      what: "a config.json that is a list",
      code: "KOMA_E_NODE_CONFIG_INVALID",
      break: () => write("config.json", "[]"),
    },
    { what: "no genesis", code: "KOMA_E_FILE_UNREADABLE", break: () => rmSync(join(folder, "genesis.json")) },
    { what: "a genesis that is no JSON", code: "KOMA_E_GENESIS_INVALID", break: () => write("genesis.json", "7e") },
    { what: "a genesis that is none", code: "KOMA_E_GENESIS_INVALID", break: () => write("genesis.json", "{}") },
    { what: "no identity", code: "KOMA_E_FILE_UNREADABLE", break: () => rmSync(join(folder, "identity")) },
    {
      what: "a key that is too long",
      code: "KOMA_E_KEY_FILE_INVALID",
      break: () => write("signer", `${bytesToHex(key)}0`),
    },
    {
      what: "a key that is no number of the curve",
      code: "KOMA_E_KEY_FILE_INVALID",
      break: () => write("signer", `0x${"ff".repeat(32)}`),
    },
    { what: "a key of zeros", code: "KOMA_E_KEY_FILE_INVALID", break: () => write("signer", `0x${"00".repeat(32)}`) },
  ])("with $what is refused", ({ code, break: breakIt }) => {
    load();
    breakIt();
    expect(() => loadConfig(folder)).toThrow(expect.objectContaining({ code }));
  });

  it("never shows a key that it could not read", () => {
    load();
    write("signer", `${bytesToHex(key)}0`);
    let text = "";
    try {
      loadConfig(folder);
    } catch (error) {
      text = `${error} ${JSON.stringify(error)}`;
    }
    expect(text).toContain("signer");
    expect(text).not.toContain(bytesToHex(key).slice(2, 20));
  });

  it.each<[string, unknown]>([
    ["rpc.port", { rpc: { host: "127.0.0.1", port: 65_536 } }],
    ["p2p.peers", { p2p: { host: "127.0.0.1", port: 0, peers: "all", identityKeyFile: "identity" } }],
    ["thresholds", { thresholds: [1] }],
    ["thresholds", { thresholds: [] }],
    ["log.level", { log: { file: "x", level: "loud" } }],
    ["signer.keyfile", { signer: { keyfile: "signer" } }],
    ["version", { version: 2 }],
    ["name", { name: "" }],
    ["devnet", { devnet: "yes" }],
  ])("names %s when that is what is wrong", (path, change) => {
    expect(() => load(change as Partial<NodeConfigFile>)).toThrow(
      expect.objectContaining({ code: "KOMA_E_NODE_CONFIG_INVALID", message: expect.stringContaining(path) }),
    );
  });
});
