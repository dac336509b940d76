import type { Clock } from "../clock.ts";
import { EnvironmentError, UserError } from "../errors.ts";
import type { Logger } from "../logger.ts";
import type { Timestamp } from "../primitives/index.ts";
import { Breath } from "./breath.ts";
import { invalidParams, isUnexpected, type JsonRpcErrorBody, limitExceeded, toErrorBody } from "./json-rpc-error.ts";
import { JsonText } from "./json-text.ts";
import type { RpcLimits } from "./limits.ts";
import { nestsDeeperThan } from "./nesting.ts";

/** Runs one method; what it throws becomes the error of the response. */
export type MethodRunner = (name: string, params: readonly unknown[]) => Promise<unknown>;

export interface JsonRpcOptions {
  readonly limits: RpcLimits;
  readonly clock: Clock;
  readonly logger: Logger;
}

type RequestId = string | number | null;

/**
 * Answers the text of one JSON-RPC 2.0 message, a request or a batch.
 *
 * Requests of a batch run one after the other: a wallet that sends several transactions relies on their order.
 *
 * @returns the response's text; `undefined` when there is nothing to answer (only notifications)
 */
export async function answerJsonRpc(
  text: string,
  run: MethodRunner,
  options: JsonRpcOptions,
): Promise<string | undefined> {
  const { maxDepth } = options.limits;
  if (nestsDeeperThan(text, maxDepth)) {
    return errorResponse(null, limitExceeded(`nested deeper than ${maxDepth} levels`, { limit: maxDepth }));
  }
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return errorResponse(null, new UserError("KOMA_E_RPC_PARSE", "parse error: the body is not JSON"));
  }
  return Array.isArray(message) ? answerBatch(message, run, options) : answerRequest(message, run, options);
}

async function answerBatch(
  requests: readonly unknown[],
  run: MethodRunner,
  options: JsonRpcOptions,
): Promise<string | undefined> {
  const { maxBatch, maxBatchResponseBytes, requestTimeoutMs } = options.limits;
  if (requests.length === 0) return errorResponse(null, invalidRequest("empty batch"));
  if (requests.length > maxBatch) {
    const facts = { requests: requests.length, limit: maxBatch };
    return errorResponse(null, limitExceeded(`batch too large: at most ${maxBatch} requests`, facts));
  }
  const responses: string[] = [];
  let size = 0;
  const breath = new Breath(options.clock);
  const endAt = options.clock.now() + requestTimeoutMs;
  for (const request of requests) {
    const refusal =
      size > maxBatchResponseBytes
        ? limitExceeded("response of the batch too large", { limit: maxBatchResponseBytes })
        : options.clock.now() > endAt
          ? timedOut("batch", requestTimeoutMs)
          : undefined;
    const response = refusal ? answerWith(request, refusal) : await answerRequest(request, run, options);
    if (response !== undefined) {
      responses.push(response);
      size += response.length;
    }
    await breath.take();
  }
  return responses.length === 0 ? undefined : `[${responses.join(",")}]`;
}

/** What is left of a batch that has had its share. */
function answerWith(request: unknown, error: Error): string | undefined {
  const id = readId(request);
  return id === undefined ? undefined : errorResponse(id, error);
}

async function answerRequest(
  request: unknown,
  run: MethodRunner,
  options: JsonRpcOptions,
): Promise<string | undefined> {
  const problem = problemOf(request);
  if (problem !== undefined) return errorResponse(readId(request) ?? null, invalidRequest(problem));
  const { method, params } = request as { method: string; params?: unknown };
  const id = readId(request);
  try {
    const result = await withinTime(run(method, readParams(params)), method, options);
    if (id === undefined) return undefined;
    const json = result instanceof JsonText ? result.text : JSON.stringify(result ?? null);
    const { maxResponseBytes: limit } = options.limits;
    if (json.length > limit) throw limitExceeded(`response too large: at most ${limit} bytes`, { limit });
    return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${json}}`;
  } catch (error) {
    if (isUnexpected(error)) {
      const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
      options.logger.error({ method, error: stack }, "a JSON-RPC method failed unexpectedly");
    }
    return id === undefined ? undefined : errorResponse(id, error);
  }
}

function problemOf(request: unknown): string | undefined {
  if (typeof request !== "object" || request === null || Array.isArray(request)) return "a request is an object";
  const { jsonrpc, method, id } = request as Record<"jsonrpc" | "method" | "id", unknown>;
  if (jsonrpc !== "2.0") return 'jsonrpc must be "2.0"';
  if (typeof method !== "string") return "method must be a string";
  const idIsFine = id === undefined || id === null || typeof id === "number" || typeof id === "string";
  return idIsFine ? undefined : "id must be a string, a number or null";
}

/** `undefined` for a notification, which gets no response. */
function readId(request: unknown): RequestId | undefined {
  if (typeof request !== "object" || request === null) return null;
  const { id } = request as { id?: unknown };
  if (id === undefined) return undefined;
  return typeof id === "number" || typeof id === "string" ? id : null;
}

function readParams(params: unknown): readonly unknown[] {
  if (params === undefined || params === null) return [];
  if (!Array.isArray(params)) throw invalidParams("params", "expected an array; named parameters are not supported");
  return params;
}

function withinTime(work: Promise<unknown>, method: string, { limits, clock }: JsonRpcOptions): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const cancel = clock.schedule((clock.now() + limits.requestTimeoutMs) as Timestamp, () => {
      reject(timedOut(method, limits.requestTimeoutMs));
    });
    work.then(resolve, reject).finally(cancel);
  });
}

function timedOut(method: string, timeoutMs: number): EnvironmentError {
  return new EnvironmentError("KOMA_E_RPC_TIMEOUT", "request timed out", { facts: { method, timeoutMs } });
}

function invalidRequest(reason: string): UserError {
  return new UserError("KOMA_E_RPC_REQUEST_INVALID", `invalid request: ${reason}`);
}

export function errorResponse(id: RequestId, error: unknown): string {
  const body: JsonRpcErrorBody = toErrorBody(error);
  return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"error":${JSON.stringify(body)}}`;
}
