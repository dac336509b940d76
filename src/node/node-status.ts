import type { CheckpointService } from "../checkpoint/index.ts";
import type { Clock } from "../clock.ts";
import type { Executor } from "../execution/index.ts";
import type { Network } from "../network/index.ts";
import { secp256k1Backend, timestamp } from "../primitives/index.ts";
import type { Store } from "../storage/index.ts";
import type { TxPool } from "../txpool/index.ts";
import type { ChainView } from "./chain-view.ts";
import type { NodeConfig } from "./config.ts";
import type { ConsensusDriver } from "./consensus-driver.ts";
import { sealingIn } from "./sealing-keys.ts";

export interface NodeStatusParts {
  readonly config: NodeConfig;
  readonly version: string;
  readonly chain: ChainView;
  readonly executor: Executor;
  readonly driver: ConsensusDriver;
  readonly checkpoints: CheckpointService;
  readonly network: Network;
  readonly pool: TxPool;
  readonly clock: Clock;
  readonly startedAt: number;
  readonly store: Pick<Store, "state" | "blocks">;
}

/** Answer of `koma_status`: one look at everything a node is doing. */
export function nodeStatus(parts: NodeStatusParts): Readonly<Record<string, unknown>> {
  const { config, chain, executor, driver, checkpoints, network, pool, clock } = parts;
  const now = clock.now();
  const consensus = driver.core.status(timestamp(now));
  const checkpoint = checkpoints.status();
  return {
    name: config.name,
    version: parts.version,
    chainId: config.genesis.chainId,
    genesis: config.genesisHash,
    peerId: network.peerId,
    ...(config.signer ? { signer: config.signer.address } : {}),
    producerKeys: config.producers.map(({ address }) => address),
    sealing: sealingIn(consensus.instance, config) ?? null,
    devnet: config.devnet,
    uptimeS: Math.floor((now - parts.startedAt) / 1000),
    cryptography: secp256k1Backend,
    head: { number: chain.head.header.number, hash: chain.head.hash, timestamp: chain.head.header.timestamp },
    finalized: { number: executor.finalHead.number, hash: executor.finalHead.hash },
    storage: {
      mode: config.storage,
      statesFrom: parts.store.state.historyStart(),
      transactionsFrom: parts.store.blocks.transactionsStart(),
    },
    peers: network.peers().length,
    pool: pool.status(),
    memory: { residentBytes: process.memoryUsage.rss() },
    consensus: {
      generation: consensus.generation,
      era: consensus.era,
      instance: consensus.instance.id,
      keyBlock: consensus.instance.keyBlock.height,
      units: consensus.units,
      onlineWeight: consensus.onlineWeight,
      totalWeight: consensus.totalWeight,
      faultyWeight: consensus.faultyWeight,
      paused: consensus.paused,
      synced: consensus.synced,
    },
    checkpoint: {
      next: checkpoint.head?.number ?? null,
      generation: checkpoint.head?.generation ?? null,
      nextStart: checkpoint.head?.nextStart ?? null,
      proposer: checkpoint.proposer ?? null,
      signers: checkpoint.signers.length,
      lastError: checkpoint.lastError ?? null,
    },
  };
}

/** A head whose timestamp is older than this is not what the chain is at: longer than any round of a chain that goes on. */
const OLD_HEAD_MS = 60_000;

/** Reasons against asking this node, in a few words each. */
export function whyNotReady({
  expectsPeers,
  chain,
  driver,
  network,
  clock,
}: Pick<NodeStatusParts, "chain" | "driver" | "network" | "clock"> & {
  readonly expectsPeers: boolean;
}): readonly string[] {
  const reasons: string[] = [];
  const now = clock.now();
  const { number, timestamp: seconds } = chain.head.header;
  if (expectsPeers && network.peers().length === 0) reasons.push("no peers");
  if (number === 0n) reasons.push("no block yet");
  else if (now - Number(seconds) * 1_000 > OLD_HEAD_MS) reasons.push("the newest block is old");
  // Told by peers, so a node that has none never hears that it has everything.
  if (expectsPeers && !driver.core.status(timestamp(now)).synced) reasons.push("consensus is catching up");
  return reasons;
}
