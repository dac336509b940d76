import { id } from "ethers";
import { type Log, type Receipt, readBalanceLog, type Transaction, wordAt } from "../chain/index.ts";
import { type Address, addressFromWord, type Hash, hashFromBytes, zeroAddress } from "../primitives/index.ts";
import { depositHashOf, depositKinds, predeployAddresses } from "../rootchain/index.ts";
import { readDeliverCall } from "./delivery-call.ts";

const DELIVERED = id("DepositDelivered(uint64,address,address,address,uint256,bytes32,bool)") as Hash;

/** What the root chain knows of a chain's deposits and tokens. */
export interface BridgeFacts {
  /** Hash of the deposit with that id; undefined when there is none. */
  readonly depositHash: (id: bigint) => Hash | undefined;
  /** Child of a root token, the native gateway for KMC; undefined when it is not mapped. */
  readonly childTokenOf: (rootToken: Address) => Address | undefined;
}

/** A `DepositDelivered` log of ChildBridge. */
export interface DeliveryLog {
  readonly id: bigint;
  /** Undefined for a word that is no address, which is equal to none. */
  readonly rootToken: Address | undefined;
  readonly recipient: Address | undefined;
  readonly childToken: Address;
  readonly amount: bigint;
  readonly depositHash: Hash;
  readonly credited: boolean;
}

/** Undefined for other logs, and for those with words that do not fit (which is another kind of fraud). */
export function readDeliveryLog(log: Log): DeliveryLog | undefined {
  const [topic, idWord, rootToken, recipient] = log.topics;
  if (log.address !== predeployAddresses.ChildBridge || topic !== DELIVERED) return undefined;
  if (log.topics.length !== 4 || log.data.length !== 128) return undefined;
  const childToken = addressFromWord(hashFromBytes(log.data.subarray(0, 32)));
  const credited = wordAt(log, 3);
  if (!childToken || credited > 1n) return undefined;
  return {
    id: BigInt(idWord as Hash),
    rootToken: addressFromWord(rootToken as Hash),
    recipient: addressFromWord(recipient as Hash),
    childToken,
    amount: wordAt(log, 1),
    depositHash: hashFromBytes(log.data.subarray(64, 96)),
    credited: credited === 1n,
  };
}

/** A delivery where it stands. */
export interface DeliveryEntry {
  readonly chainId: bigint;
  /** Time of the block, seconds. */
  readonly timestamp: bigint;
  readonly transaction: Transaction;
  readonly receipt: Receipt;
  /** Place of the delivery's log in the receipt. */
  readonly log: number;
}

/**
 * Why no chain that runs ChildBridge holds this delivery, given the deposits that the root chain holds; undefined for one
 * that is as deposited, and for logs that are no deliveries. The twin of kind 10.
 *
 * @see KOMA root contracts 10.13
 */
export function faultOfDelivery(entry: DeliveryEntry, facts: BridgeFacts): string | undefined {
  const { chainId, timestamp, transaction, receipt } = entry;
  const told = receipt.logs[entry.log];
  const log = told && readDeliveryLog(told);
  if (!log || receipt.status === 0) return undefined;
  if (transaction.to !== predeployAddresses.ChildBridge || transaction.value !== 0n)
    return "its transaction is no delivery";
  const call = readDeliverCall(chainId, transaction.data);
  if (!call) return "its transaction is no delivery";
  const known = facts.depositHash(call.id);
  if (known === undefined) return `deposit ${call.id} was never made`;
  if (known !== depositHashOf(call)) return `it is not deposit ${call.id} as the root chain has it`;
  const same =
    log.id === call.id &&
    log.rootToken === call.rootToken &&
    log.recipient === call.recipient &&
    log.amount === call.amount &&
    log.depositHash === known;
  if (!same) return "its log says something else than its call";
  if (timestamp < call.createdAt) return "it is delivered before it was made";
  if (!log.credited) return log.childToken === zeroAddress ? undefined : "it names a token that it does not credit";
  const kind = depositKinds[call.kind];
  if (kind === "none" || kind === "message") return `a deposit of the kind ${kind} is never credited`;
  if (log.childToken !== facts.childTokenOf(call.rootToken)) return "its token is not the one that is mapped";
  // The creation of a token credits nobody.
  return kind === "map-token" || hasCredit(receipt.logs.slice(0, entry.log), log)
    ? undefined
    : "nothing was credited where it says so";
}

function hasCredit(before: readonly Log[], { childToken, rootToken, recipient, amount }: DeliveryLog): boolean {
  return before.some((log) => {
    if (log.address !== childToken) return false;
    const credit = readBalanceLog(log);
    return (
      credit?.event === "deposit" &&
      credit.rootToken === rootToken &&
      credit.from === recipient &&
      credit.amount === amount
    );
  });
}
