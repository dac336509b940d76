import type { Clock } from "../clock.ts";
import type { Logger } from "../logger.ts";
import { createNetwork, type Network } from "../network/index.ts";
import { type Bytes, type Hash, utf8 } from "../primitives/index.ts";
import type { NodeConfig } from "./config.ts";
import type { NodeEventBus } from "./events.ts";

/** Connections from outside that a devnet's node takes in a second: all its nodes begin at once, from one address. */
const DEVNET_INBOUND_PER_SECOND = 100;
/** What a peer's message costs that only a faulty or hostile node sends. */
const MALFORMED_PENALTY = 10;

/** The peers of one chain's node, which introduces itself with its version and name. */
export function createNodeNetwork(
  { p2p, devnet, name }: NodeConfig,
  { version, genesisHash, ...ports }: NodeNetworkPorts,
): Network {
  const network = createNetwork({
    privateKey: p2p.identityKey,
    listen: { host: p2p.host, port: p2p.port },
    peers: [...p2p.peers],
    networkId: genesisHash,
    limits: devnet ? { inboundConnectionsPerSecond: DEVNET_INBOUND_PER_SECOND } : {},
    ...ports,
  });
  network.setHello(utf8(JSON.stringify({ client: version, name })));
  return network;
}

export interface NodeNetworkPorts {
  readonly version: string;
  readonly genesisHash: Hash;
  readonly logger: Logger;
  readonly clock: Clock;
}

type Receive = Parameters<Network["subscribe"]>[1];
type Serve = Parameters<Network["handle"]>[1];

/** Whom a node's messages are for. */
export interface NodeListeners {
  readonly driver: { readonly receive: Receive; readonly serveEras: Serve };
  readonly blockSync: { readonly serve: Serve };
  /** False: no honest node sends such a vote. */
  readonly checkpoints: { handleVote(payload: Bytes): Promise<boolean> };
  readonly rootSet: { handleVote(payload: Bytes): boolean };
  readonly events: NodeEventBus;
}

/** Hands what comes from peers to whom it is for, and tells of peers that come and go. */
export function listenToPeers(network: Network, { driver, blockSync, ...listeners }: NodeListeners): void {
  const { checkpoints, rootSet, events } = listeners;
  network.subscribe("consensus", (payload, from) => driver.receive(payload, from));
  network.subscribe("checkpoint", async (payload, from) => {
    if (!(await checkpoints.handleVote(payload)))
      network.penalize(from, MALFORMED_PENALTY, "malformed checkpoint vote");
  });
  network.subscribe("rootset", (payload, from) => {
    if (!rootSet.handleVote(payload))
      network.penalize(from, MALFORMED_PENALTY, "malformed vote for the root chain's set");
  });
  network.handle("consensus", (request, from) => driver.serveEras(request, from));
  network.handle("blocks", (request, from) => blockSync.serve(request, from));
  const told = () => events.emit({ type: "peersChanged", count: network.peers().length });
  network.events.on("peerConnected", told);
  network.events.on("peerDisconnected", told);
}
