import { id } from "ethers";
import { type Receipt, readBalanceLog, type Transaction } from "../chain/index.ts";
import {
  type Address,
  addressFromWord,
  addressWord,
  bytesToBigint,
  bytesToHex,
  type Hash,
  hashFromBytes,
} from "../primitives/index.ts";
import { predeployAddresses } from "../rootchain/index.ts";
import { faultOfBalances } from "./balance-log.ts";

const TRANSFER_SELECTOR = id("transfer(address,uint256)").slice(0, 10);
const TRANSFER_EVENT = id("Transfer(address,address,uint256)") as Hash;
/** Selector, recipient, amount; what follows them is nobody's business. */
const TRANSFER_CALL = 68;

export interface TransferFault {
  readonly token: Address;
  readonly reason: string;
  /** The receipt has no log of the token: that it existed has to be shown by an earlier one. */
  readonly needsEarlier: boolean;
}

/**
 * What is wrong with the receipt of a successful `transfer` of a standard child token; undefined for anything else. A
 * reverted call, calldata behind the arguments and typed transactions are as good as any. The twin of kind 12.
 *
 * @param rootTokenOf root token that a contract of the chain stands for, undefined for contracts that are no child tokens
 * @see KOMA root contracts 10.15
 */
export function faultOfTransferCall(
  transaction: Transaction,
  receipt: Receipt,
  rootTokenOf: (child: Address) => Address | undefined,
): TransferFault | undefined {
  const { to: token, data } = transaction;
  const rootToken = token === undefined ? undefined : rootTokenOf(token);
  if (token === undefined || rootToken === undefined || token === predeployAddresses.KomaNative) return undefined;
  if (data.length < TRANSFER_CALL || bytesToHex(data.subarray(0, 4)) !== TRANSFER_SELECTOR) return undefined;
  if (receipt.status === 0) return undefined;
  const reason = reasonOf(transaction, receipt, token, rootToken);
  const needsEarlier = receipt.logs.every(({ address }) => address !== token);
  return reason === undefined ? undefined : { token, reason, needsEarlier };
}

function reasonOf(transaction: Transaction, receipt: Receipt, token: Address, rootToken: Address): string | undefined {
  const { sender, value, data } = transaction;
  if (value !== 0n) return "it carried coins, for which the token reverts";
  const recipient = hashFromBytes(data.subarray(4, 36));
  const amount = bytesToBigint(data.subarray(36, 68));
  const to = addressFromWord(recipient);
  if (!to) return "its recipient is no address, for which the token reverts";
  const [first, second] = receipt.logs;
  if (!first || !second || receipt.logs.length !== 2) return `it left ${receipt.logs.length} logs instead of two`;
  if (receipt.logs.some(({ address }) => address !== token)) return "it left a log of another contract";
  const [name, ...parties] = first.topics;
  const isTransfer =
    name === TRANSFER_EVENT &&
    parties.join() === `${hashFromBytes(addressWord(sender))},${recipient}` &&
    first.data.length === 32 &&
    bytesToBigint(first.data) === amount;
  if (!isTransfer) return "its first log is not the Transfer of the call";
  const change = readBalanceLog(second);
  if (change?.event !== "transfer" || change.from !== sender || change.to !== to || change.amount !== amount) {
    return "its second log is not the LogTransfer of the call";
  }
  return faultOfBalances(change, token, rootToken);
}
