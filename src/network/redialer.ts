import type { Clock } from "../clock.ts";
import type { Logger } from "../logger.ts";
import type { Timestamp } from "../primitives/index.ts";
import type { PeerAddress, PeerId } from "./peer-id.ts";

export interface RedialerOptions {
  readonly peers: readonly PeerAddress[];
  readonly ownId: PeerId;
  readonly minMs: number;
  readonly maxMs: number;
  /** A session that lived this long ended by bad luck: the peer is called again at once. */
  readonly settledMs: number;
  /** Longest wait after sessions that did not live so long. */
  readonly unsettledMaxMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** True while a session with the peer stands or is being set up. */
  isConnected(peer: PeerId): boolean;
  dial(address: string, signal: AbortSignal): Promise<void>;
}

interface Target {
  readonly peer: PeerAddress;
  /** Dials since the peer last answered. */
  attempts: number;
  /** Sessions in a row that ended before they had settled. */
  unsettled: number;
  connectedAt: Timestamp | undefined;
  cancel: (() => void) | undefined;
  dialing: boolean;
}

/** How long the node with the greater id waits before its first dial, so that two nodes rarely dial each other at once. */
const politenessMs = 250;

const untried = { attempts: 0, unsettled: 0, connectedAt: undefined, cancel: undefined, dialing: false };

/**
 * Keeps connections to the configured peers: dials, and dials again with growing, jittered waits. They grow with dials that
 * reach nobody, and with sessions that end soon after they began: two nodes that refuse each other's blocks can connect as
 * often as they like, and would do nothing else.
 */
export class Redialer {
  readonly #options: RedialerOptions;
  readonly #targets = new Map<PeerId, Target>();
  readonly #stop = new AbortController();

  constructor(options: RedialerOptions) {
    this.#options = options;
    for (const peer of options.peers) {
      if (peer.peerId === options.ownId) continue;
      this.#targets.set(peer.peerId, { peer, ...untried });
    }
  }

  has(peer: PeerId): boolean {
    return this.#targets.has(peer);
  }

  start(): void {
    for (const target of this.#targets.values()) {
      this.#schedule(target, this.#options.ownId < target.peer.peerId ? 0 : politenessMs);
    }
  }

  stop(): void {
    this.#stop.abort();
    for (const target of this.#targets.values()) target.cancel?.();
  }

  /** The peer answered properly. Whether it is worth calling often shows when the session ends. */
  connected(peer: PeerId): void {
    const target = this.#targets.get(peer);
    if (target === undefined) return;
    target.attempts = 0;
    target.connectedAt = this.#options.clock.now();
  }

  disconnected(peer: PeerId): void {
    const target = this.#targets.get(peer);
    if (target === undefined) return;
    const { clock, settledMs } = this.#options;
    if (target.connectedAt !== undefined) {
      target.unsettled = clock.now() - target.connectedAt < settledMs ? target.unsettled + 1 : 0;
      target.connectedAt = undefined;
    }
    this.#retry(target);
  }

  #schedule(target: Target, delayMs: number): void {
    if (this.#stop.signal.aborted) return;
    const { clock } = this.#options;
    target.cancel?.();
    target.cancel = clock.schedule((clock.now() + delayMs) as Timestamp, () => {
      target.cancel = undefined;
      void this.#dial(target);
    });
  }

  #retry(target: Target): void {
    if (target.cancel !== undefined || target.dialing) return;
    const { minMs, maxMs, unsettledMaxMs } = this.#options;
    const doubled = (times: number, most: number) => Math.min(most, minMs * 2 ** Math.min(times, 16));
    const full = Math.max(doubled(target.attempts, maxMs), doubled(target.unsettled, unsettledMaxMs));
    target.attempts += 1;
    // Half fixed, half random: nodes that lost each other together do not come back together.
    this.#schedule(target, full / 2 + (Math.random() * full) / 2);
  }

  async #dial(target: Target): Promise<void> {
    const { isConnected, dial, logger } = this.#options;
    if (isConnected(target.peer.peerId)) return;
    target.dialing = true;
    try {
      await dial(target.peer.address, this.#stop.signal);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      logger.debug({ peer: target.peer.peerId, address: target.peer.address, reason }, "could not reach a peer");
    } finally {
      target.dialing = false;
    }
    // Also after success: should the connection be lost before a session begins, nobody else would call.
    if (!isConnected(target.peer.peerId)) this.#retry(target);
  }
}
