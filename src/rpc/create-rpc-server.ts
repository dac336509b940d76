import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import { type Clock, systemClock } from "../clock.ts";
import { EnvironmentError, KomaError, UserError } from "../errors.ts";
import type { Logger } from "../logger.ts";
import { type Cors, isHostAllowed, isLocalRequest, isOriginAllowed } from "./access.ts";
import { ByteBudget } from "./byte-budget.ts";
import { type Client, Clients } from "./clients.ts";
import { FilterStore } from "./filters.ts";
import { type EndpointOptions, isRpcPath, pathOf, reply, serveHttp } from "./http-endpoint.ts";
import { errorResponse, type MethodRunner } from "./json-rpc.ts";
import { RevertError } from "./json-rpc-error.ts";
import { defaultRpcLimits, type RpcLimits } from "./limits.ts";
import { extraMethods, localMethods, localOnly, MethodTable } from "./method-table.ts";
import { debugMethods } from "./methods/debug.ts";
import { discoveryMethods } from "./methods/discovery.ts";
import { ethBlockMethods } from "./methods/eth-blocks.ts";
import { ethFillMethods } from "./methods/eth-fill.ts";
import { ethFilterMethods } from "./methods/eth-filters.ts";
import { ethSimulateMethods } from "./methods/eth-simulate.ts";
import { ethStateMethods } from "./methods/eth-state.ts";
import { ethTransactionMethods } from "./methods/eth-transactions.ts";
import { nodeMethods } from "./methods/node-methods.ts";
import { txpoolMethods } from "./methods/txpool.ts";
import { RequestMetrics, single } from "./metrics.ts";
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
  /** Takes no new requests, waits `drainMs` for those being worked on, and ends all connections. */
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
  const table: MethodTable = new MethodTable(
    discoveryMethods(api, () => table.names),
    nodeMethods(api),
    ethBlockMethods(api),
    ethStateMethods(api, limits),
    ethSimulateMethods(api),
    ethFillMethods(api),
    ethTransactionMethods(api, limits, clock),
    ethFilterMethods(api, limits, filters),
    txpoolMethods(api),
    debugMethods(api),
    extraMethods(api),
  );
  const local = new MethodTable(localMethods(api));
  const budget = new ByteBudget(limits.maxBufferedBytes);
  const requests = new RequestMetrics();
  const runFor =
    (client: Client) =>
    (methods: MethodTable): MethodRunner => {
      return async (name, params) => {
        const startedAt = clock.now();
        // Names of methods that do not exist are the client's to choose, and may be any number.
        const known = methods.has(name) ? name : "unknown";
        const note = (outcome: string) => requests.add(known, outcome, (clock.now() - startedAt) / 1_000);
        try {
          const result = await client.run(methods.cost(name), () => methods.run(name, params));
          note("ok");
          return result;
        } catch (error) {
          note(outcomeOf(error));
          throw error;
        }
      };
    };
  /** @param isLocal  whether a program on this machine asks, see `isLocalRequest` */
  const runnerOf = (client: Client, isLocal: boolean): MethodRunner => {
    const [runLocal, runTable] = [runFor(client)(local), runFor(client)(table)];
    return async (name, params) => {
      if (!local.has(name)) return runTable(name, params);
      if (!isLocal) throw localOnly(name);
      return runLocal(name, params);
    };
  };
  const metrics = () => [
    ...(api.metrics?.() ?? []),
    ...requests.read(),
    single("koma_rpc_connections", "gauge", "Open connections, HTTP and WebSocket.", connections),
    single("koma_rpc_websockets", "gauge", "Open WebSockets.", sockets.clients.size),
    single("koma_rpc_filters", "gauge", "Filters that clients have and poll.", filters.size),
    single("koma_rpc_buffered_bytes", "gauge", "Requests being read and answers not yet taken.", budget.used),
  ];
  const options: EndpointOptions = { api, cors, allowedHosts, limits, clock, logger, budget, metrics };
  const clients = new Clients(limits, clock);
  const connected = new WeakMap<Socket, Client>();
  let working = 0;
  let connections = 0;
  let stopping: (() => void) | undefined;

  // Connections are looked at every second: the default of half a minute makes a time limit of ten seconds one of forty.
  const server = createServer({ connectionsCheckingInterval: 1_000 }, (request, response) => {
    const client = connected.get(request.socket);
    if (client === undefined) {
      request.destroy();
      return;
    }
    if (stopping) {
      reply(response, 503, errorResponse(null, serverStopping()), { connection: "close" });
      return;
    }
    working++;
    response.once("close", () => {
      working--;
      if (working === 0) stopping?.();
    });
    const run = runnerOf(client, isLocalRequest(request.socket.remoteAddress, request.headers));
    serveHttp(request, response, run, options).catch((error) => {
      // A client that hangs up in the middle is no error of ours; there is nobody left to answer either.
      if (request.destroyed || response.destroyed) return;
      logger.error({ error: String(error) }, "an HTTP request could not be answered");
      if (!response.headersSent) response.writeHead(500, { "content-type": "application/json" });
      response.end(errorResponse(null, error));
    });
  });
  server.maxConnections = limits.maxConnections;
  server.headersTimeout = limits.headersTimeoutMs;
  server.requestTimeout = limits.requestTimeoutMs;
  server.keepAliveTimeout = limits.idleTimeoutMs;
  server.timeout = limits.idleTimeoutMs + limits.requestTimeoutMs;
  server.on("connection", (socket: Socket) => {
    const client = clients.connect(socket.remoteAddress);
    if (client === undefined) {
      socket.destroy();
      return;
    }
    connected.set(socket, client);
    connections++;
    socket.once("close", () => {
      connections--;
      client.close();
    });
  });

  const sockets = new WebSocketServer({ noServer: true, maxPayload: limits.maxBodyBytes, perMessageDeflate: false });
  server.on("upgrade", (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    const status = stopping ? "503 Service Unavailable" : upgradeRefusal(request, options);
    const client = connected.get(request.socket);
    if (status !== undefined || client === undefined) {
      stream.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
      return;
    }
    sockets.handleUpgrade(request, stream, head, (socket) =>
      serveSocket(socket, { api, table, runFor: runFor(client), budget, limits, clock, logger }),
    );
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
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      const drained = new Promise<void>((resolve) => {
        stopping = resolve;
        if (working === 0) resolve();
      });
      server.closeIdleConnections();
      const patience = new Promise<void>((resolve) => setTimeout(resolve, limits.drainMs).unref());
      await Promise.race([drained, patience]);
      filters.close();
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

function outcomeOf(error: unknown): string {
  if (error instanceof RevertError) return "KOMA_E_REVERTED";
  return error instanceof KomaError ? error.code : "KOMA_E_BUG";
}

function serverStopping(): EnvironmentError {
  return new EnvironmentError("KOMA_E_RPC_STOPPING", "the node stops");
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
