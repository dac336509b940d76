import { existsSync } from "node:fs";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { BugError } from "./errors.ts";

/** Folder of the package: the nearest one above this file with the launcher, for the sources as for what the build made of them. */
export function packageRoot(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    if (existsSync(join(folder, "bin", "run.js"))) return folder;
    if (dirname(folder) === folder) throw new BugError("the package's folder with bin/run.js is not above this file");
  }
}

/**
 * A program that another process or thread runs. The build joins modules into few files, so that a module's own address
 * says nothing about where its neighbours are.
 *
 * @param path from the package's folder, without ending: `src/node/call-thread`
 * @returns the source when this runs from the sources, otherwise what the build wrote
 */
export function programFile(path: string): string {
  return extname(fileURLToPath(import.meta.url)) === ".ts"
    ? join(packageRoot(), `${path}.ts`)
    : join(packageRoot(), "dist", `${path}.js`);
}
