import type { IncomingMessage, ServerResponse } from "node:http";
import { UserError } from "../errors.ts";
import { type Cors, corsHeaders, isHostAllowed, isOriginAllowed, preflightHeaders } from "./access.ts";
import type { ByteBudget } from "./byte-budget.ts";
import { answerJsonRpc, errorResponse, type JsonRpcOptions, type MethodRunner } from "./json-rpc.ts";
import { limitExceeded } from "./json-rpc-error.ts";
import { type Metric, writeMetrics } from "./metrics.ts";
import type { NodeApi } from "./node-api.ts";

export interface EndpointOptions extends JsonRpcOptions {
  readonly api: NodeApi;
  readonly cors: Cors;
  readonly allowedHosts: readonly string[];
  /** Memory for requests and answers of all clients. */
  readonly budget: ByteBudget;
  readonly metrics: () => readonly Metric[];
}

const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";
const jsonTypes = ["application/json", "application/json-rpc", "application/jsonrequest"];

/** Answers one HTTP request: `POST /` with JSON-RPC, `GET` for whoever watches, and browsers' preflight questions. */
export async function serveHttp(
  request: IncomingMessage,
  response: ServerResponse,
  run: MethodRunner,
  options: EndpointOptions,
) {
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
  if (request.method === "GET") {
    const page = await watchingPage(path, options);
    if (page) return reply(response, page.status, page.body, { ...headers, ...page.headers });
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
  if (!isOriginAllowed(origin, options.cors) && !isSameOrigin(origin, request.headers.host)) {
    return reply(response, 403, errorResponse(null, originRefused()), headers);
  }
  const lent = new Loan(options.budget);
  response.once("close", () => lent.end());
  try {
    const body = await readBody(request, options.limits.maxBodyBytes, lent);
    const answer = (await answerJsonRpc(body, run, options)) ?? "";
    lent.add(answer.length);
    return reply(response, 200, answer, headers);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const status = error.code === "KOMA_E_RPC_BUSY" ? 503 : 413;
    return reply(response, status, errorResponse(null, error), { ...headers, connection: "close" });
  }
}

/** What one request and its answer take of the server's memory, until the answer is gone. */
class Loan {
  readonly #budget: ByteBudget;
  #bytes = 0;
  #ended = false;

  constructor(budget: ByteBudget) {
    this.#budget = budget;
  }

  /** @throws {UserError} KOMA_E_RPC_BUSY */
  add(bytes: number): void {
    if (this.#ended) return;
    if (!this.#budget.take(bytes)) throw serverBusy();
    this.#bytes += bytes;
  }

  end(): void {
    this.#ended = true;
    this.#budget.giveBack(this.#bytes);
    this.#bytes = 0;
  }
}

/** Clients that do not take their answers have filled the memory that there is for them. */
export function serverBusy(): UserError {
  return new UserError("KOMA_E_RPC_BUSY", "the server is busy with other clients; try again later");
}

export function originRefused(): UserError {
  return new UserError("KOMA_E_RPC_ORIGIN_REFUSED", "origin not allowed", {
    fix: ["Add the page's origin to the server's allowed origins (rpc.origins of the node's config.json)."],
  });
}

/** A page that this server's own address gave out, through a proxy for instance. */
function isSameOrigin(origin: string | undefined, host: string | undefined): boolean {
  return origin !== undefined && host !== undefined && (origin === `http://${host}` || origin === `https://${host}`);
}

/** Path without query; a request target that is no path is one that nothing is served at. */
export function pathOf(request: IncomingMessage): string {
  return (request.url ?? "/").split(/[?#]/, 1)[0] || "/";
}

/** `/`, or `/chain/<id>` as devnets with several chains name them. */
export function isRpcPath(path: string, chainId: bigint): boolean {
  return path === "/" || path === `/chain/${chainId}` || path === `/chain/${chainId}/`;
}

/** For whoever watches the node: `/health` (it runs), `/ready` (200 when it should be asked), `/metrics` (Prometheus). */
async function watchingPage(path: string, { api, metrics }: EndpointOptions) {
  switch (path) {
    case "/health":
      return { status: 200, body: JSON.stringify(await healthOf(api)) };
    case "/ready": {
      const reasons = api.readiness?.() ?? [];
      return {
        status: reasons.length === 0 ? 200 : 503,
        body: JSON.stringify({ ready: reasons.length === 0, reasons }),
      };
    }
    case "/metrics":
      return { status: 200, body: writeMetrics(metrics()), headers: { "content-type": METRICS_TYPE } };
    default:
      return undefined;
  }
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

/** @throws {UserError} KOMA_E_RPC_LIMIT when the body is larger than allowed, KOMA_E_RPC_BUSY */
async function readBody(request: IncomingMessage, maxBytes: number, lent: Loan): Promise<string> {
  const tooLarge = () => limitExceeded(`content too large: at most ${maxBytes} bytes`, { limit: maxBytes });
  if (Number(request.headers["content-length"] ?? 0) > maxBytes) throw tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) throw tooLarge();
    lent.add(chunk.length);
    chunks.push(chunk);
  }
  return (chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)).toString("utf8");
}

export function reply(
  response: ServerResponse,
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
) {
  response.writeHead(status, {
    ...(body === "" ? {} : { "content-type": "application/json" }),
    "content-length": Buffer.byteLength(body),
    "x-content-type-options": "nosniff",
    ...headers,
  });
  response.end(body);
}
