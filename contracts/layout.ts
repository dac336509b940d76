// `npm run layout`: where every field of the contracts' namespaced storage (ERC-7201) lies, as the compiler tells it, into
// contracts/storage-layout.json. The committed file is what deployed proxies hold: a test compares the sources with it, so
// that no upgrade moves a field by accident. Fields may be added at the end; anything else needs a new deployment.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** Slot and byte of a field within its struct, and its type. */
export interface Field {
  readonly name: string;
  readonly slot: string;
  readonly offset: number;
  readonly type: string;
}

/** Fields by the name of their namespace; those of the structs within by the namespace and the struct's name. */
export type Layouts = Readonly<Record<string, readonly Field[]>>;

interface CompilerType {
  readonly label: string;
  /** Of a mapping. */
  readonly value?: string;
  /** Of an array. */
  readonly base?: string;
  readonly members?: readonly { readonly label: string; slot: string; offset: number; type: string }[];
}

interface StorageLayout {
  readonly storage: readonly { readonly label: string; readonly type: string }[];
  readonly types: Readonly<Record<string, CompilerType>>;
}

interface Compiler {
  compile(input: string, callbacks: { import(path: string): { contents: string } | { error: string } }): string;
}

const folder = fileURLToPath(new URL(".", import.meta.url));
const nodeModules = join(folder, "..", "node_modules");
export const layoutFile = join(folder, "storage-layout.json");

interface Namespace {
  readonly file: string;
  /** As Solidity names it from outside, such as `WithdrawManager.WithdrawStorage`. */
  readonly struct: string;
  readonly imported: string;
  readonly name: string;
}

/** Every struct that is marked as a namespace's. */
function findNamespaces(files: Readonly<Record<string, string>>): readonly Namespace[] {
  return Object.entries(files).flatMap(([file, text]) =>
    [...text.matchAll(/@custom:storage-location erc7201:(\S+)\n\s*(?:\/\/[^\n]*\n\s*)*struct (\w+)/g)].map((found) => {
      const [, name, struct] = found as unknown as [string, string, string];
      const owner = [...text.slice(0, found.index).matchAll(/^(?:abstract )?contract (\w+)/gm)].at(-1)?.[1];
      const inside = owner !== undefined && /^ {4}struct /m.test(found[0]);
      return { file, name, struct: inside ? `${owner}.${struct}` : struct, imported: inside ? owner : struct };
    }),
  );
}

/** Where the fields lie now. */
export function readLayouts(): Layouts {
  const files = Object.fromEntries(
    readdirSync(join(folder, "src"), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith(".sol"))
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [relative(folder, path).split(sep).join("/"), readFileSync(path, "utf8")] as const),
  );
  const namespaces = findNamespaces(files);
  // The compiler tells the layout of contracts' variables only: a contract that has all of them.
  const probe = [
    "pragma solidity ^0.8.28;",
    ...namespaces.map(({ file, imported }, index) => `import {${imported} as N${index}} from "${file}";`),
    "contract Probe {",
    ...namespaces.map(({ struct, imported }, index) => `  N${index}${struct.slice(imported.length)} n${index};`),
    "}",
  ].join("\n");
  const sources = Object.fromEntries(
    Object.entries({ ...files, "probe.sol": probe }).map(([file, content]) => [file, { content }]),
  );
  const solc = createRequire(import.meta.url)("solc") as Compiler;
  const settings = { evmVersion: "cancun", outputSelection: { "probe.sol": { Probe: ["storageLayout"] } } };
  const output = JSON.parse(
    solc.compile(JSON.stringify({ language: "Solidity", sources, settings }), {
      import: (path) => ({ contents: readFileSync(join(nodeModules, path), "utf8") }),
    }),
  ) as {
    readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[];
    readonly contracts?: { readonly "probe.sol": { readonly Probe: { readonly storageLayout: StorageLayout } } };
  };
  const faults = (output.errors ?? []).filter(({ severity }) => severity === "error");
  if (!output.contracts || faults.length > 0) throw new Error(faults.map((fault) => fault.formattedMessage).join("\n"));
  return describe(output.contracts["probe.sol"].Probe.storageLayout, namespaces);
}

function describe({ storage, types }: StorageLayout, namespaces: readonly Namespace[]): Layouts {
  const layouts: Record<string, Field[]> = {};
  /** A struct, and whatever lies in its fields, in mappings and in arrays; structs of OpenZeppelin too. */
  function add(name: string, namespace: string, type: CompilerType | undefined): void {
    if (!type) return;
    for (const inner of [type.value, type.base]) if (inner) addInner(namespace, inner);
    if (!type.members || layouts[name]) return;
    layouts[name] = type.members.map(({ label, slot, offset, type: id }) => ({
      name: label,
      slot,
      offset,
      type: types[id]?.label ?? id,
    }));
    for (const { type: id } of type.members) addInner(namespace, id);
  }
  const addInner = (namespace: string, id: string) =>
    add(`${namespace} ${types[id]?.label ?? id}`, namespace, types[id]);
  storage.forEach(({ type }, index) => {
    const name = namespaces[index]?.name ?? "";
    add(name, name, types[type]);
  });
  return Object.fromEntries(Object.entries(layouts).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** What of `before` is not where it was, as sentences; additions at the end of a struct are none. */
export function movedFields(before: Layouts, now: Layouts): readonly string[] {
  return Object.entries(before).flatMap(([struct, fields]) => {
    const found = now[struct];
    if (!found) return [`${struct} is gone`];
    return fields.flatMap((field, index) => {
      const other = found[index];
      const place = (at: Field | undefined) => (at ? `${at.type} ${at.name} at ${at.slot}+${at.offset}` : "nothing");
      return place(field) === place(other) ? [] : [`${struct}: ${place(field)} is now ${place(other)}`];
    });
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(layoutFile, `${JSON.stringify(readLayouts(), null, 2)}\n`);
  process.stdout.write(`contracts: layout written to ${relative(process.cwd(), layoutFile)}\n`);
}
