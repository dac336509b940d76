import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { UserError } from "../errors.ts";

/** Folders of one person's koma: `$KOMA_HOME`, or `$XDG_DATA_HOME/koma`, or `~/.local/share/koma`. */
export interface Home {
  readonly root: string;
  readonly keys: string;
  readonly devnets: string;
  /** @throws {UserError} KOMA_E_NETWORK_INVALID when `name` is no devnet's name: it becomes part of a path */
  devnet(name: string): string;
}

export function openHome(root: string): Home {
  const absolute = resolve(root);
  const devnets = join(absolute, "devnets");
  return {
    root: absolute,
    keys: join(absolute, "keys"),
    devnets,
    devnet: (name) => join(devnets, parseNetworkName(name)),
  };
}

export function defaultHomeRoot(env: NodeJS.ProcessEnv = process.env): string {
  const data = env["XDG_DATA_HOME"];
  return join(data === undefined || data === "" ? join(homedir(), ".local", "share") : data, "koma");
}

export function parseNetworkName(text: string): string {
  if (!/^[a-z][a-z0-9-]{0,38}$/.test(text)) {
    throw new UserError("KOMA_E_NETWORK_INVALID", `"${text.slice(0, 80)}" cannot name a network.`, {
      fix: ["Use a lower-case letter first, then up to 38 lower-case letters, digits or dashes."],
    });
  }
  return text;
}
