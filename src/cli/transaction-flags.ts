import { Flags } from "@oclif/core";
import { UserError } from "../errors.ts";
import { parseAmount } from "../primitives/index.ts";

const GROUP = "TRANSACTION";

/** Share between 0 and 1: `1/3`, `0.8` or `80%`. @throws {UserError} KOMA_E_ARGUMENT_INVALID */
export function parseRatio(text: string): number {
  const [, over, under] = /^([0-9]{1,6})\/([1-9][0-9]{0,5})$/.exec(text) ?? [];
  const percent = /^([0-9]{1,3}(?:\.[0-9]+)?)%$/.exec(text)?.[1];
  const value = over && under ? Number(over) / Number(under) : percent ? Number(percent) / 100 : Number(text);
  if (text.trim() !== "" && value > 0 && value < 1) return value;
  throw new UserError("KOMA_E_ARGUMENT_INVALID", `"${text.slice(0, 40)}" is no share between 0 and 1.`, {
    fix: ["Give 1/3, 0.8 or 80%."],
  });
}

export const ratioFlag = Flags.custom<number>({ helpValue: "RATIO", parse: async (text) => parseRatio(text) });

/** Amount in wei: a plain number counts whole tokens. */
export const amountFlag = Flags.custom<bigint>({ helpValue: "AMOUNT", parse: async (text) => parseAmount(text) });

export const integerFlag = Flags.custom<bigint>({
  helpValue: "N",
  parse: async (text) => {
    if (/^[0-9]{1,20}$/.test(text)) return BigInt(text);
    throw new UserError("KOMA_E_ARGUMENT_INVALID", `"${text.slice(0, 40)}" is no whole number.`, {});
  },
});

/** Who signs. */
export const fromFlag = Flags.string({
  summary: "Key that signs: alice, bob, … of the devnet, an address of it, or a name of `koma keys list`.",
  env: "KOMA_FROM",
  default: "alice",
  helpGroup: GROUP,
  helpValue: "KEY",
});

export const passwordFileFlag = Flags.string({
  summary: "File with the key's password; - reads it from stdin.",
  env: "KOMA_PASSWORD_FILE",
  helpGroup: GROUP,
  helpValue: "FILE",
});

/** Flags of commands that send a transaction on the KOMA chain. */
export const transactionFlags = {
  from: fromFlag,
  "password-file": passwordFileFlag,
  "gas-limit": integerFlag({ summary: "Gas limit; default: estimated.", env: "KOMA_GAS_LIMIT", helpGroup: GROUP }),
  "gas-price": Flags.custom<bigint>({
    summary: "Price of gas, such as 2gwei; default: what the chain asks.",
    env: "KOMA_GAS_PRICE",
    helpGroup: GROUP,
    helpValue: "AMOUNT",
    parse: async (text) => parseAmount(text, 9),
  })(),
  nonce: integerFlag({ summary: "Nonce; default: the next one.", env: "KOMA_NONCE", helpGroup: GROUP }),
  wait: Flags.boolean({
    summary: "Wait until the transaction is in a block.",
    env: "KOMA_WAIT",
    default: true,
    allowNo: true,
    helpGroup: GROUP,
  }),
  finality: ratioFlag({
    summary: "Wait until that share of the stake would have to cheat to revert it: 1/3, 0.8.",
    env: "KOMA_FINALITY",
    helpGroup: GROUP,
  }),
};

/** What {@link transactionFlags} say of a request. */
export function requestOf(flags: {
  readonly "gas-limit"?: bigint | undefined;
  readonly "gas-price"?: bigint | undefined;
  readonly nonce?: bigint | undefined;
}): { readonly gasLimit?: bigint; readonly gasPrice?: bigint; readonly nonce?: bigint } {
  const { "gas-limit": gasLimit, "gas-price": gasPrice, nonce } = flags;
  return {
    ...(gasLimit === undefined ? {} : { gasLimit }),
    ...(gasPrice === undefined ? {} : { gasPrice }),
    ...(nonce === undefined ? {} : { nonce }),
  };
}
