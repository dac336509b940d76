import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../errors.ts";
import { packageRoot } from "../package-files.ts";

/** `template.json`: what a template says of itself. */
export interface Template {
  readonly name: string;
  readonly description: string;
  readonly minNode: string;
  readonly tags: readonly string[];
  /** Files in which `{{key}}` is replaced; all others are copied as they are. */
  readonly render: readonly string[];
  readonly requires: readonly string[];
  readonly folder: string;
}

function templatesFolder(): string {
  const folder = join(packageRoot(), "templates");
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return folder;
  throw new UserError("KOMA_E_TEMPLATES_MISSING", "The templates folder of koma is missing.", {
    fix: ["Reinstall koma; its package carries the templates."],
  });
}

export function listTemplates(): readonly Template[] {
  const root = templatesFolder();
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => {
      const folder = join(root, entry.name);
      const described = JSON.parse(readFileSync(join(folder, "template.json"), "utf8")) as Omit<Template, "folder">;
      return { ...described, folder };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** @throws {UserError} KOMA_E_TEMPLATE_UNKNOWN with the names there are */
export function findTemplate(name: string): Template {
  const templates = listTemplates();
  const found = templates.find((template) => template.name === name);
  if (found) return found;
  throw new UserError("KOMA_E_TEMPLATE_UNKNOWN", `There is no template "${name.slice(0, 60)}".`, {
    facts: { known: templates.map((template) => template.name).join(", ") },
    fix: templates.map((template) => `koma init dapp my-app --template ${template.name}`),
  });
}
