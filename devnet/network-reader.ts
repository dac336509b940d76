import { didYouMean, nearNames } from "../src/cli/index.ts";
import { UserError } from "../src/errors.ts";

/** Reads one value of a network file, or fails with the path of the key. */
export type Reader<T> = (value: unknown, path: string) => T;

/** @throws {UserError} KOMA_E_NETWORK_INVALID: "`path` must be `what`." */
export function invalid(path: string, what: string): never {
  throw new UserError("KOMA_E_NETWORK_INVALID", `${path === "" ? "The network" : path} must be ${what}.`, {
    facts: { path },
  });
}

/** Has a reader that knows no paths say which key it refused. */
export const named =
  <In, Out>(read: (value: In) => Out): ((value: In, path: string) => Out) =>
  (value, path) => {
    try {
      return read(value);
    } catch (cause) {
      if (!(cause instanceof UserError)) throw cause;
      const { facts, ...detail } = cause.detail;
      throw new UserError(cause.code, `${path}: ${cause.message}`, { ...detail, cause, facts: { ...facts, path } });
    }
  };

export const text: Reader<string> = (value, path) =>
  typeof value === "string" && value.length > 0 && value.length <= 1000 ? value : invalid(path, "a text");

/** A whole number, also written as text: --set gives texts. */
export const wholeNumber =
  (min: number, max: number): Reader<number> =>
  (value, path) => {
    const number = typeof value === "string" && /^[0-9]{1,16}$/.test(value) ? Number(value) : value;
    return Number.isSafeInteger(number) && (number as number) >= min && (number as number) <= max
      ? (number as number)
      : invalid(path, `a whole number from ${min} to ${max}`);
  };

export const oneOf =
  <T extends string>(...values: readonly T[]): Reader<T> =>
  (value, path) =>
    (values as readonly unknown[]).includes(value) ? (value as T) : invalid(path, values.join(" or "));

export const list =
  (min: number, max: number): Reader<readonly unknown[]> =>
  (value, path) =>
    Array.isArray(value) && value.length >= min && value.length <= max
      ? value
      : invalid(path, min === max ? `a list of ${min}` : `a list of ${min} to ${max}`);

/** A share between 0 and 1: `1/3`, `0.4`, `40%` or a number. */
export const share: Reader<number> = (value, path) => {
  const number = typeof value === "number" ? value : shareOfText(String(value));
  return number > 0 && number < 1 ? number : invalid(path, "a share between 0 and 1, such as 1/3, 0.4 or 40%");
};

function shareOfText(value: string): number {
  const ratio = /^([0-9]{1,9})\/([1-9][0-9]{0,8})$/.exec(value);
  if (ratio) return Number(ratio[1]) / Number(ratio[2]);
  const percent = /^([0-9]{1,2}(?:\.[0-9]{1,9})?)%$/.exec(value);
  if (percent) return Number(percent[1]) / 100;
  return /^0?\.[0-9]{1,9}$/.test(value) ? Number(value) : Number.NaN;
}

/** One object of the file. */
export interface RecordReader {
  has(key: string): boolean;
  required<T>(key: string, read: Reader<T>): T;
  optional<T, D>(key: string, read: Reader<T>, fallback: D): T | D;
}

/** Opens an object whose keys are all known; a key that is not is an error with near names. */
export function record(value: unknown, path: string, known: readonly string[]): RecordReader {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return invalid(path, "an object");
  const fields = value as Record<string, unknown>;
  const pathOf = (key: string): string => (path === "" ? key : `${path}.${key}`);
  for (const key of Object.keys(fields)) {
    if (known.includes(key)) continue;
    const near = nearNames(key, known);
    throw new UserError("KOMA_E_NETWORK_INVALID", `${pathOf(key)} is not a key of a network.`, {
      facts: { path: pathOf(key) },
      fix: near.length > 0 ? [didYouMean(near)] : [`Known there: ${known.join(", ")}.`],
    });
  }
  return {
    has: (key) => fields[key] !== undefined,
    required: (key, read) =>
      fields[key] === undefined ? invalid(pathOf(key), "given") : read(fields[key], pathOf(key)),
    optional: (key, read, fallback) => (fields[key] === undefined ? fallback : read(fields[key], pathOf(key))),
  };
}
