import { type ChainArchive, proveBlockInCheckpoint } from "../checkpoint/index.ts";
import { createTxProof, createTxReceipt, proveLog, proveReceipt } from "../proofs/index.ts";
import { type Challenge, challengeOf, coder, headerOf, LOG_PROOF, TX_PROOF, TX_RECEIPT } from "./evidence.ts";
import type { BadReceiptFault, ImpossibleLogFault, WrongTransferFault } from "./find-receipt-faults.ts";
import type { TransactionFault } from "./find-transaction-faults.ts";

export async function craftTransaction(archive: ChainArchive, fault: TransactionFault): Promise<Challenge> {
  const { proof, archived } = await proveBlockInCheckpoint(archive, fault.block);
  const transaction = createTxProof(proof, archived.block, fault.index);
  return challengeOf(fault.type, proof, coder.encode([TX_PROOF, "bytes"], [transaction, headerOf(archived)]));
}

export async function craftReceipt(archive: ChainArchive, fault: BadReceiptFault): Promise<Challenge> {
  const { proof, archived } = await proveBlockInCheckpoint(archive, fault.block);
  const { block, receipts } = archived;
  const receipt = createTxReceipt(proof, block, receipts, fault.index);
  const previous = fault.index === 0 ? [] : proveReceipt(receipts, fault.index - 1);
  const evidence = coder.encode([TX_RECEIPT, "bytes[]", "bytes"], [receipt, previous, headerOf(archived)]);
  return challengeOf(fault.type, proof, evidence);
}

export async function craftTransfer(archive: ChainArchive, fault: WrongTransferFault): Promise<Challenge> {
  const { proof, archived } = await proveBlockInCheckpoint(archive, fault.block);
  const receipt = createTxReceipt(proof, archived.block, archived.receipts, fault.index);
  const earlier = [];
  if (fault.earlier) {
    const { block, index, log } = fault.earlier;
    const before = await proveBlockInCheckpoint(archive, block);
    earlier.push(proveLog(before.proof, before.archived.receipts, index, log));
  }
  const evidence = coder.encode([TX_RECEIPT, `${LOG_PROOF}[]`, "bytes"], [receipt, earlier, headerOf(archived)]);
  return challengeOf(fault.type, proof, evidence);
}

export async function craftLog(archive: ChainArchive, fault: ImpossibleLogFault): Promise<Challenge> {
  const { proof, archived } = await proveBlockInCheckpoint(archive, fault.block);
  const log = proveLog(proof, archived.receipts, fault.index, fault.log);
  return challengeOf(fault.type, proof, coder.encode([LOG_PROOF, "bytes"], [log, headerOf(archived)]));
}
