import { connect, type Socket } from "node:net";
import { BugError, EnvironmentError, type KomaError, ProtocolError, UserError } from "../src/errors.ts";
import {
  type ControlError,
  type ControlMethod,
  type ControlResponse,
  MAX_CONTROL_LINE,
  type StateNotification,
} from "./control-protocol.ts";
import type { DevnetState } from "./state.ts";

/** A connection to a devnet's supervisor. */
export interface ControlClient {
  /** @throws what the supervisor threw; EnvironmentError KOMA_E_SUPERVISOR_UNREACHABLE when it goes away */
  call<T>(method: ControlMethod, params?: Readonly<Record<string, unknown>>): Promise<T>;
  /** Calls `listener` with the state now and after every change. */
  subscribe(listener: (state: DevnetState) => void): Promise<void>;
  /** Resolves when the connection is over, whoever ended it. */
  readonly closed: Promise<void>;
  close(): void;
}

/** @throws {EnvironmentError} KOMA_E_SUPERVISOR_UNREACHABLE */
export async function connectControl(path: string): Promise<ControlClient> {
  const socket = await open(path);
  const waiting = new Map<number, { resolve(result: unknown): void; reject(error: unknown): void }>();
  const listeners: ((state: DevnetState) => void)[] = [];
  let nextId = 1;
  let buffer = "";

  socket.setEncoding("utf8");
  socket.on("data", (chunk: string) => {
    buffer += chunk;
    if (buffer.length > 16 * MAX_CONTROL_LINE) socket.destroy();
    const lines = buffer.split("\n");
    buffer = lines.pop() ?? "";
    for (const line of lines) receive(JSON.parse(line) as ControlResponse | StateNotification);
  });
  // The close that follows settles everything that waits.
  socket.on("error", () => {});
  const closed = new Promise<void>((resolve) => {
    socket.once("close", () => {
      for (const { reject } of waiting.values()) reject(unreachable(path));
      waiting.clear();
      resolve();
    });
  });

  function receive(message: ControlResponse | StateNotification): void {
    if ("method" in message) {
      for (const listener of listeners) listener(message.params);
      return;
    }
    const request = waiting.get(message.id);
    waiting.delete(message.id);
    if ("error" in message) request?.reject(toError(message.error));
    else request?.resolve(message.result);
  }

  const call = <T>(method: ControlMethod, params: Readonly<Record<string, unknown>> = {}): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      if (socket.destroyed || socket.writableEnded) {
        reject(unreachable(path));
        return;
      }
      const id = nextId++;
      waiting.set(id, { resolve: resolve as (result: unknown) => void, reject });
      socket.write(`${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`);
    });

  return {
    call,
    async subscribe(listener) {
      listeners.push(listener);
      await call("subscribe");
    },
    closed,
    close: () => void socket.end(),
  };
}

function open(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.removeAllListeners("error");
      resolve(socket);
    });
    socket.once("error", (cause) => reject(unreachable(path, cause)));
  });
}

function unreachable(path: string, cause?: unknown): EnvironmentError {
  return new EnvironmentError("KOMA_E_SUPERVISOR_UNREACHABLE", "The devnet's supervisor does not answer.", {
    facts: { socket: path },
    fix: ["koma devnet up"],
    ...(cause === undefined ? {} : { cause }),
  });
}

function toError({ message, data }: ControlError): KomaError {
  const detail = { facts: data.facts, fix: data.fix };
  switch (data.kind) {
    case "user":
      return new UserError(data.code, message, detail);
    case "environment":
      return new EnvironmentError(data.code, message, detail);
    case "protocol":
      return new ProtocolError(data.code, message, detail);
    case "bug":
      return new BugError(message, detail);
  }
}
