import { type BlockHeader, decodeHeader } from "../chain/index.ts";
import { type Bytes, type Hash, hashFromBytes, hashToBytes } from "../primitives/index.ts";
import type { Database, Query } from "./database.ts";
import { storeCorrupt } from "./errors.ts";
import { hashKey, rowNumber } from "./values.ts";

/** A final block's own row: all that is kept of it for ever. */
export interface HeaderRow {
  readonly number: number;
  readonly hash: Bytes;
  readonly header: Bytes;
  /** How many it has. */
  readonly transactions: number;
}

/** Reads of final blocks' headers; `undefined` for what is not stored. */
export interface HeaderRows {
  newest(): HeaderRow | undefined;
  row(at: Hash | bigint): HeaderRow | undefined;
  hashOf(number: bigint): Hash | undefined;
  numberOf(hash: Hash): bigint | undefined;
  header(at: Hash | bigint): BlockHeader | undefined;
  /** @throws {EnvironmentError} KOMA_E_STORE_CORRUPT */
  decode(row: HeaderRow): BlockHeader;
}

export function createHeaderRows(database: Database): HeaderRows {
  const COLUMNS = "number, hash, header, transactions";
  const newest: Query<HeaderRow> = database.prepare(`SELECT ${COLUMNS} FROM block ORDER BY number DESC LIMIT 1`);
  const byNumber: Query<HeaderRow> = database.prepare(`SELECT ${COLUMNS} FROM block WHERE number = ?`);
  const byKey: Query<HeaderRow> = database.prepare(`SELECT ${COLUMNS} FROM block WHERE key = ?`);

  function row(at: Hash | bigint): HeaderRow | undefined {
    if (typeof at === "bigint") return at < 0n ? undefined : byNumber.get(rowNumber(at));
    return byKey.all(hashKey(hashToBytes(at))).find((found) => hashFromBytes(found.hash) === at);
  }

  function decode(found: HeaderRow): BlockHeader {
    const header = decodeHeader(found.header);
    if (!header.ok) throw storeCorrupt(database.file, `header of block ${found.number} does not decode`);
    return header.value;
  }

  return {
    newest: () => newest.get(),
    row,
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
      return found && decode(found);
    },
    decode,
  };
}
