import { describe, expect, it } from "vitest";
import { keccakHash, type Timestamp, timestamp, utf8 } from "../primitives/index.ts";
import { DependencyRequests } from "./dependency-requests.ts";
import type { Dependency } from "./pending-units.ts";
import type { UnitHash } from "./unit.ts";

const AGAIN_MS = 10_000;
const START = timestamp(60_000);
const missing: Dependency = { kind: "unit", hash: keccakHash(utf8("unit")) as string as UnitHash, creator: 1, seq: 6 };

/** Whom it asks, tick by tick, as the synchronizer does every 300 ms. */
function asked(requests: DependencyRequests, holders: readonly string[], forMs: number, from: Timestamp = START) {
  const found: (readonly [number, string])[] = [];
  for (let ms = 0; ms < forMs; ms += 300) {
    const question = requests.ask(missing, holders, timestamp(from + ms));
    if (question !== undefined) found.push([ms, question.to]);
  }
  return found;
}

describe("what is missing", () => {
  it("is asked of one holder after the other, a few at a time, and of nobody twice within the purge interval", () => {
    const requests = new DependencyRequests(2, AGAIN_MS);
    expect(asked(requests, ["a", "b", "c"], AGAIN_MS - 300)).toEqual([
      [0, "a"],
      [300, "b"],
      [1_200, "c"],
    ]);
  });

  it("is asked again of everybody when nobody has answered, for as long as it takes", () => {
    const requests = new DependencyRequests(3, AGAIN_MS);
    const times = asked(requests, ["a", "b"], 4 * AGAIN_MS).filter(([, to]) => to === "a");
    expect(times.map(([ms]) => Math.floor(ms / AGAIN_MS))).toEqual([0, 1, 2, 3]);
  });

  it("is not asked for any more once it is here", () => {
    const requests = new DependencyRequests(3, AGAIN_MS);
    asked(requests, ["a"], 300);
    requests.close(missing);
    expect(requests.open()).toEqual([]);
  });
});
