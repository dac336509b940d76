import { createBlock, decodeBlock, encodeBlock, sealHeader } from "../chain/index.ts";
import { type ConsensusMessage, type Instance, type SignedUnit, signUnit } from "../consensus/index.ts";
import { type Address, type Bytes, keccakHash, timestamp, utf8 } from "../primitives/index.ts";
import type { SealingKey } from "./sealing-keys.ts";

/**
 * What an equivocating validator sends beside one of its units: a second unit with the same number, a millisecond later.
 * Undefined for other messages, and for proposals, whose time is bound to the slot.
 */
export function contradictionOf(
  message: ConsensusMessage,
  instance: Instance,
  key: Bytes,
): ConsensusMessage | undefined {
  if (message.kind !== "unit" || message.unit.body.blockHash !== undefined) return undefined;
  const { body, creator, seq, prev, hashes } = message.unit;
  const later = { ...body, t: timestamp(body.t + 1) };
  const unit: SignedUnit = signUnit(
    instance.domain,
    { instance: instance.id, creator, seq, prev, body: later, hashes },
    key,
  );
  return { instance: instance.id, kind: "unit", unit, payload: undefined };
}

/**
 * What a double-sealing producer sends beside its proposal: the same block with a word in its header, sealed again, in a second
 * unit with the same number. Undefined for other messages, and when the key of the block is not at hand.
 *
 * @param key  of the validator that made the unit
 * @param sealerOf  the key that sealed the block
 */
export function secondProposalOf(
  message: ConsensusMessage,
  instance: Instance,
  chainId: bigint,
  key: Bytes,
  sealerOf: (address: Address) => SealingKey | undefined,
): ConsensusMessage | undefined {
  if (message.kind !== "unit" || message.unit.body.blockHash === undefined || !message.payload) return undefined;
  const proposed = decodeBlock(message.payload, chainId);
  const sealer = proposed.ok ? sealerOf(proposed.value.header.coinbase) : undefined;
  if (!proposed.ok || !sealer) return undefined;
  const { header, transactions } = proposed.value;
  const again = sealHeader({ ...header, extraData: utf8("again") }, chainId, sealer.key);
  const payload = encodeBlock(createBlock(again, transactions));
  const { body, creator, seq, prev, hashes } = message.unit;
  const unit: SignedUnit = signUnit(
    instance.domain,
    { instance: instance.id, creator, seq, prev, body: { ...body, blockHash: keccakHash(payload) }, hashes },
    key,
  );
  return { instance: instance.id, kind: "unit", unit, payload };
}
