import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { EnvironmentError, UserError } from "../errors.ts";
import { type Address, addressOfKey, type Bytes, bytesToHex, parseAddress, publicKeyOf } from "../primitives/index.ts";
import { ensurePrivateFolder, PRIVATE_FILE, writeFileAtomic } from "./atomic-file.ts";
import { type KeyName, parseKeyName } from "./key-name.ts";
import { decryptKey, encryptKey, type KeystoreV3, parseKeystoreV3 } from "./keystore-cipher.ts";

export type KeyType = "account" | "consensus" | "p2p";

/** What is known of a stored key without its password. */
export interface KeyInfo {
  readonly name: KeyName;
  readonly type: KeyType;
  readonly address: Address;
  /** 0x and 128 hex digits; absent for a file that another program wrote. */
  readonly publicKey?: string;
  readonly file: string;
}

/** A folder of keystore files, one key each: `<name>.json`, mode 0600, folder 0700. */
export interface Keystore {
  list(): Promise<readonly KeyInfo[]>;
  /** @throws {UserError} KOMA_E_KEY_NOT_FOUND, KOMA_E_KEYSTORE_MALFORMED */
  show(name: string): Promise<KeyInfo>;
  /** @throws {UserError} KOMA_E_KEY_EXISTS, KOMA_E_KEY_NAME_INVALID */
  add(name: string, key: Bytes, password: string, options?: AddOptions): Promise<KeyInfo>;
  /** @throws {UserError} KOMA_E_KEY_NOT_FOUND, KOMA_E_PASSWORD_WRONG, KOMA_E_KEYSTORE_MALFORMED */
  open(name: string, password: string): Promise<Bytes>;
}

export interface AddOptions {
  readonly type?: KeyType;
  readonly scryptN?: number;
}

/** Opens the keystore in `folder`; the folder is made when the first key is added. */
export function createKeystore(folder: string): Keystore {
  const fileOf = (name: KeyName): string => join(folder, `${name}.json`);

  async function read(name: KeyName): Promise<Record<string, unknown>> {
    const file = fileOf(name);
    let text: string;
    try {
      text = await readFile(file, "utf8");
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === "ENOENT") throw notFound(name, await names());
      throw new EnvironmentError("KOMA_E_KEY_FILE_UNREADABLE", `The key file ${file} cannot be read.`, {
        cause,
        facts: { path: file },
      });
    }
    try {
      return JSON.parse(text) as Record<string, unknown>;
    } catch (cause) {
      throw new UserError("KOMA_E_KEYSTORE_MALFORMED", `${file} is not a keystore: it is not JSON.`, { cause });
    }
  }

  async function names(): Promise<readonly string[]> {
    const files = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return [];
      throw error;
    });
    return files
      .filter((file) => /^[a-z][a-z0-9-]{0,38}\.json$/.test(file))
      .map((file) => file.slice(0, -".json".length))
      .sort();
  }

  async function show(text: string): Promise<KeyInfo> {
    const name = parseKeyName(text);
    return describe(name, await read(name), fileOf(name));
  }

  return {
    list: async () => Promise.all((await names()).map(show)),
    show,
    async add(text, key, password, options = {}) {
      const name = parseKeyName(text);
      if ((await names()).includes(name)) throw exists(name, fileOf(name));
      await ensurePrivateFolder(folder);
      const store = await encryptKey(key, password, options.scryptN === undefined ? {} : { scryptN: options.scryptN });
      const info = infoOf(name, key, options.type ?? "account", fileOf(name));
      const write = writeFileAtomic(fileOf(name), serialize(store, info), { mode: PRIVATE_FILE, exclusive: true });
      await write.catch((error: NodeJS.ErrnoException) => {
        throw error.code === "EEXIST" ? exists(name, fileOf(name)) : error;
      });
      return info;
    },
    async open(text, password) {
      const name = parseKeyName(text);
      return decryptKey(await read(name), password);
    },
  };
}

function infoOf(name: KeyName, key: Bytes, type: KeyType, file: string): KeyInfo {
  return { name, type, address: addressOfKey(key), publicKey: bytesToHex(publicKeyOf(key)), file };
}

/** The standard's fields, and ours under one key of our own that other wallets ignore. */
function serialize(store: KeystoreV3, info: KeyInfo): string {
  const koma = { name: info.name, type: info.type, publicKey: info.publicKey };
  return `${JSON.stringify({ ...store, "x-koma": koma }, null, 2)}\n`;
}

function describe(name: KeyName, json: Record<string, unknown>, file: string): KeyInfo {
  const store = parseKeystoreV3(json);
  const koma = (json["x-koma"] ?? {}) as Record<string, unknown>;
  const type = koma["type"];
  return {
    name,
    type: type === "consensus" || type === "p2p" ? type : "account",
    address: parseAddress(`0x${store.address}`),
    ...(typeof koma["publicKey"] === "string" ? { publicKey: koma["publicKey"] } : {}),
    file,
  };
}

function exists(name: string, file: string): UserError {
  return new UserError("KOMA_E_KEY_EXISTS", `A key named "${name}" exists already.`, {
    facts: { name, file },
    fix: ["Choose another name; koma never overwrites a key."],
  });
}

function notFound(name: string, known: readonly string[]): UserError {
  return new UserError("KOMA_E_KEY_NOT_FOUND", `There is no key named "${name}".`, {
    facts: { name, known: known.join(", ") },
    fix: ["koma keys list"],
  });
}
