import {
  type Block,
  type BlockHeader,
  createBlock,
  readTransaction as decodeRaw,
  type Receipt,
  type Transaction,
} from "../chain/index.ts";
import {
  type Address,
  addressFromBytes,
  type Bytes,
  type Hash,
  hashFromBytes,
  hashToBytes,
} from "../primitives/index.ts";
import type { Database, Query } from "./database.ts";
import { storeCorrupt } from "./errors.ts";
import { createHeaderRows, type HeaderRow } from "./header-rows.ts";
import { createHistoryMarks } from "./history-marks.ts";
import type { KeyIndex } from "./key-index.ts";
import type { LogFilter, LogPage } from "./log-filter.ts";
import { createLogSearch } from "./log-search.ts";
import { readReceipt } from "./receipt-rows.ts";
import type { TransactionOutcome } from "./state-types.ts";
import { hashKey, rowNumber, transactionId, transactionsPerBlock } from "./values.ts";

/** A transaction of a final block, found by its hash. */
export interface StoredTransaction extends TransactionOutcome {
  readonly transaction: Transaction;
  readonly receipt: Receipt;
  readonly blockNumber: bigint;
  readonly blockHash: Hash;
  readonly index: number;
  /** Position of its first log among the logs of the block. */
  readonly firstLogIndex: number;
}

/** Reads of final blocks. Every answer is `undefined` for what is not stored, or not whole any more. */
export interface BlockStore {
  head(): { readonly number: bigint; readonly hash: Hash } | undefined;
  hashOf(number: bigint): Hash | undefined;
  numberOf(hash: Hash): bigint | undefined;
  header(at: Hash | bigint): BlockHeader | undefined;
  block(at: Hash | bigint): Block | undefined;
  receipts(at: Hash | bigint): readonly Receipt[] | undefined;
  results(at: Hash | bigint): readonly TransactionOutcome[] | undefined;
  transaction(hash: Hash): StoredTransaction | undefined;
  transactionAt(block: bigint, index: number): StoredTransaction | undefined;
  /** Logs in the order of the chain, found by an index over addresses and first topics. */
  logs(filter: LogFilter): LogPage;
  /** The oldest block whose transactions, receipts and logs are kept; of older ones the header is all there is. */
  transactionsStart(): bigint;
}

interface TransactionRow {
  readonly id: number;
  readonly hash: Bytes;
  readonly raw: Bytes;
  readonly sender: Bytes;
  readonly status: number;
  readonly cumulative: number;
  readonly gas: number;
  readonly contract: Bytes | null;
  readonly first_log: number;
  readonly logs: Bytes | null;
}

/** @param hashes  where transactions are found by their hash */
export function createBlockStore(database: Database, chainId: bigint, hashes: KeyIndex): BlockStore {
  const headers = createHeaderRows(database);
  const transactionsOf: Query<TransactionRow> = database.prepare(
    "SELECT * FROM tx WHERE id BETWEEN ? AND ? ORDER BY id",
  );
  const transactionById: Query<TransactionRow> = database.prepare("SELECT * FROM tx WHERE id = ?");
  const marks = createHistoryMarks(database);

  /** Undefined when some of them are deleted already: a part of a block is no block. */
  function rows(block: HeaderRow): TransactionRow[] | undefined {
    const first = transactionId(block.number, 0);
    const found = transactionsOf.all(first, transactionId(block.number, transactionsPerBlock - 1));
    return found.length === block.transactions ? found : undefined;
  }

  function readTransaction(found: TransactionRow): Transaction {
    // The sender was recovered before the block became final; recovering it again would cost 70 µs a transaction.
    const sender: Address = addressFromBytes(found.sender);
    const tx = decodeRaw(found.raw, chainId, () => sender);
    if (!tx.ok) throw storeCorrupt(database.file, `transaction ${hashFromBytes(found.hash)} does not decode`);
    return tx.value;
  }

  function located(found: TransactionRow): StoredTransaction {
    const number = Math.floor(found.id / transactionsPerBlock);
    const blockHash = headers.hashOf(BigInt(number));
    if (!blockHash) throw storeCorrupt(database.file, `transaction ${hashFromBytes(found.hash)} has no block`);
    const transaction = readTransaction(found);
    return {
      transaction,
      receipt: readReceipt(found, transaction.type),
      ...outcome(found),
      blockNumber: BigInt(number),
      blockHash,
      index: found.id % transactionsPerBlock,
      firstLogIndex: found.first_log,
    };
  }

  return {
    head() {
      const found = headers.newest();
      return found && { number: BigInt(found.number), hash: hashFromBytes(found.hash) };
    },
    hashOf: headers.hashOf,
    numberOf: headers.numberOf,
    header: headers.header,
    block(at) {
      const found = headers.row(at);
      const transactions = found && rows(found)?.map(readTransaction);
      return transactions && createBlock(headers.decode(found), transactions);
    },
    receipts(at) {
      const found = headers.row(at);
      return found && rows(found)?.map((tx) => readReceipt(tx, typeOf(tx.raw)));
    },
    results(at) {
      const found = headers.row(at);
      return found && rows(found)?.map(outcome);
    },
    transaction(hash) {
      for (const id of hashes.newest(hashKey(hashToBytes(hash)), Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)) {
        const found = transactionById.get(id);
        if (found && hashFromBytes(found.hash) === hash) return located(found);
      }
      return undefined;
    },
    transactionAt(block, index) {
      if (block < 0n || index < 0 || index >= transactionsPerBlock) return undefined;
      const found = transactionById.get(transactionId(rowNumber(block), index));
      return found && located(found);
    },
    transactionsStart: () => marks.transactions(),
    logs: createLogSearch(database),
  };
}

function outcome(row: TransactionRow): TransactionOutcome {
  return {
    gasUsed: BigInt(row.gas),
    ...(row.contract === null ? {} : { contractAddress: addressFromBytes(row.contract) }),
  };
}

function typeOf(raw: Bytes): 0 | 1 | 2 {
  return raw[0] === 1 ? 1 : raw[0] === 2 ? 2 : 0;
}
