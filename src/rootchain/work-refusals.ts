import { formatAmount } from "../primitives/index.ts";
import type { Refusal } from "./refusals.ts";

/** What the refusals of the pay for work mean to whoever meets them. */
export const WORK_REFUSALS: Readonly<Record<string, Refusal>> = {
  PoolShort: {
    code: "KOMA_E_WORK_POOL_SHORT",
    sentence: ({ wanted, left }) =>
      `the chain's pool has ${formatAmount(BigInt(left ?? 0))} KMC left, and the work is worth ${formatAmount(BigInt(wanted ?? 0))}.`,
    fix: ["Claim again when the pool was filled: the work is not lost."],
  },
  NothingNew: {
    code: "KOMA_E_WORK_PAID",
    sentence: ({ signer }) => `the work of ${signer} was paid for up to a later checkpoint.`,
  },
  UnknownSigner: {
    code: "KOMA_E_VALIDATOR_NOT_FOUND",
    sentence: ({ signer }) => `${signer} signs for no validator.`,
    fix: ["koma validator list"],
  },
  TooEarly: {
    code: "KOMA_E_STANDBYS_NOT_DUE",
    sentence: ({ from }) => `stand-bys are paid from ${from} (Unix time) on, when voting has opened.`,
  },
  StandbysPaid: {
    code: "KOMA_E_STANDBYS_NOT_DUE",
    sentence: ({ tenure }) => `the stand-bys of tenure ${tenure} were paid before.`,
  },
  NoStandbys: {
    code: "KOMA_E_STANDBYS_NOT_DUE",
    sentence: () => "the present tenure has no stand-bys, or the vote for the next one is settled.",
  },
};
