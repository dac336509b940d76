import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { JsonSchema } from "../docs/generator/json-schema-of-type.ts";
import { expectDocumented } from "../test/support/command-output.ts";
import { findViolations } from "../test/support/json-schema.ts";
import ConfigList from "./config/list.ts";
import ConfigPath from "./config/path.ts";
import DevnetFaultKinds from "./devnet/fault/kinds.ts";
import DevnetList from "./devnet/list.ts";
import DevnetStatus from "./devnet/status.ts";
import Doctor from "./doctor.ts";
import Help from "./help.ts";
import InitDapp from "./init/dapp.ts";
import KeysImport from "./keys/import.ts";
import KeysList from "./keys/list.ts";
import KeysNew from "./keys/new.ts";
import KeysShow from "./keys/show.ts";
import ProofTypes from "./proof/types.ts";

/** Those that need no network; end-to-end tests check the others, and these as well. */
interface Runnable {
  run(argv: string[], root: string): Promise<unknown>;
}

const root = fileURLToPath(new URL("..", import.meta.url));
let home: string;
let password: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "koma-json-"));
  password = join(home, "password");
  writeFileSync(password, "correct horse battery staple\n");
});
afterEach(() => {
  rmSync(home, { recursive: true, force: true });
  process.exitCode = 0; // some of them answer with bad news, which is no failure of this test
});

async function outputOf(command: Runnable, ...argv: readonly string[]): Promise<string> {
  let printed = "";
  const spy = vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    printed += String(text);
    return true;
  });
  try {
    await command.run([...argv, "--json", "--home", home], root);
  } finally {
    spy.mockRestore();
  }
  return printed;
}

describe("what commands print with --json fits its schema:", () => {
  const key = "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";

  it.each<{ line: string; kind: string; command: Runnable; argv?: readonly string[] }>([
    { line: "doctor", kind: "doctor", command: Doctor },
    { line: "config list", kind: "config.list", command: ConfigList },
    { line: "config path", kind: "config.path", command: ConfigPath },
    { line: "devnet list", kind: "devnet.list", command: DevnetList },
    { line: "devnet fault kinds", kind: "devnet.fault.kinds", command: DevnetFaultKinds },
    { line: "proof types", kind: "proof.types", command: ProofTypes },
    { line: "init dapp --list", kind: "init.dapp", command: InitDapp, argv: ["--list"] },
    ...["exit-codes", "errors", "environment", "json", "devnet"].map((topic) => ({
      line: `help ${topic}`,
      kind: "help",
      command: Help,
      argv: [topic],
    })),
  ])("$line", async ({ kind, command, argv = [] }) => {
    const printed = await outputOf(command, ...argv);
    expectDocumented(printed);
    expect(JSON.parse(printed)).toMatchObject({ ok: true, kind });
  });

  it("keys new, import, list and show", async () => {
    const keyFile = join(home, "key");
    writeFileSync(keyFile, key);
    const made = await outputOf(KeysNew, "ann", "--password-file", password, "--mnemonic-words", "12");
    const imported = await outputOf(KeysImport, "bob", "--from", keyFile, "--password-file", password);
    const listed = await outputOf(KeysList);
    const shown = await outputOf(KeysShow, "bob", "--reveal", "--yes", "--password-file", password);
    for (const printed of [made, imported, listed, shown]) {
      expectDocumented(printed);
      expect(JSON.parse(printed)).toMatchObject({ ok: true });
    }
    expect(JSON.parse(shown).data.key).toBe(`0x${key}`);
  });

  it("an error", async () => {
    const printed = await outputOf(DevnetStatus, "nowhere");
    expectDocumented(printed);
    expect(JSON.parse(printed)).toMatchObject({ ok: false, kind: "devnet.status" });
  });
});

it("a document of no kind, or with a key too many, fits no schema", async () => {
  const good = JSON.parse(await outputOf(DevnetList)) as Record<string, unknown>;
  const check = (document: unknown) => () => expectDocumented(`${JSON.stringify(document)}\n`);
  expect(check({ ...good, more: 1 })).toThrow("$.more is not in the schema");
  expect(check({ ...good, kind: "devnet.nothing" })).toThrow("ENOENT");
  expect(check({ ...good, data: [{ name: 1 }] })).toThrow("$.data[0].name is 1, not of type string");
});

it("a schema with a keyword that our check does not know is refused, not passed over", () => {
  expect(() => findViolations({ maximum: 3 } as JsonSchema, 4)).toThrow("unknown keyword maximum");
  expect(() => findViolations({ $ref: "#/$defs/Nobody" }, 4)).toThrow("leads nowhere");
});

it("every command of the manifest has a kind of its own", () => {
  const manifest = JSON.parse(readFileSync(join(root, "oclif.manifest.json"), "utf8")) as {
    commands: Record<string, { kind?: string; id: string }>;
  };
  for (const { id, kind } of Object.values(manifest.commands)) expect(kind).toBe(id.replaceAll(":", "."));
});
