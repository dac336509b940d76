import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseGenesis, serializeGenesis } from "../chain/index.ts";
import { EnvironmentError, UserError } from "../errors.ts";
import { type Address, addressOfKey, type Bytes } from "../primitives/index.ts";
import { createPrivateKey, ensurePrivateFolder, peerIdOfKey, writeFileAtomic, writeKeyFile } from "../wallet/index.ts";
import { type NodeConfigFile, type StorageMode, serializeNodeConfigFile } from "./config-file.ts";

export interface NodeFolderPlan {
  readonly folder: string;
  readonly name: string;
  /** Path of the chain's `genesis.json`; its content is checked and copied. */
  readonly genesisFile: string;
  readonly rootChainUrl: string;
  /** Multiaddrs with `/p2p/<peer id>`. */
  readonly peers: readonly string[];
  readonly host: string;
  readonly rpcPort: number;
  readonly p2pPort: number;
  /** Key that signs units, blocks and checkpoints; without one the node follows. */
  readonly signerKey?: Bytes;
  readonly thresholds: readonly number[];
  /** What to keep of the past; left to the default when absent. */
  readonly storage?: StorageMode;
}

/** What {@link createNodeFolder} wrote. */
export interface NodeFolder {
  readonly folder: string;
  readonly peerId: string;
  readonly chainId: bigint;
  readonly signer: Address | undefined;
  /** Relative to the folder. */
  readonly files: readonly string[];
}

/**
 * Writes everything that `runNode` needs: configuration, genesis, a new network identity, and the signer key if there is
 * one. Keys are in files of their own that only their owner can read. Nothing that exists is overwritten.
 *
 * @throws {UserError} KOMA_E_NODE_EXISTS, KOMA_E_GENESIS_INVALID
 * @throws {EnvironmentError} KOMA_E_FILE_UNREADABLE
 */
export async function createNodeFolder(plan: NodeFolderPlan): Promise<NodeFolder> {
  const folder = resolve(plan.folder);
  if (existsSync(join(folder, "config.json"))) {
    throw new UserError("KOMA_E_NODE_EXISTS", `${folder} already holds a node.`, {
      facts: { folder },
      fix: [`koma node start --dir ${folder}`, "Choose another folder with --dir."],
    });
  }
  const genesis = readGenesis(plan.genesisFile);
  const identityKey = createPrivateKey();
  const config: NodeConfigFile = {
    version: 1,
    name: plan.name,
    genesis: "genesis.json",
    dataDir: "data",
    rpc: { host: plan.host, port: plan.rpcPort },
    p2p: { host: plan.host, port: plan.p2pPort, peers: plan.peers, identityKeyFile: "keys/identity" },
    ...(plan.signerKey ? { signer: { keyFile: "keys/signer" } } : {}),
    rootChain: { url: plan.rootChainUrl },
    devnet: genesis.devnet,
    log: { file: "log/node.ndjson", level: "info" },
    thresholds: plan.thresholds,
    ...(plan.storage ? { storage: plan.storage } : {}),
  };
  mkdirSync(folder, { recursive: true });
  await ensurePrivateFolder(join(folder, "keys"));
  await writeKeyFile(join(folder, "keys", "identity"), identityKey);
  if (plan.signerKey) await writeKeyFile(join(folder, "keys", "signer"), plan.signerKey);
  await writeFileAtomic(join(folder, "genesis.json"), serializeGenesis(genesis));
  // Last: a folder with a configuration is a whole one.
  await writeFileAtomic(join(folder, "config.json"), serializeNodeConfigFile(config));
  return {
    folder,
    peerId: peerIdOfKey(identityKey),
    chainId: genesis.chainId,
    signer: plan.signerKey && addressOfKey(plan.signerKey),
    files: ["config.json", "genesis.json", "keys/identity", ...(plan.signerKey ? ["keys/signer"] : [])],
  };
}

function readGenesis(path: string) {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new EnvironmentError("KOMA_E_FILE_UNREADABLE", `The genesis file ${path} cannot be read.`, {
      facts: { path },
      cause,
    });
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new UserError("KOMA_E_GENESIS_INVALID", `${path} is not JSON.`, { facts: { path }, cause });
  }
  return parseGenesis(json);
}
