import { EnvironmentError } from "../src/errors.ts";
import type { ControlClient } from "./control-client.ts";
import type { DevnetState, StepName, StepState, WaitLevel } from "./state.ts";

/** Watches a devnet come up. */
export interface Follower {
  /** Resolves when the step is done. @throws the reason why it never will be */
  step(name: StepName, report: (detail: string) => void): Promise<StepState>;
  /** Resolves when the level is reached. */
  readonly reached: Promise<DevnetState>;
  state(): DevnetState | undefined;
}

export async function follow(
  control: ControlClient,
  level: WaitLevel,
  options: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<Follower> {
  let latest: DevnetState | undefined;
  const looks = new Set<() => void>();
  await control.subscribe((state) => {
    latest = state;
    for (const look of [...looks]) look();
  });
  const lost = new Promise<never>((_, reject) => {
    void control.closed.then(() => reject(endedEarly(latest)));
    options.signal.addEventListener("abort", () => reject(options.signal.reason), { once: true });
    if (options.signal.aborted) reject(options.signal.reason);
  });
  const wait = control.call<DevnetState>("wait", { ...level, timeoutMs: options.timeoutMs }).catch((error: unknown) => {
    // A devnet that failed hangs up; the state it sent before says why.
    throw latest?.error ? endedEarly(latest) : error;
  });
  const reached = Promise.race([wait, lost]);
  // Both are looked at by whoever waits; without a listener of their own a rejection would end the process.
  reached.catch(() => {});
  lost.catch(() => {});

  return {
    reached,
    state: () => latest,
    step: (name, report) => {
      const done = new Promise<StepState>((resolve) => {
        const look = (): void => {
          const step = latest?.steps.find((candidate) => candidate.name === name);
          if (step?.state === "running" && step.detail !== "") report(step.detail);
          if (step?.state !== "done") return;
          looks.delete(look);
          resolve(step);
        };
        looks.add(look);
        look();
      });
      const failed = reached.then(() => new Promise<never>(() => {}));
      return Promise.race([done, failed]);
    },
  };
}

function endedEarly(state: DevnetState | undefined): EnvironmentError {
  const error = state?.error;
  if (error) {
    return new EnvironmentError(error.code, error.message, {
      facts: { ...(error.why === "" ? {} : { why: error.why }), ...(error.log === null ? {} : { log: error.log }) },
      fix: error.fix,
    });
  }
  return new EnvironmentError("KOMA_E_DEVNET_START", "The devnet ended while it was coming up.");
}
