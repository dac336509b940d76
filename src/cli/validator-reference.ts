import { UserError } from "../errors.ts";
import type { Address } from "../primitives/index.ts";
import type { RootChain, ValidatorRecord } from "../rootchain/index.ts";
import { resolveAddress } from "./addresses.ts";
import type { Ctx } from "./koma-command.ts";
import { didYouMean, nearNames } from "./near-names.ts";
import type { NetClient } from "./net-client.ts";

export interface ValidatorSelection {
  /** Id, name of a node or account, or address of a signer or owner; undefined: the owner's own. */
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
  ctx: Ctx,
  net: NetClient,
  root: RootChain,
  { text, owner }: ValidatorSelection,
): Promise<ValidatorRecord> {
  const validators = await root.stakes.validators();
  const account = text === undefined ? owner : await accountOf(ctx, net, text);
  const matching = validators.filter((validator) =>
    text !== undefined && /^[0-9]{1,18}$/.test(text)
      ? validator.id === BigInt(text)
      : validator.owner === account || validator.signer === account,
  );
  const found = matching.find(({ status }) => status === "active") ?? matching.at(-1);
  if (found) return found;
  const names = net.manifest.nodes.map(({ name }) => name);
  const near = text === undefined ? [] : nearNames(text, names);
  throw new UserError(
    "KOMA_E_VALIDATOR_NOT_FOUND",
    text === undefined ? `${owner} stakes for no validator.` : `There is no validator "${text.slice(0, 60)}".`,
    { fix: near.length > 0 ? [didYouMean(near)] : ["koma validator list"] },
  );
}

/** Address behind an account's or node's name; undefined for a name that nobody has. */
async function accountOf(ctx: Ctx, net: NetClient, text: string): Promise<Address | undefined> {
  try {
    return await resolveAddress(ctx, net, text);
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
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
