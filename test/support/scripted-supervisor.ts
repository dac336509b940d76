import { fileURLToPath } from "node:url";
import { createProcessProvider } from "../../devnet/providers/process-provider.ts";
import { createLineLogger } from "../../devnet/supervisor/line-logger.ts";
import { callRootChain } from "../../devnet/supervisor/root-chain-call.ts";
import type { RootChainSetup } from "../../devnet/supervisor/root-chain-setup.ts";
import { superviseDevnet } from "../../devnet/supervisor/supervisor.ts";
import { parseAddress } from "../../src/primitives/index.ts";

// A supervisor of scripted nodes on a real anvil whose only contract is an empty one. `node scripted-supervisor.ts DIR`
const PROBE = parseAddress(`0x${"4b".repeat(20)}`);

const bareSetup: RootChainSetup = {
  async deploy({ url, signal }, openChain) {
    const deployment = { contracts: { Probe: PROBE }, startBlock: 1n, alloc: {} };
    openChain(deployment);
    await callRootChain(url, "anvil_setCode", [PROBE, "0x00"], signal);
    return deployment;
  },
  stake: async () => {},
};

const dir = process.argv[2] as string;
const stopping = new AbortController();
process.once("SIGTERM", () => stopping.abort());
await superviseDevnet({
  dir,
  provider: createProcessProvider({
    dir,
    nodeCommand: [process.execPath, fileURLToPath(new URL("./scripted-node.ts", import.meta.url))],
  }),
  setup: bareSetup,
  logger: createLineLogger(process.stderr),
  signal: stopping.signal,
});
