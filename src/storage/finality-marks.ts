import { type Bytes, type Hash, hashFromBytes, hashToBytes } from "../primitives/index.ts";
import type { Database, Query } from "./database.ts";
import { rowNumber } from "./values.ts";

/** That a block was final at a threshold, as this node saw it. */
export interface FinalityMark {
  /** Name of the threshold, such as `1/3`; weights are scaled anew in each era, so they would not compare. */
  readonly threshold: string;
  readonly height: bigint;
  readonly hash: Hash;
  /** Weight that may have been Byzantine without endangering the block. */
  readonly confidence: bigint;
}

/** Which blocks were final at which threshold (KoMaBFT spec 12.5, 14). */
export interface FinalityStore {
  /** Keeps the greatest confidence seen. */
  mark(mark: FinalityMark): void;
  at(threshold: string, height: bigint): FinalityMark | undefined;
  newest(threshold: string): FinalityMark | undefined;
}

interface MarkRow {
  readonly threshold: string;
  readonly height: number;
  readonly hash: Bytes;
  readonly confidence: string;
}

export function createFinalityStore(database: Database): FinalityStore {
  const put = database.prepare("INSERT OR REPLACE INTO finality VALUES (?, ?, ?, ?)");
  const byHeight: Query<MarkRow> = database.prepare("SELECT * FROM finality WHERE threshold = ? AND height = ?");
  const top: Query<MarkRow> = database.prepare(
    "SELECT * FROM finality WHERE threshold = ? ORDER BY height DESC LIMIT 1",
  );
  const read = (row: MarkRow | undefined): FinalityMark | undefined =>
    row && {
      threshold: row.threshold,
      height: BigInt(row.height),
      hash: hashFromBytes(row.hash),
      confidence: BigInt(row.confidence),
    };

  return {
    mark({ threshold, height, hash, confidence }) {
      database.transaction(() => {
        const known = read(byHeight.get(threshold, rowNumber(height)));
        if (known && known.hash === hash && known.confidence >= confidence) return;
        put.run(threshold, rowNumber(height), hashToBytes(hash), confidence.toString());
      });
    },
    at: (threshold, height) => read(byHeight.get(threshold, rowNumber(height))),
    newest: (threshold) => read(top.get(threshold)),
  };
}
