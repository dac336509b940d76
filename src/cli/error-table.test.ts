import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { errorTable } from "./error-table.ts";
import { exitCodeMeanings } from "./exit-codes.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => /\.tsx?$/.test(file) && !/\.test\.tsx?$/.test(file) && !file.startsWith("cli/error-table"))
    .map((file) => join(root, folder, file));
}

describe("the error table", () => {
  it("knows every code that koma can throw", () => {
    const thrown = new Set<string>();
    for (const file of ["src", "devnet", "commands"].flatMap(sources)) {
      for (const [code] of readFileSync(file, "utf8").matchAll(/"KOMA_E_[A-Z0-9_]+"/g))
        thrown.add(JSON.parse(code) as string);
    }
    expect([...thrown].filter((code) => !(code in errorTable)).sort()).toEqual([]);
  });

  it("gives each code a documented exit status and a sentence", () => {
    const documented = new Set<number>(exitCodeMeanings.map(({ code }) => code));
    for (const [code, { exit, why }] of Object.entries(errorTable)) {
      expect(documented.has(exit), code).toBe(true);
      expect(why, code).toMatch(/^([A-Z]|koma ).*\.$/);
    }
  });
});
