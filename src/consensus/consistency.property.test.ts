import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type DrawnDag, drawDag } from "../../test/support/draw-dag.ts";
import { createPrng, type Prng } from "../../test/support/prng.ts";
import { findBase, inconsistentEntry } from "./consistency.ts";
import { type DagUnit, laneAncestor, type Panorama } from "./dag-unit.ts";
import { citedNumbers, isAtLeast, isCorrect } from "./panorama.ts";

const SIZE = 20;

/** Rounds as validators make them, in which some are late and one may fork: most units have a base. */
function drawRounds(prng: Prng, rounds: number, forks: boolean): DrawnDag {
  const names = Array.from({ length: SIZE }, (_, i) => `v${i}`);
  const drawn = drawDag(Object.fromEntries(names.map((name) => [name, 1])));
  const latest = (late: number): DagUnit[] =>
    drawn.dag.latest.filter(isCorrect).filter(() => prng.next() >= late) as DagUnit[];
  for (let round = 1; round <= rounds; round++) {
    const slot = round * 1000;
    const leader = names[round % SIZE] as string;
    const proposal = drawn.unit(leader, { cites: latest(0.05), block: `B${round}`, t: slot });
    for (const name of names) {
      if (name === leader || prng.next() < 0.1) continue;
      if (drawn.dag.isFaulty(drawn.index(name))) continue;
      drawn.unit(name, { cites: [proposal], t: slot + 50 });
    }
    if (forks && round === 2) {
      const forked = drawn.dag.latest[1];
      // A fork may not cite what has seen the unit that it forks from.
      if (isCorrect(forked) && forked.prev !== undefined && proposal.panorama[1] !== forked) {
        drawn.unit("v1", { cites: [proposal], after: forked.prev, t: slot + 60 });
      }
    }
    for (const name of names) {
      if (prng.next() < 0.1 || drawn.dag.isFaulty(drawn.index(name))) continue;
      drawn.unit(name, { cites: latest(0.05), t: slot + 666 });
    }
  }
  return drawn;
}

/** Any panorama over the state: some entries are older than they may be, some are of another fork. */
function anyPanorama(prng: Prng, { dag }: DrawnDag): Panorama {
  const changes = prng.between(0, 3);
  const panorama = [...dag.latest];
  for (let k = 0; k < changes; k++) {
    const i = prng.between(0, SIZE - 1);
    const units = dag.order.filter(({ creator }) => creator === i);
    const choice = prng.next();
    panorama[i] = choice < 0.1 ? undefined : choice < 0.2 ? "faulty" : prng.pick(units);
  }
  return panorama;
}

describe("rule 11", () => {
  it("is what its definition says, for any panorama over any state, with or without bases and forks", () => {
    let broken = 0;
    let kept = 0;
    let bases = 0;
    fc.assert(
      fc.property(fc.nat(2 ** 31), fc.boolean(), (seed, forks) => {
        const prng = createPrng(seed);
        const drawn = drawRounds(prng, 4, forks);
        const { dag } = drawn;
        bases += dag.order.filter(({ base }) => base !== undefined).length;
        for (let k = 0; k < 40; k++) {
          const basis = prng.next() < 0.5 ? prng.pick(dag.order) : undefined;
          const panorama = basis === undefined ? anyPanorama(prng, drawn) : nearly(prng, drawn, basis);
          const expected = panorama.findIndex(
            (cited) => isCorrect(cited) && !cited.panorama.every((seen, i) => isAtLeast(panorama[i], seen)),
          );
          const mine = { panorama, cited: citedNumbers(panorama), forked: dag.forked };
          const own = panorama[prng.between(0, SIZE - 1)];
          const found = inconsistentEntry(mine, findBase(panorama, isCorrect(own) ? own : undefined));
          expect(found?.cited).toBe(expected < 0 ? undefined : panorama[expected]);
          expected < 0 ? kept++ : broken++;
        }
      }),
      { numRuns: 12 },
    );
    expect(kept).toBeGreaterThan(0);
    expect(broken).toBeGreaterThan(0);
    expect(bases).toBeGreaterThan(0);
  });
});

/** What a unit shows, itself included, with one entry moved up or down. */
function nearly(prng: Prng, { dag }: DrawnDag, basis: DagUnit): Panorama {
  const panorama = basis.panorama.map((seen, i) => (i === basis.creator ? basis : seen));
  const i = prng.between(0, SIZE - 1);
  const latest = dag.latest[i];
  if (isCorrect(latest)) panorama[i] = laneAncestor(latest, prng.between(0, latest.seq));
  return panorama;
}
