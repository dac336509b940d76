import { formatDuration, type NetClient } from "../src/cli/index.ts";
import { EnvironmentError } from "../src/errors.ts";
import { type ControlClient, connectControl } from "./control-client.ts";
import type { DevnetState } from "./state.ts";

/** Asks the supervisor of a running devnet one thing. */
export async function withControl<T>(net: NetClient, ask: (control: ControlClient) => Promise<T>): Promise<T> {
  const control = await connectControl(net.manifest.socket);
  try {
    return await ask(control);
  } finally {
    control.close();
  }
}

/**
 * Waits until every named node is ready.
 *
 * @throws {EnvironmentError} KOMA_E_NODE_START when one has crashed for the last time, KOMA_E_TIMEOUT
 */
export async function waitForNodes(
  control: ControlClient,
  names: readonly string[],
  options: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<void> {
  const limit = AbortSignal.any([options.signal, AbortSignal.timeout(options.timeoutMs)]);
  await new Promise<void>((resolve, reject) => {
    limit.addEventListener(
      "abort",
      () => reject(options.signal.aborted ? options.signal.reason : tooLate(names, options.timeoutMs)),
      { once: true },
    );
    void control.closed.then(() =>
      reject(new EnvironmentError("KOMA_E_SUPERVISOR_UNREACHABLE", "The devnet ended while its nodes were coming up.")),
    );
    const look = (state: DevnetState): void => {
      const nodes = state.nodes.filter(({ name }) => names.includes(name));
      const lost = nodes.find((node) => node.state === "crashed" && node.failures > 3);
      if (lost) reject(notUp(lost.name, lost.lastExit));
      else if (nodes.every((node) => node.state === "ready")) resolve();
    };
    control.subscribe(look).catch(reject);
  });
}

function notUp(name: string, reason: string | null): EnvironmentError {
  return new EnvironmentError("KOMA_E_NODE_START", `Node "${name}" does not stay up: ${reason ?? "no reason"}.`, {
    facts: { node: name },
    fix: [`koma devnet logs ${name}`],
  });
}

function tooLate(names: readonly string[], timeoutMs: number): EnvironmentError {
  return new EnvironmentError("KOMA_E_TIMEOUT", `${names.join(", ")} not ready within ${formatDuration(timeoutMs)}.`, {
    fix: [`koma devnet logs ${names[0] ?? ""}`],
  });
}
