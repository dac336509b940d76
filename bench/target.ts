import { type ChildProcess, spawn } from "node:child_process";
import { setTimeout as after } from "node:timers/promises";
import { findAnvil } from "../devnet/supervisor/anvil-binary.ts";
import { createRpcClient } from "../src/rpc/index.ts";
import { TEST_MNEMONIC } from "../src/wallet/index.ts";
import { koma, type RunningDevnet, withHome } from "./devnet.ts";

/** Senders of a load: enough that none of them has too many transactions under way. */
export const SENDERS = 50;

/** A chain that load is put on. */
export interface Target {
  readonly name: string;
  /** Where the load goes in. */
  readonly url: string;
  /** Every node, to compare what they hold. */
  readonly urls: readonly string[];
  /** Processes whose CPU and memory count. */
  readonly pids: readonly number[];
  /** Whether blocks become final at a threshold. */
  readonly hasFinality: boolean;
}

/** A fresh devnet with as many funded accounts as the load has senders. */
export function withKoma<T>(validators: number, work: (target: Target) => Promise<T>): Promise<T> {
  return withHome(async (home) => {
    const devnet = await koma<RunningDevnet>(
      home,
      ...["devnet", "up", "--validators", String(validators), "--set", `accounts.count=${SENDERS}`],
    );
    return work({
      name: `koma, ${validators} validators`,
      url: devnet.chains[0]?.rpcUrl ?? "",
      urls: devnet.nodes.map((node) => node.rpcUrl),
      pids: devnet.nodes.map((node) => node.pid),
      hasFinality: true,
    });
  });
}

const ANVIL_PORT = 28_545;

/** anvil with blocks of the same interval. Its automine mode was seen to stall under bursts, and so is no yardstick. */
export async function withAnvil<T>(work: (target: Target) => Promise<T>): Promise<T> {
  const child = spawn(
    findAnvil(),
    [
      ...["--port", String(ANVIL_PORT), "--block-time", "1", "--gas-limit", "1000000000"],
      ...["--accounts", String(SENDERS), "--balance", "1000000", "--mnemonic", TEST_MNEMONIC, "--quiet"],
    ],
    { stdio: "ignore" },
  );
  try {
    const url = `http://127.0.0.1:${ANVIL_PORT}`;
    await answering(url, child);
    return await work({ name: "anvil", url, urls: [url], pids: [child.pid as number], hasFinality: false });
  } finally {
    const exited = new Promise((resolve) => child.once("exit", resolve));
    if (child.exitCode === null && child.kill()) await exited;
  }
}

async function answering(url: string, child: ChildProcess): Promise<void> {
  const rpc = createRpcClient(url);
  for (let tries = 0; tries < 200; tries++) {
    if (child.exitCode !== null) throw new Error(`anvil ended with ${child.exitCode}; is port ${ANVIL_PORT} free?`);
    const id = await rpc.request("eth_chainId").catch(() => undefined);
    if (id !== undefined) return;
    await after(50);
  }
  throw new Error("anvil did not answer within 10 s");
}
