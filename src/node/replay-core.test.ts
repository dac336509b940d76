import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type DrawnDag, drawDag } from "../../test/support/draw-dag.ts";
import { drawRandomDag } from "../../test/support/random-dag.ts";
import { encodeEvidence, encodeUnit, perpetratorOf, type UnitHash } from "../consensus/index.ts";
import { accept, type Bytes, type Hash, keccakHash, reject, utf8 } from "../primitives/index.ts";
import type { ConsensusReader, StoredUnit } from "../storage/index.ts";
import { type ReplaySource, replayInstance } from "./replay-core.ts";

const third = 1 / 3;

/** A store that holds everything of a drawn state; blocks are named B0, B1 …, their bytes are their names. */
function storeOf(
  drawn: DrawnDag,
  blocks: readonly string[],
  kept: (unit: StoredUnit) => boolean = () => true,
): ReplaySource {
  const payloads = new Map(blocks.map((name) => [keccakHash(utf8(name)), utf8(name)]));
  const rows = drawn.dag.order
    .map((unit): StoredUnit => {
      const payload = unit.block && payloads.get(unit.block.payloadHash);
      const { hash, creator, seq } = unit;
      const bytes = encodeUnit(drawn.dag.wire(unit));
      return { hash: hash as string as Hash, creator, seq, bytes, ...(payload ? { payload } : {}) };
    })
    .filter(kept);
  const reader: ConsensusReader = {
    endorsements: () => [],
    instances: () => [],
    units: () => rows,
    unit: (_, hash) => rows.find((row) => row.hash === hash),
    evidence: () =>
      drawn.dag.evidence().map((evidence) => ({ creator: perpetratorOf(evidence), bytes: encodeEvidence(evidence) })),
    close: () => {},
  };
  return { reader, instance: drawn.instance, thresholds: [third], blockIn: linkedBlock(drawn) };
}

/** What a chain would have made of the blocks: each with its own hash, on the one that consensus says. */
function linkedBlock(drawn: DrawnDag): ReplaySource["blockIn"] {
  return (payload: Bytes) => {
    const hash = keccakHash(payload);
    const unit = drawn.dag.order.find(({ block }) => block?.payloadHash === hash);
    if (unit?.block === undefined) return reject("Unknown");
    return accept({ hash, parent: unit.block.parent?.payloadHash ?? drawn.instance.keyBlock.hash });
  };
}

/** One full round and the next proposal. */
function oneRound() {
  const drawn = drawDag({ alice: 1, bob: 1, carol: 1 });
  const a0 = drawn.unit("alice", { block: "B0" });
  const b0 = drawn.unit("bob", { cites: [a0] });
  const c0 = drawn.unit("carol", { cites: [a0] });
  const a1 = drawn.unit("alice", { cites: [b0, c0] });
  const b1 = drawn.unit("bob", { cites: [c0] });
  const c1 = drawn.unit("carol", { cites: [b0] });
  return { drawn, units: { a0, b0, c0, a1, b1, c1 } };
}

describe("a replay of stored units", () => {
  it("finds the same final blocks", () => {
    const { drawn, units } = oneRound();
    const replayed = replayInstance(storeOf(drawn, ["B0"]));
    expect(replayed).toMatchObject({ units: 6, faulty: 0, difference: undefined });
    expect(replayed.finals.get(third)).toEqual([{ height: 1, unit: units.a0.hash, hash: keccakHash(utf8("B0")) }]);
  });

  it("notices a unit that is gone", () => {
    const { drawn, units } = oneRound();
    const { difference } = replayInstance(storeOf(drawn, ["B0"], ({ hash }) => hash !== (units.b0.hash as string)));
    expect(difference).toMatchObject({ kind: "unit", problem: "waits for a unit or evidence that is not stored" });
  });

  it("notices bytes that are no unit, a broken rule, and a block on another parent", () => {
    const { drawn } = oneRound();
    const source = storeOf(drawn, ["B0"]);
    const withUnit = (change: (row: StoredUnit) => StoredUnit): ReplaySource => {
      const rows = [...source.reader.units(drawn.instance.id)].map((row, i) => (i === 1 ? change(row) : row));
      return { ...source, reader: { ...source.reader, units: () => rows, unit: () => undefined } };
    };
    const garbage = replayInstance(withUnit((row) => ({ ...row, bytes: utf8("garbage") })));
    expect(garbage.difference?.problem).toMatch(/^does not decode/);
    const forged = replayInstance(
      withUnit((row) => {
        const unit = drawn.dag.order[1] as (typeof drawn.dag.order)[number];
        return {
          ...row,
          bytes: encodeUnit({ ...drawn.dag.wire(unit), signature: unit.signature.map((byte) => byte ^ 1) }),
        };
      }),
    );
    expect(forged.difference).toMatchObject({
      kind: "unit",
      unit: drawn.dag.order[1]?.hash,
      problem: "breaks rule Signature",
    });
    const elsewhere = replayInstance({
      ...source,
      blockIn: (payload) => accept({ hash: keccakHash(payload), parent: keccakHash(utf8("elsewhere")) }),
    });
    expect(elsewhere.difference).toMatchObject({ kind: "block", height: 1 });
  });

  it("of any state, equivocators included, takes every unit and finds every fault", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), fc.integer({ min: 5, max: 60 }), (seed, units) => {
        const { drawn } = drawRandomDag({ seed, units, weights: [3, 1, 2, 2], equivocators: [1] });
        const source = storeOf(
          drawn,
          Array.from({ length: units }, (_, i) => `B${i}`),
        );
        const replayed = replayInstance(source);
        expect(replayed.difference).toBeUndefined();
        expect(replayed.faulty).toBe(drawn.dag.evidence().length);
        const finals = (replayed.finals.get(third) ?? []).map(({ unit }) => drawn.dag.block(unit as UnitHash)?.depth);
        expect(finals).toEqual(finals.map((_, i) => i + 1));
      }),
      { numRuns: 60 },
    );
  });
});
