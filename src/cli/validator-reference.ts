import { UserError } from "../errors.ts";
import type { Address } from "../primitives/index.ts";
import type { RootChain, ValidatorRecord } from "../rootchain/index.ts";
import { nearNames } from "./near-names.ts";
import type { NetClient } from "./net-client.ts";
import { nodeNameOf } from "./seat-names.ts";

export interface ValidatorSelection {
  /** Id, node's name, or address of a signer or owner; undefined: the owner's own. */
  readonly text: string | undefined;
  /** Whose validator is meant without a name; left out for commands that only look. */
  readonly owner?: Address;
}

/**
 * The validator that a person means. Of several of one owner the one that has not left.
 *
 * @throws {UserError} KOMA_E_VALIDATOR_NOT_FOUND
 */
export async function resolveValidator(
  net: NetClient,
  root: RootChain,
  { text, owner }: ValidatorSelection,
): Promise<ValidatorRecord> {
  const validators = await root.stakes.validators();
  const matching = validators.filter((validator) => {
    if (text === undefined) return validator.owner === owner;
    const wanted = text.toLowerCase();
    if (/^[0-9]{1,18}$/.test(text)) return validator.id === BigInt(text);
    return validator.signer === wanted || validator.owner === wanted || nodeNameOf(net, validator.signer) === text;
  });
  const found = matching.find(({ status }) => status === "active") ?? matching.at(-1);
  if (found) return found;
  const names = net.manifest.nodes.map(({ name }) => name);
  const near = text === undefined ? [] : nearNames(text, names);
  throw new UserError(
    "KOMA_E_VALIDATOR_NOT_FOUND",
    text === undefined ? `${owner} stakes for no validator.` : `There is no validator "${text.slice(0, 60)}".`,
    { fix: near.length > 0 ? [`Did you mean ${near.join(" or ")}?`] : ["koma validator list"] },
  );
}

export type ValidatorState = "joining" | "active" | "jailed" | "leaving" | "left";

/** A validator's state for people. */
export function stateOf(validator: ValidatorRecord, epoch: bigint): ValidatorState {
  if (validator.status === "withdrawn" || validator.status === "none") return "left";
  if (validator.status === "unbonding") return "leaving";
  // Its jail lasts until it asks to be let out, however long that takes.
  if (validator.jailedUntil !== 0) return "jailed";
  return validator.activationEpoch > epoch ? "joining" : "active";
}

/** When an epoch begins, seconds. */
export function epochStart(genesisTime: number, epochLength: number, epoch: bigint): number {
  return genesisTime + Number(epoch) * epochLength;
}
