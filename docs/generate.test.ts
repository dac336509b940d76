import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { generateReference } from "./generate.ts";
import { OUTPUT_SCHEMAS } from "./generator/output-schemas.ts";

const repository = fileURLToPath(new URL("..", import.meta.url));

describe("docs/reference and the schemas of output", async () => {
  const pages = await generateReference();

  it.each([...pages.keys()])("%s says what the sources say (else run `npm run docs`)", (path) => {
    const file = join(repository, path);
    expect(existsSync(file) ? readFileSync(file, "utf8") : "").toBe(pages.get(path));
  });

  it("says something in every cell about every key of a file", () => {
    const rows = pages.get("docs/reference/configuration.md")?.match(/^\|.*\|$/gm) ?? [];
    expect(rows.length).toBeGreaterThan(70);
    // "Optional." alone says no more than nothing.
    expect(rows.filter((row) => /\|\s*(Optional\.)?\s*\|/.test(row))).toEqual([]);
  });

  it("holds a schema for each kind of output, and none without a command", () => {
    const { commands } = JSON.parse(readFileSync(join(repository, "oclif.manifest.json"), "utf8")) as {
      commands: Record<string, unknown>;
    };
    const kinds = [...Object.keys(commands).map((id) => id.replaceAll(":", ".")), "end", "error"];
    expect(readdirSync(join(repository, OUTPUT_SCHEMAS)).sort()).toEqual(kinds.map((kind) => `${kind}.v1.json`).sort());
  });
});
