export {
  type Delivery,
  type Deposit,
  DepositKind,
  decodeLastId,
  deliverCalldata,
  depositDeliveredTopic,
  depositHash,
  lastIdCalldata,
  parseDelivery,
} from "./deposit.ts";
export {
  childBridgeAddress,
  createDepositRelay,
  type DepositRelay,
  type DepositStore,
  komaNativeAddress,
} from "./deposit-relay.ts";
export { type Burn, claimExit, type ExitClaim, parseBurn, withdrawTopic } from "./exit-claim.ts";
export { findDelivery, findNewestBurn, type LogFinder } from "./find.ts";
export {
  type BridgeStep,
  type DepositFacts,
  type TrackedTransfer,
  trackDeposit,
  trackWithdrawal,
  type WithdrawalFacts,
} from "./track.ts";
export { burnNativeCalldata, burnTokenCalldata } from "./withdrawal.ts";
