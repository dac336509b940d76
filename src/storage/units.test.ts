import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { temporaryDirectories } from "../../test/support/chain-fixture.ts";
import type { Clock } from "../clock.ts";
import { silentLogger } from "../logger.ts";
import { type Hash, keccakHash, timestamp, utf8, zeroHash } from "../primitives/index.ts";
import { openStore, type Store, type StoredUnit } from "./index.ts";

const directories = temporaryDirectories();
const instance = keccakHash(utf8("era 0"));
const other = keccakHash(utf8("era 1"));

/** A clock that moves when told. */
function manualClock() {
  const tasks: (() => void)[] = [];
  const clock: Clock = {
    now: () => timestamp(0),
    schedule(_, task) {
      tasks.push(task);
      return () => tasks.splice(tasks.indexOf(task), 1);
    },
  };
  return { clock, waiting: tasks, fire: () => tasks.splice(0).map((task) => task()) };
}

let directory: string;
let store: Store;
let time: ReturnType<typeof manualClock>;

function open(): Store {
  time = manualClock();
  const opened = openStore(directory, { chainId: 1n, logger: silentLogger, clock: time.clock });
  for (const [era, hash] of [instance, other].entries()) {
    opened.instances.open({ hash, generation: 0n, era: BigInt(era), keyBlock: zeroHash, start: era, body: utf8("") });
  }
  return opened;
}

function unit(name: string, creator: number, seq: number, payload?: string): StoredUnit {
  const text = `${name} ${creator} ${seq}`;
  const body = payload === undefined ? {} : { payload: utf8(payload) };
  return { hash: keccakHash(utf8(text)), creator, seq, bytes: utf8(text), ...body };
}

beforeEach(() => {
  directory = directories.create();
  store = open();
});
afterEach(() => {
  store.close();
  directories.cleanUp();
});

describe("our own units", () => {
  it("follow one another without gap or repetition, also after reopening", () => {
    store.units.appendOwnUnit(instance, unit("a", 0, 0));
    expect(() => store.units.appendOwnUnit(instance, unit("b", 0, 0))).toThrowError(/second own unit/);
    expect(() => store.units.appendOwnUnit(instance, unit("a", 0, 0))).toThrowError(/second own unit/);
    expect(() => store.units.appendOwnUnit(instance, unit("a", 0, 2))).toThrowError(/second own unit/);
    store.close();
    store = open();
    expect(() => store.units.appendOwnUnit(instance, unit("b", 0, 0))).toThrowError(/second own unit/);
    store.units.appendOwnUnit(instance, unit("a", 0, 1));
    expect(store.units.ownHead(instance)).toEqual({ seq: 1, hash: unit("a", 0, 1).hash });
    expect([...store.units.units(instance)].map(({ hash }) => hash)).toEqual([
      unit("a", 0, 0).hash,
      unit("a", 0, 1).hash,
    ]);
  });

  it("have a head per instance", () => {
    store.units.appendOwnUnit(instance, unit("a", 0, 0));
    store.units.appendOwnUnit(other, unit("b", 0, 0));
    expect(store.units.ownHead(instance)?.hash).toBe(unit("a", 0, 0).hash);
    expect(store.units.ownHead(other)?.hash).toBe(unit("b", 0, 0).hash);
  });
});

describe("units of others", () => {
  it("wait for the timer, then are written together and in order", () => {
    const units = [unit("x", 1, 0, "block"), unit("y", 2, 0), unit("z", 1, 1)];
    for (const each of units) store.units.appendUnit(instance, each);
    expect(time.waiting).toHaveLength(1);
    time.fire();
    expect(time.waiting).toHaveLength(0);
    expect([...store.units.units(instance)]).toEqual(units);
  });

  it("are written with our next unit, before it", () => {
    store.units.appendUnit(instance, unit("x", 1, 0));
    store.units.appendOwnUnit(instance, unit("a", 0, 0));
    expect(time.waiting).toHaveLength(0);
    expect([...store.units.units(instance)].map(({ creator }) => creator)).toEqual([1, 0]);
  });

  it("are stored once, and may get their payload later", () => {
    store.units.appendUnit(instance, unit("x", 1, 0));
    store.units.appendUnit(instance, unit("x", 1, 0));
    store.units.attachPayload(instance, unit("x", 1, 0).hash, utf8("body"));
    expect([...store.units.units(instance)]).toEqual([unit("x", 1, 0, "body")]);
    expect(store.units.unit(instance, unit("x", 1, 0).hash)).toEqual(unit("x", 1, 0, "body"));
    expect(store.units.unit(other, unit("x", 1, 0).hash)).toBeUndefined();
  });

  it("are written when the store closes", () => {
    store.units.appendUnit(instance, unit("x", 1, 0));
    store.close();
    store = open();
    expect([...store.units.units(instance)]).toHaveLength(1);
  });

  it("go with their era, while evidence and own heads stay", () => {
    store.units.appendUnit(instance, unit("x", 1, 0));
    store.units.appendOwnUnit(instance, unit("a", 0, 0));
    expect(store.units.addEvidence(instance, 1, utf8("two units"))).toBe(true);
    expect(store.units.addEvidence(instance, 1, utf8("two others"))).toBe(false);
    store.instances.drop(instance);
    expect([...store.units.units(instance)]).toEqual([]);
    expect(store.units.evidence(instance)).toEqual([{ creator: 1, bytes: utf8("two units") }]);
    expect(store.units.ownHead(instance)?.seq).toBe(0);
  });
});

describe("what we sign beside units", () => {
  const range = { generation: 1n, start: 10n, end: 20n };
  const signed = (name: string) => ({ structHash: keccakHash(utf8(name)), signature: utf8(`signature of ${name}`) });

  it("is one checkpoint per generation and range, also after reopening", () => {
    store.signatures.recordCheckpoint(range, signed("one"));
    store.signatures.recordCheckpoint(range, signed("one"));
    expect(() => store.signatures.recordCheckpoint(range, signed("two"))).toThrowError(/second checkpoint signature/);
    store.close();
    store = open();
    expect(() => store.signatures.recordCheckpoint(range, signed("two"))).toThrowError(/second checkpoint signature/);
    expect(store.signatures.checkpoint(range)).toEqual(signed("one"));
    store.signatures.recordCheckpoint({ ...range, generation: 2n }, signed("two"));
  });

  it("is one finality signature per height", () => {
    const block = keccakHash(utf8("block"));
    const signed = { block, unit: keccakHash(utf8("unit")), signature: utf8("s") };
    store.signatures.recordFinality(instance, 5n, signed);
    store.signatures.recordFinality(instance, 5n, signed);
    for (const other of [{ block: zeroHash }, { unit: zeroHash }]) {
      const second = { ...signed, ...other, signature: utf8("t") };
      expect(() => store.signatures.recordFinality(instance, 5n, second)).toThrowError(/second finality/);
    }
    expect(store.signatures.finality(instance, 5n)).toEqual(signed);
  });

  it("is endorsements of one chain of units", () => {
    const [first, second] = [unit("x", 1, 0).hash, unit("x", 1, 1).hash];
    const record = (expected: Hash | undefined, of: Hash) =>
      store.signatures.recordEndorsement(instance, 1, { expected, unit: of, endorser: 0, bytes: utf8("e") });
    record(undefined, first);
    record(first, second);
    record(first, second);
    expect(() => record(first, zeroHash)).toThrowError(/another one was made/);
    expect(store.signatures.endorsed(instance, 1)).toBe(second);
    expect(store.units.endorsements(instance)).toHaveLength(2);
  });
});
