import { BugError, KomaError } from "../../src/errors.ts";
import type { StateError } from "../state.ts";

/** What went wrong, for the state that clients see. @param log file that tells more when the error names none */
export function toStateError(error: unknown, log: string): StateError {
  const known =
    error instanceof KomaError ? error : new BugError(error instanceof Error ? error.message : String(error));
  const facts = known.detail.facts ?? {};
  return {
    code: known.code,
    message: known.message,
    why: typeof facts["why"] === "string" ? facts["why"] : "",
    fix: known.detail.fix ?? [],
    log: typeof facts["log"] === "string" ? facts["log"] : log,
  };
}
