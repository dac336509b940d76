import { type ChainArchive, proveBlockInCheckpoint } from "../checkpoint/index.ts";
import type { Address, Hex } from "../primitives/index.ts";
import { createTxReceipt, type LogProof, proveLog } from "../proofs/index.ts";
import type { RepeatedEndFault } from "./cross-logs.ts";
import { type Challenge, challengeOf, coder, headerOf, LOG_PROOF, TX_RECEIPT } from "./evidence.ts";
import type {
  ContinuityFault,
  LogPosition,
  RepeatedDeliveryFault,
  WrongDeliveryFault,
} from "./find-log-history-faults.ts";

export async function craftWrongDelivery(archive: ChainArchive, { type, at }: WrongDeliveryFault): Promise<Challenge> {
  const { proof, archived } = await proveBlockInCheckpoint(archive, at.block);
  const receipt = createTxReceipt(proof, archived.block, archived.receipts, at.index);
  const evidence = coder.encode([TX_RECEIPT, "uint32", "bytes"], [receipt, at.log, headerOf(archived)]);
  return challengeOf(type, proof, evidence);
}

export async function craftRepeatedDelivery(archive: ChainArchive, fault: RepeatedDeliveryFault): Promise<Challenge> {
  const { first, second, header } = await proveTwoLogs(archive, fault);
  const evidence = coder.encode([LOG_PROOF, LOG_PROOF, "bytes"], [first, second, header]);
  return challengeOf(fault.type, second.b, evidence);
}

export async function craftRepeatedEnd(archive: ChainArchive, fault: RepeatedEndFault): Promise<Challenge> {
  const { first, second, header } = await proveTwoLogs(archive, fault);
  // Nothing was sent on this chain: there is no header to open for that.
  const evidence = coder.encode([LOG_PROOF, LOG_PROOF, "bytes", "bytes"], [first, second, "0x", header]);
  return challengeOf(fault.type, second.b, evidence);
}

export async function craftContinuity(archive: ChainArchive, fault: ContinuityFault): Promise<Challenge> {
  const { first, second, header } = await proveTwoLogs(archive, fault);
  return challengeOf(fault.type, second.b, encodeContinuity(first, second, fault.account, header));
}

/** Arguments of `validateLogContinuity`. @param header  RLP of the header of the later log's block */
export function encodeContinuity(first: LogProof, second: LogProof, account: Address, header: string): Hex {
  return coder.encode([LOG_PROOF, LOG_PROOF, "address", "bytes"], [first, second, account, header]) as Hex;
}

async function proveTwoLogs(
  archive: ChainArchive,
  { first, second }: { readonly first: LogPosition; readonly second: LogPosition },
) {
  const [a, b] = [await proveLogAt(archive, first), await proveLogAt(archive, second)];
  return { first: a.proof, second: b.proof, header: b.header };
}

/** A log under its checkpoint, with the header of its block. */
export async function proveLogAt(
  archive: ChainArchive,
  { block, index, log }: LogPosition,
): Promise<{ readonly proof: LogProof; readonly header: string }> {
  const { proof, archived } = await proveBlockInCheckpoint(archive, block);
  return { proof: proveLog(proof, archived.receipts, index, log), header: headerOf(archived) };
}
