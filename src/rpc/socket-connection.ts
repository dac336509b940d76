import type { WebSocket } from "ws";
import type { Logger } from "../logger.ts";
import { answerJsonRpc, type JsonRpcOptions } from "./json-rpc.ts";
import { MethodTable } from "./method-table.ts";
import type { NodeApi } from "./node-api.ts";
import { Subscriptions } from "./subscriptions.ts";

const tryAgainLater = 1013;

/**
 * Serves one WebSocket. A client that asks faster than it is answered is not read from for a while; one that does not
 * read its answers is closed, because what it subscribed to would otherwise pile up here.
 */
export function serveSocket(socket: WebSocket, api: NodeApi, shared: MethodTable, options: JsonRpcOptions): void {
  const { limits, logger } = options;
  let working = 0;
  let isAlive = true;

  function send(text: string): void {
    if (socket.readyState !== socket.OPEN) return;
    socket.send(text);
    if (socket.bufferedAmount <= limits.maxSocketBacklogBytes) return;
    logger.warn({ backlogBytes: socket.bufferedAmount }, "closed a WebSocket whose client does not read");
    socket.close(tryAgainLater, "the client does not read fast enough");
    socket.terminate();
  }

  const subscriptions = new Subscriptions(api, limits, send);
  const own = new MethodTable(subscriptions.methods());
  const ownNames = new Set(own.names);
  const run = (name: string, params: readonly unknown[]) => (ownNames.has(name) ? own : shared).run(name, params);

  async function answer(text: string): Promise<void> {
    const response = await answerJsonRpc(text, run, options);
    if (response !== undefined) send(response);
    subscriptions.release();
  }

  socket.on("message", (data) => {
    isAlive = true;
    working += 1;
    if (working >= limits.maxRequestsPerSocket) socket.pause();
    answer(data.toString())
      .catch((error) => logFailure(logger, error))
      .finally(() => {
        working -= 1;
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
