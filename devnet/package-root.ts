import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { BugError } from "../src/errors.ts";

/** Folder of the package: the nearest one above this file with the launcher, both for sources and for `dist`. */
export function packageRoot(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    if (existsSync(join(folder, "bin", "run.js"))) return folder;
    if (dirname(folder) === folder) throw new BugError("the package's folder with bin/run.js is not above this file");
  }
}

/** Environment of a devnet's processes: the caller's, without KOMA_ settings that were meant for the caller's command. */
export function childEnvironment(dir: string): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([key]) => !key.startsWith("KOMA_") && key !== "NODE_OPTIONS");
  return { ...Object.fromEntries(inherited), KOMA_DEVNET: dir };
}
