import type { ChainArchive } from "../checkpoint/index.ts";
import { findRepeatedEnds } from "./cross-logs.ts";
import { type Challenge, craftNonce, craftProducer, craftSequence } from "./evidence.ts";
import { type Fault, findNonceFaults, findProducerFaults, findSequenceFaults, type Scan } from "./find-faults.ts";
import { findContinuityFaults, findRepeatedDeliveries, findWrongDeliveries } from "./find-log-history-faults.ts";
import { findLogFaults, findReceiptFaults, findTransferFaults } from "./find-receipt-faults.ts";
import { findTransactionFaults } from "./find-transaction-faults.ts";
import { craftBanned, craftLeaf } from "./leaf-faults.ts";
import { craftContinuity, craftRepeatedDelivery, craftRepeatedEnd, craftWrongDelivery } from "./log-evidence.ts";
import { craftLog, craftReceipt, craftTransaction, craftTransfer } from "./receipt-evidence.ts";

/**
 * Everything that looks for fraud in blocks. A kind of fraud that blocks show is added here and in {@link provers}, and
 * every command that scans knows it.
 */
export const finders: readonly ((scan: Scan) => readonly Fault[])[] = [
  findSequenceFaults,
  findProducerFaults,
  findNonceFaults,
  findTransactionFaults,
  findReceiptFaults,
  findTransferFaults,
  findLogFaults,
  findWrongDeliveries,
  findRepeatedDeliveries,
  findContinuityFaults,
  findRepeatedEnds,
];

type FaultOf<T extends Fault["type"]> = Fault extends infer F
  ? F extends Fault
    ? T extends F["type"]
      ? F
      : never
    : never
  : never;

interface Prover<F extends Fault> {
  /** What is wrong, as a sentence without its full stop. */
  describe(fault: F): string;
  craft(archive: ChainArchive, fault: F, graceBlocks: bigint): Promise<Challenge>;
}

/** How the faults of each kind are told and proven. */
const provers: { readonly [T in Fault["type"]]: Prover<FaultOf<T>> } = {
  "duplicate-nonce": {
    describe: ({ sender, secondNonce, first, second }) =>
      `${sender} used nonce ${secondNonce} in block ${first.block} and again in block ${second.block}`,
    craft: craftNonce,
  },
  "nonce-mismatch": {
    describe: ({ sender, firstNonce, secondNonce, first, second }) =>
      `${sender} used nonce ${secondNonce} in block ${second.block} after ${firstNonce} in block ${first.block}`,
    craft: craftNonce,
  },
  "block-sequence": {
    describe: ({ block, reason }) => `block ${block}: ${reason}`,
    craft: (archive, { block }) => craftSequence(archive, block),
  },
  "block-leaf": {
    describe: ({ block, reason }) => `block ${block}: ${reason}`,
    craft: craftLeaf,
  },
  "block-producer": {
    describe: ({ block, reason }) => `block ${block}: ${reason}`,
    craft: (archive, { block }, graceBlocks) => craftProducer(archive, block, graceBlocks),
  },
  "banned-block": {
    describe: ({ block, hash }) => `block ${block} (${hash}) was rejected before`,
    craft: craftBanned,
  },
  "bad-transaction": {
    describe: ({ block, index, reason }) => `transaction ${index} of block ${block}: ${reason}`,
    craft: craftTransaction,
  },
  "bad-receipt": {
    describe: ({ block, index, reason }) => `receipt ${index} of block ${block}: ${reason}`,
    craft: craftReceipt,
  },
  "erc20-transfer": {
    describe: ({ block, index, token, reason }) => `transfer of ${token}, ${index} in block ${block}: ${reason}`,
    craft: craftTransfer,
  },
  "erc20-log": {
    describe: ({ block, index, log, reason }) => `log ${log} of receipt ${index} in block ${block}: ${reason}`,
    craft: craftLog,
  },
  "deposit-mismatch": {
    describe: ({ at, id, reason }) => `delivery of deposit ${id} in block ${at.block}: ${reason}`,
    craft: craftWrongDelivery,
  },
  "deposit-duplicate": {
    describe: ({ first, second, firstId, secondId }) =>
      `deposit ${secondId} was delivered in block ${second.block}, after deposit ${firstId} in block ${first.block}`,
    craft: craftRepeatedDelivery,
  },
  "cross-receive": {
    describe: ({ message, first, second }) =>
      `message ${message} ended in block ${first.block}, and again in block ${second.block}`,
    craft: craftRepeatedEnd,
  },
  "utxo-continuity": {
    describe: ({ token, account, second, reason }) =>
      `log of ${token} about ${account} in block ${second.block}: ${reason}`,
    craft: craftContinuity,
  },
};

/** Every fault that the finders see. A pure function of its argument: an honest chain yields none. */
export function findFaults(scan: Scan): readonly Fault[] {
  return finders.flatMap((find) => find(scan));
}

export function describeFault(fault: Fault): string {
  return proverOf(fault).describe(fault);
}

/**
 * Builds the challenge that proves a fault, from blocks of the archive that give the checkpoint's root.
 *
 * @throws {UserError} KOMA_E_NOT_CHECKPOINTED when a block of the proof is under no live checkpoint
 * @throws {ProtocolError} KOMA_E_BLOCKS_DIFFER when the archive's blocks are not the checkpointed ones
 */
export function craftChallenge(archive: ChainArchive, fault: Fault, graceBlocks: bigint): Promise<Challenge> {
  return proverOf(fault).craft(archive, fault, graceBlocks);
}

function proverOf(fault: Fault): Prover<Fault> {
  // The table's type says that the prover under a type takes faults of that type; this is where the two meet.
  return provers[fault.type] as Prover<Fault>;
}
