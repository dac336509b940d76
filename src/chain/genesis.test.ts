import { createMPT } from "@ethereumjs/mpt";
import { createAccount } from "@ethereumjs/util";
import { describe, expect, it, test } from "vitest";
import { KomaError } from "../errors.ts";
import { type Address, addressToBytes, bytesToHex, type Hash, hexToBytes, keccak256 } from "../primitives/index.ts";
import { decodeAccount, encodeAccount } from "./account.ts";
import type { Genesis } from "./genesis.ts";
import { createGenesisBlock, genesisState } from "./genesis-block.ts";
import { parseGenesis } from "./genesis-parse.ts";
import { serializeGenesis } from "./genesis-serialize.ts";

const ann = "0x00000000000000000000000000000000000000a1" as Address;
const bob = "0x00000000000000000000000000000000000000b2" as Address;
const token = "0x4b4f4d4100000000000000000000000000000001" as Address;
const slot = `0x${"00".repeat(31)}05` as Hash;
const word = `0x${"00".repeat(30)}0102` as Hash;

const genesis: Genesis = {
  version: 1,
  chainId: 80_401n,
  name: "devnet",
  timestamp: 1_800_000_000n,
  gasLimit: 30_000_000n,
  baseFeePerGas: 1_000_000_000n,
  alloc: {
    [token]: { balance: 0n, nonce: 1n, code: hexToBytes("0x60006000fd"), storage: { [slot]: word } },
    [ann]: { balance: 10n ** 24n },
  },
  validators: [
    { name: "alice", signer: ann, stake: 5n * 10n ** 18n, producer: true, peerId: "16Uiu2HAm" },
    { name: "bob", signer: bob, stake: 10n ** 18n, producer: false },
  ],
  consensus: {
    baseRoundMs: 1000,
    maxRoundExp: 4,
    eraMinBlocks: 32,
    eraMinMs: 0,
    weightScale: 1_000_000,
    maxLevel: 20,
    openGapSlots: 4,
    maxValidators: 150,
    thresholds: [0.33],
  },
  checkpoint: { every: 16, proposerTimeoutMs: 5000 },
  rootChain: { chainId: 31_337n, confirmations: 2, contracts: { StakeManager: bob, Checkpoints: ann }, startBlock: 3n },
  devnet: true,
};

type Json = Record<string, unknown>;
const json = (): Json => JSON.parse(serializeGenesis(genesis)) as Json;
const within = (key: string, change: Json): Json => ({ ...json(), [key]: { ...(json()[key] as Json), ...change } });

describe("a genesis file", () => {
  it("is read to what was written", () => {
    expect(parseGenesis(json())).toEqual(genesis);
  });

  it("has one text, whatever the order of its maps", () => {
    const { alloc, rootChain } = genesis;
    const turned: Genesis = {
      ...genesis,
      alloc: Object.fromEntries(Object.entries(alloc).reverse()),
      rootChain: { ...rootChain, contracts: Object.fromEntries(Object.entries(rootChain.contracts).reverse()) },
    };
    expect(serializeGenesis(turned)).toBe(serializeGenesis(genesis));
    expect(createGenesisBlock(turned).hash).toBe(createGenesisBlock(genesis).hash);
  });

  it("takes whole numbers in place of decimal strings, and checksummed addresses", () => {
    const loose = { ...json(), chainId: 80_401, gasLimit: 30_000_000 };
    expect(parseGenesis(loose)).toEqual(genesis);
    const checksummed = within("rootChain", {
      contracts: { StakeManager: "0x00000000000000000000000000000000000000B2", Checkpoints: ann },
    });
    expect(parseGenesis(checksummed)).toEqual(genesis);
  });

  test.each([
    { path: "chainid", json: { ...json(), chainid: 1 }, says: 'did you mean "chainId"' },
    {
      path: "consensus.baseRoundMS",
      json: within("consensus", { baseRoundMS: 1 }),
      says: 'did you mean "baseRoundMs"',
    },
    { path: "name", json: { ...json(), name: undefined }, says: "is missing" },
    { path: "version", json: { ...json(), version: 2 }, says: "must be 1" },
    { path: "chainId", json: { ...json(), chainId: "0x1" }, says: "decimal string" },
    { path: "chainId", json: { ...json(), chainId: 1.5 }, says: "decimal string" },
    { path: "gasLimit", json: { ...json(), gasLimit: "1" }, says: "from 5000" },
    { path: "baseFeePerGas", json: { ...json(), baseFeePerGas: "1" }, says: "from 7" },
    { path: "consensus.baseRoundMs", json: within("consensus", { baseRoundMs: 500 }), says: "from 1000" },
    { path: "consensus.thresholds[0]", json: within("consensus", { thresholds: [1] }), says: "fraction" },
    { path: "checkpoint.every", json: within("checkpoint", { every: 5000 }), says: "from 1 to 4096" },
    { path: "validators", json: { ...json(), validators: [] }, says: "must be 1 to" },
    {
      path: "validators",
      json: { ...json(), validators: [{ name: "a", signer: ann, stake: "1", producer: false }] },
      says: "must have a producer",
    },
    {
      path: "validators[1].signer",
      json: { ...json(), validators: ["a", "b"].map((name) => ({ name, signer: ann, stake: "1", producer: true })) },
      says: "another validator",
    },
    {
      path: "rootChain.contracts.StakeManager",
      json: within("rootChain", { contracts: { StakeManager: "0x1" } }),
      says: "address",
    },
    { path: `alloc.${bob}`, json: within("alloc", { [bob]: { balance: "0" } }), says: "empty account" },
    { path: `alloc.${bob}.nonce`, json: within("alloc", { [bob]: { balance: "1", nonce: "1" } }), says: "needs code" },
    {
      path: `alloc.${bob}.storage`,
      json: within("alloc", { [bob]: { balance: "1", storage: { [slot]: word } } }),
      says: "needs code",
    },
    {
      path: `alloc.${bob}.storage.${slot}`,
      json: within("alloc", { [bob]: { balance: "1", code: "0x00", storage: { [slot]: `0x${"00".repeat(32)}` } } }),
      says: "is zero",
    },
    { path: `alloc.${bob}.code`, json: within("alloc", { [bob]: { balance: "1", code: "0x0" } }), says: "hex data" },
    { path: "alloc.nobody", json: within("alloc", { nobody: { balance: "1" } }), says: "address" },
    { path: "devnet", json: { ...json(), devnet: "yes" }, says: "true or false" },
  ])("with a wrong $path is refused, and the error says where", ({ path, json: wrong, says }) => {
    const error = errorOf(() => parseGenesis(wrong));
    expect(error.code).toBe("KOMA_E_GENESIS_INVALID");
    expect(error.detail.facts?.["path"]).toBe(path);
    expect(error.message).toContain(says);
  });

  it.each([null, 1, "x", []])("that is %j is refused", (wrong) => {
    expect(errorOf(() => parseGenesis(wrong)).code).toBe("KOMA_E_GENESIS_INVALID");
  });
});

function errorOf(action: () => unknown): KomaError {
  try {
    action();
  } catch (error) {
    if (error instanceof KomaError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("the genesis block", () => {
  it("has the state root of @ethereumjs/mpt and its accounts", async () => {
    const storage = await createMPT({ useKeyHashing: true });
    await storage.put(hexToBytes(slot), hexToBytes("0x820102"));
    const state = await createMPT({ useKeyHashing: true });
    const contract = createAccount({
      nonce: 1n,
      storageRoot: storage.root(),
      codeHash: keccak256(hexToBytes("0x60006000fd")),
    });
    await state.put(addressToBytes(token), contract.serialize());
    await state.put(addressToBytes(ann), createAccount({ balance: 10n ** 24n }).serialize());
    expect(createGenesisBlock(genesis).header.stateRoot).toBe(bytesToHex(state.root()));
  });

  it("keeps its hash", () => {
    // A change here is a change of every chain's identity.
    expect(createGenesisBlock(genesis).hash).toMatchInlineSnapshot(
      `"0x77df750b0874c38b9bf7a90f1e3e1445117770e5cb14a331687ce1b33c0b4566"`,
    );
  });

  const changes: readonly [string, Partial<Genesis>][] = [
    ["name", { name: "other" }],
    ["chain id", { chainId: 1n }],
    ["stake", { validators: genesis.validators.map((validator) => ({ ...validator, stake: 1n })) }],
    ["round length", { consensus: { ...genesis.consensus, baseRoundMs: 2000 } }],
    ["checkpoint interval", { checkpoint: { ...genesis.checkpoint, every: 17 } }],
    ["root contract", { rootChain: { ...genesis.rootChain, contracts: {} } }],
    ["devnet flag", { devnet: false }],
    ["balance", { alloc: { ...genesis.alloc, [ann]: { balance: 1n } } }],
  ];
  it.each(changes)("has another hash when the %s differs", (_, change) => {
    expect(createGenesisBlock({ ...genesis, ...change }).hash).not.toBe(createGenesisBlock(genesis).hash);
  });
});

test("an account is decoded to what was encoded, and nothing else is an account", () => {
  const leaf = genesisState(genesis).get(keccak256(addressToBytes(token)));
  const account = decodeAccount(leaf ?? new Uint8Array(0));
  expect(account.ok && bytesToHex(encodeAccount(account.value))).toBe(bytesToHex(leaf ?? new Uint8Array(0)));
  expect(decodeAccount(Uint8Array.of(0xc0)).ok).toBe(false);
  expect(decodeAccount(new Uint8Array(0)).ok).toBe(false);
});
