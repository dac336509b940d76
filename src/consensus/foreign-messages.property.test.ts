import fc from "fast-check";
import { expect, test } from "vitest";
import { drawnKey } from "../../test/support/draw-dag.ts";
import { drawRandomDag } from "../../test/support/random-dag.ts";
import { type Hash, keccakHash, timestamp, utf8 } from "../primitives/index.ts";
import { createKomaBft } from "./create-koma-bft.ts";
import type { ConsensusMessage } from "./messages.ts";
import { consensusDomain, identifyUnit, type SignedUnit, signUnit } from "./unit.ts";

const NOW = timestamp(1_000_000);
const options = fc.record({
  seed: fc.nat(2 ** 31),
  units: fc.integer({ min: 5, max: 20 }),
  weights: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 2, maxLength: 5 }),
});

test("I-10 whatever belongs to another instance, chain or era is refused, as it is and under our name", () => {
  const seen = { ignored: 0, refused: 0 };
  fc.assert(
    fc.property(options, fc.constantFrom("another era", "another chain"), fc.nat(), (each, what, pick) => {
      const { drawn, units } = drawRandomDag(each);
      const { instance } = drawn;
      const unit = units[pick % units.length];
      if (unit === undefined) return;
      const wire = drawn.dag.wire(unit);
      const key = drawnKey(unit.creator);
      const elsewhere = keccakHash(utf8(what)) as Hash;
      // The same validator said the very same there: in an era with another id, or on a chain with another domain.
      const domain = what === "another chain" ? consensusDomain(1n) : instance.domain;
      const theirs = signUnit(domain, what === "another chain" ? wire : { ...wire, instance: elsewhere }, key);
      const core = createKomaBft({ instance, thresholds: [1 / 3] });
      const say = (message: ConsensusMessage) => core.handleMessage(message, "peer", NOW);
      const others: readonly ConsensusMessage[] = [
        { instance: elsewhere, kind: "unit", unit: theirs, payload: undefined },
        { instance: elsewhere, kind: "state", panorama: each.weights.map(() => 0), answer: true },
        { instance: elsewhere, kind: "getLane", creator: 0, from: 0, to: 19 },
        { instance: elsewhere, kind: "getUnit", unit: wire.hash },
      ];
      for (const message of others) {
        expect(say(message)).toEqual([]);
        seen.ignored++;
      }
      const ours: SignedUnit = identifyUnit(instance.domain, { ...theirs, instance: instance.id });
      const effects = say({ instance: instance.id, kind: "unit", unit: ours, payload: undefined });
      expect(effects).toMatchObject([{ kind: "disconnect", peer: "peer", reason: { code: "Signature" } }]);
      seen.refused++;
      expect(core.status(NOW)).toMatchObject({ units: 0, pendingUnits: 0, evidence: [] });
    }),
    { numRuns: 40 },
  );
  expect(Math.min(seen.ignored, seen.refused)).toBeGreaterThan(30);
});
