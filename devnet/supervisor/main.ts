import { EnvironmentError } from "../../src/errors.ts";
import { createProcessProvider } from "../providers/process-provider.ts";
import { komaRootChainSetup } from "./koma-root-chain.ts";
import { createLineLogger } from "./line-logger.ts";
import { superviseDevnet } from "./supervisor.ts";

// Program of the supervisor's process: `node main.js <folder of the devnet>`.
const [dir] = process.argv.slice(2);
if (dir === undefined) throw new EnvironmentError("KOMA_E_USAGE", "The supervisor needs the folder of its devnet.");

const logger = createLineLogger(process.stderr);
const stopping = new AbortController();
for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => stopping.abort());
// The terminal that started it may close: the devnet stays.
process.on("SIGHUP", () => {});

await superviseDevnet({
  dir,
  provider: createProcessProvider({ dir }),
  setup: komaRootChainSetup,
  logger,
  signal: stopping.signal,
});
