import { EnvironmentError } from "../errors.ts";
import { formatDuration } from "./duration.ts";
import { InterruptedError } from "./errors.ts";

/** The signal of one command: aborted by SIGINT, SIGTERM, the deadline, or a reader that went away. */
export interface Interruption {
  readonly signal: AbortSignal;
  /** Runs when the person insists (second signal), before the process ends. */
  onForce(kill: () => void): void;
  /** Gives the signals back. */
  release(): void;
}

/** Nobody reads stdout any more: `koma devnet logs --follow | head`. Not an error. */
export class ReaderGoneError extends Error {}

export function watchInterruption(options: {
  readonly timeoutMs: number | undefined;
  readonly say: (text: string) => void;
}): Interruption {
  const controller = new AbortController();
  const kills: (() => void)[] = [];
  const names = ["SIGINT", "SIGTERM"] as const;
  const onSignal = (name: (typeof names)[number]): void => {
    if (controller.signal.reason instanceof InterruptedError) {
      for (const kill of kills) kill();
      release();
      // With nobody listening any more the signal does what it does to every program.
      process.kill(process.pid, name);
      return;
    }
    options.say("stopping (again to force)");
    controller.abort(new InterruptedError(name));
  };
  for (const name of names) process.on(name, onSignal);

  const onPipe = (error: NodeJS.ErrnoException): void => {
    if (error.code === "EPIPE") controller.abort(new ReaderGoneError());
  };
  process.stdout.on("error", onPipe);

  const { timeoutMs } = options;
  const deadline =
    timeoutMs === undefined
      ? undefined
      : setTimeout(() => {
          const limit = formatDuration(timeoutMs);
          controller.abort(
            new EnvironmentError("KOMA_E_TIMEOUT", `Not done within ${limit}.`, { facts: { timeoutMs } }),
          );
        }, timeoutMs);
  deadline?.unref();

  function release(): void {
    clearTimeout(deadline);
    for (const name of names) process.removeListener(name, onSignal);
    process.stdout.removeListener("error", onPipe);
  }
  return { signal: controller.signal, onForce: (kill) => void kills.push(kill), release };
}
