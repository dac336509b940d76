import { EnvironmentError, ProtocolError, UserError } from "../errors.ts";
import { toJsonValue } from "./json-views.ts";
import { type RpcError, readRpcError } from "./rpc-error.ts";
import { openRpcSocket, type RpcSocket, type RpcSubscription } from "./rpc-socket.ts";

export interface RpcClientOptions {
  /** Default 30,000. */
  readonly timeoutMs?: number;
  /** For tests and proxies; default the platform's. */
  readonly fetch?: typeof fetch;
}

export interface RpcCall {
  readonly method: string;
  readonly params?: readonly unknown[];
}

/** Answer of one call of a batch. */
export type RpcOutcome =
  | { readonly ok: true; readonly result: unknown }
  | { readonly ok: false; readonly error: RpcError };

/**
 * Talks JSON-RPC to one server. Parameters may contain bigints and bytes: they are written as quantities and hex data.
 *
 * Every call rejects with {@link RpcError} when the server answers with an error, EnvironmentError KOMA_E_RPC_UNREACHABLE
 * when it does not answer, KOMA_E_RPC_TIMEOUT when it is too slow, ProtocolError KOMA_E_RPC_MALFORMED when the answer is
 * not JSON-RPC, and with the signal's reason when that aborts.
 */
export interface RpcClient {
  readonly url: string;
  request<Result = unknown>(method: string, params?: readonly unknown[], signal?: AbortSignal): Promise<Result>;
  /** Sends all calls in one message; answers are in the order of the calls. */
  batch(calls: readonly RpcCall[], signal?: AbortSignal): Promise<readonly RpcOutcome[]>;
  /**
   * Subscribes over WebSocket, for example `subscribe("eth", ["newHeads"], show)`.
   *
   * @param onEnd  called once when the connection is lost; not after `unsubscribe` or `close`
   */
  subscribe(
    namespace: "eth" | "koma",
    params: readonly unknown[],
    onNotification: (result: unknown) => void,
    onEnd?: (error: EnvironmentError) => void,
  ): Promise<RpcSubscription>;
  close(): Promise<void>;
}

const maxResponseBytes = 256 * 1024 * 1024;

/** @param url  `http://…` or `ws://…` @throws {UserError} KOMA_E_RPC_URL_INVALID */
export function createRpcClient(url: string, options: RpcClientOptions = {}): RpcClient {
  const { http, ws } = endpointsOf(url);
  const timeoutMs = options.timeoutMs ?? 30_000;
  const send = options.fetch ?? fetch;
  let nextId = 1;
  let socket: Promise<RpcSocket> | undefined;

  async function post(body: unknown, signal?: AbortSignal): Promise<unknown> {
    const timeout = AbortSignal.timeout(timeoutMs);
    try {
      const response = await send(http, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(toJsonValue(body)),
        signal: signal === undefined ? timeout : AbortSignal.any([timeout, signal]),
      });
      return parse(await readText(response), response.status);
    } catch (error) {
      if (error instanceof ProtocolError) throw error;
      signal?.throwIfAborted();
      throw timeout.aborted ? timedOut(url, timeoutMs) : unreachable(url, error);
    }
  }

  function parse(text: string, status: number): unknown {
    try {
      return JSON.parse(text);
    } catch (cause) {
      const facts = { url, status, begins: text.slice(0, 120) };
      throw new ProtocolError("KOMA_E_RPC_MALFORMED", `${url} did not answer with JSON (HTTP ${status}).`, {
        facts,
        cause,
      });
    }
  }

  function read(response: unknown, id: number, method: string): RpcOutcome {
    if (typeof response !== "object" || response === null) throw malformed(url, method);
    const { result, error, id: answered } = response as Record<"result" | "error" | "id", unknown>;
    if (error !== undefined) return { ok: false, error: readRpcError(method, error) };
    if (answered !== id || result === undefined) throw malformed(url, method);
    return { ok: true, result };
  }

  return {
    url,
    async request<Result>(method: string, params: readonly unknown[] = [], signal?: AbortSignal): Promise<Result> {
      const id = nextId++;
      const outcome = read(await post({ jsonrpc: "2.0", id, method, params }, signal), id, method);
      if (!outcome.ok) throw outcome.error;
      return outcome.result as Result;
    },
    async batch(calls, signal) {
      if (calls.length === 0) return [];
      const requests = calls.map(({ method, params }) => ({
        jsonrpc: "2.0",
        id: nextId++,
        method,
        params: params ?? [],
      }));
      const responses = await post(requests, signal);
      // A server that refuses the whole batch answers with one error object.
      if (!Array.isArray(responses)) {
        const outcome = read(responses, Number.NaN, "batch");
        throw outcome.ok ? malformed(url, "batch") : outcome.error;
      }
      const byId = new Map(responses.map((response) => [(response as { id?: unknown } | null)?.id, response]));
      return requests.map(({ id, method }) => read(byId.get(id), id, method));
    },
    async subscribe(namespace, params, onNotification, onEnd) {
      socket ??= openRpcSocket(ws, timeoutMs, () => {
        socket = undefined;
      });
      let opened: RpcSocket;
      try {
        opened = await socket;
      } catch (error) {
        socket = undefined;
        throw error;
      }
      return opened.subscribe(namespace, params, onNotification, onEnd);
    },
    async close() {
      const opened = socket;
      socket = undefined;
      if (opened !== undefined) await opened.then((each) => each.close()).catch(() => undefined);
    },
  };
}

function endpointsOf(url: string): { readonly http: string; readonly ws: string } {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const secure = parsed?.protocol === "https:" || parsed?.protocol === "wss:";
  if (parsed === undefined || !["http:", "https:", "ws:", "wss:"].includes(parsed.protocol)) {
    throw new UserError("KOMA_E_RPC_URL_INVALID", `"${url.slice(0, 120)}" is not the URL of a JSON-RPC server.`, {
      fix: ["Give it as http://HOST:PORT."],
    });
  }
  const rest = parsed.href.slice(parsed.protocol.length);
  return { http: `${secure ? "https:" : "http:"}${rest}`, ws: `${secure ? "wss:" : "ws:"}${rest}` };
}

async function readText(response: Response): Promise<string> {
  const announced = response.headers.get("content-length");
  if (announced !== null && Number(announced) <= maxResponseBytes) return response.text();
  // Without a length, or with one that is too large: count while reading, so that no server can fill our memory.
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > maxResponseBytes) {
      throw new ProtocolError("KOMA_E_RPC_MALFORMED", `The answer is larger than ${maxResponseBytes} bytes.`);
    }
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

function malformed(url: string, method: string): ProtocolError {
  return new ProtocolError("KOMA_E_RPC_MALFORMED", `${url} did not answer ${method} with a JSON-RPC response.`, {
    facts: { url, method },
  });
}

function timedOut(url: string, timeoutMs: number): EnvironmentError {
  return new EnvironmentError("KOMA_E_RPC_TIMEOUT", `${url} did not answer within ${timeoutMs} ms.`, {
    facts: { url, timeoutMs },
  });
}

function unreachable(url: string, cause: unknown): EnvironmentError {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  const reason = inner instanceof Error ? inner.message : String(inner);
  return new EnvironmentError("KOMA_E_RPC_UNREACHABLE", `No JSON-RPC server answers at ${url}.`, {
    facts: { url, reason },
    cause,
  });
}
