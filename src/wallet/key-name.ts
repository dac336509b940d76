import { UserError } from "../errors.ts";
import type { Branded } from "../primitives/index.ts";

/** Name of a key: also its file name, hence no separators, no leading dot, no upper case. */
export type KeyName = Branded<string, "KeyName">;

/** @throws {UserError} KOMA_E_KEY_NAME_INVALID */
export function parseKeyName(text: string): KeyName {
  if (!/^[a-z][a-z0-9-]{0,38}$/.test(text)) {
    throw new UserError("KOMA_E_KEY_NAME_INVALID", `"${text.slice(0, 80)}" cannot name a key.`, {
      fix: ["Use a lower-case letter first, then up to 38 lower-case letters, digits or dashes."],
    });
  }
  return text as KeyName;
}
