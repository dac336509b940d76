import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Hash, keccakHash, timestamp, utf8 } from "../primitives/index.ts";
import { AnnouncedTransactions } from "./announced-transactions.ts";

const limits = { maxWaiting: 8, maxAsked: 3, maxAskedBytes: 1_000, maxDisappointments: 2, deafMs: 60_000 };
const hash = (name: string | number): Hash => keccakHash(utf8(`transaction ${name}`));
const of = (...names: (string | number)[]) => names.map((name) => ({ hash: hash(name), size: 100 }));
const nothing = () => false;
const t0 = timestamp(0);

describe("announced transactions", () => {
  it("are asked of who announced them, some at a time, and not of two peers at once", () => {
    const announced = new AnnouncedTransactions<string>(limits);
    announced.announce("ann", of(1, 2, 3, 4), nothing, t0);
    announced.announce("bob", of(1, 2, 3, 4), nothing, t0);
    expect(announced.ask("ann", nothing)).toEqual([hash(1), hash(2), hash(3)]);
    expect(announced.ask("ann", nothing)).toEqual([]);
    expect(announced.ask("bob", nothing)).toEqual([hash(4)]);
  });

  it("are asked of the next one when the first does not have them", () => {
    const announced = new AnnouncedTransactions<string>(limits);
    announced.announce("ann", of(1), nothing, t0);
    announced.announce("bob", of(1), nothing, t0);
    expect(announced.ask("ann", nothing)).toEqual([hash(1)]);
    expect(announced.ask("bob", nothing)).toEqual([]);
    announced.answered("ann", [], t0);
    expect([...announced.idle()]).toEqual(["bob"]);
    expect(announced.ask("bob", nothing)).toEqual([hash(1)]);
    announced.gone("bob");
    expect(announced.size).toBe(0);
  });

  it("are not asked for when they came another way", () => {
    const announced = new AnnouncedTransactions<string>(limits);
    announced.announce("ann", of(1, 2), (each) => each === hash(1), t0);
    expect(announced.ask("ann", (each) => each === hash(2))).toEqual([]);
    expect(announced.size).toBe(0);
  });

  it("keep answers small by the sizes they were announced with", () => {
    const announced = new AnnouncedTransactions<string>(limits);
    const large = of(1, 2).map((each) => ({ ...each, size: 900 }));
    announced.announce("ann", large, nothing, t0);
    expect(announced.ask("ann", nothing)).toEqual([hash(1)]);
    // A size that no answer could hold is asked for alone.
    announced.announce("bob", [{ hash: hash(3), size: 2 ** 40 }], nothing, t0);
    expect(announced.ask("bob", nothing)).toEqual([hash(3)]);
  });

  it("of a peer that never has them are not heard for a while", () => {
    const announced = new AnnouncedTransactions<string>(limits);
    for (const round of [1, 2]) {
      announced.announce("mallory", of(`lie ${round}`, `another ${round}`), nothing, t0);
      expect(announced.ask("mallory", nothing)).toHaveLength(2);
      announced.answered("mallory", [], t0);
    }
    announced.announce("mallory", of("a third lie"), nothing, timestamp(limits.deafMs - 1));
    expect(announced.size).toBe(0);
    announced.announce("mallory", of("after a while"), nothing, timestamp(limits.deafMs));
    expect(announced.ask("mallory", nothing)).toHaveLength(1);
  });

  it("tell what nobody asked for", () => {
    const announced = new AnnouncedTransactions<string>(limits);
    announced.announce("ann", of(1), nothing, t0);
    announced.ask("ann", nothing);
    expect(announced.answered("ann", [hash(1), hash(9)], t0)).toEqual([hash(9)]);
    expect(announced.answered("stranger", [hash(9)], t0)).toEqual([hash(9)]);
  });

  it("stay bounded, are never asked of two peers at once, and all come from any honest announcer", () => {
    const step = fc.record({
      peer: fc.constantFrom("ann", "bob", "mallory"),
      does: fc.constantFrom("announce", "ask", "answer", "go"),
      names: fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 12 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const announced = new AnnouncedTransactions<string>(limits);
        const here = new Set<Hash>();
        const open = new Map<string, readonly Hash[]>();
        const isKnown = (each: Hash) => here.has(each);
        const answer = (peer: string) => {
          const asked = open.get(peer);
          if (!asked) return;
          open.delete(peer);
          const came = peer === "mallory" ? [] : asked;
          for (const each of came) here.add(each);
          announced.answered(peer, came, t0);
        };
        for (const { peer, does, names } of steps) {
          if (does === "announce") announced.announce(peer, of(...names), isKnown, t0);
          if (does === "ask") {
            const asked = announced.ask(peer, isKnown);
            if (asked.length > 0) open.set(peer, asked);
          }
          if (does === "answer") answer(peer);
          if (does === "go") {
            announced.gone(peer);
            open.delete(peer);
          }
          const asked = [...open.values()].flat();
          expect(new Set(asked).size).toBe(asked.length);
          expect(announced.size).toBeLessThanOrEqual(3 * (limits.maxWaiting + limits.maxAsked));
        }
        // Carol has everything: whatever the others did, it comes from her.
        for (const peer of [...open.keys()]) answer(peer);
        announced.announce("carol", of(1, 2, 3), isKnown, t0);
        open.set("carol", announced.ask("carol", isKnown));
        answer("carol");
        for (const name of [1, 2, 3]) expect(here.has(hash(name))).toBe(true);
      }),
      { numRuns: 60 },
    );
  });
});
