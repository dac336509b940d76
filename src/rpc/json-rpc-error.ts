import { KomaError, UserError } from "../errors.ts";
import { type Bytes, bytesToHex } from "../primitives/index.ts";

/** Numbers of JSON-RPC 2.0, EIP-1474 and go-ethereum that the server answers with. */
export const errorNumbers = {
  parse: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internal: -32603,
  /** Everything a node refuses; clients look at the message. */
  server: -32000,
  resourceNotFound: -32001,
  unavailable: -32002,
  limitExceeded: -32005,
  /** Blocks that the node has had and deleted (EIP-4444). */
  historyPruned: 4444,
  /** A call of a simulation failed, and no contract said so. */
  vmError: -32015,
  /** A contract reverted; `data` is what it said. */
  reverted: 3,
} as const;

/** An error as it stands in a JSON-RPC response. */
export interface JsonRpcErrorBody {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

/** Codes whose number says more than "the server refused". */
const numberOfCode: Readonly<Record<string, number>> = {
  KOMA_E_RPC_PARSE: errorNumbers.parse,
  KOMA_E_RPC_REQUEST_INVALID: errorNumbers.invalidRequest,
  KOMA_E_RPC_METHOD_UNKNOWN: errorNumbers.methodNotFound,
  KOMA_E_RPC_METHOD_REFUSED: errorNumbers.methodNotFound,
  KOMA_E_RPC_PARAMS_INVALID: errorNumbers.invalidParams,
  KOMA_E_HEX_MALFORMED: errorNumbers.invalidParams,
  KOMA_E_HASH_MALFORMED: errorNumbers.invalidParams,
  KOMA_E_ADDRESS_MALFORMED: errorNumbers.invalidParams,
  KOMA_E_BLOCK_UNKNOWN: errorNumbers.resourceNotFound,
  KOMA_E_HISTORY_PRUNED: errorNumbers.historyPruned,
  KOMA_E_RPC_LIMIT: errorNumbers.limitExceeded,
  KOMA_E_RPC_RATE: errorNumbers.limitExceeded,
  KOMA_E_RPC_BUSY: errorNumbers.limitExceeded,
  KOMA_E_RPC_STOPPING: errorNumbers.unavailable,
  KOMA_E_RPC_TIMEOUT: errorNumbers.unavailable,
  KOMA_E_BUG: errorNumbers.internal,
  // eth_simulateV1 of execution-apis.
  KOMA_E_SIMULATION_NONCE_LOW: -38010,
  KOMA_E_SIMULATION_NONCE_HIGH: -38011,
  KOMA_E_SIMULATION_FEE: -38012,
  KOMA_E_SIMULATION_INTRINSIC_GAS: -38013,
  KOMA_E_SIMULATION_FUNDS: -38014,
  KOMA_E_SIMULATION_BLOCK_GAS: -38015,
  KOMA_E_SIMULATION_NUMBER: -38020,
  KOMA_E_SIMULATION_TIME: -38021,
  KOMA_E_SIMULATION_INITCODE: -38025,
  KOMA_E_SIMULATION_LIMIT: -38026,
};

/** A contract's refusal: code 3 with its data, as go-ethereum answers, so that libraries decode custom errors. */
export class RevertError extends Error {
  readonly data: Bytes;

  constructor(data: Bytes) {
    const reason = decodeRevertReason(data);
    super(reason === undefined ? "execution reverted" : `execution reverted: ${reason}`);
    this.name = "RevertError";
    this.data = data;
  }
}

/** The error body for whatever a method threw. An unexpected error tells its caller nothing of the inside. */
export function toErrorBody(error: unknown): JsonRpcErrorBody {
  if (error instanceof RevertError) {
    return { code: errorNumbers.reverted, message: error.message, data: bytesToHex(error.data) };
  }
  if (!(error instanceof KomaError) || error.code === "KOMA_E_BUG") {
    return { code: errorNumbers.internal, message: "internal error", data: { code: "KOMA_E_BUG" } };
  }
  const { facts, fix } = error.detail;
  return {
    code: numberOfCode[error.code] ?? errorNumbers.server,
    message: error.message,
    data: {
      code: error.code,
      ...(facts === undefined ? {} : { details: plainFacts(facts) }),
      ...(fix === undefined ? {} : { fix }),
    },
  };
}

export function isUnexpected(error: unknown): boolean {
  return !(error instanceof RevertError) && (!(error instanceof KomaError) || error.code === "KOMA_E_BUG");
}

/** A parameter that is missing or malformed, named as the method's documentation names it. */
export function invalidParams(parameter: string, reason: string): UserError {
  return new UserError("KOMA_E_RPC_PARAMS_INVALID", `invalid params: ${parameter}: ${reason}`, {
    facts: { parameter },
  });
}

export function limitExceeded(sentence: string, facts: Readonly<Record<string, number>>): UserError {
  return new UserError("KOMA_E_RPC_LIMIT", sentence, { facts });
}

function plainFacts(facts: Readonly<Record<string, string | number | bigint | boolean>>) {
  return Object.fromEntries(
    Object.entries(facts).map(([key, value]) => [key, typeof value === "bigint" ? value.toString() : value]),
  );
}

const errorSelector = "08c379a0"; // Error(string)
const panicSelector = "4e487b71"; // Panic(uint256)

/** What `revert("…")` and failed assertions of Solidity carry; custom errors are for the caller to decode. */
function decodeRevertReason(data: Bytes): string | undefined {
  const hex = bytesToHex(data.subarray(0, 68)).slice(2);
  if (hex.startsWith(panicSelector) && data.length === 36) return `panic code 0x${hex.slice(70)}`;
  if (!hex.startsWith(errorSelector) || data.length < 68) return undefined;
  const length = Number.parseInt(hex.slice(72), 16);
  if (!(length <= data.length - 68)) return undefined;
  return new TextDecoder().decode(data.subarray(68, 68 + length));
}
