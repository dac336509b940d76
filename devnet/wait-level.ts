import { UserError } from "../src/errors.ts";
import type { WaitLevel } from "./state.ts";

/** Reads `ready`, `block`, `block:12` or `checkpoint`. @throws {UserError} KOMA_E_ARGUMENT_INVALID */
export function parseWaitLevel(text: string): WaitLevel {
  if (text === "ready" || text === "checkpoint") return { level: text };
  const [, height = "1"] = /^block(?::([0-9]{1,9}))?$/.exec(text) ?? [undefined, "none"];
  if (height === "none") {
    throw new UserError("KOMA_E_ARGUMENT_INVALID", `"${text}" is nothing a devnet can be waited for.`, {
      fix: ["--wait-for ready", "--wait-for block:10", "--wait-for checkpoint"],
    });
  }
  return { level: "block", height: Number(height) };
}
