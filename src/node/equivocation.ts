import { type ConsensusMessage, type Instance, type SignedUnit, signUnit } from "../consensus/index.ts";
import { type Bytes, timestamp } from "../primitives/index.ts";

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
