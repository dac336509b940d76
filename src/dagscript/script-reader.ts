import { scriptFault } from "./script-fault.ts";

/** Longest name, title, tag or note. */
const MAX_TEXT = 4096;
/** A unit's id becomes its 32-byte hash. */
const MAX_ID = 32;

/** What a unit says of one validator: nothing, "faulty", or its latest unit's id. */
export type CitedId = { readonly id: string } | "faulty" | undefined;

/** Reads the members of one JSON object, each with the pointer of what is wrong, and knows which were never asked for. */
export class Members {
  readonly pointer: string;
  readonly #object: Readonly<Record<string, unknown>>;
  readonly #asked = new Set<string>();

  constructor(value: unknown, pointer: string) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw scriptFault(pointer, "must be an object");
    }
    this.pointer = pointer;
    this.#object = value as Readonly<Record<string, unknown>>;
  }

  has(key: string): boolean {
    return this.raw(key) !== undefined;
  }

  /** Any JSON value; undefined when the member is absent. */
  raw(key: string): unknown {
    this.#asked.add(key);
    return Object.hasOwn(this.#object, key) ? this.#object[key] : undefined;
  }

  at(key: string): string {
    const escaped = key.replaceAll("~", "~0").replaceAll("/", "~1");
    // A pointer is shown on terminals: it must not steer them.
    return `${this.pointer}/${escaped.replace(/\p{Cc}/gu, (character) => `\\x${character.charCodeAt(0).toString(16)}`)}`;
  }

  fault(key: string, problem: string): Error {
    return scriptFault(this.at(key), problem);
  }

  /** Pointers of members that nobody asked for: most likely misspelt. */
  unknown(): readonly string[] {
    return Object.keys(this.#object)
      .filter((key) => !this.#asked.has(key))
      .map((key) => this.at(key));
  }

  keys(): readonly string[] {
    return Object.keys(this.#object);
  }

  text(key: string): string {
    const value = this.raw(key);
    // Titles and names are shown on terminals.
    if (typeof value !== "string" || value === "" || value.length > MAX_TEXT || /\p{Cc}/u.test(value)) {
      throw this.fault(key, `must be text of 1 to ${MAX_TEXT} characters, without control characters`);
    }
    return value;
  }

  optionalText(key: string): string | undefined {
    return this.has(key) ? this.text(key) : undefined;
  }

  /** Text or null. */
  textOrNull(key: string): string | undefined {
    return this.raw(key) === null ? undefined : this.text(key);
  }

  integer(key: string, minimum = 0, maximum: number = Number.MAX_SAFE_INTEGER): number {
    const value = this.raw(key);
    if (!Number.isSafeInteger(value) || (value as number) < minimum || (value as number) > maximum) {
      throw this.fault(key, `must be a whole number from ${minimum} to ${maximum}`);
    }
    return value as number;
  }

  integerOr(key: string, fallback: number, minimum = 0, maximum: number = Number.MAX_SAFE_INTEGER): number {
    return this.has(key) ? this.integer(key, minimum, maximum) : fallback;
  }

  booleanOr(key: string, fallback: boolean): boolean {
    const value = this.raw(key);
    if (value === undefined) return fallback;
    if (typeof value !== "boolean") throw this.fault(key, "must be true or false");
    return value;
  }

  list(key: string, most: number): readonly unknown[] {
    const value = this.raw(key);
    if (!Array.isArray(value)) throw this.fault(key, "must be a list");
    if (value.length > most) throw this.fault(key, `has ${value.length} entries, at most ${most} are allowed`);
    return value;
  }

  members(key: string): Members {
    return new Members(this.raw(key), this.at(key));
  }

  /** A unit's id. */
  id(key: string): string {
    return readId(this.raw(key), this.at(key));
  }

  ids(key: string, most: number): readonly string[] {
    return this.has(key) ? this.list(key, most).map((value, i) => readId(value, `${this.at(key)}/${i}`)) : [];
  }

  names(key: string, most: number): readonly string[] {
    if (!this.has(key)) return [];
    return this.list(key, most).map((value, i) => {
      if (typeof value === "string") return value;
      throw scriptFault(`${this.at(key)}/${i}`, "must be a validator's name");
    });
  }

  citations(key: string, most: number): readonly CitedId[] {
    return this.list(key, most).map((value, i) => {
      if (value === null) return undefined;
      return value === "F" ? "faulty" : { id: readId(value, `${this.at(key)}/${i}`) };
    });
  }

  /** A citation list, or undefined for `"state"` and when the member is absent. */
  panorama(key: string, most: number): readonly CitedId[] | undefined {
    const value = this.raw(key);
    return value === undefined || value === "state" ? undefined : this.citations(key, most);
  }
}

function readId(value: unknown, pointer: string): string {
  if (typeof value === "string" && value !== "F" && value.length <= MAX_ID && /^[!-~]+$/.test(value)) return value;
  throw scriptFault(pointer, `must be a unit's id: 1 to ${MAX_ID} printable ASCII characters, and not "F"`);
}
