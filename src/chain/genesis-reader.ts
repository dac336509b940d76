import { UserError } from "../errors.ts";
import { type Address, type Bytes, hexToBytes, isHash, isHex, parseAddress } from "../primitives/index.ts";

/** Reads one value of a genesis file; each names the place of what is wrong. */
export function invalidGenesis(path: string, problem: string, cause?: unknown): UserError {
  return new UserError("KOMA_E_GENESIS_INVALID", `The genesis is invalid: ${path} ${problem}.`, {
    facts: { path },
    fix: [`Correct ${path} in the genesis file.`],
    ...(cause === undefined ? {} : { cause }),
  });
}

export type JsonObject = Readonly<Record<string, unknown>>;

/** An object whose keys are all among `required` and `optional`, with every required one present. */
export function readRecord(
  value: unknown,
  path: string,
  required: readonly string[],
  optional: readonly string[] = [],
): JsonObject {
  const record = readAnyRecord(value, path);
  const known = [...required, ...optional];
  for (const key of Object.keys(record)) {
    if (known.includes(key)) continue;
    const near = nearestKey(key, known);
    throw invalidGenesis(join(path, key), `is not a known key${near === undefined ? "" : `; did you mean "${near}"?`}`);
  }
  for (const key of required) {
    if (record[key] === undefined) throw invalidGenesis(join(path, key), "is missing");
  }
  return record;
}

export function readAnyRecord(value: unknown, path: string): JsonObject {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalidGenesis(path, "must be an object");
  }
  return value as JsonObject;
}

export function readArray(value: unknown, path: string): readonly unknown[] {
  if (!Array.isArray(value)) throw invalidGenesis(path, "must be a list");
  return value;
}

export function readText(value: unknown, path: string, maxLength: number): string {
  if (typeof value !== "string" || value.length === 0 || value.length > maxLength) {
    throw invalidGenesis(path, `must be text of 1 to ${maxLength} characters`);
  }
  return value;
}

export function readBoolean(value: unknown, path: string): boolean {
  if (typeof value !== "boolean") throw invalidGenesis(path, "must be true or false");
  return value;
}

/** A whole number that JSON can hold exactly. */
export function readCount(value: unknown, path: string, min: number, max: number): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < min || value > max) {
    throw invalidGenesis(path, `must be a whole number from ${min} to ${max}`);
  }
  return value;
}

/** A decimal string of any size, or a whole number that JSON can hold exactly. */
export function readQuantity(value: unknown, path: string, min: bigint, max: bigint): bigint {
  const isDecimal = typeof value === "string" && /^(0|[1-9][0-9]{0,77})$/.test(value);
  if (!isDecimal && !(typeof value === "number" && Number.isSafeInteger(value))) {
    throw invalidGenesis(path, "must be a whole number, as a decimal string");
  }
  const quantity = BigInt(value as string | number);
  if (quantity < min || quantity > max) throw invalidGenesis(path, `must be from ${min} to ${max}`);
  return quantity;
}

export function readAddressText(value: unknown, path: string): Address {
  if (typeof value !== "string") throw invalidGenesis(path, "must be an address");
  try {
    return parseAddress(value);
  } catch (cause) {
    throw invalidGenesis(path, "must be an address: 0x and 40 hex digits, mixed case only as EIP-55", cause);
  }
}

export function readHexText(value: unknown, path: string): Bytes {
  if (!isHex(value)) throw invalidGenesis(path, "must be hex data: 0x and an even number of digits");
  return hexToBytes(value);
}

/** A 32-byte word in lower-case hex. */
export function readWordText(value: unknown, path: string) {
  const lower = typeof value === "string" ? value.toLowerCase() : value;
  if (!isHash(lower)) throw invalidGenesis(path, "must be a word: 0x and 64 hex digits");
  return lower;
}

export function join(path: string, key: string): string {
  const shown = key.length > 80 ? `${key.slice(0, 77)}...` : key;
  return path === "" ? shown : `${path}.${shown}`;
}

/** The known key that needs the fewest typing errors, at most a third of its letters. */
function nearestKey(key: string, known: readonly string[]): string | undefined {
  let nearest: string | undefined;
  let fewest = Number.POSITIVE_INFINITY;
  for (const candidate of known) {
    const edits = editDistance(key.slice(0, 40).toLowerCase(), candidate.toLowerCase());
    if (edits < fewest && edits <= Math.max(1, Math.floor(candidate.length / 3))) {
      fewest = edits;
      nearest = candidate;
    }
  }
  return nearest;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substitution, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}
