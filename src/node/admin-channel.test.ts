import { describe, expect, it, test } from "vitest";
import { decodeNodeCommand, decodeNodeMessage, encodeAdmin, type NodeMessage } from "./admin-channel.ts";
import { type NodeConfigFile, parseNodeConfigFile, serializeNodeConfigFile } from "./config-file.ts";

const messages: readonly NodeMessage[] = [
  { type: "hello", node: "validator-0", pid: 7, version: "0.1.0" },
  { type: "ready", rpcUrl: "http://x", wsUrl: "ws://x", peerId: "16U", p2p: ["/ip4/1.2.3.4/tcp/1"], height: 2n ** 64n },
  { type: "head", number: 5n, hash: "0x05", producer: "0x01", transactions: 3 },
  { type: "finalized", number: 5n, hash: "0x05", producer: "0x01" },
  { type: "peers", count: 3 },
  { type: "checkpoint", number: 1n, start: 0n, end: 15n, state: "pending" },
  { type: "evidence", kind: "equivocation", validator: "0x01", detail: "" },
  { type: "behaviour", handle: "f1", kind: "silent", event: "performed", detail: "" },
  { type: "answer", id: 1, ok: true },
  { type: "answer", id: 1, ok: false, code: "KOMA_E_X", message: "no" },
  { type: "exit", code: "KOMA_E_X", message: "why" },
];

describe("the admin channel", () => {
  test.each(messages)("carries $type over JSON", (message) => {
    expect(decodeNodeMessage(JSON.parse(JSON.stringify(encodeAdmin(message))))).toEqual(message);
  });

  test.each([
    undefined,
    null,
    "hello",
    [],
    {},
    { type: "toString" },
    { type: "head", number: -1, hash: "0x", producer: "", transactions: 0 },
    { type: "head", number: "-1", hash: "0x", producer: "", transactions: 0 },
    { type: "head", number: "9".repeat(60), hash: "0x", producer: "", transactions: 0 },
    { type: "ready", rpcUrl: "", wsUrl: "", peerId: "", p2p: [1], height: "0" },
  ])("takes %j for nothing", (raw) => {
    expect(decodeNodeMessage(raw)).toBeUndefined();
  });

  it("knows its commands", () => {
    const command = { type: "shutdown", id: 1, graceMs: 10 } as const;
    expect(decodeNodeCommand(encodeAdmin(command))).toEqual(command);
    expect(decodeNodeCommand({ type: "shutdown" })).toBeUndefined();
    expect(decodeNodeCommand({ type: "eval", id: 1 })).toBeUndefined();
  });
});

describe("a node's config.json", () => {
  const config: NodeConfigFile = {
    version: 1,
    name: "validator-0",
    genesis: "../../genesis/genesis.json",
    dataDir: "data",
    rpc: { host: "127.0.0.1", port: 21100 },
    p2p: { host: "127.0.0.1", port: 21101, peers: [], identityKeyFile: "p2p" },
    signer: { keyFile: "signer" },
    rootChain: { url: "http://127.0.0.1:21000" },
    devnet: true,
    log: { file: "log/node.ndjson", level: "info" },
    thresholds: [1 / 3],
  };

  it("survives being written and read", () => {
    expect(parseNodeConfigFile(serializeNodeConfigFile(config))).toEqual(config);
    const { signer: _, ...follower } = config;
    expect(parseNodeConfigFile(serializeNodeConfigFile(follower))).toEqual(follower);
  });

  test.each([
    { change: { rpc: { host: "x", port: 70_000 } }, says: "rpc.port must be a port" },
    { change: { p2p: { ...config.p2p, peer: [] } }, says: "p2p.peer is not known" },
    { change: { log: { file: "x", level: "loud" } }, says: "log.level must be" },
    { change: { thresholds: [1.5] }, says: "thresholds must be" },
    { change: { name: undefined }, says: "name must be" },
  ])("names what is wrong: $says", ({ change, says }) => {
    expect(() => parseNodeConfigFile(JSON.stringify({ ...config, ...change }))).toThrow(
      expect.objectContaining({ code: "KOMA_E_NODE_CONFIG_INVALID", message: expect.stringContaining(says) }),
    );
  });

  it("is JSON", () => {
    expect(() => parseNodeConfigFile("{")).toThrow(expect.objectContaining({ code: "KOMA_E_NODE_CONFIG_INVALID" }));
  });
});
