// `npm run docs`: writes docs/reference and devnet/schema/out from the sources. docs/generate.test.ts fails when the two differ.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { commandsPage, type Manifest, type Topics } from "./generator/commands-page.ts";
import { configurationPage } from "./generator/configuration-page.ts";
import { type ContractSource, contractsPage } from "./generator/contracts-page.ts";
import { errorsPage } from "./generator/errors-page.ts";
import { outputSchemas } from "./generator/output-schemas.ts";
import { rpcPage } from "./generator/rpc-page.ts";

const repository = fileURLToPath(new URL("..", import.meta.url));
const read = (path: string) => readFileSync(join(repository, path), "utf8");

/** Text of each page by its path in the repository. */
export async function generateReference(): Promise<ReadonlyMap<string, string>> {
  const manifest = JSON.parse(read("oclif.manifest.json")) as Manifest;
  const { oclif } = JSON.parse(read("package.json")) as { oclif: { topics: Topics } };
  return new Map([
    ["docs/reference/commands.md", commandsPage(manifest, oclif.topics)],
    ["docs/reference/configuration.md", configurationPage(configurationSources())],
    ["docs/reference/contracts.md", contractsPage(contractSources())],
    ["docs/reference/errors.md", errorsPage()],
    ["docs/reference/rpc.md", await rpcPage(read("src/rpc/limits.ts"))],
    ...outputSchemas(repository),
  ]);
}

function configurationSources() {
  return {
    networkSchema: read("devnet/schema/network.v1.json"),
    nodeConfig: read("src/node/config-file.ts"),
    genesis: read("src/chain/genesis.ts"),
    settings: read("src/cli/settings.ts"),
  };
}

/** Artifacts of our own contracts. */
function contractSources(): readonly ContractSource[] {
  const sources = new Map<string, { readonly file: string; readonly source: string }>();
  for (const entry of readdirSync(join(repository, "contracts/src"), { recursive: true, encoding: "utf8" }).sort()) {
    if (!entry.endsWith(".sol")) continue;
    const file = `contracts/src/${entry.split(sep).join("/")}`;
    const source = read(file);
    for (const [, name] of source.matchAll(/^(?:abstract )?contract (\w+)/gm)) {
      sources.set(name as string, { file, source });
    }
  }
  return readdirSync(join(repository, "contracts/artifacts"))
    .sort()
    .filter((file) => file.endsWith(".json"))
    .flatMap((file) => {
      const { contractName, abi } = JSON.parse(read(`contracts/artifacts/${file}`)) as {
        contractName: string;
        abi: ContractSource["abi"];
      };
      const own = sources.get(contractName);
      return own ? [{ name: contractName, abi, ...own }] : [];
    });
}

if (import.meta.main) {
  for (const [path, text] of await generateReference()) {
    const file = join(repository, path);
    mkdirSync(join(file, ".."), { recursive: true });
    writeFileSync(file, text);
    process.stdout.write(`${relative(process.cwd(), file)}\n`);
  }
}
