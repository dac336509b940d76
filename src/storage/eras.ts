import { type Bytes, type Hash, hashFromBytes, hashToBytes } from "../primitives/index.ts";
import type { Database, Query } from "./database.ts";
import { plainBytes, rowNumber } from "./values.ts";

/** One era of the chain (KoMaBFT spec 13): part of its history, kept as long as its blocks. */
export interface StoredEra {
  /** Id of the consensus instance it ran in. */
  readonly instance: Hash;
  readonly generation: bigint;
  readonly number: bigint;
  /** The block it builds upon. */
  readonly keyBlock: Hash;
  readonly keyHeight: bigint;
  /** Seed, committee and bans, opaque to the store. */
  readonly body: Bytes;
  /** Its switch block with what is known of the proof of its finality, opaque to the store; undefined while it runs. */
  readonly end: Bytes | undefined;
  /** Who took part in it, opaque to the store; undefined while it runs, and where this node did not follow it. */
  readonly participation: Bytes | undefined;
}

export interface EraStore {
  /** Storing a known era again changes nothing. */
  put(era: Omit<StoredEra, "end" | "participation">): void;
  get(instance: Hash): StoredEra | undefined;
  /** Era `number` of a generation. */
  find(generation: bigint, number: bigint): StoredEra | undefined;
  /** How it ended; a better proof takes the place of the one before. */
  setEnd(instance: Hash, end: Bytes): void;
  setParticipation(instance: Hash, participation: Bytes): void;
}

interface EraRow {
  readonly instance: Bytes;
  readonly generation: number;
  readonly number: number;
  readonly key_block: Bytes;
  readonly key_height: number;
  readonly body: Bytes;
  readonly end: Bytes | null;
  readonly participation: Bytes | null;
}

export function createEraStore(database: Database): EraStore {
  const insert = database.prepare(
    "INSERT OR IGNORE INTO era (instance, generation, number, key_block, key_height, body) VALUES (?, ?, ?, ?, ?, ?)",
  );
  const byInstance: Query<EraRow> = database.prepare("SELECT * FROM era WHERE instance = ?");
  const byNumber: Query<EraRow> = database.prepare("SELECT * FROM era WHERE generation = ? AND number = ?");
  const setParticipation = database.prepare("UPDATE era SET participation = ? WHERE instance = ?");
  const setEnd = database.prepare(`UPDATE era SET "end" = ? WHERE instance = ?`);
  return {
    put({ instance, generation, number, keyBlock, keyHeight, body }) {
      insert.run(
        hashToBytes(instance),
        rowNumber(generation),
        rowNumber(number),
        hashToBytes(keyBlock),
        rowNumber(keyHeight),
        body,
      );
    },
    get(instance) {
      const row = byInstance.get(hashToBytes(instance));
      return row && read(row);
    },
    find: (generation, number) => {
      const row = byNumber.get(rowNumber(generation), rowNumber(number));
      return row && read(row);
    },
    setEnd(instance, end) {
      setEnd.run(end, hashToBytes(instance));
    },
    setParticipation(instance, participation) {
      setParticipation.run(participation, hashToBytes(instance));
    },
  };
}

function read(row: EraRow): StoredEra {
  return {
    instance: hashFromBytes(row.instance),
    generation: BigInt(row.generation),
    number: BigInt(row.number),
    keyBlock: hashFromBytes(row.key_block),
    keyHeight: BigInt(row.key_height),
    body: plainBytes(row.body),
    end: row.end === null ? undefined : plainBytes(row.end),
    participation: row.participation === null ? undefined : plainBytes(row.participation),
  };
}
