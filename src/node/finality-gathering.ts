import {
  encodeMessage,
  type FinalityEvidence,
  type FinalitySignature,
  FinalitySignatures,
  type Instance,
  indexOfSigner,
  type StakedValidator,
  signFinality,
  verifyFinalitySignature,
  type WireUnit,
} from "../consensus/index.ts";
import type { Network, PeerId } from "../network/index.ts";
import { type Address, type Bytes, encodeRlp, type Hash } from "../primitives/index.ts";
import type { Store } from "../storage/index.ts";
import { mayHaveForgotten } from "./amnesia.ts";
import { decodeEraEnd, encodeEraEnd } from "./era-end.ts";

export interface FinalityGatheringPorts {
  readonly network: Network;
  readonly store: Store;
  readonly onConflict: (evidence: FinalityEvidence, instance: Instance) => void;
}

/** The end of an era that is final here. */
export interface ConcludedEra {
  readonly unit: WireUnit;
  readonly height: number;
  readonly block: Hash;
  /** The root chain's validators in the state after the switch block. */
  readonly staked: readonly StakedValidator[] | undefined;
}

/**
 * The finality signatures over one era's switch block: ours, made when the block is final here, and those of others,
 * whenever they come (KoMaBFT spec 13).
 */
export interface FinalityGathering {
  readonly instance: Instance;
  receive(signed: FinalitySignature, from: PeerId): void;
  /** The switch block is final here: sign it, and keep what is gathered. */
  conclude(end: ConcludedEra): void;
}

/** Points charged for a signature that nobody made; ten of them ban the peer for a while. */
const FORGED_POINTS = 10;

export function gatherFinality(
  instance: Instance,
  signer: { readonly key: Bytes; readonly address: Address } | undefined,
  { network, store, onConflict }: FinalityGatheringPorts,
): FinalityGathering {
  const signatures = new FinalitySignatures(instance);
  const own = signer && indexOfSigner(instance.committee, signer.address);
  let end: ConcludedEra | undefined;
  let complete = false;
  /** Who was told of ours directly, because its own came after we had sent ours to everybody. */
  const told = new Set<number>();

  // What was gathered before a restart.
  const stored = store.eras.get(instance.id)?.end;
  const known = stored && decodeEraEnd(stored)?.proof;
  for (const { validator, signature } of known?.signatures ?? []) {
    signatures.add({ validator, height: known?.height ?? 0, block: known?.block as Hash, signature });
  }

  /** Durable before it is sent: after a crash it is this one again, and no other. */
  function ownSignature(): FinalitySignature | undefined {
    if (!end || own === undefined || !signer || instance.banned.has(own)) return undefined;
    const { height, block } = end;
    const known = store.signatures.finality(instance.id, BigInt(height));
    if (!known && mayHaveForgotten(instance, signer.address, store)) return undefined;
    if (known) return known.block === block ? { validator: own, height, block, signature: known.signature } : undefined;
    const signed = signFinality(instance, { index: own, privateKey: signer.key }, height, block);
    store.signatures.recordFinality(instance.id, BigInt(height), block, signed.signature);
    return signed;
  }

  function keep(): void {
    if (!end || complete) return;
    const gathered = signatures.proofOf(end.height, end.block);
    complete = gathered.complete;
    store.eras.setEnd(instance.id, encodeEraEnd({ ...end, proof: gathered.proof }));
  }

  const frame = (signed: FinalitySignature) => encodeMessage({ kind: "finality", instance: instance.id, signed });

  return {
    instance,
    receive(signed, from) {
      if (signatures.knows(signed)) return;
      const check = verifyFinalitySignature(signed, instance);
      if (!check.ok) return network.penalize(from, FORGED_POINTS, `finality signature: ${check.rejection.code}`);
      const outcome = signatures.add(signed);
      if (outcome.kind === "conflict") {
        const { first, second } = outcome.evidence;
        store.meta.set(`fault.finality.${instance.id}.${signed.validator}`, encodeRlp([frame(first), frame(second)]));
        // Each of the two may have gone to different nodes: everybody shall see both.
        for (const half of [first, second]) network.broadcast("consensus", frame(half));
        return onConflict(outcome.evidence, instance);
      }
      if (outcome.kind !== "new" || !end) return;
      keep();
      // It comes later than we did and may not have been there to hear ours.
      const ours = ownSignature();
      if (!ours || told.has(signed.validator)) return;
      told.add(signed.validator);
      network.send(from, "consensus", frame(ours));
    },
    conclude(concluded) {
      end = concluded;
      const ours = ownSignature();
      if (ours) {
        signatures.add(ours);
        network.broadcast("consensus", frame(ours));
      }
      keep();
    },
  };
}
