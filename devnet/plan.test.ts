import { describe, expect, it, test } from "vitest";
import { applySetting, asksForShape, resolveNetwork } from "./network-request.ts";
import { differences, planDevnet, portsOf } from "./plan.ts";
import { candidateBases } from "./ports.ts";

describe("the preset", () => {
  it("is four validators that all produce, on anvil", () => {
    const plan = planDevnet(resolveNetwork({}));
    expect(plan.nodes.map(({ name, producer }) => [name, producer])).toEqual([
      ["validator-0", true],
      ["validator-1", true],
      ["validator-2", true],
      ["validator-3", true],
    ]);
    expect(plan.rootChain).toEqual({ url: "http://127.0.0.1:21000", port: 21_000 });
    expect(plan.nodes[1]?.ports).toEqual({ rpc: 21_110, p2p: 21_111, metrics: 21_112, admin: 21_113, router: 21_114 });
    expect(plan.accounts[0]).toMatchObject({ name: "alice", address: "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266" });
  });

  it("has at most seven producers however many validate", () => {
    const plan = planDevnet(resolveNetwork({ validators: 16 }));
    expect(plan.nodes).toHaveLength(16);
    expect(plan.nodes.filter(({ producer }) => producer)).toHaveLength(7);
  });

  test.each([
    { validators: 0 },
    { validators: 17 },
    { validators: 1.5 },
    { validators: 3, producers: 4 },
    { validators: 9, producers: 8 },
    { validators: 4, producers: 0 },
  ])("refuses %o", (request) => {
    expect(() => resolveNetwork(request)).toThrow(expect.objectContaining({ code: "KOMA_E_NETWORK_INVALID" }));
  });
});

describe("a plan", () => {
  it("is the same for the same network, and another for another seed", () => {
    const plan = planDevnet(resolveNetwork({ validators: 2 }));
    expect(planDevnet(resolveNetwork({ validators: 2 }))).toEqual(plan);
    const other = planDevnet(resolveNetwork({ validators: 2, set: ["seed=other"] }));
    expect(other.hash).not.toBe(plan.hash);
    expect(other.nodes[0]?.signer).not.toBe(plan.nodes[0]?.signer);
    expect(other.accounts).toEqual(plan.accounts);
  });

  it("keeps its hash when its ports move", () => {
    const network = resolveNetwork({});
    expect(planDevnet(network, 23_000).hash).toBe(planDevnet(network).hash);
    expect(planDevnet(resolveNetwork({ set: ["ports.base=30000"] })).hash).toBe(planDevnet(network).hash);
  });

  it("gives no port twice", () => {
    const ports = portsOf(planDevnet(resolveNetwork({ validators: 16 }))).map(({ port }) => port);
    expect(new Set(ports).size).toBe(ports.length);
  });

  it("names what differs from another", () => {
    const before = resolveNetwork({});
    expect(differences(before, resolveNetwork({ set: ["chains[0].checkpoint.every=8"] }))).toEqual([
      "chain.checkpointEvery: 16 -> 8",
    ]);
    expect(differences(before, resolveNetwork({ set: ["ports.base=30000"] }))).toEqual([]);
    expect(differences(before, resolveNetwork({ validators: 5 }))).toEqual(["nodes: 4 -> 5"]);
  });

  it("survives its file", () => {
    const plan = planDevnet(resolveNetwork({}));
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
  });
});

describe("a network file", () => {
  const fileOf = (value: unknown) => ({ path: "koma.network.yaml", value, locate: () => undefined });
  const nodes = [
    { name: "core", count: 2, roles: ["validator", "producer"], stake: [400, "300.5"] },
    { name: "edge", roles: ["rpc"] },
  ];

  it("makes groups of nodes, and keeps the name of a group of one", () => {
    const network = resolveNetwork({ file: fileOf({ version: 1, nodes }) });
    expect(network.nodes.map(({ name, stakeWei }) => [name, stakeWei])).toEqual([
      ["core-0", "400000000000000000000"],
      ["core-1", "300500000000000000000"],
      ["edge", "0"],
    ]);
  });

  test.each([
    { why: "an unknown key, with near names", file: { version: 1, nodes, chain: [] }, says: "chain is not a key" },
    { why: "another version", file: { version: 2, nodes }, says: "version must be 1" },
    { why: "no nodes", file: { version: 1 }, says: "nodes must be given" },
    {
      why: "two nodes of one name",
      file: { version: 1, nodes: [...nodes, { name: "edge", roles: ["rpc"] }] },
      says: '"edge" stands twice',
    },
    { why: "no producer", file: { version: 1, nodes: [{ name: "a" }] }, says: "role producer" },
    {
      why: "a stake below the minimum",
      file: { version: 1, nodes: [{ name: "a", roles: ["validator", "producer"], stake: 99 }] },
      says: "minStake",
    },
    {
      why: "a producer that does not validate",
      file: { version: 1, nodes: [...nodes, { name: "b", roles: ["producer"] }] },
      says: '"b" is none',
    },
    {
      why: "blocks faster than a second",
      file: { version: 1, nodes, chains: [{ blockTime: "500ms" }] },
      says: "at least 1s",
    },
    {
      why: "an external root chain without URL",
      file: { version: 1, nodes, l1: { engine: "external" } },
      says: "l1.url",
    },
    { why: "too few stakes", file: { version: 1, nodes: [{ name: "a", count: 3, stake: [1] }] }, says: "a list of 3" },
    { why: "something that is no object", file: [], says: "The network must be an object" },
  ])("is refused for $why", ({ file, says }) => {
    expect(() => resolveNetwork({ file: fileOf(file) })).toThrow(
      expect.objectContaining({ code: "KOMA_E_NETWORK_INVALID", message: expect.stringContaining(says) }),
    );
  });
});

describe("--set", () => {
  it("reaches into objects and lists, and makes what is not there", () => {
    const target = { nodes: [{ name: "a" }] };
    for (const setting of ["nodes[0].stake=500", "chains[0].checkpoint.every=8", "l1.blockTime=1s"])
      applySetting(target, setting);
    expect(target).toEqual({
      nodes: [{ name: "a", stake: 500 }],
      chains: [{ checkpoint: { every: 8 } }],
      l1: { blockTime: "1s" },
    });
  });

  test.each(["", "a", "=1", "a..b=1", "a[x]=1", "a b=1"])("refuses %j", (setting) => {
    expect(() => applySetting({}, setting)).toThrow(expect.objectContaining({ code: "KOMA_E_NETWORK_INVALID" }));
  });

  it("does not reach a prototype", () => {
    applySetting({}, "constructor.prototype.polluted=1");
    applySetting({}, "__proto__x.polluted=1".replace("__proto__x", "toString"));
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it("counts as asking for a shape; a name does not", () => {
    expect(asksForShape({ set: ["a=1"] })).toBe(true);
    expect(asksForShape({ name: "demo", set: [] })).toBe(false);
  });
});

test("a clash moves the base by a thousand, unless a person chose it", () => {
  expect(candidateBases(21_000, false)).toEqual(
    [21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31].map((base) => base * 1000),
  );
  expect(candidateBases(22_000, true)).toEqual([22_000]);
});
