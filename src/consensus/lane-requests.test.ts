import { describe, expect, it } from "vitest";
import { drawDag } from "../../test/support/draw-dag.ts";
import { type Timestamp, timestamp, utf8 } from "../primitives/index.ts";
import { createKomaBft } from "./create-koma-bft.ts";
import type { DagUnit } from "./dag-unit.ts";
import type { Effect } from "./effects.ts";
import { isFarAhead, LaneRequests } from "./lane-requests.ts";
import { MAX_LANE_UNITS, type MessageBody } from "./messages.ts";

const NOW = timestamp(1_000_000);
const later = (ms: number) => timestamp(NOW + ms);

describe("stretches of lanes", () => {
  it("are under way for a while after they were asked for", () => {
    const lanes = new LaneRequests();
    lanes.note(3, { from: 5, to: 9 }, NOW);
    expect([4, 5, 9, 10].map((seq) => lanes.isUnderWay({ creator: 3, seq }, NOW))).toEqual([false, true, true, false]);
    expect(lanes.isUnderWay({ creator: 2, seq: 7 }, NOW)).toBe(false);
    expect(lanes.isUnderWay({ creator: 3, seq: 7 }, later(300))).toBe(false);
  });

  it("are asked for from where the last one ended", () => {
    const lanes = new LaneRequests();
    expect(lanes.missingStretch({ creator: 0, seq: 4 }, 4, NOW)).toBeUndefined();
    expect(lanes.missingStretch({ creator: 0, seq: 7 }, 4, NOW)).toEqual({ from: 4, to: 7 });
    lanes.note(0, { from: 4, to: 7 }, NOW);
    expect(lanes.missingStretch({ creator: 0, seq: 9 }, 4, NOW)).toEqual({ from: 8, to: 9 });
    expect(lanes.missingStretch({ creator: 0, seq: 9 }, 4, later(300))).toEqual({ from: 4, to: 9 });
  });

  it("longer than an answer are for comparing states", () => {
    expect(isFarAhead({ creator: 0, seq: MAX_LANE_UNITS - 1 }, 0)).toBe(false);
    expect(isFarAhead({ creator: 0, seq: MAX_LANE_UNITS }, 0)).toBe(true);
  });
});

/** Alice has made many units; bob's last one cites the last of them. The observer has the first so many of alice's. */
function behind(missing: number) {
  const drawn = drawDag({ alice: 1, bob: 1 });
  const proposal = drawn.unit("alice", { block: "A" });
  const lane: DagUnit[] = [proposal];
  for (let round = 1; round < 40; round++) lane.push(drawn.unit("alice", { t: 1_000 * round + 666 }));
  const last = drawn.unit("bob", { cites: [lane.at(-1) as DagUnit], t: 40_666 });
  const core = createKomaBft({ instance: drawn.instance, thresholds: [1 / 3] });
  const hear = (body: MessageBody, now: Timestamp = NOW) =>
    core.handleMessage({ instance: core.instance.id, ...body }, "peer", now);
  const give = (unit: DagUnit, now: Timestamp = NOW) => {
    const payload = unit === proposal ? utf8("A") : undefined;
    const effects = hear({ kind: "unit", unit: drawn.dag.wire(unit), payload }, now);
    return payload === undefined ? effects : core.resolveBlock(unit.hash, "valid", now);
  };
  for (const unit of lane.slice(0, lane.length - missing)) give(unit);
  return { core, lane, last, give };
}

const questions = (effects: readonly Effect[]) =>
  effects.flatMap(({ kind, ...effect }) => (kind === "send" && "message" in effect ? [effect.message] : []));

describe("a unit that cites what is missing", () => {
  it("makes us ask for the unit where it is the only one", () => {
    const { last, lane, give } = behind(1);
    expect(questions(give(last))).toMatchObject([{ kind: "getUnit", unit: lane.at(-1)?.hash }]);
  });

  it("makes us ask for the whole stretch, once, and for the unit when that did not bring it", () => {
    const { core, last, lane, give } = behind(12);
    expect(questions(give(last))).toMatchObject([{ kind: "getLane", creator: 0, from: 28, to: 39 }]);
    // The answer comes from its end, as networks bring things: nothing of it is asked for again.
    for (const unit of lane.slice(-12).reverse()) expect(questions(give(unit, later(40)))).toEqual([]);
    expect(core.status(NOW)).toMatchObject({ units: 41, pendingUnits: 0 });

    const silent = behind(12);
    silent.give(silent.last);
    const tick = silent.core.handleTimer({ kind: "requests" }, later(300));
    expect(questions(tick)).toMatchObject([{ kind: "getUnit", unit: silent.lane.at(-1)?.hash }]);
  });

  it("makes us compare states where more is missing than one answer brings, and ask by hash when that is in vain", () => {
    const { core, last, lane, give } = behind(35);
    expect(questions(give(last))).toMatchObject([{ kind: "state", answer: true }]);
    expect(questions(core.handleTimer({ kind: "requests" }, later(5_000)))).toMatchObject([
      { kind: "getLane", creator: 0 },
    ]);
    expect(questions(core.handleTimer({ kind: "requests" }, later(5_300)))).toMatchObject([
      { kind: "getUnit", unit: lane.at(-1)?.hash },
    ]);
  });
});
