import { errorTable, exitCodeMeanings } from "../../src/cli/index.ts";
import { code, page, prose, table } from "./markdown.ts";

/** Exit codes, and every error code with what it means and what to do. */
export function errorsPage(): string {
  const codes = Object.entries(errorTable).sort(([a], [b]) => (a < b ? -1 : 1));
  return page(
    "Errors and exit codes",
    "Here you look up what an error code means and what a script learns from koma's exit status. Codes and numbers are a promise; wording is not.",
    "the table in `src/cli/error-table.ts`",
    [
      "## Exit codes",
      table(
        ["code", "name", "when"],
        exitCodeMeanings.map((entry) => [String(entry.code), entry.name, entry.when]),
      ),
      "## Error codes",
      "An error's own sentence says more; with `--json` it is `error.message`, and the facts it compared are `error.details`.",
      table(
        ["code", "exit", "meaning", "remedy"],
        codes.map(([name, { exit, why, fix = [] }]) => [
          code(name),
          String(exit),
          prose(why),
          fix.map((step) => (step.startsWith("koma ") || step.startsWith("npm ") ? code(step) : step)).join(" · "),
        ]),
      ),
    ],
  );
}
