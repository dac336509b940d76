import { type ChildProcess, spawn } from "node:child_process";
import { setTimeout as after } from "node:timers/promises";
import { createRpcClient } from "../src/rpc/index.ts";
import type { Target } from "./target.ts";

/** A program that serves a chain of its own on a port of this machine. */
export interface ToolProcess {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly port: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** An accepted transaction is in a block when the answer comes. */
  readonly minesOnSend: boolean;
}

const LIMIT_MS = 60_000;
const POLL_MS = 5;

/** Runs the program while `work` is at it. @throws {Error} when it ends or does not answer within a minute */
export async function withTool<T>(tool: ToolProcess, work: (target: Target) => Promise<T>): Promise<T> {
  const begin = performance.now();
  const child = spawn(tool.program, tool.args, {
    stdio: "ignore",
    cwd: tool.cwd,
    env: { ...process.env, ...tool.env },
  });
  let failure: Error | undefined;
  child.once("error", (error) => {
    failure = error;
  });
  try {
    const url = `http://127.0.0.1:${tool.port}`;
    await answering(tool, url, child, () => failure);
    const answerMs = performance.now() - begin;
    const pids = [child.pid as number];
    const { name, minesOnSend } = tool;
    return await work({ name, url, urls: [url], pids, hasFinality: false, minesOnSend, begin, answerMs });
  } finally {
    const exited = new Promise((resolve) => child.once("exit", resolve));
    if (child.exitCode === null && child.signalCode === null && child.kill()) await exited;
  }
}

async function answering(tool: ToolProcess, url: string, child: ChildProcess, failure: () => Error | undefined) {
  const rpc = createRpcClient(url);
  const end = performance.now() + LIMIT_MS;
  while (performance.now() < end) {
    if (failure()) throw failure();
    if (child.exitCode !== null) {
      throw new Error(`${tool.name} ended with ${child.exitCode}; is port ${tool.port} free?`);
    }
    const id = await rpc.request("eth_chainId").catch(() => undefined);
    if (id !== undefined) return;
    await after(POLL_MS);
  }
  throw new Error(`${tool.name} did not answer within ${LIMIT_MS / 1_000} s`);
}
