import type { IncomingMessage, ServerResponse } from "node:http";
import { UserError } from "../errors.ts";
import { type Cors, corsHeaders, isHostAllowed, isLocalRequest, preflightHeaders } from "./access.ts";
import { answerJsonRpc, errorResponse, type JsonRpcOptions, type MethodRunner } from "./json-rpc.ts";
import { limitExceeded } from "./json-rpc-error.ts";
import type { NodeApi } from "./node-api.ts";

export interface EndpointOptions extends JsonRpcOptions {
  readonly api: NodeApi;
  readonly run: MethodRunner;
  /** For programs on this machine, see `isLocalRequest`. */
  readonly runLocal: MethodRunner;
  readonly cors: Cors;
  readonly allowedHosts: readonly string[];
}

const jsonTypes = ["application/json", "application/json-rpc", "application/jsonrequest"];

/** Answers one HTTP request: `POST /` with JSON-RPC, `GET /health`, and browsers' preflight questions. */
export async function serveHttp(request: IncomingMessage, response: ServerResponse, options: EndpointOptions) {
  const { origin } = request.headers;
  const path = pathOf(request);
  if (!isHostAllowed(request.headers.host, options.allowedHosts)) {
    const refused = new UserError("KOMA_E_RPC_HOST_REFUSED", "invalid host specified", {
      fix: ["Use 127.0.0.1 or localhost, or add the host name to the server's allowed hosts."],
    });
    return reply(response, 403, errorResponse(null, refused));
  }
  if (request.method === "OPTIONS") {
    const privateNetwork = request.headers["access-control-request-private-network"] === "true";
    return reply(response, 204, "", preflightHeaders(origin, options.cors, privateNetwork));
  }
  const headers = corsHeaders(origin, options.cors);
  if (request.method === "GET" && path === "/health") {
    return reply(response, 200, JSON.stringify(await healthOf(options.api)), headers);
  }
  if (!isRpcPath(path, options.api.chainId)) {
    const unknown = new UserError("KOMA_E_RPC_PATH_UNKNOWN", `nothing is served at ${path.slice(0, 80)}`);
    return reply(response, 404, errorResponse(null, unknown), headers);
  }
  if (request.method !== "POST") {
    const wrong = new UserError("KOMA_E_RPC_REQUEST_INVALID", "JSON-RPC is asked for with POST");
    return reply(response, 405, errorResponse(null, wrong), { ...headers, allow: "POST, OPTIONS" });
  }
  // A page can post text/plain anywhere without asking first; insisting on JSON makes the browser ask.
  const type = request.headers["content-type"]?.split(";")[0]?.trim().toLowerCase();
  if (type === undefined || !jsonTypes.includes(type)) {
    const wrong = new UserError(
      "KOMA_E_RPC_REQUEST_INVALID",
      "invalid content type, only application/json is supported",
    );
    return reply(response, 415, errorResponse(null, wrong), headers);
  }
  const body = await readBody(request, options.limits.maxBodyBytes);
  if (body === undefined) {
    const limit = options.limits.maxBodyBytes;
    const tooLarge = limitExceeded(`content too large: at most ${limit} bytes`, { limit });
    return reply(response, 413, errorResponse(null, tooLarge), { ...headers, connection: "close" });
  }
  const isLocal = isLocalRequest(request.socket.remoteAddress, request.headers);
  const answer = await answerJsonRpc(body, isLocal ? options.runLocal : options.run, options);
  return reply(response, 200, answer ?? "", headers);
}

/** Path without query; a request target that is no path is one that nothing is served at. */
export function pathOf(request: IncomingMessage): string {
  return (request.url ?? "/").split(/[?#]/, 1)[0] || "/";
}

/** `/`, or `/chain/<id>` as devnets with several chains name them. */
export function isRpcPath(path: string, chainId: bigint): boolean {
  return path === "/" || path === `/chain/${chainId}` || path === `/chain/${chainId}/`;
}

async function healthOf(api: NodeApi) {
  const head = await api.header({ kind: "tag", tag: "latest" });
  const final = await api.header({ kind: "tag", tag: "finalized" });
  return {
    status: "ok",
    chainId: Number(api.chainId),
    head: Number(head?.header.number ?? 0n),
    finalized: Number(final?.header.number ?? 0n),
    peers: api.peerCount(),
    syncing: api.syncing() !== false,
  };
}

/** @returns `undefined` when the body is larger than allowed */
async function readBody(request: IncomingMessage, maxBytes: number): Promise<string | undefined> {
  if (Number(request.headers["content-length"] ?? 0) > maxBytes) return undefined;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return (chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)).toString("utf8");
}

function reply(response: ServerResponse, status: number, body: string, headers: Readonly<Record<string, string>> = {}) {
  response.writeHead(status, {
    ...(body === "" ? {} : { "content-type": "application/json" }),
    "content-length": Buffer.byteLength(body),
    "x-content-type-options": "nosniff",
    ...headers,
  });
  response.end(body);
}
