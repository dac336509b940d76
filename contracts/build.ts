// `npm run build:contracts`: compiles contracts/src with the npm package `solc` and writes one small JSON file per
// contract to contracts/artifacts. These files are shipped, so a user of koma needs no compiler.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** `solc-pool.cjs`, which forge's compiler uses too. */
interface CompilerPool {
  compileAll(inputs: readonly unknown[], options: { importFrom: string }): Promise<readonly CompilerOutput[]>;
  shareOut(input: unknown, files: readonly string[]): readonly unknown[];
  joinOutputs(outputs: readonly CompilerOutput[]): CompilerOutput;
}

interface CompiledContract {
  readonly abi: readonly unknown[];
  readonly storageLayout?: { readonly storage: readonly unknown[] };
  readonly evm: {
    readonly bytecode: { readonly object: string; readonly linkReferences: Readonly<Record<string, unknown>> };
    readonly deployedBytecode: {
      readonly object: string;
      readonly immutableReferences?: Readonly<Record<string, unknown>>;
    };
  };
}

interface CompilerOutput {
  readonly errors?: readonly {
    readonly severity: string;
    readonly formattedMessage: string;
    readonly sourceLocation?: { readonly file: string };
  }[];
  readonly contracts?: Readonly<Record<string, Readonly<Record<string, CompiledContract>>>>;
}

/** Largest code an account may hold (EIP-170). */
const maxCodeBytes = 24_576;

/** Contracts of OpenZeppelin that are deployed as they are. */
const deployedLibraryContracts: Readonly<Record<string, string>> = {
  "@openzeppelin/contracts/proxy/ERC1967/ERC1967Proxy.sol": "ERC1967Proxy",
};

const folder = fileURLToPath(new URL(".", import.meta.url));
const artifacts = join(folder, "artifacts");
const nodeModules = join(folder, "..", "node_modules");
const require = createRequire(import.meta.url);

/** What artifacts are made of, and what forge wants besides. */
const wanted = ["abi", "storageLayout", "evm.bytecode", "evm.deployedBytecode", "evm.methodIdentifiers", "metadata"];
const settings = {
  viaIR: true,
  optimizer: { enabled: true, runs: 800 },
  evmVersion: "cancun",
  metadata: { bytecodeHash: "none", appendCBOR: false },
};

function readSources(): Record<string, { content: string }> {
  const files = readdirSync(join(folder, "src"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".sol"))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  return Object.fromEntries(
    files.map((file) => [relative(folder, file).split(sep).join("/"), { content: readFileSync(file, "utf8") }]),
  );
}

const versionOf = (name: string): string =>
  (JSON.parse(readFileSync(join(nodeModules, name, "package.json"), "utf8")) as { version: string }).version;

/** Keeps what was compiled for solc-forge.cjs: the Solidity tests then run against this very code, and compile themselves only. */
function rememberForForge(sources: Record<string, { content: string }>, { contracts }: CompilerOutput): void {
  mkdirSync(join(folder, "cache"), { recursive: true });
  const versions = ["solc", "@openzeppelin/contracts"].map((name) => [name, versionOf(name)]);
  const kept = Object.fromEntries(Object.entries(contracts ?? {}).filter(([file]) => file in sources));
  replaceFile(
    join(folder, "cache", "compiled.json"),
    JSON.stringify({ versions: Object.fromEntries(versions), settings, sources, contracts: kept }),
  );
}

/** Names everything the output depends on: a build with the same hash would write the same files. */
function hashInput(sources: Record<string, { content: string }>): string {
  const hash = createHash("sha256");
  hash.update(JSON.stringify([versionOf("solc"), versionOf("@openzeppelin/contracts"), settings, wanted]));
  hash.update(readFileSync(fileURLToPath(import.meta.url)));
  hash.update(JSON.stringify(sources));
  return hash.digest("hex");
}

async function compile(sources: Record<string, { content: string }>): Promise<CompilerOutput> {
  const pool = require("./solc-pool.cjs") as CompilerPool;
  const own = Object.keys(sources).map((file) => [file, { "*": wanted }]);
  const foreign = Object.entries(deployedLibraryContracts).map(([file, name]) => [file, { [name]: wanted }]);
  const imported = Object.fromEntries(
    Object.keys(deployedLibraryContracts).map((file) => [
      file,
      { content: readFileSync(join(nodeModules, file), "utf8") },
    ]),
  );
  const input = {
    language: "Solidity",
    sources: { ...sources, ...imported },
    settings: { ...settings, outputSelection: Object.fromEntries([...own, ...foreign]) },
  };
  const shares = pool.shareOut(input, Object.keys(input.sources));
  return pool.joinOutputs(await pool.compileAll(shares, { importFrom: nodeModules }));
}

function writeArtifact(contractName: string, contract: CompiledContract): void {
  const { bytecode, deployedBytecode } = contract.evm;
  const immutables = deployedBytecode.immutableReferences ?? {};
  const storage = contract.storageLayout?.storage ?? [];
  const artifact = {
    contractName,
    abi: contract.abi,
    bytecode: `0x${bytecode.object}`,
    deployedBytecode: `0x${deployedBytecode.object}`,
    ...(Object.keys(immutables).length > 0 ? { immutableReferences: immutables } : {}),
    ...(storage.length > 0 ? { storage } : {}),
  };
  replaceFile(join(artifacts, `${contractName}.json`), `${JSON.stringify(artifact)}\n`);
}

/** Writes beside and renames, so that a test or node that reads meanwhile never sees half a file. */
function replaceFile(path: string, content: string): void {
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, content);
  renameSync(draft, path);
}

async function build(): Promise<number> {
  const started = Date.now();
  const sources = readSources();
  const hash = hashInput(sources);
  const hashFile = join(artifacts, ".hash");
  if (existsSync(hashFile) && readFileSync(hashFile, "utf8") === hash) {
    process.stdout.write("contracts: artifacts are up to date\n");
    return 0;
  }

  const output = await compile(sources);
  const notes = output.errors ?? [];
  const errors = notes.filter((note) => note.severity === "error");
  const warnings = notes.filter((note) => note.severity === "warning" && note.sourceLocation?.file.startsWith("src/"));
  for (const note of [...warnings, ...errors]) process.stderr.write(`${note.formattedMessage}\n`);
  if (errors.length > 0) {
    process.stderr.write(`contracts: ${errors.length} errors, nothing written\n`);
    return 1;
  }

  rememberForForge(sources, output);
  const found = new Map<string, CompiledContract>();
  const faults: string[] = [];
  for (const [file, contracts] of Object.entries(output.contracts ?? {})) {
    for (const [name, contract] of Object.entries(contracts)) {
      const size = contract.evm.deployedBytecode.object.length / 2;
      if (size === 0) continue; // interfaces and abstract contracts
      if (found.has(name)) faults.push(`${file}: there are two contracts named ${name}`);
      if (size > maxCodeBytes) faults.push(`${file}: ${name} has ${size} bytes of code, ${maxCodeBytes} are allowed`);
      if (Object.keys(contract.evm.bytecode.linkReferences).length > 0) faults.push(`${file}: ${name} needs linking`);
      found.set(name, contract);
    }
  }
  for (const fault of faults) process.stderr.write(`${fault}\n`);
  if (faults.length > 0) return 1;

  mkdirSync(artifacts, { recursive: true });
  for (const [name, contract] of found) writeArtifact(name, contract);
  for (const file of readdirSync(artifacts)) {
    if (file.endsWith(".json") && !found.has(file.slice(0, -".json".length))) rmSync(join(artifacts, file));
  }
  replaceFile(hashFile, hash);
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  process.stdout.write(`contracts: ${found.size} contracts compiled in ${seconds} s\n`);
  return 0;
}

process.exitCode = await build();
