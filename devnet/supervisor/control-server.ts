import { chmodSync, mkdirSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { dirname } from "node:path";
import { BugError, EnvironmentError, KomaError, ProtocolError, UserError } from "../../src/errors.ts";
import type { Logger } from "../../src/logger.ts";
import {
  CONTROL_METHODS,
  type ControlError,
  type ControlMethod,
  type ControlRequest,
  MAX_CONTROL_LINE,
} from "../control-protocol.ts";
import type { DevnetState } from "../state.ts";

/** What the supervisor does for its clients. */
export interface ControlHandler {
  state(): DevnetState;
  /** `signal` aborts when the client goes away. */
  call(
    method: Exclude<ControlMethod, "status" | "subscribe">,
    params: Readonly<Record<string, unknown>>,
    signal: AbortSignal,
  ): Promise<unknown>;
}

export interface ControlServer {
  /** Tells every subscriber that the state changed; several changes in a row become one message. */
  stateChanged(): void;
  /** Resolves when somebody has been told the state. */
  readonly firstSubscriber: Promise<void>;
  close(): Promise<void>;
}

/** Enough for a person's eye; fewer messages when sixteen nodes report at once. */
const COALESCE_MS = 25;

/** Listens on the control socket, which only its owner may open. */
export async function openControlServer(path: string, handler: ControlHandler, logger: Logger): Promise<ControlServer> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  // The run lock is ours, so a socket that lies there is a dead one's.
  rmSync(path, { force: true });
  const subscribers = new Set<Socket>();
  const sockets = new Set<Socket>();
  let seen = (): void => {};
  const firstSubscriber = new Promise<void>((resolve) => {
    seen = resolve;
  });
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    serve(socket, handler, logger, () => {
      subscribers.add(socket);
      sendState(socket, handler.state());
      seen();
    });
    socket.once("close", () => {
      sockets.delete(socket);
      subscribers.delete(socket);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, resolve);
  });
  chmodSync(path, 0o600);

  let pending: NodeJS.Timeout | undefined;
  const flush = (): void => {
    pending = undefined;
    const state = handler.state();
    for (const socket of subscribers) sendState(socket, state);
  };
  return {
    stateChanged() {
      pending ??= setTimeout(flush, COALESCE_MS);
    },
    firstSubscriber,
    async close() {
      if (pending) {
        clearTimeout(pending);
        flush();
      }
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.end();
      // A client that does not hang up must not keep the supervisor alive.
      const timer = setTimeout(() => {
        for (const socket of sockets) socket.destroy();
      }, 500);
      await closed;
      clearTimeout(timer);
      rmSync(path, { force: true });
    },
  };
}

function sendState(socket: Socket, state: DevnetState): void {
  socket.write(`${JSON.stringify({ jsonrpc: "2.0", method: "state", params: state })}\n`);
}

function serve(socket: Socket, handler: ControlHandler, logger: Logger, subscribe: () => void): void {
  const gone = new AbortController();
  let buffer = "";
  socket.setEncoding("utf8");
  socket.once("close", () => gone.abort());
  socket.on("error", (error) => logger.debug({ error: error.message }, "a control client broke off"));
  socket.on("data", (chunk: string) => {
    buffer += chunk;
    if (buffer.length > MAX_CONTROL_LINE) {
      socket.destroy();
      return;
    }
    const lines = buffer.split("\n");
    buffer = lines.pop() ?? "";
    for (const line of lines) if (line !== "") void answer(line);
  });

  async function answer(line: string): Promise<void> {
    const request = parseRequest(line);
    if (!request) {
      reply({ jsonrpc: "2.0", id: 0, error: errorOf(new UserError("KOMA_E_USAGE", "That is no control request.")) });
      return;
    }
    const { id, method, params } = request;
    try {
      if (method === "subscribe") {
        reply({ jsonrpc: "2.0", id, result: true });
        subscribe();
      } else {
        const result = method === "status" ? handler.state() : await handler.call(method, params, gone.signal);
        reply({ jsonrpc: "2.0", id, result: result ?? null });
      }
    } catch (error) {
      if (gone.signal.aborted) return; // nobody is there to be told
      if (!(error instanceof KomaError)) logger.error({ method, error: String(error) }, "a control request failed");
      reply({ jsonrpc: "2.0", id, error: errorOf(error) });
    }
  }

  function reply(message: unknown): void {
    if (!socket.destroyed) socket.write(`${JSON.stringify(message)}\n`);
  }
}

function parseRequest(line: string): ControlRequest | undefined {
  try {
    const value = JSON.parse(line) as Partial<ControlRequest> | null;
    const known = (CONTROL_METHODS as readonly unknown[]).includes(value?.method);
    if (!known || !Number.isInteger(value?.id)) return undefined;
    const params = typeof value?.params === "object" && value.params !== null ? value.params : {};
    return { jsonrpc: "2.0", id: value?.id as number, method: value?.method as ControlMethod, params };
  } catch {
    return undefined; // answered as no request
  }
}

function errorOf(thrown: unknown): ControlError {
  const error =
    thrown instanceof KomaError ? thrown : new BugError(thrown instanceof Error ? thrown.message : String(thrown));
  const facts = Object.entries(error.detail.facts ?? {}).map(([key, value]) => [
    key,
    typeof value === "bigint" ? value.toString() : value,
  ]);
  return {
    code: -32_000,
    message: error.message,
    data: { code: error.code, kind: kindOf(error), facts: Object.fromEntries(facts), fix: error.detail.fix ?? [] },
  };
}

function kindOf(error: KomaError): ControlError["data"]["kind"] {
  if (error instanceof UserError) return "user";
  if (error instanceof EnvironmentError) return "environment";
  return error instanceof ProtocolError ? "protocol" : "bug";
}
