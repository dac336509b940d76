import { type Bytes, type Hash, hashFromBytes } from "../primitives/index.ts";
import type { Database, Query } from "./database.ts";
import {
  addressKeys,
  firstTopicKeys,
  type LocatedLog,
  type LogFilter,
  type LogPage,
  matchesFilter,
} from "./log-filter.ts";
import { decodeLogs } from "./receipt-rows.ts";
import { rowNumber, transactionId, transactionsPerBlock } from "./values.ts";

/** Logs of final blocks in the order of the chain, found by an index over addresses and first topics. */
export type LogSearch = (filter: LogFilter) => LogPage;

interface LogRow {
  readonly id: number;
  readonly hash: Bytes;
  readonly first_log: number;
  readonly logs: Bytes | null;
}

export function createLogSearch(database: Database): LogSearch {
  const newest: Query<{ number: number }> = database.prepare("SELECT number FROM block ORDER BY number DESC LIMIT 1");
  const hashOf: Query<{ hash: Bytes }> = database.prepare("SELECT hash FROM block WHERE number = ?");
  const COLUMNS = "t.id AS id, t.hash AS hash, t.first_log AS first_log, t.logs AS logs";
  const ofAll: Query<LogRow> = database.prepare(
    `SELECT ${COLUMNS} FROM tx t WHERE t.id BETWEEN ? AND ? AND t.logs IS NOT NULL ORDER BY t.id`,
  );
  const keyed = (extra: string): Query<LogRow> =>
    database.prepare(
      `SELECT ${COLUMNS} FROM tx t
        WHERE t.id IN (SELECT k.tx FROM log_key k
                        WHERE k.key IN (SELECT value FROM json_each(?)) AND k.tx BETWEEN ? AND ? ${extra})
        ORDER BY t.id`,
    );
  const ofKeys = keyed("");
  const ofBothKeys = keyed(
    "AND EXISTS (SELECT 1 FROM log_key j WHERE j.tx = k.tx AND j.key IN (SELECT value FROM json_each(?)))",
  );

  function collect(found: Iterable<LogRow>, filter: LogFilter): LogPage {
    const logs: LocatedLog[] = [];
    const blockHashes = new Map<number, Hash>();
    for (const tx of found) {
      const number = Math.floor(tx.id / transactionsPerBlock);
      for (const [position, log] of decodeLogs(tx.logs).entries()) {
        if (!matchesFilter(log, filter)) continue;
        if (logs.length >= filter.limit) return { logs, complete: false };
        let blockHash = blockHashes.get(number);
        if (blockHash === undefined) {
          blockHash = hashFromBytes((hashOf.get(number) as { hash: Bytes }).hash);
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

  return (filter) => {
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
        ? ofBothKeys.iterate(addresses, first, end, topics)
        : addresses !== undefined || topics !== undefined
          ? ofKeys.iterate((addresses ?? topics) as string, first, end)
          : ofAll.iterate(first, end);
    return collect(found, filter);
  };
}
