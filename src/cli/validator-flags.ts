import { Args, Flags } from "@oclif/core";
import { passwordFileFlag } from "./transaction-flags.ts";

/** Arguments and flags of commands that change a validator. */
export const validatorArgs = {
  validator: Args.string({
    description: "Id or node's name; default: the one that --key stakes for.",
    ignoreStdin: true,
  }),
};

export const ownerFlags = {
  key: Flags.string({
    summary: "Account that owns the stake; default: that of the node which the argument names, else alice.",
    env: "KOMA_VALIDATOR_KEY",
    helpValue: "KEY",
  }),
  "password-file": passwordFileFlag,
};

/** The key to sign with: --key, else the owner's of the node that was named. */
export function ownerKeyName(key: string | undefined, validator: string | undefined): string {
  return key ?? (validator !== undefined && !/^([0-9]+|0x.*)$/.test(validator) ? validator : "alice");
}
