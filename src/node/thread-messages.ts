import { BugError, EnvironmentError, type ErrorDetail, KomaError, ProtocolError, UserError } from "../errors.ts";
import type { CallAnswers, CallJob, KnownSite, SiteLayer } from "../execution/index.ts";
import type { Hash } from "../primitives/index.ts";
import type { LogFilter, LogPage } from "../storage/index.ts";

/** What a call thread is started with. */
export interface ThreadSettings {
  readonly dataDir: string;
  readonly chainId: bigint;
  readonly callGasLimit: bigint;
  readonly callTimeoutMs: number;
  /** Holds the id of the job that has the thread, for whoever must end it. */
  readonly running: Int32Array;
}

/** Work of a thread: a call at some block, or a search for logs of final blocks. */
export type ThreadWork =
  | { readonly kind: "call"; readonly job: CallJob; readonly site: KnownSite }
  | { readonly kind: "logs"; readonly filter: LogFilter };

export type ThreadAnswer = CallAnswers[CallJob["kind"]] | LogPage;

export type ToThread =
  | { readonly kind: "learn"; readonly layer: SiteLayer }
  | { readonly kind: "forget"; readonly layers: readonly Hash[] }
  | { readonly kind: "work"; readonly id: number; readonly work: ThreadWork }
  | { readonly kind: "ping" };

export type FromThread =
  | { readonly kind: "answer"; readonly id: number; readonly answer: ThreadAnswer }
  | { readonly kind: "error"; readonly id: number; readonly error: ThreadError }
  | { readonly kind: "pong" };

/** An error on its way between threads, where classes are lost. */
export interface ThreadError {
  readonly type: "user" | "environment" | "protocol" | "bug";
  readonly code: string;
  readonly message: string;
  readonly facts?: ErrorDetail["facts"];
  readonly fix?: readonly string[];
}

export function packError(error: unknown): ThreadError {
  if (!(error instanceof KomaError)) {
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { type: "bug", code: "KOMA_E_BUG", message };
  }
  const type =
    error instanceof UserError
      ? "user"
      : error instanceof EnvironmentError
        ? "environment"
        : error instanceof ProtocolError
          ? "protocol"
          : "bug";
  const { facts, fix } = error.detail;
  return {
    type,
    code: error.code,
    message: error.message,
    ...(facts === undefined ? {} : { facts }),
    ...(fix === undefined ? {} : { fix }),
  };
}

export function unpackError({ type, code, message, facts, fix }: ThreadError): KomaError {
  const detail: ErrorDetail = { ...(facts ? { facts } : {}), ...(fix ? { fix } : {}) };
  switch (type) {
    case "user":
      return new UserError(code, message, detail);
    case "environment":
      return new EnvironmentError(code, message, detail);
    case "protocol":
      return new ProtocolError(code, message, detail);
    default:
      return new BugError(message, detail);
  }
}
