/** Asks again and again, a little slower each time, until the answer is not undefined or the signal aborts. */
export async function waitUntil<T>(
  ask: () => Promise<T | undefined> | T | undefined,
  options: { readonly signal: AbortSignal; readonly firstMs?: number; readonly maxMs?: number },
): Promise<T> {
  for (let pauseMs = options.firstMs ?? 5; ; pauseMs = Math.min(pauseMs * 1.5, options.maxMs ?? 100)) {
    options.signal.throwIfAborted();
    const answer = await ask();
    if (answer !== undefined) return answer;
    await pause(pauseMs, options.signal);
  }
}

/** Resolves after `ms`, or rejects with the signal's reason. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", onAbort);
      resolve();
    }, ms);
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
  });
}
