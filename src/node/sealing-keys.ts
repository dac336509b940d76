import { type Instance, indexOfSigner } from "../consensus/index.ts";
import type { Logger } from "../logger.ts";
import { type Address, type Bytes, bigintToFixedBytes, bytesToBigint } from "../primitives/index.ts";
import type { MetaStore } from "../storage/index.ts";

/** A key of this node that can seal blocks. */
export interface SealingKey {
  readonly key: Bytes;
  readonly address: Address;
}

/** The keys with which this node seals blocks: its signer key, and the producer keys that it has. */
export interface SealingKeys {
  /**
   * The key for a block of that time (seconds); undefined when this node does not have it, or has sealed a block of that time
   * or a later one.
   */
  keyFor(sealer: Address, time: bigint): SealingKey | undefined;
  /** Durably notes that a header of that time is sealed and may leave; false when it may not. */
  take(sealer: Address, time: bigint): boolean;
}

export interface NodeKeys {
  readonly signer?: SealingKey;
  readonly producers?: readonly SealingKey[];
}

/** Bytes of a time in the store. */
const TIME_BYTES = 8;

/**
 * Seals at most one header for each time and key, over restarts, crashes and rollbacks too: two of them contradict each
 * other, although they be of two generations. A slot whose header was sealed and lost in a crash stays empty.
 *
 * @see root contracts 10.21 (type 4), 14 (R1)
 */
export function createSealingKeys(
  { signer, producers = [] }: NodeKeys,
  { meta, logger }: { readonly meta: MetaStore; readonly logger: Logger },
): SealingKeys {
  const keys = new Map([...(signer ? [signer] : []), ...producers].map((each) => [each.address, each]));
  const missed = new Set<Address>();

  function isFree(sealer: Address, time: bigint): boolean {
    const last = meta.get(metaKey(sealer));
    return last === undefined || time > bytesToBigint(last);
  }

  return {
    keyFor(sealer, time) {
      const key = keys.get(sealer);
      if (!key && !missed.has(sealer)) {
        missed.add(sealer);
        logger.error(
          { sealer, keys: [...keys.keys()] },
          "the producer key that the root chain names is not on this node: its slots stay empty until it has --producer-key",
        );
      }
      if (!key || isFree(sealer, time)) return key;
      logger.warn({ sealer, time }, "a block of this time is sealed already: the slot stays empty");
      return undefined;
    },
    take(sealer, time) {
      if (!isFree(sealer, time)) return false;
      meta.set(metaKey(sealer), bigintToFixedBytes(time, TIME_BYTES));
      return true;
    },
  };
}

/** How this node seals in the present era; undefined when it is not in the committee. */
export function sealingIn(
  { committee }: Pick<Instance, "committee">,
  { signer, producers = [] }: NodeKeys,
): { readonly inOffice: boolean; readonly key: Address; readonly held: boolean } | undefined {
  const index = signer && indexOfSigner(committee, signer.address);
  const member = index === undefined ? undefined : committee.validators[index];
  if (!member) return undefined;
  const key = member.producerKey ?? member.signer;
  const held = key === signer?.address || producers.some(({ address }) => address === key);
  return { inOffice: member.producer, key, held };
}

function metaKey(sealer: Address): string {
  return `sealed.${sealer}`;
}
