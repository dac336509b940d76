import {
  decodeEraEnd,
  type EraSigner,
  encodeEraEnd,
  encodeMessage,
  type FinalityEvidence,
  FinalityGathering,
  type FinalitySignature,
  type GatheringEffect,
  type Instance,
  ownIn,
  type SignedBlock,
  type StakedValidator,
  type UnitHash,
  type WireUnit,
} from "../consensus/index.ts";
import { assertNever } from "../errors.ts";
import type { Network, PeerId } from "../network/index.ts";
import { encodeRlp, type Hash } from "../primitives/index.ts";
import type { Store } from "../storage/index.ts";
import { hasAmnesia } from "./amnesia.ts";

export interface FinalityGatheringPorts {
  readonly network: Network;
  readonly store: Store;
  readonly onConflict: (evidence: FinalityEvidence, instance: Instance) => void;
}

/** The end of an era that is final here. */
export interface ConcludedEra {
  readonly switchBlock: SignedBlock;
  /** The unit that carries it. */
  readonly unit: WireUnit;
  /** The root chain's validators in the state after the switch block. */
  readonly staked: readonly StakedValidator[] | undefined;
}

/**
 * The finality signatures over one era's switch block: ours, made when the block is final here, and those of others,
 * whenever they come (KoMaBFT spec 13).
 */
export interface EraSignatures {
  readonly instance: Instance;
  receive(signed: FinalitySignature, from: PeerId): void;
  /** The switch block is final here: sign it, and keep what is gathered. */
  conclude(end: ConcludedEra): void;
}

/** Points charged for a signature that nobody made; ten of them ban the peer for a while. */
const FORGED_POINTS = 10;

export function gatherFinality(
  instance: Instance,
  signer: EraSigner | undefined,
  { network, store, onConflict }: FinalityGatheringPorts,
): EraSignatures {
  const stored = store.eras.get(instance.id)?.end;
  const gathering = new FinalityGathering(instance, ownIn(instance, signer), stored && decodeEraEnd(stored)?.proof);
  let end: ConcludedEra | undefined;

  const frame = (signed: FinalitySignature) => encodeMessage({ kind: "finality", instance: instance.id, signed });

  function perform(effect: GatheringEffect): void {
    switch (effect.kind) {
      case "persistFinality": {
        const { height, block, unit, signature } = effect.signed;
        const signed = { block, unit: unit as string as Hash, signature };
        return store.signatures.recordFinality(instance.id, BigInt(height), signed);
      }
      case "broadcast":
        return network.broadcast("consensus", frame(effect.signed));
      case "send":
        network.send(effect.to, "consensus", frame(effect.signed));
        return;
      case "forged":
        return network.penalize(effect.from, FORGED_POINTS, `finality signature: ${effect.reason.code}`);
      case "conflict": {
        const { first, second } = effect.evidence;
        const key = `fault.finality.${instance.id}.${first.validator}`;
        store.meta.set(key, encodeRlp([frame(first), frame(second)]));
        return onConflict(effect.evidence, instance);
      }
      case "gathered":
        if (end) {
          const { unit, staked } = end;
          store.eras.setEnd(instance.id, encodeEraEnd({ unit, staked, proof: effect.proof }));
        }
        return;
      default:
        return assertNever(effect);
    }
  }

  return {
    instance,
    receive(signed, from) {
      for (const effect of gathering.receive(signed, from)) perform(effect);
    },
    conclude(concluded) {
      end = concluded;
      const signed = store.signatures.finality(instance.id, BigInt(end.switchBlock.height));
      const before = {
        signed: signed && { ...signed, unit: signed.unit as string as UnitHash },
        amnesia: signer !== undefined && hasAmnesia(instance, signer.address, store),
      };
      for (const effect of gathering.conclude(end.switchBlock, before)) perform(effect);
    },
  };
}
