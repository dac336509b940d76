import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { UserError } from "../errors.ts";
import type { Template } from "./template.ts";

export interface ScaffoldOptions {
  /** Replaces `{{key}}` in the files that the template lists. */
  readonly values: Readonly<Record<string, string>>;
  /** Lines of `.env.local`. */
  readonly environment: Readonly<Record<string, string>>;
  /** Overwrite the template's files in a folder that is not empty; deletes nothing. */
  readonly force?: boolean;
}

/** Built things that a template's own tests leave behind. */
const NOT_COPIED = new Set(["node_modules", "dist", "template.json", "screenshots"]);

/** Name rules of npm, since the folder's name becomes the package's. */
export function isPackageName(name: string): boolean {
  return name.length <= 214 && /^[a-z0-9][a-z0-9._-]*$/.test(name);
}

/**
 * Copies a template into `target`. The copy is made beside the target and renamed, so that an interrupted run leaves nothing.
 *
 * @returns the files written, relative to `target`
 * @throws {UserError} KOMA_E_TARGET_NAME, KOMA_E_TARGET_EXISTS
 */
export function scaffold(template: Template, target: string, options: ScaffoldOptions): readonly string[] {
  const folder = resolve(target);
  const name = basename(folder);
  if (!isPackageName(name)) {
    throw new UserError("KOMA_E_TARGET_NAME", `"${name}" cannot be the name of an npm package.`, {
      fix: ["Use lower-case letters, digits, dots, dashes and underscores."],
    });
  }
  const occupied = existsSync(folder) && readdirSync(folder).length > 0;
  if (occupied && !options.force) {
    throw new UserError("KOMA_E_TARGET_EXISTS", `${folder} exists and is not empty.`, {
      fix: ["Choose another folder, or add --force to overwrite the template's files in it."],
    });
  }
  mkdirSync(dirname(folder), { recursive: true });
  const draft = mkdtempSync(join(dirname(folder), `.${name}-`));
  try {
    cpSync(template.folder, draft, {
      recursive: true,
      filter: (source) => !NOT_COPIED.has(basename(source)) || source === template.folder,
    });
    const values = { name, ...options.values };
    for (const file of template.render) {
      const path = join(draft, file);
      writeFileSync(path, render(readFileSync(path, "utf8"), values));
    }
    const lines = Object.entries(options.environment).map(([key, value]) => `${key}=${value}`);
    writeFileSync(join(draft, ".env.local"), `${lines.join("\n")}\n`, { mode: 0o600 });
    restoreDots(draft);
    const files = listFiles(draft)
      .map((file) => relative(draft, file))
      .sort();
    if (occupied) cpSync(draft, folder, { recursive: true });
    else {
      rmSync(folder, { recursive: true, force: true });
      renameSync(draft, folder);
    }
    return files;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

function render(text: string, values: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\{\{(\w+)\}\}/g, (whole, key: string) => values[key] ?? whole);
}

/** npm leaves `.gitignore` and `.npmrc` out of packages, so templates carry them as `_dot_…`. */
function restoreDots(folder: string): void {
  for (const file of listFiles(folder)) {
    const name = basename(file);
    if (name.startsWith("_dot_")) renameSync(file, join(dirname(file), `.${name.slice("_dot_".length)}`));
  }
}

function listFiles(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
