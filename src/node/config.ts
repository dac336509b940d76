import { readFileSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import { createGenesisBlock, type Genesis, parseGenesis } from "../chain/index.ts";
import { EnvironmentError, UserError } from "../errors.ts";
import {
  type Address,
  addressOfKey,
  type Branded,
  type Bytes,
  type Hash,
  hexToBytes,
  isPrivateKey,
} from "../primitives/index.ts";
import { corsFor } from "../rpc/index.ts";
import { type NodeConfigFile, parseNodeConfigFile, type StorageMode } from "./config-file.ts";

/** Everything a node is told from outside, read and checked once. */
export type NodeConfig = Branded<NodeSettings, "NodeConfig">;

interface NodeSettings {
  readonly name: string;
  readonly genesis: Genesis;
  readonly genesisHash: Hash;
  readonly dataDir: string;
  readonly rpc: NodeConfigFile["rpc"];
  readonly p2p: Omit<NodeConfigFile["p2p"], "identityKeyFile"> & { readonly identityKey: Bytes };
  /** Absent: a node that follows without signing. */
  readonly signer?: { readonly key: Bytes; readonly address: Address };
  /** Seal the blocks of regular slots, when the producers in force name one of them: two while the key changes. */
  readonly producers: readonly { readonly key: Bytes; readonly address: Address }[];
  readonly rootChainUrl: string;
  /** Fault hooks may be used: this file and the genesis both say so. */
  readonly devnet: boolean;
  readonly log: NodeConfigFile["log"];
  readonly thresholds: readonly number[];
  readonly pruneConsensus: boolean;
  readonly storage: StorageMode;
}

/** Share of the stake that may be Byzantine for a block to be `finalized`, checkpointed and committed. */
export const FINALIZED = 1 / 3;
/** The same for the tag `safe`. */
export const SAFE = 0.1;

/**
 * Reads `config.json` of a node's folder, its genesis and its keys.
 *
 * @param producerKeyFiles  beside the one that the file names
 * @throws {UserError} KOMA_E_NODE_CONFIG_INVALID, KOMA_E_GENESIS_INVALID, KOMA_E_KEY_FILE_INVALID
 * @throws {EnvironmentError} KOMA_E_FILE_UNREADABLE
 */
export function loadConfig(folder: string, producerKeyFiles: readonly string[] = []): NodeConfig {
  const file = parseNodeConfigFile(readText(join(folder, "config.json")));
  const resolve = (path: string) => (isAbsolute(path) ? path : join(folder, path));
  const genesis = parseGenesis(parseJson(resolve(file.genesis)));
  const signerKey = file.signer && readKey(resolve(file.signer.keyFile));
  const producerKeys = [...(file.producer ? [resolve(file.producer.keyFile)] : []), ...producerKeyFiles].map(readKey);
  const { identityKeyFile, ...p2p } = file.p2p;
  const settings: NodeSettings = {
    name: file.name,
    genesis,
    genesisHash: createGenesisBlock(genesis).hash,
    dataDir: resolve(file.dataDir),
    rpc: file.rpc,
    p2p: { ...p2p, identityKey: readKey(resolve(identityKeyFile)) },
    ...(signerKey ? { signer: { key: signerKey, address: addressOfKey(signerKey) } } : {}),
    producers: producerKeys.map((key) => ({ key, address: addressOfKey(key) })),
    rootChainUrl: file.rootChain.url,
    devnet: file.devnet && genesis.devnet,
    log: { ...file.log, file: resolve(file.log.file) },
    thresholds: thresholdsOf(file.thresholds),
    pruneConsensus: file.pruneConsensus ?? true,
    // Who develops against a devnet traces yesterday's transactions, too.
    storage: file.storage ?? (genesis.devnet ? "archive" : "full"),
  };
  return Object.freeze(settings) as NodeConfig;
}

/**
 * The given ones, and the two tags every Ethereum tool asks for. Ones that only differ beyond the sixth decimal are the
 * same: somebody wrote 0.333333 for a third.
 */
export function thresholdsOf(given: readonly number[]): readonly number[] {
  const thresholds: number[] = [];
  for (const fraction of [SAFE, FINALIZED, ...given]) {
    if (!thresholds.some((known) => Math.abs(known - fraction) < 2e-6)) thresholds.push(fraction);
  }
  return thresholds.sort((a, b) => a - b);
}

/** Who may ask the node: a devnet's DApps are developed in browsers, on whatever port their own server chose. */
export function rpcAccess({ rpc, devnet }: Pick<NodeConfig, "rpc" | "devnet">) {
  return { allowedHosts: rpc.hosts ?? [], cors: corsFor(rpc.origins ?? (devnet ? ["*"] : [])) };
}

/** Folder that holds a node's files when only its `config.json` is named. */
export function folderOf(configFile: string): string {
  return dirname(configFile);
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new EnvironmentError("KOMA_E_FILE_UNREADABLE", `${path} cannot be read.`, {
      facts: { path },
      fix: ["Check the path and its permissions; `koma node init` writes a node's files."],
      cause,
    });
  }
}

function parseJson(path: string): unknown {
  try {
    return JSON.parse(readText(path));
  } catch (cause) {
    if (cause instanceof EnvironmentError) throw cause;
    throw new UserError("KOMA_E_GENESIS_INVALID", `${path} is not JSON.`, { facts: { path }, cause });
  }
}

function readKey(path: string): Bytes {
  const text = readText(path).trim();
  // Never shows the text: it may be a key with one digit too many.
  const invalid = () =>
    new UserError("KOMA_E_KEY_FILE_INVALID", `${path} holds no secp256k1 private key.`, {
      facts: { path },
      fix: ["Give a file with 0x and 64 hex digits, mode 0600."],
    });
  if (!/^0x[0-9a-fA-F]{64}$/.test(text)) throw invalid();
  const key = hexToBytes(text);
  if (!isPrivateKey(key)) throw invalid();
  return key;
}
