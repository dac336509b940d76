import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { UserError } from "../errors.ts";
import { parseDuration } from "./duration.ts";
import { defaultHomeRoot } from "./home.ts";
import { didYouMean, nearNames } from "./near-names.ts";

/** What holds for every command. Precedence: flag, KOMA_* variable, project file, user file, default. */
export interface Settings {
  readonly network: string | undefined;
  readonly chain: string | undefined;
  readonly json: boolean;
  readonly quiet: boolean;
  /** 0, or how often --verbose was given. */
  readonly verbose: number;
  readonly color: boolean;
  /** False: never ask, fail with exit code 9 instead. */
  readonly input: boolean;
  /** Confirms everything that would be asked. */
  readonly yes: boolean;
  readonly timeoutMs: number | undefined;
  readonly home: string;
}

/** Flags as oclif parsed them: values of flags and KOMA_* variables, undefined where neither was given. */
export interface GivenSettings {
  readonly network?: string | undefined;
  readonly chain?: string | undefined;
  readonly json?: boolean | undefined;
  readonly quiet?: boolean | undefined;
  readonly verbose?: number | undefined;
  readonly "no-color"?: boolean | undefined;
  readonly "no-input"?: boolean | undefined;
  readonly yes?: boolean | undefined;
  readonly timeout?: number | undefined;
  readonly home?: string | undefined;
  readonly config?: string | undefined;
}

const FILE_KEYS = ["network", "chain", "home", "timeout", "color", "input"] as const;
type FileSettings = Partial<Record<(typeof FILE_KEYS)[number], string | boolean>>;

export function resolveSettings(given: GivenSettings): Settings {
  const [project, user] = readFiles(given);
  const file = { ...user?.file, ...project?.file };
  const text = (key: "network" | "chain" | "home" | "timeout"): string | undefined => {
    const value = file[key];
    return typeof value === "string" && value !== "" ? value : undefined;
  };
  const timeout = text("timeout");
  return {
    network: given.network ?? text("network"),
    chain: given.chain ?? text("chain"),
    json: given.json ?? false,
    quiet: given.quiet ?? false,
    verbose: given.verbose ?? 0,
    color: !(given["no-color"] ?? file["color"] === false),
    input: !(given["no-input"] ?? file["input"] === false),
    yes: given.yes ?? false,
    timeoutMs: given.timeout ?? (timeout === undefined ? undefined : parseDuration(timeout)),
    home: resolve(given.home ?? text("home") ?? defaultHomeRoot()),
  };
}

/** One setting as it holds now. */
export interface ListedSetting {
  readonly key: "network" | "chain" | "home" | "timeout" | "color" | "input";
  /** Null: nothing is set. */
  readonly value: string | boolean | null;
  readonly origin: "flag" | "environment" | "project" | "user" | "default";
  readonly default: string | boolean | null;
}

/**
 * Every setting that a file may hold, with its source.
 *
 * @param typed  flags that stood on the command line; others that have a value have it from their variable
 */
export function listSettings(
  given: Omit<GivenSettings, "verbose">,
  typed: ReadonlySet<string>,
): readonly ListedSetting[] {
  const files = readFiles(given);
  const flagOf = { color: "no-color", input: "no-input" } as const;
  const defaults = { home: defaultHomeRoot(), color: true, input: true };
  return FILE_KEYS.map((key) => {
    const usual = key === "home" || key === "color" || key === "input" ? defaults[key] : null;
    const flag = key === "color" || key === "input" ? flagOf[key] : key;
    const asked = given[flag];
    if (asked !== undefined) {
      const value = typeof asked === "boolean" ? !asked : typeof asked === "number" ? `${asked}ms` : asked;
      return { key, value, origin: typed.has(flag) ? "flag" : "environment", default: usual };
    }
    const found = files.find(({ file }) => file[key] !== undefined);
    return { key, value: found?.file[key] ?? usual, origin: found?.scope ?? "default", default: usual };
  });
}

export interface SettingsFile {
  readonly scope: "project" | "user";
  readonly path: string;
  readonly exists: boolean;
}

/** Files that settings are read from, the one that counts more first. Without a project's file its place here is named. */
export function settingsFiles(given: Pick<GivenSettings, "config">): readonly SettingsFile[] {
  const project = given.config ?? projectFile(process.cwd()) ?? join(process.cwd(), ".koma", "config.json");
  return [
    { scope: "project", path: resolve(project), exists: existsSync(project) },
    { scope: "user", path: userPath(), exists: existsSync(userPath()) },
  ];
}

function readFiles(given: Pick<GivenSettings, "config">) {
  return settingsFiles(given).map(({ scope, path, exists }) => {
    // One that is named has to be there.
    const wanted = exists || (scope === "project" && given.config !== undefined);
    return { scope, file: readSettings(wanted ? path : undefined) };
  });
}

/** `.koma/config.json` of this folder or the nearest one above it. */
function projectFile(from: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const file = join(folder, ".koma", "config.json");
    if (existsSync(file)) return file;
    if (dirname(folder) === folder) return undefined;
  }
}

function userPath(): string {
  const base = process.env["XDG_CONFIG_HOME"];
  return join(base === undefined || base === "" ? join(homedir(), ".config") : base, "koma", "config.json");
}

function readSettings(file: string | undefined): FileSettings {
  if (file === undefined) return {};
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, "utf8"));
  } catch (cause) {
    throw new UserError("KOMA_E_SETTINGS_INVALID", `The settings file ${file} cannot be read as JSON.`, { cause });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new UserError("KOMA_E_SETTINGS_INVALID", `The settings file ${file} is not a JSON object.`);
  }
  for (const key of Object.keys(value)) {
    if ((FILE_KEYS as readonly string[]).includes(key)) continue;
    const near = nearNames(key, FILE_KEYS);
    throw new UserError("KOMA_E_SETTINGS_INVALID", `The settings file ${file} has an unknown key "${key}".`, {
      fix: near.length > 0 ? [didYouMean(near)] : [`Known keys: ${FILE_KEYS.join(", ")}.`],
    });
  }
  return value as FileSettings;
}
