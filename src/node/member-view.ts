import type { Instance, KomaBftStatus } from "../consensus/index.ts";
import type { Address } from "../primitives/index.ts";

/**
 * The committee as `koma_consensus` shows it. An ejected producer goes on validating without its office; one that was
 * silent for a whole era leads no slot of this one only.
 *
 * @param appointed producers of the genesis
 */
export function describeMembers(
  instance: Pick<Instance, "committee" | "excluded">,
  validators: KomaBftStatus["validators"],
  appointed: ReadonlySet<Address>,
) {
  return validators.map((validator) => {
    const member = instance.committee.validators[validator.index];
    const holdsOffice = member?.producer === true;
    return {
      ...validator,
      signer: member?.signer,
      weight: member?.weight,
      producer: holdsOffice && !instance.excluded.has(validator.index),
      ...(member?.producerKey ? { producerKey: member.producerKey } : {}),
      ejected: member !== undefined && !holdsOffice && appointed.has(member.signer),
    };
  });
}
