import { Flags } from "@oclif/core";

/** Flags that every command shares that moves tokens between the chains. */
export const bridgeFlags = {
  token: Flags.string({
    summary: "KMC, dUSD, or a token's address.",
    default: "KMC",
    env: "KOMA_BRIDGE_TOKEN",
    helpValue: "TOKEN",
  }),
  amount: Flags.string({
    summary: "Whole tokens (1.5), or a number with wei.",
    required: true,
    env: "KOMA_BRIDGE_AMOUNT",
    helpValue: "AMOUNT",
  }),
  to: Flags.string({
    summary: "Recipient on the other chain: an address or a name; default: the sender.",
    env: "KOMA_BRIDGE_TO",
  }),
};
