import type { Address } from "../primitives/index.ts";
import {
  type Committee,
  committeeFromStakes,
  createCommittee,
  officeOf,
  type StakedValidator,
  type Validator,
} from "./committee.ts";

/** What a committee is made under. */
export interface RotationRules {
  readonly weightScale: number;
  readonly maxValidators: number;
}

/** Why a set of the root chain was not followed to the letter. */
export type RotationShortfall =
  /** Nobody in it may validate: the committee stays as it was. */
  | "nobody"
  /** No producer it names is in the committee: those from before lead on, or everybody. */
  | "noProducer";

export interface Rotation {
  readonly committee: Committee;
  readonly shortfall?: RotationShortfall;
}

/**
 * The committee that a set of the root chain stands for. Always one that can go on: with at least one validator, and at
 * least one producer among them.
 *
 * @param staked    the root chain's validators; undefined when the chain's state has none: `previous` goes on
 * @param previous  committee in whose place the new one comes
 * @param leftOut   signers that may not be in it, whatever the root chain says
 * @see KoMaBFT spec 2 (weights), 8.2 (producers are members), 13
 */
export function rotate(
  staked: readonly StakedValidator[] | undefined,
  previous: Committee,
  leftOut: ReadonlySet<Address>,
  rules: RotationRules,
): Rotation {
  if (!staked) return { committee: remaining(previous, leftOut) };
  const eligible = strongest(
    merged(staked).filter(({ signer, stake }) => stake > 0n && !leftOut.has(signer)),
    rules.maxValidators,
  );
  if (eligible.length === 0) return { committee: remaining(previous, leftOut), shortfall: "nobody" };
  const committee = committeeFromStakes(eligible, rules.weightScale);
  if (committee.validators.some(({ producer }) => producer)) return { committee };
  return { committee: withProducersOf(committee, previous), shortfall: "noProducer" };
}

/** Half of the weight proven faulty stops the chain long before nobody is left: this only keeps the function total. */
function remaining(committee: Committee, leftOut: ReadonlySet<Address>): Committee {
  const staying = committee.validators.filter(({ signer }) => !leftOut.has(signer));
  if (staying.length === 0 || staying.length === committee.validators.length) return committee;
  const left = createCommittee(staying);
  const hadProducers = committee.validators.some(({ producer }) => producer);
  return hadProducers && !left.validators.some(({ producer }) => producer) ? withProducersOf(left, committee) : left;
}

/**
 * Takes their office from producers; the last ones keep it until others are elected, for a chain needs somebody to lead.
 *
 * @param ejected  keys that may seal no more blocks, each a producer key or a signer key
 */
export function withoutOffice(committee: Committee, ejected: readonly Address[]): Committee {
  const isOut = ({ signer, producerKey }: Validator) => ejected.includes(producerKey ?? signer);
  if (!committee.validators.some((validator) => validator.producer && !isOut(validator))) return committee;
  return createCommittee(
    committee.validators.map((validator) => (isOut(validator) ? withOffice(validator, false) : validator)),
  );
}

function withOffice({ signer, weight }: Validator, producer: boolean, producerKey?: Address): Validator {
  return { signer, weight, ...officeOf(producer, producerKey) };
}

/** A signer counts once, whatever seats it has. */
function merged(staked: readonly StakedValidator[]): readonly StakedValidator[] {
  const bySigner = new Map<Address, StakedValidator>();
  for (const entry of staked) {
    const known = bySigner.get(entry.signer);
    bySigner.set(entry.signer, {
      signer: entry.signer,
      stake: (known?.stake ?? 0n) + entry.stake,
      ...(known?.producer ? officeOf(true, known.producerKey) : officeOf(entry.producer, entry.producerKey)),
    });
  }
  return [...bySigner.values()];
}

/** The greatest stakes, of equal ones those with the smaller address. */
function strongest(staked: readonly StakedValidator[], most: number): readonly StakedValidator[] {
  if (staked.length <= most) return staked;
  return [...staked]
    .sort((a, b) => (a.stake === b.stake ? (a.signer < b.signer ? -1 : 1) : a.stake > b.stake ? -1 : 1))
    .slice(0, most);
}

function withProducersOf(committee: Committee, previous: Committee): Committee {
  const keys = new Map(
    previous.validators.flatMap(({ producer, signer, producerKey }) => (producer ? [[signer, producerKey]] : [])),
  );
  const isNew = !committee.validators.some(({ signer }) => keys.has(signer));
  return createCommittee(
    committee.validators.map((validator) =>
      withOffice(validator, isNew || keys.has(validator.signer), keys.get(validator.signer)),
    ),
  );
}
