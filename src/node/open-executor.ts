import { createExecutor, type Executor } from "../execution/index.ts";
import type { Logger } from "../logger.ts";
import type { RpcLimits } from "../rpc/index.ts";
import type { Store } from "../storage/index.ts";
import { type CallThreads, createCallThreads } from "./call-threads.ts";
import type { NodeConfig } from "./config.ts";

/** The executor of a node, and the threads that answer clients' calls for it, unless it shall do without. */
export async function openExecutor(
  { dataDir, genesis: { chainId } }: Pick<NodeConfig, "dataDir" | "genesis">,
  { store, limits, logger }: { readonly store: Store; readonly limits: RpcLimits; readonly logger: Logger },
): Promise<{ readonly executor: Executor; readonly callThreads: CallThreads }> {
  const { callTimeoutMs, callThreads: threads } = limits;
  const callGasLimit = BigInt(limits.maxCallGas);
  const callThreads = createCallThreads({ dataDir, chainId, threads, callGasLimit, callTimeoutMs, logger });
  const callRunner = threads > 0 ? { callRunner: callThreads } : {};
  const executor = await createExecutor({ store: store.state, chainId, callGasLimit, callTimeoutMs, ...callRunner });
  return { executor, callThreads };
}
