import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { temporaryDirectories } from "../../test/support/chain-fixture.ts";
import { silentLogger } from "../logger.ts";
import { type Address, addressOfKey, type Hash, hexToBytes, keccak256, keccakHash, utf8 } from "../primitives/index.ts";
import { openStore, type Store } from "./open-store.ts";
import type { OwnRecord, ProtectionEntry } from "./protection.ts";

const directories = temporaryDirectories();
const signer: Address = addressOfKey(keccak256(utf8("validator")));
const other: Address = addressOfKey(keccak256(utf8("somebody else")));
const name = (text: string): Hash => keccakHash(utf8(text));
const first = name("first era");
const second = name("second era");
const signature = hexToBytes(`0x${"5a".repeat(65)}`);

const nothing: OwnRecord = { covered: [], heads: [], endorsed: [], finality: [], checkpoints: [] };
const head = (instance: Hash, seq: number, unit = `unit ${seq}`): ProtectionEntry => ({
  instance,
  seq,
  hash: name(unit),
});

describe("what a validator signed", () => {
  let store: Store;
  function open(): Store {
    const opened = openStore(directories.create(), { chainId: 80_401n, logger: silentLogger });
    const era = { generation: 0n, era: 0n, keyBlock: name("genesis"), start: 0, body: utf8("{}") };
    opened.instances.open({ hash: first, ...era });
    return opened;
  }
  beforeEach(() => {
    store = open();
  });
  afterEach(() => {
    store.close();
    directories.cleanUp();
  });

  it("is known from the first use of a database on, for the key that uses it", () => {
    expect(store.protection.covers(signer, 5_000)).toBe(false);
    store.protection.begin(signer, 1_000);
    store.protection.begin(signer, 9_000);
    expect(store.protection.covers(signer, 999)).toBe(false);
    expect(store.protection.covers(signer, 1_000)).toBe(true);
    expect(store.protection.covers(signer, 5_000)).toBe(true);
    expect(store.protection.covers(other, 5_000)).toBe(false);
    expect(store.protection.read(other)).toBeUndefined();
    expect(store.protection.read(signer)).toEqual({ ...nothing, covered: [{ from: 1_000, to: undefined }] });
  });

  it("is known for the time of an imported record too, and not for the time between it and the database", () => {
    store.protection.begin(signer, 9_000);
    store.protection.merge(signer, { ...nothing, covered: [{ from: 1_000, to: 5_000 }] });
    expect([999, 1_000, 5_000, 5_001, 8_999, 9_000].map((at) => store.protection.covers(signer, at))).toEqual([
      false,
      true,
      true,
      false,
      false,
      true,
    ]);
    store.protection.merge(signer, { ...nothing, covered: [{ from: 1_000, to: 7_000 }] });
    store.protection.merge(signer, { ...nothing, covered: [{ from: 1_000, to: 4_000 }] });
    expect(store.protection.covers(signer, 6_000)).toBe(true);
  });

  it("moves heads forward only, and nothing is signed below one", () => {
    expect(store.protection.merge(signer, { ...nothing, heads: [head(first, 7), head(second, 0)] })).toEqual([
      head(first, 7),
      head(second, 0),
    ]);
    expect(store.protection.merge(signer, { ...nothing, heads: [head(first, 3), head(second, 0)] })).toEqual([]);
    expect(store.units.ownHead(first)).toEqual({ seq: 7, hash: name("unit 7") });
    const unit = (seq: number) => ({ hash: name(`new ${seq}`), creator: 0, seq, bytes: utf8("unit") });
    for (const seq of [0, 7, 9]) expect(() => store.units.appendOwnUnit(first, unit(seq))).toThrowError(/second own/);
    store.units.appendOwnUnit(first, unit(8));
  });

  it("takes the endorsements of whoever signed more, and keeps what it has otherwise", () => {
    const endorsed = (unit: string) => [{ instance: first, creator: 2, unit: name(unit) }];
    store.protection.merge(signer, { ...nothing, heads: [head(first, 4)], endorsed: endorsed("early") });
    store.protection.merge(signer, { ...nothing, heads: [head(first, 3)], endorsed: endorsed("earlier") });
    expect(store.signatures.endorsed(first, 2)).toBe(name("early"));
    store.protection.merge(signer, { ...nothing, heads: [head(first, 5)], endorsed: endorsed("late") });
    expect(store.signatures.endorsed(first, 2)).toBe(name("late"));
  });

  it("comes back whole in another database", () => {
    store.protection.begin(signer, 1_000);
    store.units.appendOwnUnit(first, { hash: name("a"), creator: 0, seq: 0, bytes: utf8("a") });
    store.signatures.recordEndorsement(first, 2, {
      expected: undefined,
      unit: name("endorsed"),
      endorser: 0,
      bytes: utf8("e"),
    });
    store.signatures.recordFinality(first, 12n, { block: name("block"), unit: name("unit"), signature });
    store.signatures.recordCheckpoint(
      { generation: 0n, start: 1n, end: 8n },
      { structHash: name("struct"), signature },
    );
    const record = store.protection.read(signer) as OwnRecord;
    const moved = open();
    expect(moved.protection.merge(signer, record)).toEqual(record.heads);
    expect(moved.protection.read(signer)).toEqual(record);
    expect(moved.protection.merge(signer, record)).toEqual([]);
    moved.close();
  });

  it.each([
    {
      kind: "unit",
      known: { ...nothing, heads: [head(first, 4)] },
      offered: { ...nothing, heads: [head(second, 1), head(first, 4, "another unit")] },
    },
    {
      kind: "finality",
      known: { ...nothing, finality: [{ instance: first, height: 8n, block: name("a"), unit: name("u"), signature }] },
      offered: {
        ...nothing,
        heads: [head(second, 1)],
        finality: [{ instance: first, height: 8n, block: name("b"), unit: name("u"), signature }],
      },
    },
    {
      kind: "finality",
      known: { ...nothing, finality: [{ instance: first, height: 8n, block: name("a"), unit: name("u"), signature }] },
      offered: {
        ...nothing,
        heads: [head(second, 1)],
        finality: [{ instance: first, height: 8n, block: name("a"), unit: name("v"), signature }],
      },
    },
    {
      kind: "checkpoint",
      known: {
        ...nothing,
        checkpoints: [{ generation: 0n, start: 1n, end: 8n, structHash: name("a"), signature }],
      },
      offered: {
        ...nothing,
        heads: [head(second, 1)],
        checkpoints: [{ generation: 0n, start: 1n, end: 8n, structHash: name("b"), signature }],
      },
    },
  ])("takes in nothing of a record that contradicts it ($kind)", ({ kind, known, offered }) => {
    store.protection.merge(signer, known);
    expect(store.protection.merge(signer, offered)).toMatchObject({ kind });
    expect(store.units.ownHead(second)).toBeUndefined();
  });
});
