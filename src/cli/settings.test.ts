import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { listSettings, resolveSettings, settingsFiles } from "./settings.ts";

let folder: string;
let project: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "koma-settings-"));
  project = join(folder, "project.json");
  mkdirSync(join(folder, "koma"));
  vi.stubEnv("XDG_CONFIG_HOME", folder);
  writeFileSync(project, JSON.stringify({ network: "ours", color: false }));
  const user = { network: "mine", timeout: "20s", input: false };
  writeFileSync(join(folder, "koma", "config.json"), JSON.stringify(user));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

it("names the source of each setting: flag, variable, project, user, default", () => {
  const listed = listSettings({ config: project, chain: "main", home: "/keys" }, new Set(["chain"]));
  const sources = Object.fromEntries(listed.map(({ key, value, origin }) => [key, [value, origin]]));
  expect(sources).toEqual({
    network: ["ours", "project"],
    chain: ["main", "flag"],
    home: ["/keys", "environment"],
    timeout: ["20s", "user"],
    color: [false, "project"],
    input: [false, "user"],
  });
  // What it lists is what commands go by.
  const resolved = resolveSettings({ config: project, chain: "main", home: "/keys" });
  expect(resolved).toMatchObject({ network: "ours", chain: "main", timeoutMs: 20_000, color: false, input: false });
});

it("tells a flag that turns something off, and what is usual without any", () => {
  const of = (key: string) => listSettings({ config: project, "no-input": true }, new Set()).find((s) => s.key === key);
  expect(of("input")).toEqual({ key: "input", value: false, origin: "environment", default: true });
  expect(of("chain")).toEqual({ key: "chain", value: null, origin: "default", default: null });
});

it("names the files, and whether they are there", () => {
  rmSync(join(folder, "koma"), { recursive: true });
  expect(settingsFiles({ config: project })).toEqual([
    { scope: "project", path: project, exists: true },
    { scope: "user", path: join(folder, "koma", "config.json"), exists: false },
  ]);
});
