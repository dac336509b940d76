export type { AdmissionContext } from "./admission-rules.ts";
export { type AnnouncedTransaction, AnnouncedTransactions } from "./announced-transactions.ts";
export type { DroppedTransaction, DropRule } from "./drop-record.ts";
export { type PolicyBreaches, policyBreaches } from "./policy-breaches.ts";
export * from "./pool-rules.ts";
export * from "./rule-list.ts";
export type { SenderAccount } from "./sender-lane.ts";
export * from "./tx-pool.ts";
export * from "./tx-rejection.ts";
