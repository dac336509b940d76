import type { Failure } from "./errors.ts";

export interface Warning {
  readonly code: `KOMA_W_${string}`;
  readonly message: string;
}

/** Version of every kind's `data`; additive changes keep it. */
export const ENVELOPE_VERSION = 1;

export interface SuccessEnvelope {
  readonly ok: true;
  readonly kind: string;
  readonly v: number;
  readonly data: unknown;
  readonly warnings: readonly Warning[];
}

export interface ErrorEnvelope {
  readonly ok: false;
  readonly kind: string;
  readonly v: number;
  readonly error: {
    readonly code: `KOMA_E_${string}`;
    /** Exit status: koma help exit-codes. */
    readonly exit: number;
    readonly message: string;
    /** The facts compared, or what the code means in general. */
    readonly why?: string;
    /** What to do; best a command that can be pasted. */
    readonly fix: readonly string[];
    readonly details: Readonly<Record<string, unknown>>;
    /** File that tells more. */
    readonly log?: string;
  };
}

/** One line of a stream. */
export interface StreamItem {
  readonly kind: string;
  readonly v: number;
  readonly data: unknown;
}

/** Last line of a stream. */
export interface StreamEnd {
  readonly kind: "end";
  readonly data: { readonly reason: "done" };
}

export function successEnvelope(kind: string, data: unknown, warnings: readonly Warning[]): SuccessEnvelope {
  return { ok: true, kind, v: ENVELOPE_VERSION, data: data ?? {}, warnings };
}

export function errorEnvelope(kind: string, failure: Failure): ErrorEnvelope {
  const { code, exit, message, fix, details, log } = failure;
  const why = failure.why ?? failure.meaning;
  return {
    ok: false,
    kind,
    v: ENVELOPE_VERSION,
    error: {
      code: code as `KOMA_E_${string}`,
      exit,
      message,
      ...(why === undefined ? {} : { why }),
      fix,
      details,
      ...(log === undefined ? {} : { log }),
    },
  };
}

/** One line, line feed included; what the chain counts (bigint) becomes a decimal string. */
export function toJsonLine(document: unknown): string {
  return `${JSON.stringify(document, (_, value: unknown) => (typeof value === "bigint" ? value.toString() : value))}\n`;
}
