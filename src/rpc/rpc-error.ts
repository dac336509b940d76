import { ProtocolError } from "../errors.ts";

/** A JSON-RPC error that a server answered with. Its `code` is the server's KOMA_E code where it gives one. */
export class RpcError extends ProtocolError {
  /** Number of JSON-RPC, for example −32602; 3 for a revert. */
  readonly number: number;
  readonly data: unknown;

  constructor(method: string, number: number, message: string, data: unknown) {
    super(codeOf(number, data), message, {
      facts: { method, number, ...detailsOf(data) },
      ...(fixOf(data) === undefined ? {} : { fix: fixOf(data) as readonly string[] }),
    });
    this.number = number;
    this.data = data;
  }
}

function codeOf(number: number, data: unknown): string {
  const code = fieldOf(data, "code");
  if (typeof code === "string" && /^KOMA_E_[A-Z0-9_]+$/.test(code)) return code;
  if (number === 3) return "KOMA_E_REVERTED";
  return number === -32601 ? "KOMA_E_RPC_METHOD_UNKNOWN" : "KOMA_E_RPC_REFUSED";
}

function detailsOf(data: unknown): Readonly<Record<string, string | number | boolean>> {
  const details = fieldOf(data, "details");
  if (typeof details !== "object" || details === null) return {};
  const plain = Object.entries(details).filter(([, value]) => ["string", "number", "boolean"].includes(typeof value));
  return Object.fromEntries(plain);
}

function fixOf(data: unknown): readonly string[] | undefined {
  const fix = fieldOf(data, "fix");
  return Array.isArray(fix) && fix.every((each) => typeof each === "string") ? fix : undefined;
}

function fieldOf(data: unknown, name: string): unknown {
  return typeof data === "object" && data !== null ? (data as Record<string, unknown>)[name] : undefined;
}

/** Reads `error` of a response; anything else than an error object is a malformed answer. */
export function readRpcError(method: string, error: unknown): RpcError {
  const { code, message, data } = (typeof error === "object" && error !== null ? error : {}) as Record<string, unknown>;
  return new RpcError(
    method,
    typeof code === "number" ? code : -32603,
    typeof message === "string" ? message.slice(0, 4_096) : "the server answered with an error without a message",
    data,
  );
}
