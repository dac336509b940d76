import { EnvironmentError } from "../errors.ts";

/** A JSON-RPC quantity (`0x1f`) as a number without a size limit; anything else is the node's fault. */
export function readQuantity(value: unknown, what: string): bigint {
  if (typeof value === "string" && /^0x[0-9a-fA-F]{1,64}$/.test(value)) return BigInt(value);
  throw malformedAnswer(what);
}

export function readRecord(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw malformedAnswer(what);
}

export function malformedAnswer(what: string): EnvironmentError {
  return new EnvironmentError("KOMA_E_ROOTCHAIN_UNREACHABLE", `The root chain's node gave no proper ${what}.`, {
    facts: { what },
    fix: ["Check that the URL is that of an Ethereum JSON-RPC node."],
  });
}
