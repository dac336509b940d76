import { EnvironmentError, KomaError } from "../errors.ts";
import type { Logger } from "../logger.ts";
import { isStoreFull } from "../storage/index.ts";
import { decodeNodeCommand, encodeAdmin, type NodeCommand, type NodeMessage } from "./admin-channel.ts";
import { untilBegun } from "./begin-signal.ts";
import { loadConfig, type NodeConfig } from "./config.ts";
import type { StorageMode } from "./config-file.ts";
import { createNode, type Node } from "./create-node.ts";
import { freeBytes, ROOM_BYTES, waitForRoom } from "./disk-room.ts";
import type { NodeEvent } from "./events.ts";
import { type LogLine, openLogFile } from "./log-file.ts";
import { connectNodeRootChain } from "./root-chain-client.ts";

export interface RunNodeOptions {
  readonly version: string;
  /** Ends the node in order. */
  readonly signal: AbortSignal;
  /** Instead of what the folder's configuration says. */
  readonly storage?: StorageMode;
  /** Files with producer keys, beside the one that the folder's configuration names. */
  readonly producerKeyFiles?: readonly string[];
  /** Shows log lines to a person too. */
  readonly echo?: (line: LogLine) => void;
  readonly onReady?: (ready: ReadyNode) => void;
}

export interface ReadyNode {
  readonly name: string;
  readonly peerId: string;
  readonly rpcUrl: string;
  readonly wsUrl: string;
  readonly p2p: readonly string[];
  readonly height: bigint;
}

/** A node that cannot end in this time is left to its supervisor. */
const STOP_MS = 8_000;

/**
 * Runs the node of a folder until the signal aborts, the supervisor says so, or the supervisor is gone. Under a supervisor it
 * begins when that says so.
 *
 * @throws what `loadConfig` and `createNode` throw, and the error that made the node give up
 */
export async function runNode(folder: string, options: RunNodeOptions): Promise<void> {
  if (!(await untilBegun(process, options.signal))) return;
  const loaded = loadConfig(folder, options.producerKeyFiles);
  const config: NodeConfig = options.storage ? Object.freeze({ ...loaded, storage: options.storage }) : loaded;
  const log = openLogFile(config.log.file, {
    node: config.name,
    level: config.log.level,
    ...(options.echo ? { echo: options.echo } : {}),
  });
  const ended = createEnding(options.signal);
  const admin = openAdminChannel(log.logger.child({ module: "admin" }), () => ended.request());
  try {
    admin?.send({ type: "hello", node: config.name, pid: process.pid, version: options.version });
    while ((await live(config, { ended, admin, logger: log.logger, options })) === "full") {
      const facts = { directory: config.dataDir, freeBytes: await freeBytes(config.dataDir), neededBytes: ROOM_BYTES };
      log.logger.error(facts, "the disk is full: the node signs and answers nothing until there is room");
      if (!(await waitForRoom(config.dataDir, ended.signal))) return;
      log.logger.warn({ directory: config.dataDir }, "the disk has room again: the node goes on");
    }
  } catch (error) {
    log.logger.error({ error }, "the node gave up");
    const { code, message } = error instanceof KomaError ? error : { code: "KOMA_E_BUG", message: String(error) };
    admin?.send({ type: "exit", code, message });
    throw error;
  } finally {
    admin?.close();
    log.close();
  }
}

/**
 * One life of the node, from opening its database to closing it. What a write that found no room leaves in memory is of no
 * use any more, while the disk holds all that was signed: so a new life begins, and not the old one again.
 *
 * @returns `full` when it ended because the disk is full
 */
async function live(config: NodeConfig, { ended, admin, logger, options }: NodeSurroundings): Promise<"over" | "full"> {
  const life = createEnding(ended.signal);
  try {
    const rootChain = connectNodeRootChain(config.genesis, {
      url: config.rootChainUrl,
      ...(config.signer ? { signerKey: config.signer.key } : {}),
      logger: logger.child({ module: "rootchain" }),
      signal: life.signal,
    });
    const { version } = options;
    const node = await createNode(config, { rootChain, logger, version, fatal: (error) => life.fail(error) });
    await serve(node, config, life, admin, options);
    return "over";
  } catch (error) {
    if (isStoreFull(error)) return "full";
    throw error;
  } finally {
    // Whatever of it still waits for something must not outlive it.
    life.request();
    admin?.serve(undefined);
  }
}

interface NodeSurroundings {
  readonly ended: Ending;
  readonly admin: AdminChannel | undefined;
  readonly logger: Logger;
  readonly options: RunNodeOptions;
}

async function serve(
  node: Node,
  config: NodeConfig,
  ended: Ending,
  admin: AdminChannel | undefined,
  options: RunNodeOptions,
): Promise<void> {
  let failed: unknown;
  try {
    await node.start();
    const unsubscribe = node.events.subscribe((event) => {
      const message = messageOf(event);
      if (message) admin?.send(message);
    });
    admin?.serve(node);
    const rpc = node.rpc();
    const ready: ReadyNode = {
      name: config.name,
      peerId: node.network.peerId,
      rpcUrl: rpc.url,
      wsUrl: rpc.wsUrl,
      p2p: node.network.addresses,
      height: node.height(),
    };
    admin?.send({ type: "ready", ...ready });
    // Peers that connected before anybody listened.
    admin?.send({ type: "peers", count: node.network.peers().length });
    options.onReady?.(ready);
    await ended.promise.finally(unsubscribe);
  } catch (error) {
    failed = error;
  }
  try {
    await within(STOP_MS, node.stop());
  } catch (error) {
    // What ended the node says more than what its end stumbled over.
    failed ??= error;
  }
  if (failed !== undefined) throw failed;
}

/** What the supervisor hears of an event. */
function messageOf(event: NodeEvent): NodeMessage | undefined {
  switch (event.type) {
    case "headChanged":
      return { ...event, type: "head" };
    case "blockFinalized":
      return { ...event, type: "finalized" };
    case "peersChanged":
      return { type: "peers", count: event.count };
    case "faultDetected":
      return { ...event, type: "evidence" };
    case "behaviour":
      return event as NodeMessage;
    case "checkpointSubmitted":
      return { type: "checkpoint", number: event.number, start: event.start, end: event.end, state: "pending" };
    default:
      return undefined;
  }
}

interface Ending {
  readonly promise: Promise<void>;
  readonly signal: AbortSignal;
  request(): void;
  fail(error: unknown): void;
}

function createEnding(outside: AbortSignal): Ending {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const controller = new AbortController();
  const request = () => {
    controller.abort();
    resolve();
  };
  // A failure before anybody waits is thrown later, not lost as an unhandled rejection.
  promise.catch(() => {});
  if (outside.aborted) request();
  outside.addEventListener("abort", request, { once: true });
  return {
    promise,
    signal: controller.signal,
    request,
    fail(error) {
      controller.abort();
      reject(error);
    },
  };
}

interface AdminChannel {
  send(message: NodeMessage): void;
  /** Undefined while there is none. */
  serve(node: Node | undefined): void;
  close(): void;
}

/** The IPC channel to the supervisor that started this process; undefined when nobody did. */
function openAdminChannel(logger: Logger, end: () => void): AdminChannel | undefined {
  if (!process.send) return undefined;
  let served: Node | undefined;

  const send = (message: NodeMessage) => {
    // A supervisor that is gone does not read; the closed channel ends this process anyway.
    if (process.connected) process.send?.(encodeAdmin(message), undefined, undefined, () => {});
  };
  const onMessage = (raw: unknown) => {
    const command = decodeNodeCommand(raw);
    if (!command) return logger.warn({}, "the supervisor sent something that is no command");
    try {
      obey(command);
      send({ type: "answer", id: command.id, ok: true });
    } catch (error) {
      const { code, message } = error instanceof KomaError ? error : { code: "KOMA_E_BUG", message: String(error) };
      send({ type: "answer", id: command.id, ok: false, code, message });
    }
  };
  const obey = (command: NodeCommand) => {
    if (command.type === "shutdown") return end();
    if (command.type === "begin") return; // said twice, it has begun already
    if (!served) throw new EnvironmentError("KOMA_E_NODE_NOT_READY", "The node is still starting.", {});
    if (command.type === "behave") return served.behave(command);
    if (command.type === "heal") return served.heal(command.handle);
    throw new EnvironmentError("KOMA_E_FAULT_UNSUPPORTED", "This version knows no faults of links.", {});
  };
  // The lifeline: whoever started us is gone, so nobody would ever end us.
  const onDisconnect = () => {
    logger.warn({}, "the supervisor is gone; ending");
    end();
    setTimeout(() => process.kill(process.pid, "SIGKILL"), LIFELINE_MS).unref();
  };
  process.on("message", onMessage);
  process.on("disconnect", onDisconnect);
  return {
    send,
    serve(node) {
      served = node;
    },
    close() {
      process.removeListener("message", onMessage);
      process.removeListener("disconnect", onDisconnect);
      if (process.connected) process.disconnect();
    },
  };
}

const LIFELINE_MS = 2_000;

async function within(ms: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, late]);
  clearTimeout(timer);
}
