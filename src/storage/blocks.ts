import {
  type Block,
  type BlockHeader,
  createBlock,
  decodeHeader,
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
import { createHistoryMarks } from "./history-marks.ts";
import {
  addressKeys,
  firstTopicKeys,
  type LocatedLog,
  type LogFilter,
  type LogPage,
  matchesFilter,
} from "./log-filter.ts";
import { decodeLogs, readReceipt } from "./receipt-rows.ts";
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

interface BlockRow {
  readonly number: number;
  readonly hash: Bytes;
  readonly header: Bytes;
  readonly transactions: number;
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

export function createBlockStore(database: Database, chainId: bigint): BlockStore {
  const newest: Query<BlockRow> = database.prepare(
    "SELECT number, hash, header, transactions FROM block ORDER BY number DESC LIMIT 1",
  );
  const byNumber: Query<BlockRow> = database.prepare(
    "SELECT number, hash, header, transactions FROM block WHERE number = ?",
  );
  const byKey: Query<BlockRow> = database.prepare("SELECT number, hash, header, transactions FROM block WHERE key = ?");
  const transactionsOf: Query<TransactionRow> = database.prepare(
    "SELECT * FROM tx WHERE id BETWEEN ? AND ? ORDER BY id",
  );
  const transactionById: Query<TransactionRow> = database.prepare("SELECT * FROM tx WHERE id = ?");
  const transactionsByKey: Query<TransactionRow> = database.prepare("SELECT * FROM tx WHERE key = ?");
  const marks = createHistoryMarks(database);
  const LOG_COLUMNS = "t.id AS id, t.hash AS hash, t.first_log AS first_log, t.logs AS logs";
  const logsOfAll: Query<TransactionRow> = database.prepare(
    `SELECT ${LOG_COLUMNS} FROM tx t WHERE t.id BETWEEN ? AND ? AND t.logs IS NOT NULL ORDER BY t.id`,
  );
  const keyed = (extra: string): Query<TransactionRow> =>
    database.prepare(
      `SELECT ${LOG_COLUMNS} FROM tx t
        WHERE t.id IN (SELECT k.tx FROM log_key k
                        WHERE k.key IN (SELECT value FROM json_each(?)) AND k.tx BETWEEN ? AND ? ${extra})
        ORDER BY t.id`,
    );
  const logsOfKeys = keyed("");
  const logsOfBothKeys = keyed(
    "AND EXISTS (SELECT 1 FROM log_key j WHERE j.tx = k.tx AND j.key IN (SELECT value FROM json_each(?)))",
  );

  function row(at: Hash | bigint): BlockRow | undefined {
    if (typeof at === "bigint") return at < 0n ? undefined : byNumber.get(rowNumber(at));
    const hash = hashToBytes(at);
    return byKey.all(hashKey(hash)).find((found) => hashFromBytes(found.hash) === at);
  }

  /** Undefined when some of them are deleted already: a part of a block is no block. */
  function rows(block: BlockRow): TransactionRow[] | undefined {
    const first = transactionId(block.number, 0);
    const found = transactionsOf.all(first, transactionId(block.number, transactionsPerBlock - 1));
    return found.length === block.transactions ? found : undefined;
  }

  function readHeader(block: BlockRow): BlockHeader {
    const header = decodeHeader(block.header);
    if (!header.ok) throw storeCorrupt(database.file, `header of block ${block.number} does not decode`);
    return header.value;
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
    const block = byNumber.get(number);
    if (!block) throw storeCorrupt(database.file, `transaction ${hashFromBytes(found.hash)} has no block`);
    const transaction = readTransaction(found);
    return {
      transaction,
      receipt: readReceipt(found, transaction.type),
      ...outcome(found),
      blockNumber: BigInt(number),
      blockHash: hashFromBytes(block.hash),
      index: found.id % transactionsPerBlock,
      firstLogIndex: found.first_log,
    };
  }

  return {
    head() {
      const found = newest.get();
      return found && { number: BigInt(found.number), hash: hashFromBytes(found.hash) };
    },
    hashOf(number) {
      const found = row(number);
      return found && hashFromBytes(found.hash);
    },
    numberOf(hash) {
      const found = row(hash);
      return found && BigInt(found.number);
    },
    header(at) {
      const found = row(at);
      return found && readHeader(found);
    },
    block(at) {
      const found = row(at);
      const transactions = found && rows(found)?.map(readTransaction);
      return transactions && createBlock(readHeader(found), transactions);
    },
    receipts(at) {
      const found = row(at);
      return found && rows(found)?.map((tx) => readReceipt(tx, typeOf(tx.raw)));
    },
    results(at) {
      const found = row(at);
      return found && rows(found)?.map(outcome);
    },
    transaction(hash) {
      const candidates = transactionsByKey.all(hashKey(hashToBytes(hash)));
      const found = candidates.find((candidate) => hashFromBytes(candidate.hash) === hash);
      return found && located(found);
    },
    transactionAt(block, index) {
      if (block < 0n || index < 0 || index >= transactionsPerBlock) return undefined;
      const found = transactionById.get(transactionId(rowNumber(block), index));
      return found && located(found);
    },
    transactionsStart: () => marks.transactions(),
    logs(filter) {
      const head = newest.get();
      const from = filter.from < 0n ? 0n : filter.from;
      if (!head || from > filter.to || from > BigInt(head.number)) return { logs: [], complete: true };
      const last = filter.to < BigInt(head.number) ? filter.to : BigInt(head.number);
      const first = transactionId(rowNumber(from), 0);
      const end = transactionId(rowNumber(last), transactionsPerBlock - 1);
      const addresses = addressKeys(filter);
      const topics = firstTopicKeys(filter);
      const found =
        addresses !== undefined && topics !== undefined
          ? logsOfBothKeys.iterate(addresses, first, end, topics)
          : addresses !== undefined || topics !== undefined
            ? logsOfKeys.iterate((addresses ?? topics) as string, first, end)
            : logsOfAll.iterate(first, end);
      return collect(found, filter);
    },
  };

  function collect(found: Iterable<TransactionRow>, filter: LogFilter): LogPage {
    const logs: LocatedLog[] = [];
    const blockHashes = new Map<number, Hash>();
    for (const tx of found) {
      const number = Math.floor(tx.id / transactionsPerBlock);
      for (const [position, log] of decodeLogs(tx.logs).entries()) {
        if (!matchesFilter(log, filter)) continue;
        if (logs.length >= filter.limit) return { logs, complete: false };
        let blockHash = blockHashes.get(number);
        if (blockHash === undefined) {
          blockHash = hashFromBytes((byNumber.get(number) as BlockRow).hash);
          blockHashes.set(number, blockHash);
        }
        logs.push({
          ...log,
          blockNumber: BigInt(number),
          blockHash,
          transactionHash: hashFromBytes(tx.hash),
          transactionIndex: tx.id % transactionsPerBlock,
          logIndex: tx.first_log + position,
        });
      }
    }
    return { logs, complete: true };
  }
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
