import { formatDuration } from "../../src/cli/index.ts";
import { EnvironmentError, type KomaError } from "../../src/errors.ts";
import { type DevnetState, hasReached, type WaitLevel } from "../state.ts";

/** Everybody who waits for the devnet to get somewhere. */
export interface Waiters {
  /** @throws {EnvironmentError} KOMA_E_TIMEOUT, or the reason why it cannot get there any more */
  wait(level: WaitLevel, timeoutMs: number, signal: AbortSignal): Promise<DevnetState>;
  /** Looks again; called after every change. */
  check(): void;
}

/** @param hopeless why the devnet cannot get better by itself, if so */
export function createWaiters(state: () => DevnetState, hopeless: () => KomaError | undefined): Waiters {
  const checks = new Set<() => void>();
  return {
    check: () => {
      for (const look of [...checks]) look();
    },
    wait: (level, timeoutMs, signal) =>
      new Promise((resolve, reject) => {
        const settle = (act: () => void): void => {
          checks.delete(look);
          clearTimeout(timer);
          signal.removeEventListener("abort", onAbort);
          act();
        };
        const look = (): void => {
          const now = state();
          const error = hopeless();
          if (hasReached(now, level)) settle(() => resolve(now));
          else if (error) settle(() => reject(error));
        };
        const onAbort = (): void => settle(() => reject(signal.reason));
        const timer = setTimeout(() => settle(() => reject(tooLate(state(), level, timeoutMs))), timeoutMs);
        signal.addEventListener("abort", onAbort, { once: true });
        checks.add(look);
        look();
      }),
  };
}

function tooLate(state: DevnetState, level: WaitLevel, timeoutMs: number): EnvironmentError {
  const nodes = state.nodes.map(
    ({ name, state: node, finalized, peers }) => `${name} ${node}, block ${finalized}, ${peers} peers`,
  );
  const wanted = level.level === "block" ? `block ${level.height}` : level.level;
  return new EnvironmentError(
    "KOMA_E_TIMEOUT",
    `The devnet did not reach "${wanted}" within ${formatDuration(timeoutMs)}.`,
    {
      facts: { why: nodes.join("\n"), status: state.status, finalized: state.chain.finalized },
      fix: [`koma devnet status ${state.name}`, `koma devnet logs --network ${state.name}`],
    },
  );
}
