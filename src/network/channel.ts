/** What a frame is about. Each channel has its own size limit, rate limit and rank in the outgoing queue. */
export type Channel = "consensus" | "transactions" | "checkpoint" | "blocks" | "status" | "rootset";

/** Byte that stands for a channel on the wire: the position in this list. Append only. */
const byteOrder: readonly Channel[] = ["status", "consensus", "checkpoint", "blocks", "transactions", "rootset"];

/**
 * Channels in the order they are sent when several wait: what keeps the connection alive, then votes, then what can be
 * asked for again. The last one is dropped first when a peer reads too slowly.
 */
export const channelsByRank: readonly Channel[] = [
  "status",
  "consensus",
  "checkpoint",
  "rootset",
  "blocks",
  "transactions",
];

export function channelToByte(channel: Channel): number {
  return byteOrder.indexOf(channel);
}

export function channelFromByte(byte: number): Channel | undefined {
  return byteOrder[byte];
}

export interface ChannelLimits {
  /** Largest payload of one message, in bytes. */
  readonly maxMessageBytes: number;
  /** Sustained rate a peer may send at before this node stops reading from it for a moment; bursts of two seconds pass. */
  readonly bytesPerSecond: number;
  readonly messagesPerSecond: number;
}

const KiB = 1024;
const MiB = 1024 * KiB;

/**
 * Defaults. Consensus leaves room for a proposal unit with a 2 MiB block payload; transactions are frames of up to
 * fifty; checkpoint messages are a signature and a few hashes, those about the root chain's set a signature and one hash;
 * block answers carry several blocks.
 */
export const defaultChannelLimits: Readonly<Record<Channel, ChannelLimits>> = {
  status: { maxMessageBytes: 16 * KiB, bytesPerSecond: 64 * KiB, messagesPerSecond: 100 },
  consensus: { maxMessageBytes: Math.floor(2.2 * MiB), bytesPerSecond: 16 * MiB, messagesPerSecond: 10_000 },
  checkpoint: { maxMessageBytes: 64 * KiB, bytesPerSecond: 2 * MiB, messagesPerSecond: 1_000 },
  rootset: { maxMessageBytes: KiB, bytesPerSecond: 256 * KiB, messagesPerSecond: 1_000 },
  blocks: { maxMessageBytes: 8 * MiB, bytesPerSecond: 32 * MiB, messagesPerSecond: 500 },
  transactions: { maxMessageBytes: 512 * KiB, bytesPerSecond: 16 * MiB, messagesPerSecond: 5_000 },
};
