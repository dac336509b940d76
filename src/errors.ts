/** What a {@link KomaError} carries besides its sentence. */
export interface ErrorDetail {
  /** The values compared, for logs and for `details` of the JSON envelope. */
  readonly facts?: Readonly<Record<string, string | number | bigint | boolean>>;
  /** What to do, as instructions; best a command that can be pasted. */
  readonly fix?: readonly string[];
  readonly cause?: unknown;
}

/**
 * Base of every error that leaves a module of koma: a stable code for programs, a sentence for people, facts for logs,
 * a fix for mending. Codes are `KOMA_E_<WORDS>`.
 */
export class KomaError extends Error {
  readonly code: string;
  readonly detail: ErrorDetail;

  constructor(code: string, message: string, detail: ErrorDetail = {}) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.name = new.target.name;
    this.code = code;
    this.detail = detail;
  }
}

/** The person at the keyboard can mend it: a bad flag, a missing key, a port in use. */
export class UserError extends KomaError {}

/** Something outside failed: root chain unreachable, disk full, child process died. Retry or wait. */
export class EnvironmentError extends KomaError {}

/** A peer, a contract or the chain refused, or broke the rules. */
export class ProtocolError extends KomaError {}

/** Ours: an invariant did not hold. */
export class BugError extends KomaError {
  constructor(message: string, detail: ErrorDetail = {}) {
    super("KOMA_E_BUG", message, detail);
  }
}

/** Makes a forgotten variant of a union a compile error. */
export function assertNever(value: never): never {
  const text = JSON.stringify(value, (_, item) => (typeof item === "bigint" ? item.toString() : item));
  throw new BugError(`unhandled variant: ${text}`);
}
