import type { TraceOptions } from "../chain/index.ts";
import { UserError } from "../errors.ts";
import { invalidParams } from "./json-rpc-error.ts";
import { isAbsent, readBoolean, readObject } from "./params.ts";

const tracers = ["callTracer", "prestateTracer"] as const;

/** The options of `debug_trace…`, as go-ethereum has them; without a tracer every instruction is told. */
export function readTraceOptions(value: unknown, name: string): TraceOptions {
  if (isAbsent(value)) return readStruct({}, name);
  const fields = readObject(value, name);
  const { tracer, tracerConfig } = fields;
  if (isAbsent(tracer) || tracer === "") return readStruct(fields, name);
  const config = isAbsent(tracerConfig) ? {} : readObject(tracerConfig, `${name}.tracerConfig`);
  const flag = (key: string) => readBoolean(config[key], `${name}.tracerConfig.${key}`, false);
  switch (tracer) {
    case "callTracer":
      return { kind: "calls", onlyTop: flag("onlyTopCall"), logs: flag("withLog") };
    case "prestateTracer":
      return { kind: "prestate", diff: flag("diffMode") };
    default:
      throw new UserError("KOMA_E_RPC_PARAMS_INVALID", `invalid params: ${name}.tracer: no such tracer here`, {
        facts: { parameter: `${name}.tracer` },
        fix: [`Use ${tracers.join(" or ")}, or none for every instruction; programs in JavaScript are not run.`],
      });
  }
}

function readStruct(fields: Readonly<Record<string, unknown>>, name: string): TraceOptions {
  const flag = (key: string) => readBoolean(fields[key], `${name}.${key}`, false);
  const { limit } = fields;
  if (!isAbsent(limit) && !(Number.isSafeInteger(limit) && (limit as number) >= 0)) {
    throw invalidParams(`${name}.limit`, "expected a whole number of steps");
  }
  return {
    kind: "struct",
    // Older tools say disableMemory, newer ones enableMemory; go-ethereum leaves it out unless it is asked for.
    memory: flag("enableMemory"),
    stack: !flag("disableStack"),
    storage: !flag("disableStorage"),
    returnData: flag("enableReturnData"),
    limit: isAbsent(limit) ? 0 : (limit as number),
  };
}
