// Tools that are too heavy, or not licensed, to be dependencies of this repository, against a devnet of their own:
// Hardhat 3 with ignition and OpenZeppelin 5, and web3.js 4.
//   npm run build && node_modules/.bin/node test/clients/run.ts
// They are installed into a temporary folder, about 260 MB, and removed with it.
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { bytesToHex } from "../../src/primitives/index.ts";
import { loadArtifacts } from "../../src/rootchain/index.ts";
import { type DevnetData, testKeys } from "../support/devnet.ts";
import { installPackages } from "./install.ts";

const packages = [
  "hardhat@3.18.0",
  "@nomicfoundation/hardhat-ignition@3.1.8",
  "@nomicfoundation/hardhat-ignition-viem@3.1.6",
  "@nomicfoundation/hardhat-viem@3.0.9",
  "@openzeppelin/contracts@5.7.0",
  "viem@2.57.20",
  "web3@4.16.0",
];

const here = fileURLToPath(new URL(".", import.meta.url));
const launcher = fileURLToPath(new URL("../../bin/run.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "koma-clients-"));
const environment = { KOMA_HOME: join(folder, "home"), NO_COLOR: "1", CI: "true" };

async function koma(...args: readonly string[]): Promise<string> {
  const { stdout } = await execa(process.execPath, [launcher, ...args, "--json"], {
    env: environment,
    stdin: "ignore",
  });
  return stdout;
}

async function use(project: string, program: string, args: readonly string[], env: Readonly<Record<string, string>>) {
  await execa(program, args, {
    cwd: join(folder, project),
    env: { ...environment, ...env },
    stdio: ["ignore", "inherit", "inherit"],
  });
}

try {
  process.stdout.write(`installing into ${folder}\n`);
  await installPackages(folder, packages);
  for (const project of ["hardhat", "web3"]) {
    cpSync(join(here, project), join(folder, project), { recursive: true });
    writeFileSync(join(folder, project, "package.json"), JSON.stringify({ private: true, type: "module" }));
    symlinkSync(join(folder, "node_modules"), join(folder, project, "node_modules"));
  }
  mkdirSync(environment.KOMA_HOME);
  const { data } = JSON.parse(await koma("devnet", "up", "--validators", "2")) as { data: DevnetData };
  const { rpcUrl, wsUrl } = data.nodes[0] as DevnetData["nodes"][number];
  const artifact = join(folder, "token.json");
  const { abi, bytecode } = loadArtifacts().of("DemoToken");
  writeFileSync(artifact, JSON.stringify({ abi, bytecode }));
  const network = { KOMA_RPC_URL: rpcUrl, KOMA_WS_URL: wsUrl, KOMA_ARTIFACT: artifact };

  const hardhat = join(folder, "node_modules/.bin/hardhat");
  const alice = {
    ...network,
    KOMA_KEY: bytesToHex(testKeys.alice),
    KOMA_SOLJSON: createRequire(import.meta.url).resolve("solc/soljson.js"),
    HARDHAT_IGNITION_CONFIRM_DEPLOYMENT: "false",
    HARDHAT_DISABLE_TELEMETRY_PROMPT: "true",
  };
  await use("hardhat", hardhat, ["ignition", "deploy", "ignition/modules/shop.js", "--network", "koma"], alice);
  await use("hardhat", hardhat, ["run", "scripts/use.js", "--network", "koma"], alice);
  await use("web3", process.execPath, ["use.js"], { ...network, KOMA_KEY: bytesToHex(testKeys.bob) });
  process.stdout.write("all clients are content\n");
} finally {
  await koma("devnet", "down", "--all").catch((error: unknown) => {
    process.stderr.write(`koma devnet down: ${String(error)}\n`);
    process.exitCode = 1;
  });
  rmSync(folder, { recursive: true, force: true });
}
