import type { Address } from "../primitives/index.ts";
import { type BlockHeader, hashHeader } from "./header.ts";
import { recoverSealer } from "./seal.ts";

/** Two headers of one time that one key sealed: evidence of kind 21, type 4. */
export interface DoubleSeal {
  readonly producer: Address;
  /** Seconds since the Unix epoch. */
  readonly time: bigint;
  readonly first: BlockHeader;
  readonly second: BlockHeader;
}

export interface DoubleSealWatch {
  /** Takes a header; answers the contradiction that it makes known. One that its coinbase did not seal says nothing. */
  note(header: BlockHeader): DoubleSeal | undefined;
  /** Contradictions in the order in which they came to light, one of a key: no other costs it anything. */
  found(): readonly DoubleSeal[];
}

/** Times of which a key's header is remembered. Nobody puts one forward again after so many of its blocks. */
const MAX_TIMES = 64;

/**
 * Remembers the newest headers of every key. Who is heard is bounded by the caller: a producer of the era.
 *
 * @see KOMA root contracts, 10.21
 */
export function createDoubleSealWatch(chainId: bigint): DoubleSealWatch {
  const headers = new Map<Address, Map<bigint, BlockHeader>>();
  const found = new Map<Address, DoubleSeal>();

  return {
    note(header) {
      const { coinbase: producer, timestamp: time } = header;
      if (found.has(producer)) return undefined;
      const theirs = headers.get(producer) ?? new Map<bigint, BlockHeader>();
      const first = theirs.get(time);
      if (first && hashHeader(first) === hashHeader(header)) return undefined;
      if (recoverSealer(header, chainId) !== producer) return undefined;
      headers.set(producer, theirs);
      if (first) {
        const contradiction = { producer, time, first, second: header };
        found.set(producer, contradiction);
        headers.delete(producer);
        return contradiction;
      }
      theirs.set(time, header);
      const [oldest] = theirs.keys();
      if (theirs.size > MAX_TIMES && oldest !== undefined) theirs.delete(oldest);
      return undefined;
    },
    found: () => [...found.values()],
  };
}
