import type { Bytes } from "../primitives/index.ts";
import type { Database, Query } from "./database.ts";
import { plainBytes } from "./values.ts";

/** Small named values: cursors, versions, the genesis hash. Keys are `area.name`. */
export interface MetaStore {
  get(key: string): Bytes | undefined;
  set(key: string, value: Bytes): void;
  delete(key: string): void;
}

export function createMetaStore(database: Database): MetaStore {
  const get: Query<{ value: Bytes }> = database.prepare("SELECT value FROM meta WHERE key = ?");
  const set = database.prepare("INSERT OR REPLACE INTO meta VALUES (?, ?)");
  const remove = database.prepare("DELETE FROM meta WHERE key = ?");
  return {
    get(key) {
      const row = get.get(key);
      return row && plainBytes(row.value);
    },
    set(key, value) {
      set.run(key, value);
    },
    delete(key) {
      remove.run(key);
    },
  };
}
