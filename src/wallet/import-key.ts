import { UserError } from "../errors.ts";
import type { Bytes } from "../primitives/index.ts";
import { parsePrivateKey } from "./key-file.ts";
import { decryptKey } from "./keystore-cipher.ts";
import { deriveAccountAt } from "./mnemonic.ts";

export interface ImportOptions {
  readonly kind: "hex" | "mnemonic" | "keystore";
  /** Derivation path of a mnemonic's key. */
  readonly path: string;
  /** Asked for only when a keystore is read. */
  readonly password: () => Promise<string>;
}

/**
 * Reads a key that came from somewhere else.
 *
 * @throws {UserError} KOMA_E_PRIVATE_KEY_MALFORMED, KOMA_E_MNEMONIC_MALFORMED, KOMA_E_KEYSTORE_MALFORMED, KOMA_E_PASSWORD_WRONG
 */
export async function importKey(text: string, options: ImportOptions): Promise<Bytes> {
  switch (options.kind) {
    case "hex":
      return parsePrivateKey(text);
    case "mnemonic":
      return deriveAccountAt(text, options.path).privateKey;
    case "keystore":
      return decryptKey(parseJson(text), await options.password());
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UserError("KOMA_E_KEYSTORE_MALFORMED", "This is not a keystore that koma can read: it is not JSON.", {
      cause,
    });
  }
}
