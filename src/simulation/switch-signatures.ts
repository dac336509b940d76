import {
  decodeEraEnd,
  type EraSigner,
  encodeEraEnd,
  type FinalityEvidence,
  FinalityGathering,
  type FinalityProof,
  type FinalitySignature,
  type GatheringEffect,
  indexOfSigner,
  mayHaveForgotten,
  ownIn,
  type SignedBlock,
} from "../consensus/index.ts";
import { BugError } from "../errors.ts";
import type { Bytes } from "../primitives/index.ts";
import type { EraOwner } from "./era-run.ts";
import type { EraRecord, SimulatedDisk } from "./simulated-disk.ts";

export interface SwitchSignaturesPorts {
  readonly disk: SimulatedDisk;
  readonly signer: EraSigner;
  readonly owner: Pick<EraOwner, "send" | "broadcast"> & { note(text: string): void };
  readonly onConflict: (evidence: FinalityEvidence) => void;
}

/** The finality signatures over the last block of one era, on their way to and from a validator's disk. */
export class SwitchSignatures {
  readonly #record: EraRecord;
  readonly #ports: SwitchSignaturesPorts;
  readonly #gathering: FinalityGathering;

  constructor(record: EraRecord, ports: SwitchSignaturesPorts) {
    const { instance, end } = record;
    this.#record = record;
    this.#ports = ports;
    this.#gathering = new FinalityGathering(instance, ownIn(instance, ports.signer), end && decodeEraEnd(end)?.proof);
  }

  receive(signed: FinalitySignature, from: string): void {
    this.#perform(this.#gathering.receive(signed, from));
  }

  /** The switch block is final here, and the record knows how the era ended. */
  conclude(end: SignedBlock): void {
    const { disk, signer } = this.#ports;
    const before = { signed: this.#record.signed, amnesia: hasAmnesia(disk, this.#record, signer) };
    this.#perform(this.#gathering.conclude(end, before));
  }

  #perform(effects: readonly GatheringEffect[]): void {
    const { owner, onConflict } = this.#ports;
    const { instance } = this.#record;
    for (const effect of effects) {
      switch (effect.kind) {
        case "persistFinality":
          this.#record.signed = effect.signed;
          break;
        case "broadcast":
          owner.broadcast({ instance: instance.id, kind: "finality", signed: effect.signed }, undefined);
          break;
        case "send":
          owner.send(effect.to, { instance: instance.id, kind: "finality", signed: effect.signed });
          break;
        case "forged":
          owner.note(`refuses a finality signature of ${effect.from}: ${effect.reason.code}`);
          break;
        case "conflict":
          onConflict(effect.evidence);
          break;
        case "gathered":
          this.#record.end = withProof(this.#record.end, effect.proof);
          break;
      }
    }
  }
}

/** True for a validator whose disk is younger than the era: it may have signed there and lost that. */
export function hasAmnesia(disk: SimulatedDisk, { instance, units }: EraRecord, { address }: EraSigner): boolean {
  if (indexOfSigner(instance.committee, address) === undefined) return false;
  return mayHaveForgotten(instance, {
    hasOwnHead: units.ownHead !== undefined,
    covers: (from) => disk.since <= from,
  });
}

/** How an era ended, as peers will ask for it, with the signatures that are here now. */
function withProof(end: Bytes | undefined, proof: FinalityProof): Bytes {
  const known = end && decodeEraEnd(end);
  if (!known) throw new BugError("signatures were gathered for an era that has not ended");
  return encodeEraEnd({ ...known, proof });
}
