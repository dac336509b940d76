import { WebSocket } from "ws";
import { EnvironmentError } from "../errors.ts";
import { toJsonValue } from "./json-views.ts";
import { readRpcError } from "./rpc-error.ts";

export interface RpcSubscription {
  readonly id: string;
  unsubscribe(): Promise<void>;
}

interface Listener {
  readonly onNotification: (result: unknown) => void;
  readonly onEnd: ((error: EnvironmentError) => void) | undefined;
}

interface Waiting {
  readonly method: string;
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/** One WebSocket connection with its subscriptions. */
export interface RpcSocket {
  subscribe(
    namespace: string,
    params: readonly unknown[],
    onNotification: (result: unknown) => void,
    onEnd?: (error: EnvironmentError) => void,
  ): Promise<RpcSubscription>;
  close(): Promise<void>;
}

const maxMessageBytes = 64 * 1024 * 1024;

/** Rejects with EnvironmentError KOMA_E_RPC_UNREACHABLE. */
export function openRpcSocket(url: string, timeoutMs: number, onClosed: () => void): Promise<RpcSocket> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, { handshakeTimeout: timeoutMs, maxPayload: maxMessageBytes });
    socket.once("open", () => resolve(attach(socket, url, timeoutMs, onClosed)));
    socket.once("error", (cause) => reject(lost(url, cause.message, cause)));
  });
}

function attach(socket: WebSocket, url: string, timeoutMs: number, onClosed: () => void): RpcSocket {
  const waiting = new Map<number, Waiting>();
  const listeners = new Map<string, Listener>();
  let nextId = 1;
  let closing = false;

  function onMessage(text: string): void {
    const message = parseObject(text);
    if (message === undefined) {
      socket.terminate();
      return;
    }
    const { id, result, error, params } = message;
    if (typeof id === "number") {
      const call = waiting.get(id);
      waiting.delete(id);
      if (error !== undefined) call?.reject(readRpcError(call.method, error));
      else call?.resolve(result);
      return;
    }
    if (typeof params !== "object" || params === null) return;
    const { subscription, result: notification } = params as Record<"subscription" | "result", unknown>;
    if (typeof subscription !== "string") return;
    listeners.get(subscription)?.onNotification(notification);
  }

  /** @param onResult  runs before any later message of the server is looked at */
  function call(method: string, params: readonly unknown[], onResult?: (result: unknown) => void): Promise<unknown> {
    const id = nextId++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        waiting.delete(id);
        const facts = { url, timeoutMs, method };
        reject(new EnvironmentError("KOMA_E_RPC_TIMEOUT", `${url} did not answer within ${timeoutMs} ms.`, { facts }));
      }, timeoutMs);
      const settle = <T>(then: (value: T) => void) => {
        return (value: T) => {
          clearTimeout(timer);
          then(value);
        };
      };
      const succeed = (result: unknown) => {
        onResult?.(result);
        resolve(result);
      };
      waiting.set(id, { method, resolve: settle(succeed), reject: settle(reject) });
      socket.send(JSON.stringify(toJsonValue({ jsonrpc: "2.0", id, method, params })));
    });
  }

  socket.on("message", (data) => onMessage(data.toString()));
  socket.on("error", () => socket.terminate());
  socket.on("close", (code, reason) => {
    onClosed();
    const error = lost(url, reason.toString() || `closed with code ${code}`);
    for (const each of waiting.values()) each.reject(error);
    waiting.clear();
    if (!closing) for (const listener of listeners.values()) listener.onEnd?.(error);
    listeners.clear();
  });

  return {
    async subscribe(namespace, params, onNotification, onEnd) {
      // Notifications may stand in the same packet as the answer that names their subscription.
      const listener = { onNotification, onEnd };
      const id = String(
        await call(`${namespace}_subscribe`, params, (result) => listeners.set(String(result), listener)),
      );
      return {
        id,
        async unsubscribe() {
          if (!listeners.delete(id) || socket.readyState !== WebSocket.OPEN) return;
          await call(`${namespace}_unsubscribe`, [id]);
        },
      };
    },
    async close() {
      closing = true;
      if (socket.readyState === WebSocket.CLOSED) return;
      const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
      socket.close();
      // The server may be gone without a word; nobody should wait for its half of the goodbye.
      const force = setTimeout(() => socket.terminate(), 500);
      await closed;
      clearTimeout(force);
    },
  };
}

function parseObject(text: string): Record<"id" | "result" | "error" | "params", unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null
      ? (value as Record<"id" | "result" | "error" | "params", unknown>)
      : undefined;
  } catch {
    // Not JSON: the caller drops the connection.
    return undefined;
  }
}

function lost(url: string, reason: string, cause?: unknown): EnvironmentError {
  return new EnvironmentError("KOMA_E_RPC_UNREACHABLE", `The connection to ${url} failed: ${reason}.`, {
    facts: { url, reason },
    ...(cause === undefined ? {} : { cause }),
  });
}
