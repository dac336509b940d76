import type { WebSocket } from "ws";
import type { Logger } from "../logger.ts";
import type { ByteBudget } from "./byte-budget.ts";
import { serverBusy } from "./http-endpoint.ts";
import { answerJsonRpc, errorResponse, type JsonRpcOptions, type MethodRunner } from "./json-rpc.ts";
import { MethodTable } from "./method-table.ts";
import type { NodeApi } from "./node-api.ts";
import { Subscriptions } from "./subscriptions.ts";

/** What serving one WebSocket takes. */
export interface SocketParts extends JsonRpcOptions {
  readonly api: NodeApi;
  /** Methods that every connection has. */
  readonly table: MethodTable;
  /** Runs a method of a table for this connection's client. */
  readonly runFor: (table: MethodTable) => MethodRunner;
  readonly budget: ByteBudget;
}

const tryAgainLater = 1013;

/**
 * Serves one WebSocket. A client that asks faster than it is answered is not read from for a while; one that does not
 * read its answers is closed, because what it subscribed to would otherwise pile up here.
 */
export function serveSocket(socket: WebSocket, { api, table, runFor, budget, ...options }: SocketParts): void {
  const { limits, logger } = options;
  let working = 0;
  let isAlive = true;

  function send(text: string): void {
    if (socket.readyState !== socket.OPEN) return;
    const fits = budget.take(text.length);
    if (fits) socket.send(text, () => budget.giveBack(text.length));
    if (fits && socket.bufferedAmount <= limits.maxSocketBacklogBytes) return;
    logger.warn({ backlogBytes: socket.bufferedAmount }, "closed a WebSocket whose client does not read");
    socket.close(tryAgainLater, "the client does not read fast enough");
    socket.terminate();
  }

  const subscriptions = new Subscriptions(api, limits, send);
  const own = new MethodTable(subscriptions.methods());
  const [runOwn, runShared] = [runFor(own), runFor(table)];
  const run: MethodRunner = (name, params) => (own.has(name) ? runOwn : runShared)(name, params);

  async function answer(text: string): Promise<void> {
    const response = await answerJsonRpc(text, run, options);
    if (response !== undefined) send(response);
    subscriptions.release();
  }

  socket.on("message", (data) => {
    isAlive = true;
    working += 1;
    if (working >= limits.maxRequestsPerSocket) socket.pause();
    const text = data.toString();
    if (!budget.take(text.length)) {
      working -= 1;
      send(errorResponse(null, serverBusy()));
      return;
    }
    answer(text)
      .catch((error) => logFailure(logger, error))
      .finally(() => {
        working -= 1;
        budget.giveBack(text.length);
        if (socket.isPaused && working < limits.maxRequestsPerSocket) socket.resume();
      });
  });
  socket.on("pong", () => {
    isAlive = true;
  });
  socket.on("error", (error) => logger.debug({ reason: error.message }, "a WebSocket failed"));

  const heartbeat = setInterval(() => {
    if (!isAlive) {
      socket.terminate();
      return;
    }
    isAlive = false;
    socket.ping();
  }, limits.requestTimeoutMs);
  heartbeat.unref();
  socket.on("close", () => {
    clearInterval(heartbeat);
    subscriptions.close();
  });
}

function logFailure(logger: Logger, error: unknown): void {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  logger.error({ error: stack }, "a WebSocket message could not be answered");
}
