import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import { type Clock, systemClock } from "../clock.ts";
import { EnvironmentError, UserError } from "../errors.ts";
import type { Logger } from "../logger.ts";
import { type Cors, isHostAllowed, isOriginAllowed } from "./access.ts";
import { FilterStore } from "./filters.ts";
import { type EndpointOptions, isRpcPath, pathOf, serveHttp } from "./http-endpoint.ts";
import { errorResponse } from "./json-rpc.ts";
import { defaultRpcLimits, type RpcLimits } from "./limits.ts";
import { extraMethods, localMethods, localOnly, MethodTable } from "./method-table.ts";
import { ethBlockMethods } from "./methods/eth-blocks.ts";
import { ethFilterMethods } from "./methods/eth-filters.ts";
import { ethStateMethods } from "./methods/eth-state.ts";
import { ethTransactionMethods } from "./methods/eth-transactions.ts";
import { nodeMethods } from "./methods/node-methods.ts";
import { txpoolMethods } from "./methods/txpool.ts";
import type { NodeApi } from "./node-api.ts";
import { serveSocket } from "./socket-connection.ts";

export interface RpcServerConfig {
  /** Address to listen on. Default 127.0.0.1: JSON-RPC has no passwords. */
  readonly host?: string;
  /** 0, the default, takes any free port. */
  readonly port?: number;
  readonly api: NodeApi;
  readonly logger: Logger;
  readonly clock?: Clock;
  readonly limits?: Partial<RpcLimits>;
  /** Pages that may talk to the server. Default none; devnets allow any. */
  readonly cors?: Cors;
  /** Host names, besides localhost and IP addresses, under which clients reach the server. */
  readonly allowedHosts?: readonly string[];
}

export interface RpcServer {
  /** The port that was bound. */
  readonly port: number;
  /** For example `http://127.0.0.1:8545`. */
  readonly url: string;
  readonly wsUrl: string;
  /** Names of all methods over HTTP, sorted. */
  readonly methods: readonly string[];
  /** Names of those that only programs on this machine may call, sorted. */
  readonly localMethods: readonly string[];
  /** Ends all connections; requests being worked on get no answer. */
  close(): Promise<void>;
}

const goingAway = 1001;

/**
 * Serves JSON-RPC over HTTP and WebSocket on one port, at `/` and at `/chain/<id>`.
 *
 * @throws {UserError} KOMA_E_PORT_TAKEN @throws {EnvironmentError} KOMA_E_LISTEN_FAILED
 */
export async function createRpcServer(config: RpcServerConfig): Promise<RpcServer> {
  const { api, logger, clock = systemClock, host = "127.0.0.1", cors = { origins: [] }, allowedHosts = [] } = config;
  const limits: RpcLimits = { ...defaultRpcLimits, ...config.limits };
  const filters = new FilterStore(api, limits, clock);
  const table = new MethodTable(
    nodeMethods(api),
    ethBlockMethods(api),
    ethStateMethods(api, limits),
    ethTransactionMethods(api, limits),
    ethFilterMethods(api, limits, filters),
    txpoolMethods(api),
    extraMethods(api),
  );
  const local = new MethodTable(localMethods(api));
  const options: EndpointOptions = {
    api,
    cors,
    allowedHosts,
    limits,
    clock,
    logger,
    run: (name, params) => (local.names.includes(name) ? Promise.reject(localOnly(name)) : table.run(name, params)),
    runLocal: (name, params) => (local.names.includes(name) ? local : table).run(name, params),
  };

  const server = createServer((request, response) => {
    serveHttp(request, response, options).catch((error) => {
      // A client that hangs up in the middle is no error of ours; there is nobody left to answer either.
      if (request.destroyed || response.destroyed) return;
      logger.error({ error: String(error) }, "an HTTP request could not be answered");
      if (!response.headersSent) response.writeHead(500, { "content-type": "application/json" });
      response.end(errorResponse(null, error));
    });
  });
  server.maxConnections = limits.maxConnections;
  server.headersTimeout = 10_000;
  server.requestTimeout = limits.requestTimeoutMs;
  server.keepAliveTimeout = 65_000;

  const sockets = new WebSocketServer({ noServer: true, maxPayload: limits.maxBodyBytes, perMessageDeflate: false });
  server.on("upgrade", (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    const status = upgradeRefusal(request, options);
    if (status !== undefined) {
      stream.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
      return;
    }
    sockets.handleUpgrade(request, stream, head, (socket) => serveSocket(socket, api, table, options));
  });

  const port = await listen(server, host, config.port ?? 0);
  const authority = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  logger.info({ host, port }, "serving JSON-RPC");
  return {
    port,
    url: `http://${authority}`,
    wsUrl: `ws://${authority}`,
    methods: table.names,
    localMethods: local.names,
    async close() {
      filters.close();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets.clients) {
        socket.close(goingAway, "the node stops");
        // A client that does not answer the close frame would keep the process alive.
        setTimeout(() => socket.terminate(), 200).unref();
      }
      server.closeAllConnections();
      await closed;
    },
  };
}

function upgradeRefusal(request: IncomingMessage, options: EndpointOptions): string | undefined {
  if (!isHostAllowed(request.headers.host, options.allowedHosts)) return "403 Forbidden";
  // WebSockets know no preflight: the origin must be judged here.
  if (!isOriginAllowed(request.headers.origin, options.cors)) return "403 Forbidden";
  return isRpcPath(pathOf(request), options.api.chainId) ? undefined : "404 Not Found";
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => reject(listenFailure(cause, host, port)));
    server.listen({ host, port }, () => {
      server.removeAllListeners("error");
      resolve((server.address() as AddressInfo).port);
    });
  });
}

function listenFailure(cause: NodeJS.ErrnoException, host: string, port: number): UserError | EnvironmentError {
  if (cause.code === "EADDRINUSE") {
    return new UserError("KOMA_E_PORT_TAKEN", `Port ${port} on ${host} is in use; JSON-RPC cannot be served there.`, {
      facts: { host, port },
      fix: ["Stop the program that uses the port, or choose another one."],
      cause,
    });
  }
  return new EnvironmentError("KOMA_E_LISTEN_FAILED", `Cannot serve JSON-RPC on ${host}:${port}.`, {
    facts: { host, port, reason: cause.message },
    fix: ["Give an address of this machine, 127.0.0.1 or 0.0.0.0."],
    cause,
  });
}
