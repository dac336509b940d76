import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

type Environment = Readonly<Record<string, string | undefined>>;

/** Path of a Chromium: the one that CHROMIUM names and no other, else one of PATH, else Debian's; undefined without any. */
export function findChromium(environment: Environment): string | undefined {
  const named = environment["CHROMIUM"];
  if (named) return isProgram(named) ? named : undefined;
  const folders = (environment["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  return [...folders.flatMap((folder) => NAMES.map((name) => join(folder, name))), "/usr/bin/chromium"].find(isProgram);
}

export function noBrowser(environment: Environment): string {
  const named = environment["CHROMIUM"];
  const missing = named ? `CHROMIUM names ${named}, which is no program.` : "There is no Chromium.";
  return `${missing} Install one: apt-get install chromium. Or name one in CHROMIUM.`;
}

/** Chromium's own root sandbox needs another user than root; everybody else keeps it. */
export function launchFlags(): string[] {
  return [
    ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ];
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
