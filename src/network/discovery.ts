import type { Clock } from "../clock.ts";
import type { Logger } from "../logger.ts";
import type { Bytes, Hash, Timestamp } from "../primitives/index.ts";
import type { Gossip } from "./libp2p-host.ts";
import { decodeAnnouncement, encodeAnnouncement, maxAnnouncementBytes } from "./peer-announcement.ts";
import type { PeerId } from "./peer-id.ts";
import { TokenBucket } from "./token-bucket.ts";

export interface DiscoveryOptions {
  readonly gossip: Gossip;
  readonly networkId: Hash;
  readonly ownId: PeerId;
  readonly maxTransactionBytes: number;
  readonly clock: Clock;
  readonly logger: Logger;
  ownAddresses(): readonly string[];
  /** True while there is room for another direct stream. */
  wantsPeers(): boolean;
  hasSession(peer: PeerId): boolean;
  dial(address: string): Promise<void>;
  /** Transactions that came by gossip; `from` is the neighbour that passed them on. */
  transactions(payload: Bytes, from: PeerId): void;
}

const announceEveryMs = 30_000;
const lookEveryMs = 2_000;
const retryAfterMs = 60_000;
const maxKnownPeers = 256;
const dialsAtOnce = 4;
/** Gossip is a fallback; what one neighbour passes on beyond this is ignored. */
const gossipMessagesPerSecond = 100;
const maxNeighbours = 512;

interface KnownPeer {
  readonly addresses: readonly string[];
  triedAt: Timestamp;
}

export function discoveryTopics(networkId: Hash): { readonly peers: string; readonly transactions: string } {
  const prefix = `koma/${networkId.slice(2, 18)}`;
  return { peers: `${prefix}/peers`, transactions: `${prefix}/transactions` };
}

/**
 * Finds peers by gossip and carries transactions to those without a direct stream. Everything it remembers is bounded,
 * and nothing depends on it: a network of configured peers runs without.
 */
export class Discovery {
  readonly #options: DiscoveryOptions;
  readonly #topics: ReturnType<typeof discoveryTopics>;
  readonly #known = new Map<PeerId, KnownPeer>();
  readonly #rates = new Map<PeerId, TokenBucket>();
  readonly #cancels = new Map<"announce" | "look", () => void>();
  #dialing = 0;
  #stopped = false;
  readonly #onMessage = (event: Event) => {
    const { detail } = event as CustomEvent<{
      propagationSource: { toString(): string };
      msg: { topic: string; data: Bytes };
    }>;
    this.#receive(detail.msg.topic, detail.msg.data, detail.propagationSource.toString());
  };
  readonly #onSubscriptionChange = () => this.#schedule("announce", 200, () => this.#announce());

  constructor(options: DiscoveryOptions) {
    this.#options = options;
    this.#topics = discoveryTopics(options.networkId);
  }

  start(): void {
    const { gossip } = this.#options;
    gossip.addEventListener("gossipsub:message", this.#onMessage);
    gossip.addEventListener("subscription-change", this.#onSubscriptionChange);
    gossip.subscribe(this.#topics.peers);
    gossip.subscribe(this.#topics.transactions);
    this.#schedule("announce", 500, () => this.#announce());
    this.#schedule("look", lookEveryMs, () => this.#look());
  }

  stop(): void {
    this.#stopped = true;
    this.#options.gossip.removeEventListener("gossipsub:message", this.#onMessage);
    this.#options.gossip.removeEventListener("subscription-change", this.#onSubscriptionChange);
    for (const cancel of this.#cancels.values()) cancel();
    this.#cancels.clear();
  }

  /** Passes transactions on when some neighbour has no direct stream; a fully meshed network gossips nothing. */
  publishTransactions(payload: Bytes): void {
    const neighbours = this.#options.gossip.getSubscribers(this.#topics.transactions);
    if (!neighbours.some((peer) => !this.#options.hasSession(peer.toString()))) return;
    this.#publish(this.#topics.transactions, payload);
  }

  #receive(topic: string, data: Bytes, from: PeerId): void {
    if (this.#rate(from).take(1, this.#options.clock.now()) > 0) return;
    if (topic === this.#topics.transactions) {
      if (data.length <= this.#options.maxTransactionBytes) this.#options.transactions(data, from);
      return;
    }
    if (topic !== this.#topics.peers || data.length > maxAnnouncementBytes) return;
    const announced = decodeAnnouncement(data);
    if (!announced.ok) return;
    const peer = announced.value[0]?.peerId;
    if (peer === undefined || peer === this.#options.ownId) return;
    const triedAt = this.#known.get(peer)?.triedAt ?? (0 as Timestamp);
    this.#known.delete(peer);
    this.#known.set(peer, { addresses: announced.value.map(({ address }) => address), triedAt });
    if (this.#known.size > maxKnownPeers) forgetFirst(this.#known);
  }

  #rate(from: PeerId): TokenBucket {
    const known = this.#rates.get(from);
    if (known !== undefined) return known;
    const bucket = new TokenBucket(gossipMessagesPerSecond, this.#options.clock.now());
    this.#rates.set(from, bucket);
    if (this.#rates.size > maxNeighbours) forgetFirst(this.#rates);
    return bucket;
  }

  #announce(): void {
    const { ownId, clock } = this.#options;
    const addresses = this.#options.ownAddresses();
    const announcement = { peerId: ownId, addresses, at: clock.now() };
    if (addresses.length > 0) this.#publish(this.#topics.peers, encodeAnnouncement(announcement));
    this.#schedule("announce", announceEveryMs * (0.75 + Math.random() / 2), () => this.#announce());
  }

  #look(): void {
    this.#schedule("look", lookEveryMs, () => this.#look());
    const now = this.#options.clock.now();
    const candidates = [...this.#known].filter(
      ([peer, known]) => !this.#options.hasSession(peer) && now - known.triedAt > retryAfterMs,
    );
    while (this.#dialing < dialsAtOnce && candidates.length > 0 && this.#options.wantsPeers()) {
      const [chosen] = candidates.splice(Math.floor(Math.random() * candidates.length), 1);
      if (chosen === undefined) return;
      chosen[1].triedAt = now;
      void this.#dial(chosen[0], chosen[1].addresses);
    }
  }

  async #dial(peer: PeerId, addresses: readonly string[]): Promise<void> {
    this.#dialing += 1;
    try {
      for (const address of addresses) {
        if (this.#stopped || this.#options.hasSession(peer)) return;
        try {
          await this.#options.dial(address);
        } catch (error) {
          const reason = error instanceof Error ? error.message : String(error);
          this.#options.logger.debug({ peer, address, reason }, "an announced peer could not be reached");
        }
      }
    } finally {
      this.#dialing -= 1;
    }
  }

  #publish(topic: string, data: Bytes): void {
    this.#options.gossip.publish(topic, data).catch((error) => {
      this.#options.logger.debug({ topic, reason: String(error) }, "gossip was not sent");
    });
  }

  #schedule(what: "announce" | "look", delayMs: number, task: () => void): void {
    if (this.#stopped) return;
    const { clock } = this.#options;
    this.#cancels.get(what)?.();
    this.#cancels.set(what, clock.schedule((clock.now() + delayMs) as Timestamp, task));
  }
}

function forgetFirst<Value>(map: Map<PeerId, Value>): void {
  const first = map.keys().next();
  if (!first.done) map.delete(first.value);
}
