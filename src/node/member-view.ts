import type { Instance, KomaBftStatus } from "../consensus/index.ts";

/** The committee as `koma_consensus` shows it. An ejected producer goes on validating, but leads no slot of this era. */
export function describeMembers(
  instance: Pick<Instance, "committee" | "excluded">,
  validators: KomaBftStatus["validators"],
) {
  return validators.map((validator) => {
    const member = instance.committee.validators[validator.index];
    const ejected = instance.excluded.has(validator.index);
    return {
      ...validator,
      signer: member?.signer,
      weight: member?.weight,
      producer: member?.producer === true && !ejected,
      ejected,
    };
  });
}
