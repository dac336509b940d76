import { type ChildProcess, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Bytes, type Hex, hexToBytes } from "../../src/primitives/index.ts";
import { createRootRpc, type RootRpc } from "../../src/rootchain/index.ts";

/** A root chain of its own for one test file: blocks are made when a transaction comes. */
export interface Anvil {
  readonly url: string;
  readonly rpc: RootRpc;
  /** Moves the clock and makes a block. */
  pass(seconds: number): Promise<void>;
  mine(blocks: number): Promise<void>;
  stop(): Promise<void>;
}

/** The widely known keys of anvil's accounts, each with 10,000 Ether. */
export const keys: readonly Bytes[] = [
  "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80",
  "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d",
  "0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a",
  "0x7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6",
  "0x47e179ec197488593b187f80a00eb0da91f1b9d0b13f8733639f19c30a34926a",
].map((key) => hexToBytes(key));

export function key(index: number): Bytes {
  return keys[index] as Bytes;
}

export async function startAnvil(args: readonly string[] = []): Promise<Anvil> {
  const port = await freePort();
  const child = spawn(anvilBinary(), ["--port", String(port), "--silent", ...args], { stdio: "ignore" });
  const url = `http://127.0.0.1:${port}`;
  const rpc = createRootRpc(url);
  await answering(rpc, child);
  return {
    url,
    rpc,
    async pass(seconds) {
      await rpc.request("evm_increaseTime", [seconds]);
      await rpc.request("evm_mine");
    },
    async mine(blocks) {
      await rpc.request("anvil_mine", [`0x${blocks.toString(16)}` as Hex]);
    },
    stop: () =>
      new Promise((resolve) => {
        child.once("exit", () => resolve());
        if (!child.kill("SIGKILL")) resolve();
      }),
  };
}

/** The platform's own binary: killing npm's launcher would leave its child running. */
function anvilBinary(): string {
  const platform = `${process.platform}-${process.arch === "x64" ? "amd64" : process.arch}`;
  const manifest = createRequire(import.meta.url).resolve(`@foundry-rs/anvil-${platform}/package.json`);
  return join(dirname(manifest), "bin", process.platform === "win32" ? "anvil.exe" : "anvil");
}

async function answering(rpc: RootRpc, child: ChildProcess): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`anvil ended with code ${child.exitCode}`);
    try {
      await rpc.request("eth_chainId");
      return;
    } catch {
      await sleep(10);
    }
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() =>
        address && typeof address === "object" ? resolve(address.port) : reject(new Error("no port")),
      );
    });
  });
}
