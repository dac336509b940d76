import type { FinalityEvidence } from "./finality-evidence.ts";
import {
  type FinalityProof,
  type FinalityRejection,
  type FinalitySignature,
  type SignedBlock,
  signFinality,
  verifyFinalitySignature,
} from "./finality-signature.ts";
import { FinalitySignatures } from "./finality-signatures.ts";
import type { Instance } from "./instance.ts";
import type { PeerId } from "./messages.ts";
import type { OwnValidator } from "./unit-maker.ts";

/** What the shell has to do, in the order given; `persistFinality` is durable before anything after it is done. */
export type GatheringEffect =
  | { readonly kind: "persistFinality"; readonly signed: FinalitySignature }
  | { readonly kind: "broadcast"; readonly signed: FinalitySignature }
  | { readonly kind: "send"; readonly to: PeerId; readonly signed: FinalitySignature }
  /** A signature that nobody made. */
  | { readonly kind: "forged"; readonly from: PeerId; readonly reason: FinalityRejection }
  /** A validator signed two blocks of one height: evidence to keep. Both halves are told to everybody. */
  | { readonly kind: "conflict"; readonly evidence: FinalityEvidence }
  /** More is gathered for the era's switch block than before. */
  | { readonly kind: "gathered"; readonly proof: FinalityProof };

/** What a validator's store says of its own signature over a switch block. */
export interface OwnFinality {
  /** What it has signed for this height already. */
  readonly signed?: Pick<FinalitySignature, "block" | "unit" | "signature"> | undefined;
  /** It may have signed and lost that: it signs nothing. */
  readonly amnesia: boolean;
}

/**
 * The finality signatures over one era's switch block: ours, made when the block is final here, and those of others,
 * whenever they come (KoMaBFT spec 13).
 */
export class FinalityGathering {
  readonly instance: Instance;
  readonly #own: OwnValidator | undefined;
  readonly #signatures: FinalitySignatures;
  #end: SignedBlock | undefined;
  #ours: FinalitySignature | undefined;
  #complete = false;
  /** Who was told of ours directly, because its own came after we had sent ours to everybody. */
  readonly #told = new Set<number>();

  /**
   * @param own  undefined for whoever may not sign in this era
   * @param kept what was gathered before a restart
   */
  constructor(instance: Instance, own: OwnValidator | undefined, kept?: FinalityProof) {
    this.instance = instance;
    this.#own = own;
    this.#signatures = new FinalitySignatures(instance);
    if (kept) {
      const { height, block, unit, signatures } = kept;
      for (const one of signatures) this.#signatures.add({ ...one, height, block, unit });
    }
  }

  receive(signed: FinalitySignature, from: PeerId): readonly GatheringEffect[] {
    if (this.#signatures.knows(signed)) return [];
    const check = verifyFinalitySignature(signed, this.instance);
    if (!check.ok) return [{ kind: "forged", from, reason: check.rejection }];
    const outcome = this.#signatures.add(signed);
    if (outcome.kind === "conflict") {
      const { evidence } = outcome;
      // Each of the two may have gone to different nodes: everybody shall see both.
      return [
        { kind: "conflict", evidence },
        { kind: "broadcast", signed: evidence.first },
        { kind: "broadcast", signed: evidence.second },
      ];
    }
    if (outcome.kind !== "new" || !this.#end) return [];
    const effects = [...this.#gathered()];
    // It comes later than we did and may not have been there to hear ours.
    if (this.#ours && !this.#told.has(signed.validator)) {
      this.#told.add(signed.validator);
      effects.push({ kind: "send", to: from, signed: this.#ours });
    }
    return effects;
  }

  /** The switch block is final here: sign it, and keep what is gathered. */
  conclude({ height, block, unit }: SignedBlock, before: OwnFinality): readonly GatheringEffect[] {
    const end = { height, block, unit };
    this.#end = end;
    const effects: GatheringEffect[] = [];
    if (this.#own && before.signed?.block === block && before.signed.unit === unit) {
      this.#ours = { ...end, validator: this.#own.index, signature: before.signed.signature };
    } else if (this.#own && !before.signed && !before.amnesia) {
      this.#ours = signFinality(this.instance, this.#own, end);
      effects.push({ kind: "persistFinality", signed: this.#ours });
    }
    if (this.#ours) {
      this.#signatures.add(this.#ours);
      effects.push({ kind: "broadcast", signed: this.#ours });
    }
    return [...effects, ...this.#gathered()];
  }

  #gathered(): readonly GatheringEffect[] {
    if (!this.#end || this.#complete) return [];
    const { proof, complete } = this.#signatures.proofOf(this.#end);
    this.#complete = complete;
    return [{ kind: "gathered", proof }];
  }
}
