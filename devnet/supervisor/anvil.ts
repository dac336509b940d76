import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { identifyProcess, type ProcessIdentity } from "../../src/cli/index.ts";
import { BugError, EnvironmentError } from "../../src/errors.ts";
import { writeFileAtomic } from "../../src/wallet/index.ts";
import { childEnvironment } from "../child-environment.ts";
import { readTail } from "../log-tail.ts";
import { portTaken } from "../port-taken.ts";
import { killGroup } from "../providers/process-group.ts";
import { describeExit, type NodeExit } from "../providers/provider.ts";
import { findAnvil } from "./anvil-binary.ts";
import { callRootChain } from "./root-chain-call.ts";
import { pause, waitUntil } from "./wait-until.ts";

export interface AnvilOptions {
  readonly dir: string;
  readonly host: string;
  readonly port: number;
  readonly chainId: number;
  readonly mnemonic: string;
  readonly accounts: number;
  /** Whole Ether of each of them. */
  readonly balanceEth: number;
  readonly statePath: string;
  readonly logPath: string;
}

/** A running anvil. */
export interface Anvil {
  readonly url: string;
  readonly process: ProcessIdentity;
  /** True when it went on from a state on disk. */
  readonly resumed: boolean;
  /** Writes the whole state to disk; after this no kill can take it back. */
  save(): Promise<void>;
  stop(): Promise<void>;
  onExit(listener: (exit: NodeExit) => void): void;
}

const START_MS = 15_000;
const STOP_MS = 3_000;
/** Whoever looks whether a port is free has it for a moment, other devnets that are planned now among them. */
const PORT_TRIES = 4;
const PORT_PAUSE_MS = 100;

/**
 * Reads one line from its standard input, which never comes: the end of the pipe means that the supervisor is gone, and
 * then anvil must go too. anvil itself has no lifeline. `$1` is anvil's pid.
 */
const LIFELINE = 'read -r _; kill -TERM "$1" 2>/dev/null; sleep 1; kill -KILL "$1" 2>/dev/null; exit 0';

/**
 * Starts anvil, from the state on disk if there is one, and waits for its first answer.
 *
 * @throws {UserError} KOMA_E_PORT_TAKEN
 * @throws {EnvironmentError} KOMA_E_ROOTCHAIN_START
 */
export async function startAnvil(options: AnvilOptions, signal: AbortSignal): Promise<Anvil> {
  for (let tries = 1; tries < PORT_TRIES; tries++) {
    const anvil = await tryStart(options, signal);
    if (anvil !== "port in use") return anvil;
    await pause(PORT_PAUSE_MS, signal);
  }
  const anvil = await tryStart(options, signal);
  if (anvil !== "port in use") return anvil;
  throw portTaken(options.port, { wantedFor: "l1", base: options.port });
}

async function tryStart(options: AnvilOptions, signal: AbortSignal): Promise<Anvil | "port in use"> {
  mkdirSync(dirname(options.statePath), { recursive: true });
  rmSync(endpointFile(options), { force: true });
  const resumed = existsSync(options.statePath);
  const url = `http://${options.host}:${options.port}`;
  const child = spawnAnvil(options, resumed);
  const lifeline = await tieToSupervisor(child, options.dir);

  const exitListeners: ((exit: NodeExit) => void)[] = [];
  let ended: NodeExit | undefined;
  const exited = new Promise<NodeExit>((resolve) => {
    child.once("exit", (code, name) => {
      ended = { code, signal: name };
      // Not by closing the pipe: the pid may belong to somebody else by the time the watcher looks.
      lifeline.kill("SIGKILL");
      resolve(ended);
      for (const listener of exitListeners) listener(ended);
    });
  });

  const identity = identifyProcess(child.pid as number);
  const answer = await waitUntil(
    () => {
      if (ended) {
        if (foundPortInUse(options)) return "port in use";
        throw startFailed(options, describeExit(ended));
      }
      // Whoever took the port a moment before us answers as well; its chain must not be taken for ours.
      if (!existsSync(endpointFile(options))) return undefined;
      return callRootChain(url, "eth_chainId", [], signal).catch((error: unknown) => {
        if (error instanceof EnvironmentError) return undefined; // not listening yet
        throw error;
      });
    },
    { signal: AbortSignal.any([signal, AbortSignal.timeout(START_MS)]) },
  ).catch((error: unknown) => {
    killGroup(child.pid as number, "SIGKILL");
    if (error instanceof DOMException && error.name === "TimeoutError") throw startFailed(options, "no answer in time");
    throw error;
  });
  if (answer === "port in use") return answer;
  if (!identity || ended) throw startFailed(options, ended ? describeExit(ended) : "it ended at once");

  return {
    url,
    process: identity,
    resumed,
    async save() {
      const dump = await callRootChain(url, "anvil_dumpState");
      if (ended) throw new EnvironmentError("KOMA_E_ROOTCHAIN_UNREACHABLE", "anvil has ended; nothing was saved.", {});
      if (typeof dump !== "string") throw new BugError("anvil_dumpState did not answer with a text");
      // The RPC answer is gzipped JSON; --load-state wants the JSON.
      const json = await promisify(gunzip)(Buffer.from(dump.slice(2), "hex"));
      await writeFileAtomic(options.statePath, json);
    },
    async stop() {
      if (ended) return;
      killGroup(child.pid as number, "SIGTERM");
      const timer = setTimeout(() => killGroup(child.pid as number, "SIGKILL"), STOP_MS);
      await exited;
      clearTimeout(timer);
    },
    onExit: (listener) => void exitListeners.push(listener),
  };
}

function spawnAnvil(options: AnvilOptions, resumed: boolean): ChildProcess {
  const log = openSync(options.logPath, "a");
  try {
    return spawn(
      findAnvil(),
      [
        ...["--host", options.host, "--port", String(options.port), "--chain-id", String(options.chainId)],
        ...["--mnemonic", options.mnemonic, "--accounts", String(options.accounts)],
        ...["--balance", String(options.balanceEth), "--quiet", "--config-out", endpointFile(options)],
        ...(resumed ? ["--load-state", options.statePath] : []),
      ],
      { detached: true, stdio: ["ignore", log, log], env: childEnvironment(options.dir) },
    );
  } finally {
    closeSync(log);
  }
}

/** Written by anvil once it listens, and only then: the proof that the port is its own. */
function endpointFile({ statePath }: AnvilOptions): string {
  return join(dirname(statePath), "anvil.json");
}

/** What anvil said last; looking at the port itself comes too late where it was taken for a moment only. */
function foundPortInUse({ logPath }: AnvilOptions): boolean {
  return readTail(logPath, 1).some((line) => /address (already )?in use/i.test(line));
}

async function tieToSupervisor(child: ChildProcess, dir: string): Promise<ChildProcess> {
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", (cause) =>
      reject(new EnvironmentError("KOMA_E_ROOTCHAIN_START", "anvil could not be started.", { cause })),
    );
  });
  const lifeline = spawn("/bin/sh", ["-c", LIFELINE, "koma-lifeline", String(child.pid)], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
    env: childEnvironment(dir),
  });
  // A pipe whose reader was killed raises an error here; anvil then depends on the next start's clean-up.
  lifeline.stdin?.on("error", () => {});
  lifeline.on("error", () => {});
  return lifeline;
}

function startFailed(options: AnvilOptions, reason: string): EnvironmentError {
  return new EnvironmentError("KOMA_E_ROOTCHAIN_START", `anvil did not come up: ${reason}.`, {
    facts: { port: options.port, log: options.logPath },
  });
}
