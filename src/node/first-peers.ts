import type { Network } from "../network/index.ts";

/** How long a starting node waits for its configured peers; whoever comes later is noticed later. */
const FIRST_PEERS_MS = 1_500;

/** Until so many peers are connected, or the time is over. */
export function firstPeers(network: Network, wanted: number): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      unsubscribe();
      resolve();
    };
    const check = () => {
      if (network.peers().length >= wanted) done();
    };
    const timer = setTimeout(done, FIRST_PEERS_MS);
    const unsubscribe = network.events.on("peerConnected", check);
    check();
  });
}
