import { createGenesisBlock } from "../../src/chain/index.ts";
import { systemClock } from "../../src/clock.ts";
import { silentLogger } from "../../src/logger.ts";
import { createNetwork, type Network, peerAddress } from "../../src/network/index.ts";
import { keccak256, utf8 } from "../../src/primitives/index.ts";
import type { NodeCluster } from "./node-cluster.ts";

type Limits = NonNullable<Parameters<typeof createNetwork>[0]["limits"]>;

/** A peer of the first node that is no validator: what a test has to say to the network, it says. Not started. */
export function createStranger(cluster: NodeCluster, name: string, limits: Limits = {}): Network {
  const first = cluster.at(0);
  return createNetwork({
    privateKey: keccak256(utf8(name)),
    networkId: createGenesisBlock(cluster.genesis).hash,
    peers: [peerAddress("127.0.0.1", first.p2pPort, first.peerId)],
    limits,
    logger: silentLogger,
    clock: systemClock,
  });
}
