import { describe, expect, it } from "vitest";
import { drawDag } from "../../test/support/draw-dag.ts";
import { timestamp, utf8 } from "../primitives/index.ts";
import { createKomaBft } from "./create-koma-bft.ts";
import type { DagUnit } from "./dag-unit.ts";
import type { Effect } from "./effects.ts";
import { MAX_LANE_UNITS, type MessageBody } from "./messages.ts";

const NOW = timestamp(1_000_000);
const HEIGHT = 3 * MAX_LANE_UNITS;

/** A peer with two long lanes, and a node that has nothing and asks it. */
function behind() {
  const drawn = drawDag({ alice: 1, bob: 1 });
  const proposal = drawn.unit("alice", { block: "A" });
  const lanes: DagUnit[][] = [[proposal], []];
  for (let height = 1; height <= HEIGHT; height++) {
    const t = 1_000 * height + 666;
    if (height < HEIGHT) lanes[0]?.push(drawn.unit("alice", { t }));
    lanes[1]?.push(drawn.unit("bob", { t, ...(height === 1 ? { cites: [proposal] } : {}) }));
  }
  const core = createKomaBft({ instance: drawn.instance, thresholds: [1 / 3] });
  const hear = (body: MessageBody) => core.handleMessage({ instance: core.instance.id, ...body }, "peer", NOW);
  const hearUnits = (count: number) => {
    for (const unit of lanes.flatMap((lane) => lane.slice(0, count))) {
      hear({ kind: "unit", unit: drawn.dag.wire(unit), payload: unit === proposal ? utf8("A") : undefined });
      if (unit === proposal) core.resolveBlock(unit.hash, "valid", NOW);
    }
  };
  return { core, hear, hearUnits };
}

const stateRequests = (effects: readonly Effect[]) =>
  effects.filter((effect) => effect.kind === "send" && effect.message.kind === "state" && effect.message.answer);

const timerOf = (effects: readonly Effect[]) => {
  const [timer] = effects.flatMap((effect) =>
    effect.kind === "schedule" && effect.timer.kind === "requestState" ? [effect.at] : [],
  );
  if (timer === undefined) throw new Error("no appointment was made");
  return timer;
};

describe("a node that is behind by several answers", () => {
  it("asks for the next one as soon as the units of this one are in", () => {
    const { core, hear, hearUnits } = behind();
    core.start(NOW);
    // The units of an answer come before the state that closes it.
    hearUnits(MAX_LANE_UNITS);
    const at = timerOf(hear({ kind: "state", panorama: [HEIGHT, HEIGHT], answer: false }));
    expect(at - NOW).toBeLessThanOrEqual(50);
    expect(stateRequests(core.handleTimer({ kind: "requestState" }, at))).toMatchObject([
      { to: "peer", message: { panorama: [MAX_LANE_UNITS, MAX_LANE_UNITS] } },
    ]);
  });

  it("waits while most of the units of an answer are on their way, and gives up after a second", () => {
    const { core, hear, hearUnits } = behind();
    core.start(NOW);
    hearUnits(5);
    let at = timerOf(hear({ kind: "state", panorama: [HEIGHT, HEIGHT], answer: false }));
    let asked = core.handleTimer({ kind: "requestState" }, at);
    for (
      ;
      stateRequests(asked).length === 0 && at < NOW + 2_000;
      asked = core.handleTimer({ kind: "requestState" }, at)
    ) {
      if (asked.some(({ kind }) => kind === "sendToAny")) break;
      at = timerOf(asked);
    }
    expect(at - NOW).toBeGreaterThanOrEqual(1_000);
    expect(at - NOW).toBeLessThan(1_100);
  });
});
