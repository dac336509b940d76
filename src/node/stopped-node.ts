import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Clock, systemClock } from "../clock.ts";
import { committeeFromStakes, type Era, type EraRules, firstEra } from "../consensus/index.ts";
import { EnvironmentError } from "../errors.ts";
import { silentLogger } from "../logger.ts";
import { timestamp } from "../primitives/index.ts";
import { openStore, type Store } from "../storage/index.ts";
import { loadConfig, type NodeConfig } from "./config.ts";
import { slotFrom } from "./consensus-driver.ts";
import { createEraRecords, type EraRecords } from "./era-records.ts";

/** The data of a node that does not run, held against a start of the node until it is closed. */
export interface StoppedNode {
  readonly config: NodeConfig;
  readonly store: Store;
  readonly rules: EraRules;
  readonly eras: EraRecords;
  /** The era that the node would go on in. */
  era(): Era;
  close(): void;
}

/**
 * Opens the data directory that a node's folder names.
 *
 * @throws {UserError} what `loadConfig` throws
 * @throws {EnvironmentError} KOMA_E_STORE_LOCKED while the node runs, KOMA_E_STORE_IO when it has no data and `create` is
 *   not set, and what else `openStore` throws
 */
export function openStoppedNode(
  folder: string,
  { clock = systemClock, create = false }: { readonly clock?: Clock; readonly create?: boolean } = {},
): StoppedNode {
  const config = loadConfig(folder);
  const { dataDir, genesis, genesisHash } = config;
  // Opening it would make an empty one.
  if (!create && !existsSync(join(dataDir, "chain.db"))) {
    throw new EnvironmentError("KOMA_E_STORE_IO", `The node in ${folder} has no data yet.`, {
      facts: { folder, dataDir },
      fix: [`Start it once: koma node start --dir ${folder}`, "Give the folder of another node."],
    });
  }
  const store = openStore(dataDir, { chainId: genesis.chainId, logger: silentLogger, clock });
  const rules: EraRules = { chainId: genesis.chainId, genesisHash, params: genesis.consensus };
  const eras = createEraRecords(rules, store);
  return {
    config,
    store,
    rules,
    eras,
    era() {
      const newest = eras.newest();
      if (newest) return newest;
      const committee = committeeFromStakes(genesis.validators, rules.params.weightScale);
      const start = slotFrom(Number(genesis.timestamp) * 1000, rules.params.baseRoundMs);
      return firstEra(genesisHash, committee, timestamp(start));
    },
    close: () => store.close(),
  };
}

/** Lets signals be heard between two pieces of synchronous work. @throws the signal's reason when it aborted */
export async function breathe(signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve));
  signal.throwIfAborted();
}
