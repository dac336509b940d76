import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { findAnvil } from "../devnet/supervisor/anvil-binary.ts";
import { TEST_MNEMONIC } from "../src/wallet/index.ts";
import { type KomaOptions, SENDERS, type Target } from "./target.ts";
import { installedTool } from "./tool-cache.ts";
import { type ToolProcess, withTool } from "./tool-process.ts";

/** Block gas limit of every chain that is compared, so that none of them stops at a limit that others do not have. */
export const BLOCK_GAS_LIMIT = 1_000_000_000;
/** The same for koma. */
export const ROOMY: KomaOptions = { set: [`chains[0].gasLimit=${BLOCK_GAS_LIMIT}`] };
/** Whole coins of every sender; hardhat takes its balances in wei. */
const BALANCE = 1_000_000;

/** A tool that koma is measured beside. */
export type Yardstick = "anvil" | "hardhat" | "ganache";

/** In the order of the columns. */
export const YARDSTICKS: readonly Yardstick[] = ["anvil", "hardhat", "ganache"];

/** How each of them is run, for the head of a table. */
export const HOW_RUN: Readonly<Record<Yardstick, string>> = {
  anvil: "anvil 1.7.1 --block-time 1 --gas-limit 1000000000",
  hardhat: "hardhat node 3.18.0, a block for every transaction",
  ganache: "ganache 7.9.2, a block for every transaction",
};

/** Makes the tool ready, from npm where it has to be. @throws when it cannot be had */
export async function yardstick(name: Yardstick): Promise<ToolProcess> {
  switch (name) {
    case "anvil":
      return anvil();
    case "hardhat":
      return hardhat(await installedTool("hardhat@3.18.0"));
    case "ganache":
      return ganache(await installedTool("ganache@7.9.2"));
  }
}

/** anvil with koma's block interval. Its automine mode was seen to stall under bursts, and so is no yardstick. */
function anvil(): ToolProcess {
  const port = 28_545;
  return {
    name: "anvil",
    program: findAnvil(),
    args: [
      ...["--port", String(port), "--block-time", "1", "--gas-limit", String(BLOCK_GAS_LIMIT)],
      ...["--accounts", String(SENDERS), "--balance", String(BALANCE), "--mnemonic", TEST_MNEMONIC, "--quiet"],
    ],
    port,
    minesOnSend: false,
  };
}

function hardhat(folder: string): ToolProcess {
  const port = 28_546;
  const accounts = { mnemonic: TEST_MNEMONIC, count: SENDERS, accountsBalance: `${BALANCE}${"0".repeat(18)}` };
  const node = { type: "edr-simulated", accounts, blockGasLimit: BLOCK_GAS_LIMIT };
  // Written each time: an old copy of the tool may hold an old one.
  writeFileSync(join(folder, "hardhat.config.js"), `export default ${JSON.stringify({ networks: { node } })};\n`);
  return {
    name: "hardhat",
    program: process.execPath,
    args: [join(folder, "node_modules/hardhat/dist/src/cli.js"), "node", "--port", String(port)],
    port,
    cwd: folder,
    env: { HARDHAT_DISABLE_TELEMETRY_PROMPT: "true", CI: "true" },
    minesOnSend: true,
  };
}

function ganache(folder: string): ToolProcess {
  const port = 28_547;
  return {
    name: "ganache",
    program: process.execPath,
    args: [
      join(folder, "node_modules/ganache/dist/node/cli.js"),
      ...[
        "--server.port",
        String(port),
        "--miner.blockGasLimit",
        `0x${BLOCK_GAS_LIMIT.toString(16)}`,
        "--logging.quiet",
      ],
      ...["--wallet.totalAccounts", String(SENDERS), "--wallet.defaultBalance", String(BALANCE)],
      ...["--wallet.mnemonic", TEST_MNEMONIC],
    ],
    port,
    minesOnSend: true,
  };
}

/** Runs one of them by name. */
export async function withYardstick<T>(name: Yardstick, work: (target: Target) => Promise<T>): Promise<T> {
  return withTool(await yardstick(name), work);
}
