import { setTimeout as sleep } from "node:timers/promises";
import { EnvironmentError } from "../errors.ts";
import { formatDuration } from "./duration.ts";
import type { Ctx } from "./koma-command.ts";

export interface WaitOptions {
  /** What is waited for, as in "the transaction is in a block": part of the message when time runs out. */
  readonly what: string;
  /** Milliseconds until the wait is given up unless --timeout says otherwise. */
  readonly limitMs: number;
  readonly fix?: readonly string[];
}

const POLL_MS = 200;

/**
 * Runs something that waits. Its signal aborts with the command's own, and when the limit is over; --timeout replaces
 * the limit.
 *
 * @throws {EnvironmentError} KOMA_E_TIMEOUT
 */
export async function withLimit<T>(
  ctx: Pick<Ctx, "signal" | "cfg">,
  options: WaitOptions,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (ctx.cfg.timeoutMs !== undefined) return work(ctx.signal);
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(timedOut(options)), options.limitMs);
  try {
    return await work(AbortSignal.any([ctx.signal, controller.signal]));
  } catch (error) {
    // Whatever a wait makes of its signal's end, the reason is what the person should read.
    controller.signal.throwIfAborted();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** Looks again and again until `look` answers something. @throws {EnvironmentError} KOMA_E_TIMEOUT */
export async function waitFor<T>(
  ctx: Pick<Ctx, "signal" | "cfg">,
  options: WaitOptions,
  look: (signal: AbortSignal) => Promise<T | undefined>,
): Promise<T> {
  return withLimit(ctx, options, async (signal) => {
    for (;;) {
      signal.throwIfAborted();
      const found = await look(signal);
      if (found !== undefined) return found;
      await sleep(POLL_MS, undefined, { signal });
    }
  });
}

function timedOut({ what, limitMs, fix }: WaitOptions): EnvironmentError {
  return new EnvironmentError("KOMA_E_TIMEOUT", `Waited ${formatDuration(limitMs)} until ${what}, in vain.`, {
    facts: { timeoutMs: limitMs },
    fix: fix ?? ["Wait longer with --timeout 5m."],
  });
}
