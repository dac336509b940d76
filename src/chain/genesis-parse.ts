import type { Address, Hash } from "../primitives/index.ts";
import { zeroHash } from "../primitives/index.ts";
import { minBaseFee } from "./base-fee.ts";
import type {
  CheckpointConfig,
  ConsensusConfig,
  Genesis,
  GenesisAccount,
  GenesisValidator,
  RootChainConfig,
} from "./genesis.ts";
import {
  invalidGenesis,
  join,
  readAddressText,
  readAnyRecord,
  readArray,
  readBoolean,
  readCount,
  readHexText,
  readQuantity,
  readRecord,
  readText,
  readWordText,
} from "./genesis-reader.ts";

const MAX_UINT64 = (1n << 64n) - 1n;
const MAX_UINT256 = (1n << 256n) - 1n;
/** A year: no duration of consensus is longer, and sums of durations stay exact numbers. */
const MAX_MS = 31_536_000_000;

const GENESIS_KEYS = [
  "version",
  "chainId",
  "name",
  "timestamp",
  "gasLimit",
  "baseFeePerGas",
  "validators",
  "consensus",
  "checkpoint",
  "rootChain",
  "devnet",
  "alloc",
] as const;

/**
 * Reads the JSON of a genesis file. Unknown keys are errors, so that a misspelt parameter cannot silently be its default.
 *
 * @param json  as `JSON.parse` gives it
 * @throws {UserError} KOMA_E_GENESIS_INVALID naming the path of the first thing that is wrong
 */
export function parseGenesis(json: unknown): Genesis {
  const g = readRecord(json, "", GENESIS_KEYS);
  if (g["version"] !== 1) throw invalidGenesis("version", "must be 1");
  const consensus = parseConsensus(g["consensus"]);
  return {
    version: 1,
    chainId: readQuantity(g["chainId"], "chainId", 1n, (1n << 53n) - 1n),
    name: readText(g["name"], "name", 64),
    timestamp: readQuantity(g["timestamp"], "timestamp", 0n, (1n << 40n) - 1n),
    gasLimit: readQuantity(g["gasLimit"], "gasLimit", 5_000n, (1n << 63n) - 1n),
    baseFeePerGas: readQuantity(g["baseFeePerGas"], "baseFeePerGas", minBaseFee, MAX_UINT64),
    alloc: parseAlloc(g["alloc"]),
    validators: parseValidators(g["validators"], consensus.maxValidators),
    consensus,
    checkpoint: parseCheckpoint(g["checkpoint"]),
    rootChain: parseRootChain(g["rootChain"]),
    devnet: readBoolean(g["devnet"], "devnet"),
  };
}

function parseConsensus(value: unknown): ConsensusConfig {
  const path = "consensus";
  const required = [
    "baseRoundMs",
    "maxRoundExp",
    "eraMinBlocks",
    "eraMinMs",
    "weightScale",
    "maxLevel",
    "openGapSlots",
    "maxValidators",
  ];
  const c = readRecord(value, path, required, ["lnc", "endorseEvidenceLimit", "recoveryDelayMs", "thresholds"]);
  const count = (key: string, min: number, max: number) => readCount(c[key], join(path, key), min, max);
  const has = (key: string) => c[key] !== undefined;
  return {
    baseRoundMs: count("baseRoundMs", 1_000, 3_600_000),
    maxRoundExp: count("maxRoundExp", 0, 20),
    eraMinBlocks: count("eraMinBlocks", 1, 1_000_000_000),
    eraMinMs: count("eraMinMs", 0, MAX_MS),
    // Products of weights and 2^maxLevel must stay exact numbers (KoMaBFT spec 2).
    weightScale: count("weightScale", 1, 1_000_000_000),
    maxLevel: count("maxLevel", 1, 20),
    openGapSlots: count("openGapSlots", 0, 65_535),
    maxValidators: count("maxValidators", 1, 1_000),
    ...(has("lnc") ? { lnc: readBoolean(c["lnc"], "consensus.lnc") } : {}),
    ...(has("endorseEvidenceLimit") ? { endorseEvidenceLimit: count("endorseEvidenceLimit", 1, 65_536) } : {}),
    ...(has("recoveryDelayMs") ? { recoveryDelayMs: count("recoveryDelayMs", 0, MAX_MS) } : {}),
    ...(has("thresholds") ? { thresholds: parseThresholds(c["thresholds"]) } : {}),
  };
}

function parseThresholds(value: unknown): readonly number[] {
  return readArray(value, "consensus.thresholds").map((fraction, i) => {
    if (typeof fraction !== "number" || !(fraction > 0 && fraction < 1)) {
      throw invalidGenesis(`consensus.thresholds[${i}]`, "must be a fraction between 0 and 1");
    }
    return fraction;
  });
}

function parseCheckpoint(value: unknown): CheckpointConfig {
  const c = readRecord(value, "checkpoint", ["every", "proposerTimeoutMs"]);
  return {
    every: readCount(c["every"], "checkpoint.every", 1, 4096),
    proposerTimeoutMs: readCount(c["proposerTimeoutMs"], "checkpoint.proposerTimeoutMs", 1, MAX_MS),
  };
}

function parseRootChain(value: unknown): RootChainConfig {
  const r = readRecord(value, "rootChain", ["chainId", "confirmations", "contracts", "startBlock"]);
  const contracts: Record<string, Address> = {};
  for (const [name, address] of Object.entries(readAnyRecord(r["contracts"], "rootChain.contracts"))) {
    if (!/^[A-Za-z][A-Za-z0-9]{0,63}$/.test(name)) {
      throw invalidGenesis(join("rootChain.contracts", name), "is not the name of a contract");
    }
    contracts[name] = readAddressText(address, join("rootChain.contracts", name));
  }
  return {
    chainId: readQuantity(r["chainId"], "rootChain.chainId", 1n, (1n << 53n) - 1n),
    confirmations: readCount(r["confirmations"], "rootChain.confirmations", 0, 100_000),
    contracts,
    startBlock: readQuantity(r["startBlock"], "rootChain.startBlock", 0n, MAX_UINT64),
  };
}

function parseValidators(value: unknown, maxValidators: number): readonly GenesisValidator[] {
  const validators = readArray(value, "validators").map((item, i) => parseValidator(item, `validators[${i}]`));
  if (validators.length < 1 || validators.length > maxValidators) {
    throw invalidGenesis("validators", `must be 1 to ${maxValidators} (consensus.maxValidators)`);
  }
  for (const key of ["name", "signer"] as const) {
    const seen = new Set<string>();
    for (const [i, validator] of validators.entries()) {
      if (seen.has(validator[key])) throw invalidGenesis(`validators[${i}].${key}`, "is that of another validator too");
      seen.add(validator[key]);
    }
  }
  if (!validators.some((validator) => validator.producer)) {
    throw invalidGenesis("validators", "must have a producer, or nobody leads the first slot");
  }
  return validators;
}

function parseValidator(value: unknown, path: string): GenesisValidator {
  const v = readRecord(value, path, ["name", "signer", "stake", "producer"], ["peerId"]);
  return {
    name: readText(v["name"], join(path, "name"), 64),
    signer: readAddressText(v["signer"], join(path, "signer")),
    stake: readQuantity(v["stake"], join(path, "stake"), 1n, (1n << 96n) - 1n),
    producer: readBoolean(v["producer"], join(path, "producer")),
    ...(v["peerId"] === undefined ? {} : { peerId: readText(v["peerId"], join(path, "peerId"), 128) }),
  };
}

function parseAlloc(value: unknown): Readonly<Record<Address, GenesisAccount>> {
  const alloc: Record<Address, GenesisAccount> = {};
  for (const [key, item] of Object.entries(readAnyRecord(value, "alloc"))) {
    const path = join("alloc", key);
    const address = readAddressText(key, path);
    if (alloc[address] !== undefined) throw invalidGenesis(path, "is listed twice, in different case");
    alloc[address] = parseAccount(item, path);
  }
  return alloc;
}

function parseAccount(value: unknown, path: string): GenesisAccount {
  const a = readRecord(value, path, ["balance"], ["nonce", "code", "storage"]);
  const account: GenesisAccount = {
    balance: readQuantity(a["balance"], join(path, "balance"), 0n, MAX_UINT256),
    ...(a["nonce"] === undefined ? {} : { nonce: readQuantity(a["nonce"], join(path, "nonce"), 1n, MAX_UINT64 - 1n) }),
    ...(a["code"] === undefined ? {} : { code: readHexText(a["code"], join(path, "code")) }),
    ...(a["storage"] === undefined ? {} : { storage: parseStorage(a["storage"], join(path, "storage")) }),
  };
  const codeLength = account.code?.length ?? 0;
  // State has one form only: what the root could not show must not stand in the file either.
  if (account.code !== undefined && codeLength === 0)
    throw invalidGenesis(join(path, "code"), "is empty: leave it out");
  if (account.storage !== undefined && codeLength === 0) throw invalidGenesis(join(path, "storage"), "needs code");
  // Fraud proofs count the nonces of whoever signs from zero: a skipped one could not be told from one given here.
  if (account.nonce !== undefined && codeLength === 0) throw invalidGenesis(join(path, "nonce"), "needs code");
  if (account.balance === 0n && account.nonce === undefined && codeLength === 0) {
    throw invalidGenesis(path, "is an empty account: leave it out (EIP-161)");
  }
  return account;
}

function parseStorage(value: unknown, path: string): Readonly<Record<Hash, Hash>> {
  const storage: Record<Hash, Hash> = {};
  for (const [key, item] of Object.entries(readAnyRecord(value, path))) {
    const slot = readWordText(key, join(path, key));
    const word = readWordText(item, join(path, key));
    if (word === zeroHash) throw invalidGenesis(join(path, key), "is zero: leave it out");
    if (storage[slot] !== undefined) throw invalidGenesis(join(path, key), "is listed twice, in different case");
    storage[slot] = word;
  }
  return storage;
}
