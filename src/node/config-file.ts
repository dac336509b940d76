import { UserError } from "../errors.ts";
import type { LogLevel } from "../logger.ts";
import { checkRpcLimits, type RpcLimits } from "../rpc/index.ts";

/**
 * What a node keeps of the past: everything; all blocks, with the states that can still be challenged; or nothing but the
 * span that can still be challenged, as the light stakers of the white paper do.
 */
export type StorageMode = "archive" | "full" | "window";

export const storageModes: readonly StorageMode[] = ["archive", "full", "window"];

/** `config.json` of a node's folder: what differs between two nodes of one chain. Facts of the chain are in its genesis. */
export interface NodeConfigFile {
  /** Of the file format. */
  readonly version: 1;
  /** Name in logs and in the devnet: `validator-0`. */
  readonly name: string;
  /** Path of `genesis.json`; this and every other path is absolute or relative to the folder of this file. */
  readonly genesis: string;
  /** Folder of the node's database. */
  readonly dataDir: string;
  readonly rpc: {
    /** Address that JSON-RPC listens on, HTTP and WebSocket. */
    readonly host: string;
    /** Its port; 0 takes a free one. */
    readonly port: number;
    /** Host names, besides localhost and IP addresses, under which clients reach it; `*` for any. Default none. */
    readonly hosts?: readonly string[];
    /** Origins of web pages that may talk to it, `*` for any. Default none; with `devnet` any. */
    readonly origins?: readonly string[];
    /** Limits that differ from the defaults, by name: see JSON-RPC, limits. */
    readonly limits?: Partial<RpcLimits>;
  };
  readonly p2p: {
    /** Address that other nodes connect to. */
    readonly host: string;
    /** Its port; 0 takes a free one. */
    readonly port: number;
    /** Multiaddrs with `/p2p/<peer id>`. */
    readonly peers: readonly string[];
    /** File with the hex of the 32-byte secp256k1 key of the libp2p identity. */
    readonly identityKeyFile: string;
  };
  /** Absent: a node that follows without signing. */
  readonly signer?: {
    /** File with the hex of the 32-byte secp256k1 key of a validator. */
    readonly keyFile: string;
  };
  /** The key that seals blocks, when the validator was nominated with another one than its signer key. */
  readonly producer?: {
    /** File with the hex of the 32-byte secp256k1 key. */
    readonly keyFile: string;
  };
  readonly rootChain: {
    /** JSON-RPC of an Ethereum node of the root chain, http or https. */
    readonly url: string;
  };
  /** Allows fault hooks, together with the genesis' own word. */
  readonly devnet: boolean;
  readonly log: {
    /** File of JSON lines; older ones get a number behind their name. */
    readonly file: string;
    /** Least important lines to write. */
    readonly level: LogLevel;
  };
  /** Shares of the stake that may be Byzantine, between 0 and 1; the first one decides what this node calls final. */
  readonly thresholds: readonly number[];
  /** Delete the units of old eras, which nobody needs any more; default true. */
  readonly pruneConsensus?: boolean;
  /**
   * What to keep of the past: everything (archive), all blocks (full), or only what can still be challenged (window); default
   * full, on a devnet archive.
   */
  readonly storage?: "archive" | "full" | "window";
}

type Reader = (value: unknown, path: string) => void;

const text: Reader = (value, path) => expect(typeof value === "string" && value.length > 0, path, "a text");
const port: Reader = (value, path) =>
  expect(Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 65535, path, "a port (0 to 65535)");
const texts: Reader = (value, path) =>
  expect(Array.isArray(value) && value.every((item) => typeof item === "string"), path, "a list of texts");
const flag: Reader = (value, path) => expect(typeof value === "boolean", path, "true or false");
const shares: Reader = (value, path) =>
  expect(
    Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === "number" && item > 0 && item < 1),
    path,
    "a list of numbers between 0 and 1",
  );
const storage: Reader = (value, path) =>
  expect(storageModes.includes(value as StorageMode), path, "archive, full or window");
const level: Reader = (value, path) =>
  expect(["error", "warn", "info", "debug"].includes(value as string), path, "error, warn, info or debug");

const limits: Reader = (value, path) => {
  expect(typeof value === "object" && value !== null && !Array.isArray(value), path, "an object");
  checkRpcLimits(value as Record<string, unknown>, (name, what) => fail(`${join(path, name)} ${what}.`));
};

const section =
  (fields: Readonly<Record<string, Reader>>, optional: readonly string[] = []): Reader =>
  (value, path) => {
    expect(typeof value === "object" && value !== null && !Array.isArray(value), path, "an object");
    const given = value as Record<string, unknown>;
    for (const key of Object.keys(given)) {
      if (!Object.hasOwn(fields, key))
        fail(`${join(path, key)} is not known there; known: ${Object.keys(fields).join(", ")}.`);
    }
    for (const [key, read] of Object.entries(fields)) {
      if (given[key] === undefined && optional.includes(key)) continue;
      read(given[key], join(path, key));
    }
  };

const configFile = section(
  {
    version: (value, path) => expect(value === 1, path, "1"),
    name: text,
    genesis: text,
    dataDir: text,
    rpc: section({ host: text, port, hosts: texts, origins: texts, limits }, ["hosts", "origins", "limits"]),
    p2p: section({ host: text, port, peers: texts, identityKeyFile: text }),
    signer: section({ keyFile: text }),
    producer: section({ keyFile: text }),
    rootChain: section({ url: text }),
    devnet: flag,
    log: section({ file: text, level }),
    thresholds: shares,
    pruneConsensus: flag,
    storage,
  },
  ["signer", "producer", "pruneConsensus", "storage"],
);

/**
 * @param json the text of a `config.json`
 * @throws {UserError} KOMA_E_NODE_CONFIG_INVALID names the key that is wrong, missing or unknown
 */
export function parseNodeConfigFile(json: string): NodeConfigFile {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw new UserError("KOMA_E_NODE_CONFIG_INVALID", "The node's config.json is not JSON.", { cause });
  }
  configFile(value, "");
  return value as NodeConfigFile;
}

export function serializeNodeConfigFile(config: NodeConfigFile): string {
  return `${JSON.stringify(config, null, 2)}\n`;
}

function expect(holds: boolean, path: string, what: string): void {
  if (!holds) fail(`${path === "" ? "The file" : path} must be ${what}.`);
}

function fail(sentence: string): never {
  throw new UserError("KOMA_E_NODE_CONFIG_INVALID", `The node's config.json is invalid: ${sentence}`);
}

function join(path: string, key: string): string {
  return path === "" ? key : `${path}.${key}`;
}
