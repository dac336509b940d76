import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { dirname, join } from "node:path";
import { identifyProcess, isRunning } from "../../src/cli/index.ts";
import { BugError, EnvironmentError, ProtocolError } from "../../src/errors.ts";
import { packageRoot } from "../../src/package-files.ts";
import { childEnvironment } from "../child-environment.ts";
import { decodeNodeMessage, encodeAdmin, type NodeCommand, type NodeMessage } from "../node-side.ts";
import { devnetPaths } from "../paths.ts";
import type { PlannedNode } from "../plan.ts";
import { endLeftovers } from "./leftovers.ts";
import { killGroup } from "./process-group.ts";
import type { NodeExit, NodeHandle, Provider, WithoutId } from "./provider.ts";

export interface ProcessProviderOptions {
  readonly dir: string;
  /** Program and arguments that run a node, before `--dir <folder>`; default: `koma node start` of this package. */
  readonly nodeCommand?: readonly string[];
}

/** How long a command may stay unanswered. */
const ANSWER_MS = 10_000;

/**
 * One operating system process per node, each in a process group of its own. Its IPC channel is the admin channel and the
 * lifeline: when the supervisor dies, the channel closes and the node exits.
 */
export function createProcessProvider(options: ProcessProviderOptions): Provider {
  const paths = devnetPaths(options.dir);
  const command = options.nodeCommand ?? [process.execPath, join(packageRoot(), "bin", "run.js"), "node", "start"];
  /** Processes that wait for their word; one that has ended is none. */
  const warm = new Map<string, Promise<ProcessHandle | undefined>>();

  async function open(node: PlannedNode): Promise<ProcessHandle> {
    const { dir, output } = paths.node(node.name);
    mkdirSync(dirname(output), { recursive: true });
    const log = openSync(output, "a");
    try {
      const [program = "", ...args] = command;
      const child = spawn(program, [...args, "--dir", dir], {
        cwd: dir,
        detached: true,
        stdio: ["ignore", log, log, "ipc"],
        env: childEnvironment(options.dir),
      });
      return await openHandle(node.name, child);
    } finally {
      closeSync(log);
    }
  }

  /** A process that was warmed up and lives. */
  async function takeWarm(name: string): Promise<ProcessHandle | undefined> {
    const waiting = warm.get(name);
    const handle = await waiting;
    // Ended meanwhile, or taken by somebody else; what has just died may not have been noticed yet.
    const mine = warm.get(name) === waiting && warm.delete(name);
    return mine && handle && isRunning(handle.process) ? handle : undefined;
  }

  return {
    name: "process",
    probe: async () => ({
      ok: true,
      capabilities: new Set(["kill"] as const),
      detail: `Node ${process.versions.node}`,
    }),
    warmUp(node) {
      // Where it cannot be started now, its start will say why.
      const opened = open(node).catch(() => undefined);
      warm.set(node.name, opened);
      void opened.then((handle) => handle?.onExit(() => warm.get(node.name) === opened && warm.delete(node.name)));
    },
    async start(node) {
      const handle = (await takeWarm(node.name)) ?? (await open(node));
      handle.begin();
      return handle;
    },
    async coolDown() {
      const handles = await Promise.all([...warm.values()]);
      warm.clear();
      await Promise.all(handles.map((handle) => handle?.kill()));
    },
    cleanup: () => endLeftovers(options.dir),
  };
}

/** A node's process, before and after it was told to begin. */
interface ProcessHandle extends NodeHandle {
  begin(): void;
}

async function openHandle(name: string, child: ChildProcess): Promise<ProcessHandle> {
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", (cause) =>
      reject(
        new EnvironmentError("KOMA_E_NODE_START", `The process of node "${name}" could not be started.`, { cause }),
      ),
    );
  });
  const { pid } = child;
  if (pid === undefined) throw new BugError(`node ${name} was spawned without a pid`);
  const identity = identifyProcess(pid) ?? { pid, startTime: "gone", bootId: "gone" };

  let nextId = 1;
  const answers = new Map<number, (answer: Extract<NodeMessage, { type: "answer" }> | undefined) => void>();
  const messageListeners: ((message: NodeMessage) => void)[] = [];
  const exitListeners: ((exit: NodeExit) => void)[] = [];
  const exited = new Promise<NodeExit>((resolve) => {
    child.once("exit", (code, signal) => {
      for (const settle of answers.values()) settle(undefined);
      resolve({ code, signal });
      for (const listener of exitListeners) listener({ code, signal });
    });
  });
  child.on("message", (raw) => {
    const message = decodeNodeMessage(raw);
    if (!message) return; // a process may send anything; what is no message is nothing
    if (message.type === "answer") answers.get(message.id)?.(message);
    else for (const listener of messageListeners) listener(message);
  });
  // Sending to a node that is dying fails; its exit tells the same story.
  child.on("error", () => {});

  const send = (
    command: WithoutId<NodeCommand>,
    settle: (answer: Extract<NodeMessage, { type: "answer" }> | undefined) => void,
  ) => {
    const id = nextId++;
    answers.set(id, (answer) => {
      answers.delete(id);
      settle(answer);
    });
    if (child.connected) child.send(encodeAdmin({ ...command, id } as NodeCommand));
    else answers.get(id)?.(undefined);
  };

  const kill = async (): Promise<NodeExit> => {
    killGroup(pid, "SIGKILL");
    return exited;
  };
  return {
    name,
    process: identity,
    // The answer tells nothing: the node says "hello" when it has begun, and its end when it cannot.
    begin: () => send({ type: "begin" }, () => {}),
    async stop(graceMs) {
      send({ type: "shutdown", graceMs }, () => {});
      const late = Symbol("late");
      const timer = delay(graceMs, late);
      const ended = await Promise.race([exited, timer.promise]);
      timer.cancel();
      return ended === late ? kill() : (ended as NodeExit);
    },
    kill,
    async command(command) {
      const timer = delay(ANSWER_MS, undefined);
      const answer = await Promise.race([
        new Promise<Extract<NodeMessage, { type: "answer" }> | undefined>((resolve) => send(command, resolve)),
        timer.promise,
      ]);
      timer.cancel();
      if (!answer) {
        throw new EnvironmentError("KOMA_E_NODE_STATE", `Node "${name}" does not answer.`, { facts: { node: name } });
      }
      if (!answer.ok) {
        throw new ProtocolError("KOMA_E_BEHAVIOUR_REFUSED", `Node "${name}" refused: ${answer.message}`, {
          facts: { node: name, reason: answer.code },
        });
      }
    },
    onMessage: (listener) => void messageListeners.push(listener),
    onExit: (listener) => void exitListeners.push(listener),
  };
}

function delay<T>(ms: number, value: T): { promise: Promise<T>; cancel: () => void } {
  let timer: NodeJS.Timeout | undefined;
  const promise = new Promise<T>((resolve) => {
    timer = setTimeout(() => resolve(value), ms);
  });
  return { promise, cancel: () => clearTimeout(timer) };
}
