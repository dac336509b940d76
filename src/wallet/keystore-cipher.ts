import { createCipheriv, createDecipheriv, randomBytes, randomUUID, scrypt, timingSafeEqual } from "node:crypto";
import { UserError } from "../errors.ts";
import { addressOfKey, type Bytes, concatBytes, isPrivateKey, keccak256 } from "../primitives/index.ts";

/** Web3 Secret Storage, version 3, with scrypt and aes-128-ctr: the form of geth, ethers, MetaMask and Foundry. */
export interface KeystoreV3 {
  readonly version: 3;
  readonly id: string;
  /** 40 hex digits without 0x. */
  readonly address: string;
  readonly crypto: {
    readonly cipher: "aes-128-ctr";
    readonly cipherparams: { readonly iv: string };
    readonly ciphertext: string;
    readonly kdf: "scrypt";
    readonly kdfparams: ScryptParameters;
    readonly mac: string;
  };
}

interface ScryptParameters {
  readonly n: number;
  readonly r: number;
  readonly p: number;
  readonly dklen: number;
  readonly salt: string;
}

/** 2^17, as geth: about a quarter of a second and 128 MiB for each guess. */
export const STANDARD_SCRYPT_N = 131_072;
/** For keys that are public anyway (devnets, tests): four milliseconds. */
export const LIGHT_SCRYPT_N = 4_096;

/** A file may ask for any cost; more memory than this is an attack on the reader, not protection of the key. */
const MAX_SCRYPT_MEMORY = 1024 * 1024 * 1024;

export async function encryptKey(
  privateKey: Bytes,
  password: string,
  options: { readonly scryptN?: number } = {},
): Promise<KeystoreV3> {
  const kdfparams: ScryptParameters = {
    n: options.scryptN ?? STANDARD_SCRYPT_N,
    r: 8,
    p: 1,
    dklen: 32,
    salt: randomBytes(32).toString("hex"),
  };
  const derived = await deriveKey(password, kdfparams);
  const iv = randomBytes(16);
  const cipher = createCipheriv("aes-128-ctr", derived.subarray(0, 16), iv);
  const ciphertext = Buffer.concat([cipher.update(privateKey), cipher.final()]);
  return {
    version: 3,
    id: randomUUID(),
    address: addressOfKey(privateKey).slice(2),
    crypto: {
      cipher: "aes-128-ctr",
      cipherparams: { iv: iv.toString("hex") },
      ciphertext: ciphertext.toString("hex"),
      kdf: "scrypt",
      kdfparams,
      mac: Buffer.from(macOf(derived, ciphertext)).toString("hex"),
    },
  };
}

/**
 * @param json a parsed keystore file of any origin
 * @throws {UserError} KOMA_E_KEYSTORE_MALFORMED, KOMA_E_PASSWORD_WRONG
 */
export async function decryptKey(json: unknown, password: string): Promise<Bytes> {
  const store = parseKeystoreV3(json);
  const derived = await deriveKey(password, store.crypto.kdfparams);
  const ciphertext = Buffer.from(store.crypto.ciphertext, "hex");
  if (!timingSafeEqual(Buffer.from(store.crypto.mac, "hex"), macOf(derived, ciphertext))) {
    throw new UserError("KOMA_E_PASSWORD_WRONG", "The password does not open this keystore.");
  }
  const iv = Buffer.from(store.crypto.cipherparams.iv, "hex");
  const decipher = createDecipheriv("aes-128-ctr", derived.subarray(0, 16), iv);
  const privateKey = new Uint8Array(Buffer.concat([decipher.update(ciphertext), decipher.final()]));
  if (!isPrivateKey(privateKey)) throw malformed("it does not hold a secp256k1 key");
  return privateKey;
}

/** @throws {UserError} KOMA_E_KEYSTORE_MALFORMED for anything but version 3 with scrypt and aes-128-ctr */
export function parseKeystoreV3(json: unknown): KeystoreV3 {
  const store = field(json);
  // geth writes `crypto`, some older wallets `Crypto`.
  const crypto = field(store["crypto"] ?? store["Crypto"]);
  const params = field(crypto["kdfparams"]);
  if (Number(store["version"]) !== 3) throw malformed("its version is not 3");
  if (crypto["cipher"] !== "aes-128-ctr") throw malformed("its cipher is not aes-128-ctr");
  if (crypto["kdf"] !== "scrypt") throw malformed("its key derivation is not scrypt");
  const [n, r, p] = [count(params["n"]), count(params["r"]), count(params["p"])];
  if ((n & (n - 1)) !== 0 || n < 2 || p > 16 || 128 * n * r > MAX_SCRYPT_MEMORY) {
    throw malformed("its scrypt parameters are out of bounds");
  }
  if (params["dklen"] !== 32) throw malformed("its derived key is not 32 bytes");
  return {
    version: 3,
    id: typeof store["id"] === "string" ? store["id"] : "",
    address: typeof store["address"] === "string" ? hex(store["address"].replace(/^0x/, "").toLowerCase(), 20) : "",
    crypto: {
      cipher: "aes-128-ctr",
      cipherparams: { iv: hex(field(crypto["cipherparams"])["iv"], 16) },
      ciphertext: hex(crypto["ciphertext"], 32),
      kdf: "scrypt",
      kdfparams: { n, r, p, dklen: 32, salt: hex(params["salt"]) },
      mac: hex(crypto["mac"], 32),
    },
  };
}

function deriveKey(password: string, { n, r, p, dklen, salt }: ScryptParameters): Promise<Buffer> {
  // NFKC, so that a password typed on another keyboard or system opens the file (as ethers and geth do).
  const secret = Buffer.from(password.normalize("NFKC"), "utf8");
  return new Promise((resolve, reject) => {
    scrypt(secret, Buffer.from(salt, "hex"), dklen, { N: n, r, p, maxmem: 256 * n * r }, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
}

function macOf(derived: Bytes, ciphertext: Bytes): Bytes {
  return keccak256(concatBytes(derived.subarray(16, 32), ciphertext));
}

function field(value: unknown): Record<string, unknown> {
  if (typeof value !== "object" || value === null) throw malformed("a part of it is missing");
  return value as Record<string, unknown>;
}

function count(value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 1 || (value as number) > 2 ** 30) {
    throw malformed("its scrypt parameters are out of bounds");
  }
  return value as number;
}

function hex(value: unknown, bytes?: number): string {
  const digits = typeof value === "string" ? value.replace(/^0x/, "").toLowerCase() : "";
  const fits = bytes === undefined ? digits.length > 0 && digits.length <= 512 : digits.length === 2 * bytes;
  if (!fits || digits.length % 2 !== 0 || !/^[0-9a-f]*$/.test(digits)) throw malformed("a part of it is not hex");
  return digits;
}

function malformed(why: string): UserError {
  return new UserError("KOMA_E_KEYSTORE_MALFORMED", `This is not a keystore that koma can read: ${why}.`);
}
