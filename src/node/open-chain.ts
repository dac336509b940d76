import type { Clock } from "../clock.ts";
import type { Executor } from "../execution/index.ts";
import type { Logger } from "../logger.ts";
import type { RpcLimits } from "../rpc/index.ts";
import { openStore, type Store, type StoreOptions } from "../storage/index.ts";
import type { CallThreads } from "./call-threads.ts";
import type { NodeConfig } from "./config.ts";
import { openExecutor } from "./open-executor.ts";

/** What a node keeps, and what runs blocks on it. */
export interface OpenChain {
  readonly store: Store;
  readonly executor: Executor;
  readonly callThreads: CallThreads;
}

/**
 * Opens the data directory of a node. Where that fails nothing stays open: who waited for room may try again.
 *
 * @throws as `openStore` and `Executor.init`
 */
export async function openChain(
  config: Pick<NodeConfig, "dataDir" | "genesis" | "signer">,
  options: {
    readonly limits: RpcLimits;
    readonly clock: Clock;
    readonly log: (module: string) => Logger;
  } & Pick<StoreOptions, "onFull" | "maxPages">,
): Promise<OpenChain> {
  const { dataDir, genesis, signer } = config;
  const { limits, clock, log, ...bounds } = options;
  const store = openStore(dataDir, { chainId: genesis.chainId, logger: log("storage"), clock, ...bounds });
  try {
    if (signer) store.protection.begin(signer.address, clock.now());
    const opened = await openExecutor(config, { store, limits, logger: log("calls") });
    await opened.executor.init(genesis);
    return { store, ...opened };
  } catch (error) {
    store.close();
    throw error;
  }
}
