import { decodeReceipt, type Log, readBalanceLog, readTransaction } from "../chain/index.ts";
import { type Address, hexToBytes } from "../primitives/index.ts";
import { type BlockProof, type LogProof, listItemAt, positionOf } from "../proofs/index.ts";
import type { CheckpointLookup, FileCheck } from "./check-file.ts";
import { faultOfMessages } from "./cross-logs.ts";
import { readDeliverCall } from "./delivery-call.ts";
import { faultOfDelivery, readDeliveryLog } from "./delivery-rules.ts";
import type { Challenge } from "./evidence.ts";
import type { ReadEvidence } from "./evidence-shapes.ts";
import { entriesOf, faultOfContinuity } from "./find-log-history-faults.ts";

/** A log that its proof leads to. */
interface ShownLog {
  readonly log: Log;
  readonly position: bigint;
  readonly b: BlockProof;
}

/**
 * Checks of the kinds about deliveries and about two logs (10, 11, 14, 19): each lies in its block, and they contradict the root
 * chain or each other. Whether the blocks lie under their checkpoints is looked at elsewhere.
 */
export async function checkLogs(
  { type, chainId }: Challenge,
  evidence: ReadEvidence,
  lookup: CheckpointLookup,
): Promise<readonly FileCheck[]> {
  if (type === "deposit-mismatch") return checkDelivery(chainId, evidence, lookup);
  if (type !== "deposit-duplicate" && type !== "utxo-continuity" && type !== "cross-receive") return [];
  const shown = evidence.logs.map(showLog);
  const checks = shown.map(({ check }) => check);
  const [one, two] = shown.map(({ found }) => found);
  if (!one || !two) return checks;
  const [first, second] = one.position <= two.position ? [one, two] : [two, one];
  if (type === "cross-receive") return [...checks, contradictingMessages(first, second)];
  const apart = { name: "they stand at different places", ok: first.position !== second.position };
  if (type === "deposit-duplicate") return [...checks, apart, repeatedDelivery(first.log, second.log)];
  const token = await lookup.rootTokenOf(first.log.address);
  const same = {
    name: "both are by one token that the root chain knows",
    ok: token !== undefined && first.log.address === second.log.address,
    detail: first.log.address,
  };
  return [...checks, apart, same, brokenContinuity(first.log, second.log, evidence.account)];
}

function contradictingMessages(first: ShownLog, second: ShownLog): FileCheck {
  const placed = ({ log, b }: ShownLog) => ({ log, chainId: b.chainId, timestamp: b.timestamp });
  const name = "they contradict each other about a message";
  const isOne = first.position === second.position && first.b.chainId === second.b.chainId;
  const reason = isOne ? undefined : faultOfMessages(placed(first), placed(second));
  return reason === undefined ? { name, ok: false } : { name, ok: true, detail: reason };
}

function repeatedDelivery(first: Log, second: Log): FileCheck {
  const [a, b] = [readDeliveryLog(first)?.id, readDeliveryLog(second)?.id];
  const name = "the later delivery's id is not greater";
  if (a === undefined || b === undefined) return { name, ok: false, detail: "these are no deliveries" };
  return { name, ok: b <= a, detail: `${a}, ${b}` };
}

function brokenContinuity(first: Log, second: Log, account: Address | undefined): FileCheck {
  const name = "the later one does not continue the earlier one";
  const entryOf = (log: Log) => {
    const change = readBalanceLog(log);
    return change && entriesOf(change).find((entry) => entry.account === account);
  };
  const [a, b] = [entryOf(first), entryOf(second)];
  if (!a || !b) return { name, ok: false, detail: `they are not both about ${account}` };
  const reason = faultOfContinuity(a, b);
  return reason === undefined ? { name, ok: false } : { name, ok: true, detail: reason };
}

async function checkDelivery(
  chainId: bigint,
  { receipts: [proof], logIndex }: ReadEvidence,
  lookup: CheckpointLookup,
): Promise<readonly FileCheck[]> {
  if (!proof || logIndex === undefined) return [];
  const { b, txIndex } = proof;
  const transaction = listItemAt(b.txRoot, txIndex, proof.txNodes.map(hexToBytes));
  const receipt = listItemAt(b.receiptsRoot, txIndex, proof.receiptNodes.map(hexToBytes));
  const inBlock = (what: string, item: typeof receipt): FileCheck => {
    const name = `${what} ${txIndex} of block ${b.number} is in its block`;
    return item.ok ? { name, ok: true } : { name, ok: false, detail: item.rejection.code };
  };
  const checks = [inBlock("transaction", transaction), inBlock("receipt", receipt)];
  const read = transaction.ok ? readTransaction(transaction.value, chainId) : transaction;
  const decoded = receipt.ok ? decodeReceipt(receipt.value) : receipt;
  if (!read.ok || !decoded.ok) return [...checks, { name: "both can be read", ok: false }];
  const call = readDeliverCall(chainId, read.value.data);
  const [depositHash, childToken] = call
    ? await Promise.all([lookup.depositHash(call.id), lookup.childTokenOf(call.rootToken)])
    : [undefined, undefined];
  const reason = faultOfDelivery(
    { chainId, timestamp: b.timestamp, transaction: read.value, receipt: decoded.value, log: logIndex },
    { depositHash: () => depositHash, childTokenOf: () => childToken },
  );
  const name = "the delivery is not the deposit on the root chain";
  return [...checks, reason === undefined ? { name, ok: false } : { name, ok: true, detail: reason }];
}

function showLog(proof: LogProof): { readonly check: FileCheck; readonly found: ShownLog | undefined } {
  const { b, txIndex, logIndex } = proof;
  const name = `log ${logIndex} of receipt ${txIndex} of block ${b.number} is in its block`;
  const raw = listItemAt(b.receiptsRoot, txIndex, proof.receiptNodes.map(hexToBytes));
  const receipt = raw.ok ? decodeReceipt(raw.value) : raw;
  if (!receipt.ok) return { check: { name, ok: false }, found: undefined };
  const log = receipt.value.status === 1 ? receipt.value.logs[logIndex] : undefined;
  if (!log) return { check: { name, ok: false, detail: "no successful transaction left it" }, found: undefined };
  return { check: { name, ok: true }, found: { log, position: positionOf(b.number, txIndex, logIndex), b } };
}
