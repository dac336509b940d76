import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { drawRandomDag } from "../../test/support/random-dag.ts";
import { keccakHash, utf8 } from "../primitives/index.ts";
import { isCompact, rebuild, withoutHashes } from "./compact-unit.ts";
import { Dag } from "./dag.ts";
import { isCorrect } from "./panorama.ts";
import type { SignedUnit, UnitHash } from "./unit.ts";
import { decodeUnit, encodeUnit } from "./unit-codec.ts";
import { checkContent, type SoundUnit } from "./validity.ts";

const nobody = () => undefined;

const options = fc.record({
  seed: fc.nat(2 ** 31),
  units: fc.integer({ min: 5, max: 40 }),
  weights: fc.array(fc.constant(1), { minLength: 2, maxLength: 6 }),
  equivocators: fc.constantFrom<readonly number[]>([], [0]),
});

describe("a unit without the hashes of its panorama", () => {
  it("is what it was, for whoever knows what it cites; a fork that is not on the first lane is told apart", () => {
    let whole = 0;
    let different = 0;
    fc.assert(
      fc.property(options, (each) => {
        const { drawn, units } = drawRandomDag(each);
        // Whoever judged another unit with a panorama knows what is meant, on whatever lane it lies.
        for (const unit of units) {
          const full = drawn.dag.wire(unit);
          const rebuilt = rebuild(withoutHashes(full) as SoundUnit, drawn.dag, nobody);
          expect(rebuilt).toEqual({ kind: "whole", check: { ok: true, value: full } });
        }
        drawn.dag.shared.clear();
        for (const unit of units) {
          const full = drawn.dag.wire(unit);
          const sent = withoutHashes(full);
          const received = decodeUnit(encodeUnit(sent));
          expect(received.ok && isCompact(received.value)).toBe(full.hashes.length > 0);
          const rebuilt = rebuild(sent as SoundUnit, drawn.dag, nobody);
          const isOnFirstLanes = unit.panorama.every((seen) => !isCorrect(seen) || seen.lane.id === seen.creator);
          expect(rebuilt.kind).toBe(isOnFirstLanes ? "whole" : "different");
          if (rebuilt.kind !== "whole") {
            different++;
            continue;
          }
          whole++;
          expect(rebuilt.check).toEqual({ ok: true, value: full });
          expect(encodeUnit(full).length - encodeUnit(sent).length).toBeGreaterThanOrEqual(33 * full.hashes.length);
        }
      }),
      { numRuns: 60 },
    );
    expect(whole).toBeGreaterThan(0);
    expect(different).toBeGreaterThan(0);
  });

  it("names what is missing by its number, and takes the hash of a unit on its way", () => {
    fc.assert(
      fc.property(options, (each) => {
        const { drawn, units } = drawRandomDag({ ...each, equivocators: [] });
        const unit = units.at(-1);
        if (unit === undefined) return;
        const sent = withoutHashes(drawn.dag.wire(unit)) as SoundUnit;
        const empty = new Dag(drawn.instance);
        const cited = unit.panorama.filter(isCorrect);
        const places = cited.map(({ creator, seq }) => ({ creator, seq }));
        const rebuilt = rebuild(sent, empty, nobody);
        if (cited.length === 0) expect(rebuilt.kind).toBe("whole");
        else expect(rebuilt).toEqual({ kind: "missing", places });
        const pendingAt = ({ creator }: { creator: number }): UnitHash | undefined =>
          cited.find((other) => other.creator === creator)?.hash;
        expect(rebuild(sent, empty, pendingAt)).toMatchObject({ kind: "whole", check: { ok: true } });
      }),
      { numRuns: 30 },
    );
  });

  it("has one form with hashes and one without: every other list is refused", () => {
    const { drawn, units } = drawRandomDag({ seed: 5, units: 30, weights: [1, 1, 1, 1] });
    const unit = units.findLast(({ panorama }) => panorama.filter(isCorrect).length >= 3);
    if (unit === undefined) throw new Error("no unit cites three others");
    const full = drawn.dag.wire(unit);
    const stranger = keccakHash(utf8("stranger")) as string as UnitHash;
    const [first, second, ...rest] = full.hashes as [UnitHash, UnitHash, ...UnitHash[]];
    const verdict = (hashes: readonly UnitHash[], more: Partial<SignedUnit> = {}) => {
      const check = checkContent({ ...full, ...more, hashes }, drawn.instance);
      return check.ok ? "valid" : check.rejection.code;
    };
    expect(verdict(full.hashes)).toBe("valid");
    expect(verdict([first])).toBe("PanoramaHashes");
    expect(verdict([...full.hashes, stranger])).toBe("PanoramaHashes");
    expect(["PrevMismatch", "PanoramaRoot"]).toContain(verdict([second, first, ...rest]));
    const swapped = full.hashes.map((hash) => (hash === full.prev ? hash : stranger));
    expect(verdict(swapped)).toBe("PanoramaRoot");
  });
});
