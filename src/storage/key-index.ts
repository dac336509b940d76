import type { Database, Query } from "./database.ts";

/** Entries of a batch. Two wait at most, some 16 MB of memory; the more, the fewer pages a block writes. */
const BATCH = 65_536;
/** Entries that move with a block, besides a quarter more than it brings. */
const MOVED_AT_LEAST = 16;

export interface KeyIndexOptions {
  /** Its table, with the columns key and tx. */
  readonly name: "tx_key" | "payment_key";
  /** Entries of the rows from id `first` on, each once, in the order of ids: the index holds nothing but what follows from them. */
  readonly entriesFrom: (first: number) => Iterable<KeyEntry>;
  /** Default 65,536. */
  readonly batch?: number;
}

export type KeyEntry = readonly [key: number, id: number];

/**
 * Row ids by narrow keys that are spread at random, as hashes are. Written where they belong at once, a thousand entries
 * would touch a thousand pages, more the larger the table is. So they wait in memory until there is a batch of them, and
 * move to the table in the order of keys, a stretch of it with each block: neighbours then share a page. (The idea is that
 * of the log-structured merge tree, O'Neil and others, 1996, with one component in memory and one on the disk.)
 *
 * A restart finds what waited in the rows themselves. Writes belong into the transaction of the rows; when that fails, the
 * caller must {@link invalidate}.
 */
export interface KeyIndex {
  /** Ids under `key` below `before`, the newest first. */
  newest(key: number, before: number, limit: number): readonly number[];
  /** Those of a block: every entry once, and ids that do not fall, within a block and from one to the next. */
  add(entries: readonly KeyEntry[]): void;
  remove(key: number, id: number): void;
  /** Removes every entry whose id is `first` or more; before their rows are deleted. */
  removeFrom(first: number): void;
  /** What is in memory may not be what is in the file: it is read again when it is next asked for. */
  invalidate(): void;
}

/** How far entries have moved: all of ids below `merged`, and of those below `moving` the ones up to (`key`, `tx`). */
interface Mark {
  merged: number;
  moving: number;
  key: number;
  tx: number;
}

/** What waits: a batch that moves, and the next one, which is newer. */
interface Waiting {
  readonly mark: Mark;
  /** In the order of keys; those before `at` have moved. */
  moving: KeyEntry[];
  at: number;
  /** In the order of ids. */
  filling: KeyEntry[];
  fillingIds: Map<number, number[]>;
}

export function createKeyIndex(database: Database, { name, entriesFrom, batch = BATCH }: KeyIndexOptions): KeyIndex {
  const readMark: Query<Mark> = database.prepare("SELECT merged, moving, key, tx FROM key_mark WHERE name = ?");
  const writeMark = database.prepare("INSERT OR REPLACE INTO key_mark VALUES (?, ?, ?, ?, ?)");
  const insert = database.prepare(`INSERT OR IGNORE INTO ${name} VALUES (?, ?)`);
  const erase = database.prepare(`DELETE FROM ${name} WHERE key = ? AND tx = ?`);
  const moved: Query<{ tx: number }> = database.prepare(
    `SELECT tx FROM ${name} WHERE key = ? AND tx < ? ORDER BY tx DESC LIMIT ?`,
  );

  let known: Waiting | undefined;
  const current = (): Waiting => {
    known ??= load();
    return known;
  };

  /** @param before  rows from this id on are not looked at */
  function load(before = Number.POSITIVE_INFINITY): Waiting {
    const mark: Mark = { ...(readMark.get(name) ?? { merged: 0, moving: 0, key: -1, tx: -1 }) };
    const waiting: Waiting = { mark, moving: [], at: 0, filling: [], fillingIds: new Map() };
    for (const entry of entriesFrom(mark.merged)) {
      if (entry[1] >= before) break;
      if (entry[1] >= mark.moving) fill(waiting, entry);
      else if (isAfter(entry, mark)) waiting.moving.push(entry);
    }
    waiting.moving.sort(inOrder);
    return waiting;
  }

  function saveMark({ merged, moving, key, tx }: Mark): void {
    writeMark.run(name, merged, moving, key, tx);
  }

  function move(waiting: Waiting, most: number): void {
    const { mark } = waiting;
    if (waiting.at === waiting.moving.length) {
      Object.assign(mark, { merged: mark.moving, key: -1, tx: -1 });
      if (waiting.filling.length < batch) return;
      mark.moving = (waiting.filling.at(-1) as KeyEntry)[1] + 1;
      waiting.moving = waiting.filling.sort(inOrder);
      waiting.at = 0;
      waiting.filling = [];
      waiting.fillingIds = new Map();
    }
    const stretch = waiting.moving.slice(waiting.at, waiting.at + most);
    for (const entry of stretch) {
      insert.run(...entry);
      [mark.key, mark.tx] = entry;
    }
    waiting.at += stretch.length;
    saveMark(mark);
  }

  /** @returns false when the entry does not wait */
  function forget(waiting: Waiting, entry: KeyEntry): boolean {
    const at = firstNotBefore(waiting.moving, waiting.at, (other) => inOrder(other, entry));
    if (waiting.moving[at]?.[0] === entry[0] && waiting.moving[at][1] === entry[1]) {
      waiting.moving.splice(at, 1);
      return true;
    }
    const [key, id] = entry;
    const ids = waiting.fillingIds.get(key);
    const place = ids?.indexOf(id) ?? -1;
    if (ids === undefined || place < 0) return false;
    ids.splice(place, 1);
    if (ids.length === 0) waiting.fillingIds.delete(key);
    const firstOfId = firstNotBefore(waiting.filling, 0, (other) => other[1] - id);
    const own = waiting.filling.findIndex((other, index) => index >= firstOfId && other[0] === key);
    waiting.filling.splice(own, 1);
    return true;
  }

  return {
    newest(key, before, limit) {
      const { moving, at, fillingIds } = current();
      const found = (fillingIds.get(key) ?? []).filter((id) => id < before).reverse();
      // Under one key, what moved is older than what moves, and that is older than what has not begun to.
      let place = firstNotBefore(moving, at, (other) => inOrder(other, [key, before])) - 1;
      for (; place >= at && moving[place]?.[0] === key && found.length < limit; place--) {
        found.push((moving[place] as KeyEntry)[1]);
      }
      if (found.length >= limit) return found.slice(0, limit);
      return [...found, ...moved.all(key, before, limit - found.length).map(({ tx }) => tx)];
    },

    add(entries) {
      // The rows of these entries are there already.
      known ??= load(entries[0]?.[1]);
      const waiting = known;
      // First what is there already, so that a batch ends with a block, and a restart finds the same one.
      move(waiting, Math.ceil(entries.length * 1.25) + MOVED_AT_LEAST);
      for (const entry of entries) fill(waiting, entry);
    },

    remove(key, id) {
      if (!forget(current(), [key, id])) erase.run(key, id);
    },

    removeFrom(first) {
      const { mark } = current();
      for (const entry of entriesFrom(first)) erase.run(...entry);
      saveMark({ ...mark, merged: Math.min(mark.merged, first), moving: Math.min(mark.moving, first) });
      known = undefined;
    },

    invalidate() {
      known = undefined;
    },
  };
}

function fill({ filling, fillingIds }: Waiting, entry: KeyEntry): void {
  const [key, id] = entry;
  const ids = fillingIds.get(key);
  if (ids === undefined) fillingIds.set(key, [id]);
  else ids.push(id);
  filling.push(entry);
}

function inOrder(a: KeyEntry, b: KeyEntry): number {
  return a[0] - b[0] || a[1] - b[1];
}

function isAfter([key, id]: KeyEntry, mark: Mark): boolean {
  return key > mark.key || (key === mark.key && id > mark.tx);
}

/** The first place from `start` on whose entry `compare` finds neither before what is wanted. */
function firstNotBefore(entries: readonly KeyEntry[], start: number, compare: (entry: KeyEntry) => number): number {
  let low = start;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compare(entries[middle] as KeyEntry) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
