import { Config, run } from "@oclif/core";
import { UserError } from "../errors.ts";
import { toFailure } from "./errors.ts";
import { exitCodes } from "./exit-codes.ts";
import { asksVerbose, reportFailure, wantsJson } from "./koma-command.ts";
import { nearNames } from "./near-names.ts";

/**
 * Runs one command line and answers with the exit status. Only the launcher in `bin/` ends the process.
 *
 * @param root folder of the package
 */
export async function launch(argv: readonly string[], root: string): Promise<number> {
  try {
    await run(commandFirst(argv), root);
    await flushOutput();
  } catch (thrown) {
    // Failures inside a command never come here: KomaCommand reports them itself.
    const failure = toFailure(await translate(thrown, argv, root));
    reportFailure(failure, { kind: "koma", json: wantsJson(argv), verbose: asksVerbose(argv) });
    return failure.exit;
  }
  return typeof process.exitCode === "number" ? process.exitCode : exitCodes.ok;
}

/** Waits until what was printed has left; a reader that went away (`| head`) takes nothing more. */
function flushOutput(): Promise<void> {
  const { stdout } = process;
  if (stdout.destroyed || !stdout.writable) return Promise.resolve();
  return new Promise((resolve) => stdout.write("", () => resolve()));
}

/** `koma --json devnet list`: global switches may stand before the command, which oclif wants first. */
function commandFirst(argv: readonly string[]): string[] {
  const switches = ["--json", "-j", "--quiet", "-q", "--verbose", "-v", "--no-color", "--no-input", "--yes", "-y"];
  const first = argv.findIndex((argument) => !switches.includes(argument));
  return first <= 0 ? [...argv] : [...argv.slice(first), ...argv.slice(0, first)];
}

/** oclif says "command x:y not found" in words of its own; ours come with near names. */
async function translate(thrown: unknown, argv: readonly string[], root: string): Promise<unknown> {
  if (!(thrown instanceof Error) || !/^command .* not found/i.test(thrown.message)) return thrown;
  const config = await Config.load(root);
  const known = config.commands.filter(({ hidden }) => !hidden).map(({ id }) => id.replaceAll(":", " "));
  const words = argv.filter((argument) => !argument.startsWith("-"));
  const prefix = longestCommand(words, known);
  if (prefix !== undefined) {
    const extra = words[prefix.split(" ").length] ?? "";
    return new UserError("KOMA_E_USAGE", `koma ${prefix} takes no argument "${extra}".`, {
      fix: [`koma ${prefix} --help`],
    });
  }
  const given = words.slice(0, 3).join(" ");
  const topics = known.map((id) => id.split(" ")[0] as string);
  const near = [...nearNames(given, known), ...nearNames(words[0] ?? "", [...known, ...topics])];
  const fix = [...new Set(near)].slice(0, 3).map((id) => `koma ${id}`);
  return new UserError("KOMA_E_COMMAND_UNKNOWN", `koma has no command "${given}".`, {
    facts: { command: given },
    fix: fix.length > 0 ? fix : ["koma --help"],
  });
}

/** The longest command that is a proper beginning of `words`. */
function longestCommand(words: readonly string[], known: readonly string[]): string | undefined {
  for (let length = words.length - 1; length > 0; length--) {
    const candidate = words.slice(0, length).join(" ");
    if (known.includes(candidate)) return candidate;
  }
  return undefined;
}
