import { writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { execa } from "execa";

/**
 * Installs packages that are too heavy, or not licensed, to be dependencies of this repository, into a folder of their own.
 *
 * @throws when npm fails, with what it said: without a network, for example
 */
export async function installPackages(folder: string, packages: readonly string[]): Promise<void> {
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  // npm leaves packages out that do not fit the Node it runs on.
  const path = `${dirname(process.execPath)}${delimiter}${process.env["PATH"] ?? ""}`;
  const install = ["install", "--ignore-scripts", "--no-audit", "--no-fund", ...packages];
  await execa("npm", install, { cwd: folder, env: { PATH: path } });
}
