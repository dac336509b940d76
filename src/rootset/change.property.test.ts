import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Address,
  bytesToBigint,
  type Hash,
  hashToBytes,
  hexToBytes,
  keccakHash,
  utf8,
  zeroAddress,
  zeroHash,
} from "../primitives/index.ts";
import {
  bitmapOf,
  type RecordedRootSet,
  type RootSeat,
  readRootSet,
  rootInfoStorage,
  seatWord,
} from "../rootchain/index.ts";
import { changeBetween, changeDigest, type RootSetChange, rootInfoAddress } from "./change.ts";

const CHAIN = 80_401n;
const hash = (name: string) => keccakHash(utf8(name));

const signer = fc.bigInt({ min: 1n, max: 9n }).map((n) => `0x${n.toString(16).padStart(40, "0")}` as Address);
const seats = fc
  .uniqueArray(
    fc.record({
      seat: fc.integer({ min: 0, max: 255 }),
      signer,
      power: fc.bigInt({ min: 1n, max: 10n ** 28n }),
      office: fc.oneof(
        fc.constantFrom({ producer: false }, { producer: true }),
        signer.map((key) => ({ producer: true, producerKey: `0x${key.slice(2).replace(/^0/, "f")}` as Address })),
      ),
    }),
    { selector: ({ seat }) => seat, maxLength: 9 },
  )
  .map((entries): readonly RootSeat[] =>
    entries.map(({ office, ...seat }) => ({ ...seat, ...office })).sort((a, b) => a.seat - b.seat),
  );
const someSeats = seats.filter((entries) => entries.length > 0);

const recordedOf = (entries: readonly RootSeat[]): RecordedRootSet => ({
  serial: 3n,
  rootBlock: 10n,
  rootBlockHash: zeroHash,
  seats: entries,
});
const viewOf = (entries: readonly RootSeat[], rootBlock = 12n) => ({
  rootBlock,
  rootBlockHash: hash("root"),
  seats: entries,
});

/** What `RootInfo.record` makes of its storage. */
function applied(before: readonly RootSeat[], change: RootSetChange): ReadonlyMap<number, bigint> {
  const words = new Map(before.map((entry) => [entry.seat, seatWord(entry)]));
  const changed = Array.from({ length: 256 }, (_, seat) => seat).filter(
    (seat) => (change.changed >> BigInt(seat)) & 1n,
  );
  expect(changed).toHaveLength(change.entries.length);
  changed.forEach((seat, i) => {
    if (change.entries[i] === 0n) words.delete(seat);
    else words.set(seat, change.entries[i] as bigint);
  });
  return words;
}

describe("a change of the recorded set", () => {
  test("leads to what the root chain has, from whatever was recorded", () => {
    fc.assert(
      fc.property(someSeats, someSeats, (before, after) => {
        const change = changeBetween(recordedOf(before), viewOf(after));
        const words = new Map(after.map((entry) => [entry.seat, seatWord(entry)]));
        const producers = bitmapOf(after.filter(({ producer }) => producer));
        if (!change) {
          expect(after).toEqual(before);
          return;
        }
        expect(new Map([...applied(before, change)].sort(([a], [b]) => a - b))).toEqual(words);
        expect(change.producers).toBe(producers);
        expect(change.producerKeys).toEqual(
          after.filter(({ producer }) => producer).map(({ producerKey }) => producerKey ?? zeroAddress),
        );
        expect(change).toMatchObject({ serial: 3n, rootBlock: 12n });
      }),
    );
  });

  test("is none without a difference, without anybody left, or as of an older block", () => {
    fc.assert(
      fc.property(someSeats, someSeats, (before, after) => {
        expect(changeBetween(recordedOf(before), viewOf(before))).toBeUndefined();
        expect(changeBetween(recordedOf(before), viewOf([]))).toBeUndefined();
        expect(changeBetween(recordedOf(before), viewOf(after, 10n))).toBeUndefined();
      }),
    );
  });

  test("is signed with everything that is in it", () => {
    const change: RootSetChange = {
      serial: 1n,
      rootBlock: 2n,
      rootBlockHash: hash("root"),
      changed: 1n,
      entries: [7n],
      producers: 1n,
      producerKeys: [zeroAddress],
    };
    const others: readonly Partial<RootSetChange>[] = [
      { serial: 2n },
      { rootBlock: 3n },
      { rootBlockHash: hash("other") },
      { changed: 2n },
      { entries: [8n] },
      { entries: [7n, 7n] },
      { producers: 0n },
      { producerKeys: [rootInfoAddress] },
      { producerKeys: [] },
    ];
    const digests = [change, ...others.map((other) => ({ ...change, ...other }))].map((each) =>
      changeDigest(each, CHAIN),
    );
    digests.push(changeDigest(change, CHAIN + 1n));
    expect(new Set(digests.map(bytesToBigint)).size).toBe(others.length + 2);
  });
});

test("a state tells the set that the genesis wrote into it", () => {
  fc.assert(
    fc.property(seats, (entries) => {
      const storage = new Map(Object.entries(rootInfoStorage(entries)) as [Hash, Hash][]);
      const slot = (key: Hash) =>
        hexToBytes(
          `0x${bytesToBigint(hashToBytes(storage.get(key) ?? zeroHash))
            .toString(16)
            .replace(/^0$/, "")
            .replace(/^(.(..)*)$/, "0$1")}`,
        );
      const found = readRootSet(slot);
      if (entries.length === 0) expect(found).toBeUndefined();
      else {
        expect(found).toEqual({ serial: 0n, rootBlock: 0n, rootBlockHash: zeroHash, seats: entries });
        expect(readRootSet(slot, found)).toBe(found);
      }
    }),
  );
});
