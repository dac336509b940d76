import { UserError } from "../errors.ts";

/** The file is not a script: names the place as a JSON pointer (RFC 6901). */
export function scriptFault(pointer: string, problem: string, facts: Readonly<Record<string, string>> = {}): UserError {
  const place = pointer === "" ? "the file" : pointer;
  return new UserError("KOMA_E_SCRIPT_INVALID", `The script is malformed: ${place} ${problem}.`, {
    facts: { pointer, ...facts },
    fix: [`Correct ${place}; docs/protocol/playing-with-the-dag.md describes the format.`],
  });
}
