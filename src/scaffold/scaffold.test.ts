import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isPackageName, scaffold } from "./scaffold.ts";
import { findTemplate, listTemplates } from "./template.ts";

const options = { values: {}, environment: { VITE_KOMA_CHAIN_ID: "80401" } };

describe("scaffolding a DApp", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "koma-scaffold-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("copies every template, names it after its folder and writes its settings", () => {
    for (const template of listTemplates()) {
      const target = join(folder, `my-${template.name}`);
      const files = scaffold(template, target, options);
      expect(JSON.parse(readFileSync(join(target, "package.json"), "utf8"))).toMatchObject({
        name: `my-${template.name}`,
      });
      expect(files).toContain(".gitignore");
      expect(files).not.toContain("template.json");
      expect(readFileSync(join(target, ".env.local"), "utf8")).toBe("VITE_KOMA_CHAIN_ID=80401\n");
      expect(statSync(join(target, ".env.local")).mode & 0o777).toBe(0o600);
      for (const file of template.render) expect(readFileSync(join(target, file), "utf8")).not.toContain("{{");
    }
  });

  it("refuses a folder that is not empty, and overwrites only its own files when forced", () => {
    const target = join(folder, "shop");
    scaffold(findTemplate("payment-checkout"), target, options);
    writeFileSync(join(target, "mine.txt"), "mine");
    const again = () => scaffold(findTemplate("payment-checkout"), target, options);
    expect(again).toThrow(expect.objectContaining({ code: "KOMA_E_TARGET_EXISTS" }));
    scaffold(findTemplate("payment-checkout"), target, { ...options, force: true });
    expect(existsSync(join(target, "mine.txt"))).toBe(true);
  });

  it("leaves nothing behind when it fails", () => {
    const broken = { ...findTemplate("payment-checkout"), render: ["missing.txt"] };
    expect(() => scaffold(broken, join(folder, "shop"), options)).toThrow();
    expect(readdirSync(folder)).toEqual([]);
  });

  it("refuses names that npm refuses", () => {
    expect(() => scaffold(findTemplate("payment-checkout"), join(folder, "My Shop"), options)).toThrow(
      expect.objectContaining({ code: "KOMA_E_TARGET_NAME" }),
    );
    expect(isPackageName(".hidden")).toBe(false);
  });

  it("names the templates there are when one is unknown", () => {
    expect(() => findTemplate("paymnet")).toThrow(expect.objectContaining({ code: "KOMA_E_TEMPLATE_UNKNOWN" }));
  });
});
