import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { installPackages } from "../test/clients/install.ts";

/** Where the tools are that koma is measured beside; outside the repository, so that they are installed once. */
export function toolCache(): string {
  const cache = process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache");
  return join(cache, "koma-bench");
}

/**
 * The folder that a package is installed in, from npm where this is the first time.
 *
 * @param spec  name and exact version, as `hardhat@3.18.0`
 * @throws when there is neither a copy nor a network
 */
export async function installedTool(spec: string): Promise<string> {
  const cache = toolCache();
  const folder = join(cache, spec);
  if (existsSync(folder)) return folder;
  mkdirSync(cache, { recursive: true });
  const fresh = mkdtempSync(join(cache, "installing-"));
  try {
    await installPackages(fresh, [spec]);
    // Only what is complete gets the name.
    renameSync(fresh, folder);
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true });
    throw error;
  }
  return folder;
}
