import { UserError } from "../errors.ts";
import { type Hash, type Hex, isHash, isHex } from "../primitives/index.ts";

/** Nodes of one path: more than a trie of 32-byte keys has. */
const MAX_NODES = 64;

export function nodesField(value: unknown, path: string): readonly Hex[] {
  return listField(value, path, MAX_NODES).map((node, place) => hexField(node, `${path}[${place}]`));
}

export function hexField(value: unknown, path: string): Hex {
  if (!isHex(value)) throw malformed(`${path} is no hex`);
  return value;
}

export function listField(value: unknown, path: string, most: number): readonly unknown[] {
  if (!Array.isArray(value) || value.length > most) throw malformed(`${path} is no list of at most ${most}`);
  return value;
}

export function recordField(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw malformed(`${path} is no object`);
  return value as Readonly<Record<string, unknown>>;
}

/** @param digits  most decimal digits; 20 are those of the contracts' integers of 64 bits, 78 those of a word */
export function integerField(value: unknown, path: string, digits: 20 | 78 = 20): bigint {
  const sound = typeof value === "string" && value.length <= digits && /^[0-9]+$/.test(value);
  if (!sound) throw malformed(`${path} is no decimal number`);
  return BigInt(value);
}

export function indexField(value: unknown, path: string): number {
  if (!Number.isInteger(value) || (value as number) < 0 || (value as number) > 0xffff_ffff) {
    throw malformed(`${path} is no index`);
  }
  return value as number;
}

export function hashField(value: unknown, path: string): Hash {
  if (!isHash(value)) throw malformed(`${path} is no hash in lower case`);
  return value;
}

/** KOMA_E_PROOF_MALFORMED with the place of what is wrong. */
export function malformed(what: string, cause?: unknown): UserError {
  return new UserError("KOMA_E_PROOF_MALFORMED", `The proof file is malformed: ${what}.`, {
    fix: ["Write one with: koma proof tx latest --out proof.json"],
    cause,
  });
}
