export { Args, Flags } from "@oclif/core";
export * from "./addresses.ts";
export * from "./block-reference.ts";
export * from "./bounded-file.ts";
export * from "./bridge-flags.ts";
export * from "./chain-archive.ts";
export * from "./chain-logs.ts";
export * from "./checkpoint-number.ts";
export * from "./checkpoint-wait.ts";
export * from "./checkpointed-transaction.ts";
export * from "./committee.ts";
export * from "./contradiction-sources.ts";
export * from "./devnet-manifest.ts";
export * from "./duration.ts";
export * from "./election.ts";
export * from "./envelope.ts";
export * from "./erc20.ts";
export type { ErrorEntry } from "./error-entry.ts";
export * from "./error-table.ts";
export * from "./errors.ts";
export * from "./exit-codes.ts";
export * from "./finality.ts";
export * from "./flags.ts";
export * from "./fraud-kind.ts";
export * from "./home.ts";
export * from "./key-ring.ts";
export * from "./koma-command.ts";
export * from "./near-names.ts";
export * from "./net-client.ts";
export * from "./next-slots.ts";
export * from "./node-flags.ts";
export * from "./offline-certificate.ts";
export * from "./out.ts";
export * from "./percent.ts";
export * from "./process-identity.ts";
export * from "./producer-key.ts";
export * from "./producer-specs.ts";
export * from "./prompt.ts";
export * from "./proof-output.ts";
export * from "./recorded-work.ts";
export * from "./render-error.ts";
export * from "./rest.ts";
export * from "./root-chain.ts";
export * from "./running-net.ts";
export * from "./scan-memory.ts";
export * from "./seat-names.ts";
export * from "./send-transaction.ts";
export {
  type ListedSetting,
  listSettings,
  type Settings,
  type SettingsFile,
  settingsFiles,
} from "./settings.ts";
export * from "./stakers-at-hand.ts";
export * from "./state-proof.ts";
export * from "./table.ts";
export type { Step } from "./tasks.ts";
export * from "./token-amounts.ts";
export * from "./tokens.ts";
export * from "./transaction-flags.ts";
export * from "./transaction-reference.ts";
export * from "./undelegations.ts";
export * from "./validator-flags.ts";
export * from "./validator-reference.ts";
export * from "./wait-for.ts";
