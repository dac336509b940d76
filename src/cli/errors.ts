import { BugError, EnvironmentError, KomaError, ProtocolError, UserError } from "../errors.ts";
import { errorTable } from "./error-table.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { didYouMean, nearNames } from "./near-names.ts";

/** An error as the person or program outside sees it. */
export interface Failure {
  readonly code: string;
  readonly exit: ExitCode;
  readonly message: string;
  /** The facts compared, in the error's own words. */
  readonly why?: string;
  /** What the code means in general, from the table. */
  readonly meaning?: string;
  readonly fix: readonly string[];
  readonly details: Readonly<Record<string, unknown>>;
  /** File that tells more. */
  readonly log?: string;
  /** Shown with --verbose only. */
  readonly stack?: string;
}

/** Thrown at waits when a signal arrived; the exit status is 128 plus the signal's number. */
export class InterruptedError extends KomaError {
  constructor(signal: "SIGINT" | "SIGTERM") {
    super("KOMA_E_INTERRUPTED", `Stopped by ${signal}.`, { facts: { signal } });
  }
}

/**
 * Translates whatever a command threw. Unknown exceptions are bugs; the operating system's refusals are not.
 *
 * @param command `devnet up`, for the way to its help
 */
export function toFailure(thrown: unknown, command?: string): Failure {
  if (thrown instanceof KomaError) return fromKomaError(thrown);
  if (!(thrown instanceof Error)) return bug(String(thrown), undefined);
  if (isParseError(thrown)) return usage(thrown, command === undefined ? [] : [`koma ${command} --help`]);
  const system = thrown as NodeJS.ErrnoException;
  if (typeof system.code === "string" && typeof system.syscall === "string") return fromSystem(system);
  return bug(thrown.message, thrown.stack);
}

function fromKomaError(error: KomaError): Failure {
  const entry = errorTable[error.code];
  // Two facts have a place of their own: `why` is the sentence that compares the facts, `log` the file that tells more.
  const { log, why, ...details } = error.detail.facts ?? {};
  return {
    code: error.code,
    exit: exitOf(error),
    message: error.message,
    ...(typeof why === "string" && why !== "" ? { why } : {}),
    ...(entry ? { meaning: entry.why } : {}),
    fix: error.detail.fix ?? entry?.fix ?? [],
    details,
    ...(typeof log === "string" ? { log } : {}),
    ...(error.stack === undefined ? {} : { stack: withCauses(error) }),
  };
}

function exitOf(error: KomaError): ExitCode {
  if (error instanceof InterruptedError) {
    return error.detail.facts?.["signal"] === "SIGTERM" ? exitCodes.terminated : exitCodes.interrupted;
  }
  const entry = errorTable[error.code];
  if (entry) return entry.exit;
  if (error instanceof BugError) return exitCodes.bug;
  if (error instanceof UserError) return exitCodes.usage;
  if (error instanceof ProtocolError) return exitCodes.rejected;
  return error instanceof EnvironmentError ? exitCodes.failed : exitCodes.bug;
}

/** oclif's parser errors carry the parse they come from. */
function isParseError(error: Error): boolean {
  return "parse" in error || (error as { oclif?: { exit?: number } }).oclif?.exit === 2;
}

function usage(error: Error, help: readonly string[]): Failure {
  const unknown = unknownFlags(error, help);
  if (unknown) return unknown;
  const [first = "", ...rest] = error.message.replace(/\n?See more help with --help$/, "").split("\n");
  const why = rest
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .join(" · ");
  return {
    code: "KOMA_E_USAGE",
    exit: exitCodes.usage,
    message: `${first.replace(/[:.]$/, "")}.`,
    ...(why === "" ? {} : { why }),
    fix: help,
    details: {},
  };
}

/** oclif's NonExistentFlagsError names the flags, and carries those that the command has. */
function unknownFlags(error: Error, help: readonly string[]): Failure | undefined {
  const { flags, parse } = error as {
    flags?: unknown;
    parse?: { input?: { flags?: Readonly<Record<string, unknown>> } };
  };
  if (!Array.isArray(flags) || !flags.every((flag) => typeof flag === "string")) return undefined;
  const known = Object.keys(parse?.input?.flags ?? {}).map((flag) => `--${flag}`);
  const near = flags.flatMap((flag) => nearNames(flag, known));
  return {
    code: "KOMA_E_FLAG_UNKNOWN",
    exit: exitCodes.usage,
    message: `Unknown flag ${flags.join(", ")}.`,
    fix: near.length > 0 ? [didYouMean(near)] : help,
    details: { flags },
  };
}

function fromSystem(error: NodeJS.ErrnoException): Failure {
  const permission = error.code === "EACCES" || error.code === "EPERM";
  return {
    code: "KOMA_E_UNEXPECTED",
    exit: permission ? exitCodes.missing : exitCodes.failed,
    message: `The system refused: ${error.message}.`,
    fix: [],
    details: { errno: error.code, syscall: error.syscall, ...(error.path === undefined ? {} : { path: error.path }) },
    ...(error.stack === undefined ? {} : { stack: error.stack }),
  };
}

function bug(message: string, stack: string | undefined): Failure {
  return {
    code: "KOMA_E_BUG",
    exit: exitCodes.bug,
    message: `Unexpected: ${message}`,
    meaning: errorTable["KOMA_E_BUG"]?.why ?? "",
    fix: ["Run the command again with --verbose and report what it prints."],
    details: {},
    ...(stack === undefined ? {} : { stack }),
  };
}

function withCauses(error: Error): string {
  const lines = [error.stack ?? error.message];
  for (let cause = error.cause, depth = 0; cause !== undefined && depth < 5; depth++) {
    lines.push(`caused by: ${cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)}`);
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return lines.join("\n");
}
