import { EnvironmentError, ProtocolError, UserError } from "../errors.ts";
import { type Hex, isHex } from "../primitives/index.ts";

/** The root chain's node answered with an error, for example a revert, whose data is then in `data`. */
export class RootRpcError extends ProtocolError {
  readonly rpcCode: number;
  readonly data: Hex | undefined;
  /** Whether the call was run and failed; otherwise the node refused for reasons of its own. */
  readonly reverted: boolean;

  constructor(method: string, rpcCode: number, message: string, data: Hex | undefined) {
    super("KOMA_E_ROOTCHAIN_REFUSED", `The root chain's node refused ${method}: ${message}`, {
      facts: { method, rpcCode, ...(data === undefined ? {} : { data }) },
    });
    this.rpcCode = rpcCode;
    this.data = data;
    // Not every node hands on what a contract reverted with; 3 is geth's code for it.
    this.reverted = data !== undefined || rpcCode === 3 || /revert|out of gas|invalid opcode/i.test(message);
  }
}

export interface RpcCall {
  readonly method: string;
  readonly params: readonly unknown[];
}

/** JSON-RPC over HTTP, one request at a time or several in one. Nothing is cached, polled or retried here. */
export interface RootRpc {
  readonly url: string;
  /**
   * @throws {EnvironmentError} KOMA_E_ROOTCHAIN_UNREACHABLE
   * @throws {RootRpcError} KOMA_E_ROOTCHAIN_REFUSED
   */
  request(method: string, params?: readonly unknown[], signal?: AbortSignal): Promise<unknown>;
  /** Answers in the order of the calls; a refusal stands in its call's place. */
  batch(calls: readonly RpcCall[], signal?: AbortSignal): Promise<readonly (unknown | RootRpcError)[]>;
}

export interface RootRpcOptions {
  /** Milliseconds until a request is given up, default 20,000. */
  readonly timeoutMs?: number;
}

/** A node may answer with whatever it likes; more than this of it is not read. */
const MAX_RESPONSE_BYTES = 64 * 1024 * 1024;
const MAX_MESSAGE_LENGTH = 500;

/** @throws {UserError} KOMA_E_ROOTCHAIN_URL for anything but an http or https URL */
export function createRootRpc(url: string, options: RootRpcOptions = {}): RootRpc {
  if (!/^https?:\/\/./.test(url) || !URL.canParse(url)) {
    throw new UserError("KOMA_E_ROOTCHAIN_URL", `"${url.slice(0, 200)}" is not the URL of a root chain.`, {
      fix: ["Give an http or https URL, for example http://127.0.0.1:8545."],
    });
  }
  const timeoutMs = options.timeoutMs ?? 20_000;
  let nextId = 1;

  async function post(body: unknown, signal: AbortSignal | undefined): Promise<unknown> {
    signal?.throwIfAborted();
    const limit = AbortSignal.timeout(timeoutMs);
    try {
      const response = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body, (_, value) => (typeof value === "bigint" ? `0x${value.toString(16)}` : value)),
        signal: signal ? AbortSignal.any([signal, limit]) : limit,
      });
      return JSON.parse(await readBounded(response));
    } catch (cause) {
      // Ours to pass on when the caller gave up; everything else is the network's fault.
      signal?.throwIfAborted();
      throw new EnvironmentError("KOMA_E_ROOTCHAIN_UNREACHABLE", `The root chain at ${url} does not answer.`, {
        facts: { url, reason: describe(cause), ...(limit.aborted ? { timeoutMs } : {}) },
        fix: ["Check that the root chain runs and that the URL is right."],
        cause,
      });
    }
  }

  return {
    url,
    async request(method, params = [], signal) {
      const id = nextId++;
      const answer = readAnswer(await post({ jsonrpc: "2.0", id, method, params }, signal), url);
      const outcome = outcomeOf(answer, method);
      if (outcome instanceof RootRpcError) throw outcome;
      return outcome;
    },
    async batch(calls, signal) {
      if (calls.length === 0) return [];
      const firstId = nextId;
      nextId += calls.length;
      const body = calls.map(({ method, params }, index) => ({ jsonrpc: "2.0", id: firstId + index, method, params }));
      const answers = await post(body, signal);
      if (!Array.isArray(answers)) throw malformed(url);
      const byId = new Map(answers.map((answer) => [readAnswer(answer, url).id, answer as RpcAnswer]));
      return calls.map(({ method }, index) => {
        const answer = byId.get(firstId + index);
        if (!answer) throw malformed(url);
        return outcomeOf(answer, method);
      });
    },
  };
}

interface RpcAnswer {
  readonly id?: unknown;
  readonly result?: unknown;
  readonly error?: unknown;
}

function readAnswer(answer: unknown, url: string): RpcAnswer {
  if (typeof answer !== "object" || answer === null || Array.isArray(answer)) throw malformed(url);
  return answer as RpcAnswer;
}

function outcomeOf(answer: RpcAnswer, method: string): unknown | RootRpcError {
  if (answer.error === undefined || answer.error === null) return answer.result ?? null;
  const error = answer.error as { code?: unknown; message?: unknown; data?: unknown };
  const code = typeof error.code === "number" ? error.code : 0;
  const message = typeof error.message === "string" ? error.message.slice(0, MAX_MESSAGE_LENGTH) : "no reason given";
  return new RootRpcError(method, code, message, revertData(error.data));
}

/** Where the nodes in use put a revert's data: in `data` itself (geth, anvil) or one level below (others). */
function revertData(data: unknown): Hex | undefined {
  if (isHex(data)) return data;
  if (typeof data !== "object" || data === null) return undefined;
  const nested = data as { data?: unknown; result?: unknown };
  if (isHex(nested.data)) return nested.data;
  return isHex(nested.result) ? nested.result : undefined;
}

async function readBounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > MAX_RESPONSE_BYTES) throw new Error(`the answer is longer than ${MAX_RESPONSE_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length).toString("utf8");
}

function malformed(url: string): EnvironmentError {
  return new EnvironmentError("KOMA_E_ROOTCHAIN_UNREACHABLE", `${url} does not speak JSON-RPC.`, { facts: { url } });
}

function describe(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return cause.cause instanceof Error ? `${cause.message}: ${cause.cause.message}` : cause.message;
}
