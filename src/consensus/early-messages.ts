import type { Hash } from "../primitives/index.ts";
import type { ConsensusMessage, PeerId } from "./messages.ts";

/**
 * Messages of an instance that is not open here yet: whoever ends an era a moment earlier proposes in the next one at
 * once, and a proposal that was thrown away costs a round.
 */
export interface EarlyMessages {
  keep(message: ConsensusMessage, from: PeerId, bytes: number): void;
  /** Those of `instance`, in the order in which they came; everything else is forgotten. */
  take(instance: Hash): readonly { readonly message: ConsensusMessage; readonly from: PeerId }[];
}

/** Of one peer, at most: a proposal of 2 MiB and some units. Older ones make room for newer ones. */
const MAX_MESSAGES = 256;
const MAX_BYTES = 3 * 1024 * 1024;
/**
 * Peers that may have something kept, and bytes of all of them together. Who spoke longest ago makes room: at the border of
 * an era everybody speaks, and names that somebody made up before must not keep them out.
 */
const MAX_PEERS = 64;
const MAX_TOTAL_BYTES = 24 * 1024 * 1024;

interface Kept {
  readonly message: ConsensusMessage;
  readonly from: PeerId;
  readonly bytes: number;
  readonly order: number;
}

export function createEarlyMessages(): EarlyMessages {
  let kept = new Map<PeerId, { readonly messages: Kept[]; bytes: number }>();
  let order = 0;
  let total = 0;

  function dropOldest(): void {
    const [oldest] = kept;
    if (!oldest) return;
    total -= oldest[1].bytes;
    kept.delete(oldest[0]);
  }

  return {
    keep(message, from, bytes) {
      if (bytes > MAX_BYTES) return;
      const shelf = kept.get(from) ?? { messages: [], bytes: 0 };
      // Behind everybody else, in the order of who spoke last.
      kept.delete(from);
      total -= shelf.bytes;
      while (shelf.messages.length >= MAX_MESSAGES || shelf.bytes + bytes > MAX_BYTES) {
        shelf.bytes -= shelf.messages.shift()?.bytes ?? 0;
      }
      shelf.messages.push({ message, from, bytes, order: order++ });
      shelf.bytes += bytes;
      while (kept.size >= MAX_PEERS || (kept.size > 0 && total + shelf.bytes > MAX_TOTAL_BYTES)) dropOldest();
      kept.set(from, shelf);
      total += shelf.bytes;
    },
    take(instance) {
      const messages = [...kept.values()].flatMap((shelf) => shelf.messages);
      kept = new Map();
      total = 0;
      return messages.filter(({ message }) => message.instance === instance).sort((a, b) => a.order - b.order);
    },
  };
}
