import { type ChainArchive, proveBlockInCheckpoint } from "../checkpoint/index.ts";
import { createTxProof } from "../proofs/index.ts";
import {
  BLOCK_PROOF,
  type Challenge,
  challengeOf,
  coder,
  DELIVERY_ARGUMENTS,
  LOG_PROOF,
  TX_PROOF,
} from "./evidence.ts";
import type { Position } from "./find-faults.ts";
import type { Gap } from "./find-gaps.ts";
import type { LogPosition } from "./find-log-history-faults.ts";
import { proveLogAt } from "./log-evidence.ts";

/**
 * Evidence with which `InteractiveFraud.openChallenge` takes the claim that something is missing.
 *
 * @throws {UserError} KOMA_E_NOT_CHECKPOINTED when a block of the proof is under no live checkpoint
 * @throws {ProtocolError} KOMA_E_BLOCKS_DIFFER
 */
export async function craftGapChallenge(archive: ChainArchive, gap: Gap): Promise<Challenge> {
  switch (gap.type) {
    case "nonce-gap": {
      const later = await proveTransactionAt(archive, gap.second);
      const earlier = gap.first ? [await proveTransactionAt(archive, gap.first)] : [];
      const evidence = coder.encode([TX_PROOF, "uint64", `${TX_PROOF}[]`], [later, gap.nonce, earlier]);
      return challengeOf(gap.type, later.b, evidence);
    }
    case "utxo-gap": {
      const first = (await proveLogAt(archive, gap.first)).proof;
      const second = (await proveLogAt(archive, gap.second)).proof;
      const evidence = coder.encode([LOG_PROOF, LOG_PROOF, "address"], [first, second, gap.account]);
      return challengeOf(gap.type, second.b, evidence);
    }
    case "deposit-skipped": {
      const { proof } = await proveBlockInCheckpoint(archive, gap.block);
      const { id, kind, rootToken, recipient, amount, data, createdAt } = gap.deposit;
      const deposit = { id, kind, rootToken, recipient, amount, data, createdAt };
      return challengeOf(gap.type, proof, coder.encode([BLOCK_PROOF, DELIVERY_ARGUMENTS], [proof, deposit]));
    }
  }
}

/** Answer to a missing nonce: the transaction, under its checkpoint. */
export async function craftTransactionAnswer(archive: ChainArchive, at: Position): Promise<string> {
  return coder.encode([TX_PROOF], [await proveTransactionAt(archive, at)]);
}

/** Answer to a missing log or delivery: the log, under its checkpoint. */
export async function craftLogAnswer(archive: ChainArchive, at: LogPosition): Promise<string> {
  return coder.encode([LOG_PROOF], [(await proveLogAt(archive, at)).proof]);
}

async function proveTransactionAt(archive: ChainArchive, { block, index }: Position) {
  const { proof, archived } = await proveBlockInCheckpoint(archive, block);
  return createTxProof(proof, archived.block, index);
}
