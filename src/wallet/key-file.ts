import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { EnvironmentError, UserError } from "../errors.ts";
import { type Bytes, isPrivateKey } from "../primitives/index.ts";
import { PRIVATE_FILE, writeFileAtomic } from "./atomic-file.ts";

/** Reads `0x` and 64 hex digits, or the digits alone. */
export function parsePrivateKey(text: string): Bytes {
  const digits = text.trim().replace(/^0x/i, "");
  const key = /^[0-9a-fA-F]{64}$/.test(digits) ? new Uint8Array(Buffer.from(digits, "hex")) : undefined;
  if (!key || !isPrivateKey(key)) {
    // Never show what was given: it may be a key with one digit missing.
    throw new UserError("KOMA_E_PRIVATE_KEY_MALFORMED", "This is not a private key.", {
      fix: ["Give 64 hex digits, with or without 0x, of a secp256k1 key."],
    });
  }
  return key;
}

/** A new key from the machine's random source. */
export function createPrivateKey(): Bytes {
  for (;;) {
    const key = new Uint8Array(randomBytes(32));
    if (isPrivateKey(key)) return key; // all but one of 2^128 are
  }
}

export function formatPrivateKey(key: Bytes): string {
  return `0x${Buffer.from(key).toString("hex")}`;
}

/** A bare key in a file of its own, readable by the owner only: what a node needs at start without anybody typing. */
export async function writeKeyFile(path: string, key: Bytes): Promise<void> {
  await writeFileAtomic(path, `${formatPrivateKey(key)}\n`, { mode: PRIVATE_FILE });
}

/** @throws {EnvironmentError} KOMA_E_KEY_FILE_UNREADABLE @throws {UserError} KOMA_E_PRIVATE_KEY_MALFORMED */
export async function readKeyFile(path: string): Promise<Bytes> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    throw new EnvironmentError("KOMA_E_KEY_FILE_UNREADABLE", `The key file ${path} cannot be read.`, {
      cause,
      facts: { path },
    });
  }
  return parsePrivateKey(text);
}
