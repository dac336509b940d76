import type { ValidatorIndex, Weight } from "./committee.ts";
import { createFinalityEvidence, type FinalityEvidence } from "./finality-evidence.ts";
import {
  type FinalityProof,
  type FinalitySignature,
  isProof,
  isSameBlock,
  type SignedBlock,
} from "./finality-signature.ts";
import type { Instance } from "./instance.ts";

/** What adding a signature to a collection did. */
export type Gathered =
  | { readonly kind: "new" | "known" | "ignored" }
  | { readonly kind: "conflict"; readonly evidence: FinalityEvidence };

/**
 * The finality signatures of one instance. One per validator is kept, so that nobody can fill the memory: in an era only
 * one height is signed, and who signs another loses nothing but its own vote.
 */
export class FinalitySignatures {
  readonly #instance: Instance;
  readonly #kept = new Map<ValidatorIndex, FinalitySignature>();
  readonly #accused = new Set<ValidatorIndex>();

  constructor(instance: Instance) {
    this.#instance = instance;
  }

  /** True when this very statement is here, so that its signature need not be checked again. */
  knows(signed: FinalitySignature): boolean {
    const known = this.#kept.get(signed.validator);
    return known !== undefined && isSameBlock(known, signed);
  }

  /** Adds a verified signature. */
  add(signed: FinalitySignature): Gathered {
    const known = this.#kept.get(signed.validator);
    if (known === undefined) {
      this.#kept.set(signed.validator, signed);
      return { kind: "new" };
    }
    if (this.knows(signed)) return { kind: "known" };
    const evidence = createFinalityEvidence(this.#instance.id, known, signed);
    if (evidence === undefined || this.#accused.has(signed.validator)) return { kind: "ignored" };
    this.#accused.add(signed.validator);
    return { kind: "conflict", evidence };
  }

  /** Everything gathered for a block, and whether it is enough. */
  proofOf({ height, block, unit }: SignedBlock): { readonly proof: FinalityProof; readonly complete: boolean } {
    const signatures = [...this.#kept.values()]
      .filter((signed) => isSameBlock(signed, { height, block, unit }))
      .sort((a, b) => a.validator - b.validator)
      .map(({ validator, signature }) => ({ validator, signature }));
    const weight = signatures.reduce((sum, { validator }) => sum + (this.#instance.weights[validator] as Weight), 0);
    return { proof: { height, block, unit, signatures }, complete: isProof(weight, this.#instance.committee.total) };
  }
}
