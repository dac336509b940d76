import { BugError } from "../errors.ts";
import { type Address, addressToBytes, type Bytes, encodeRlp, keccak256, numberToBytes } from "../primitives/index.ts";

/** Position of a validator in its committee, counted from 0 in the order of signer addresses. */
export type ValidatorIndex = number;

/** Scaled stake; every sum of a committee stays far below 2^53, so weights are exact as numbers. */
export type Weight = number;

export interface Validator {
  /** Address of the key that signs units; the identity of the validator in this committee. */
  readonly signer: Address;
  readonly weight: Weight;
  /** Elected to lead slots. */
  readonly producer: boolean;
  /** Key that seals the blocks of a producer's slots, when that is not its signer key. */
  readonly producerKey?: Address;
}

/** All active validators of one instance, in the order of their signer addresses. */
export interface Committee {
  readonly validators: readonly Validator[];
  /** Weight of everybody, `N` of the specification. */
  readonly total: Weight;
}

export interface StakedValidator {
  readonly signer: Address;
  /** In any unit, only the shares matter. */
  readonly stake: bigint;
  readonly producer: boolean;
  readonly producerKey?: Address;
}

/**
 * Weights small enough for exact arithmetic and few levels: max(1, floor(stake · scale / total)).
 *
 * @see KoMaBFT spec 2
 */
export function scaleWeights(stakes: readonly bigint[], weightScale: number): readonly Weight[] {
  const total = stakes.reduce((sum, stake) => sum + stake, 0n);
  if (total <= 0n) throw new BugError("a committee without stake has no weights");
  return stakes.map((stake) => Math.max(1, Number((stake * BigInt(weightScale)) / total)));
}

/** Committee of staked validators: sorted by signer, stakes scaled to weights. */
export function committeeFromStakes(staked: readonly StakedValidator[], weightScale: number): Committee {
  const weights = scaleWeights(
    staked.map((validator) => validator.stake),
    weightScale,
  );
  return createCommittee(
    staked.map(({ signer, producer, producerKey }, i) => ({
      signer,
      weight: weights[i] as Weight,
      ...officeOf(producer, producerKey),
    })),
  );
}

/** Committee of validators with weights as given; sorts them by signer. */
export function createCommittee(validators: readonly Validator[]): Committee {
  // Lower-case hex of one length: text order is the order of the addresses.
  const sorted = [...validators].sort((a, b) => (a.signer < b.signer ? -1 : a.signer > b.signer ? 1 : 0));
  let total = 0;
  let previous: Address | undefined;
  for (const { signer, weight } of sorted) {
    if (signer === previous) throw new BugError(`validator ${signer} stands twice in the committee`);
    if (!Number.isSafeInteger(weight) || weight < 1) throw new BugError(`weight ${weight} is not a positive integer`);
    previous = signer;
    total += weight;
  }
  if (sorted.length === 0) throw new BugError("a committee has at least one validator");
  return { validators: sorted, total };
}

/** Whether somebody leads slots, and with which key it seals; without an office there is no key. */
export function officeOf(producer: boolean, producerKey?: Address): Pick<Validator, "producer" | "producerKey"> {
  return producer && producerKey !== undefined ? { producer, producerKey } : { producer };
}

/** Position of the validator who signs with `signer`, undefined when it is not in the committee. */
export function indexOfSigner(committee: Committee, signer: Address): ValidatorIndex | undefined {
  const index = committee.validators.findIndex((validator) => validator.signer === signer);
  return index < 0 ? undefined : index;
}

/**
 * keccak256(rlp([[signer, weight, office], …])): the committee's part of the instance id. The office is 0 for none, 1 for a
 * producer, and the key of one that seals with another key than its signer key.
 */
export function hashCommittee(committee: Committee): Bytes {
  return keccak256(
    encodeRlp(
      committee.validators.map(({ signer, weight, producer, producerKey }) => [
        addressToBytes(signer),
        numberToBytes(weight),
        officeToBytes(producer, producerKey),
      ]),
    ),
  );
}

/** Empty for none, 1 for a producer with its signer key, else the 20 bytes of its producer key. */
export function officeToBytes(producer: boolean, producerKey: Address | undefined): Bytes {
  return producer && producerKey !== undefined ? addressToBytes(producerKey) : numberToBytes(producer ? 1 : 0);
}
