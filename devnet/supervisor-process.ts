import { spawn } from "node:child_process";
import { closeSync, existsSync, openSync } from "node:fs";
import { EnvironmentError } from "../src/errors.ts";
import { programFile } from "../src/package-files.ts";
import { childEnvironment } from "./child-environment.ts";
import { type ControlClient, connectControl } from "./control-client.ts";
import { readTail } from "./log-tail.ts";
import type { DevnetPaths } from "./paths.ts";
import { pause } from "./supervisor/wait-until.ts";

/** How long the supervisor may take from its start to its first answer. */
const START_MS = 15_000;

/** Starts the supervisor in a session of its own and waits until it answers. */
export async function startSupervisor(paths: DevnetPaths, signal: AbortSignal): Promise<ControlClient> {
  const program = programFile("devnet/supervisor/main");
  const log = openSync(paths.supervisorLog, "a");
  const child = spawn(process.execPath, [program, paths.dir], {
    cwd: paths.dir,
    detached: true,
    stdio: ["ignore", log, log],
    env: childEnvironment(paths.dir),
  });
  closeSync(log);
  let ended: string | undefined;
  child.once("exit", (code, name) => {
    ended = name === null ? `exit code ${code}` : `signal ${name}`;
  });
  child.once("error", (error) => {
    ended = error.message;
  });
  child.unref();

  const limit = AbortSignal.any([signal, AbortSignal.timeout(START_MS)]);
  while (ended === undefined) {
    if (existsSync(paths.socket)) {
      const client = await connectControl(paths.socket).catch(() => undefined);
      if (client) return client;
    }
    // The pause is short because a person waits; the condition is the socket, not the time.
    await pause(15, limit).catch((error: unknown) => {
      signal.throwIfAborted();
      ended = error instanceof Error ? error.message : "no answer";
    });
  }
  throw new EnvironmentError("KOMA_E_DEVNET_START", `The devnet's supervisor did not come up: ${ended}.`, {
    facts: { why: readTail(paths.supervisorLog, 20).join("\n"), log: paths.supervisorLog },
  });
}
