import { describe, expect, it } from "vitest";
import { drawDag, drawnKey } from "../../test/support/draw-dag.ts";
import { keccakHash, type Timestamp, timestamp, utf8 } from "../primitives/index.ts";
import { createKomaBft } from "./create-koma-bft.ts";
import type { Effect } from "./effects.ts";
import { createEquivocationEvidence, type Evidence } from "./evidence.ts";
import { createFinalityEvidence } from "./finality-evidence.ts";
import { signFinality } from "./finality-signature.ts";
import type { KomaBft } from "./koma-bft.ts";
import type { MessageBody } from "./messages.ts";
import { headerOf } from "./signed-header.ts";

const NOW = timestamp(60_000);
const BOB = 1;
const weights = { alice: 2, bob: 2, carol: 2, dan: 2 };

/** Two eras with one committee: what bob did in the first counts in the second. */
function twoEras() {
  const earlier = drawDag(weights, { eraMinMs: 1 });
  const drawn = drawDag(weights);
  const proposal = drawn.unit("alice", { block: "A" });
  const confirmation = drawn.unit("bob", { cites: [proposal] });
  const core = createKomaBft({ instance: drawn.instance, previous: earlier.instance, thresholds: [1 / 3] });
  const fork = (t: number) => headerOf(earlier.sign("bob", { block: "B", t }));
  const equivocation: Evidence = createEquivocationEvidence(earlier.instance.domain, fork(0), fork(1_000));
  const finality = (block: string) =>
    signFinality(
      earlier.instance,
      { index: BOB, privateKey: drawnKey(BOB) },
      { height: 9, block: keccakHash(utf8(block)), unit: proposal.hash },
    );
  const twoFinals = createFinalityEvidence(earlier.instance.id, finality("A"), finality("B")) as Evidence;
  const wire = [proposal, confirmation].map((unit) => drawn.dag.wire(unit));
  return { earlier, drawn, core, equivocation, twoFinals, proposal, wire };
}

function hear(core: KomaBft, body: MessageBody, now: Timestamp = NOW): readonly Effect[] {
  return core.handleMessage({ instance: core.instance.id, ...body }, "peer", now);
}

const kindsOf = (effects: readonly Effect[]) => effects.map(({ kind }) => kind);

describe("evidence of the era before", () => {
  it.each(["equivocation", "twoFinals"] as const)("(%s) makes a validator of this one faulty, once", (which) => {
    const { earlier, core, ...evidences } = twoEras();
    const evidence = evidences[which];
    const effects = hear(core, { kind: "evidence", evidence });
    expect(effects).toMatchObject([
      { kind: "broadcast", message: { kind: "evidence", evidence } },
      { kind: "reportFault", validator: BOB, evidence, earlier: { id: earlier.instance.id } },
    ]);
    expect(core.status(NOW)).toMatchObject({ faultyWeight: 2, evidence: [] });
    expect(core.status(NOW).validators[BOB]).toMatchObject({ faulty: true });
    expect(hear(core, { kind: "evidence", evidence })).toEqual([]);
    expect(hear(core, { kind: "getEvidence", creator: BOB })).toMatchObject([{ message: { evidence } }]);
  });

  it("takes the vote away, and leaves the units valid", () => {
    const { core, equivocation, wire, proposal } = twoEras();
    hear(core, { kind: "evidence", evidence: equivocation });
    const [first, second] = wire;
    if (first === undefined || second === undefined) throw new Error("two units are drawn");
    hear(core, { kind: "unit", unit: first, payload: utf8("A") });
    core.resolveBlock(proposal.hash, "valid", NOW);
    // Units of somebody faulty come in for the sake of others only; here nobody cites it.
    expect(kindsOf(hear(core, { kind: "unit", unit: second, payload: undefined }))).not.toContain("disconnect");
    expect(core.confidence(proposal.hash)?.faultyWeight).toBe(2);
  });

  it("is asked for when a unit cites the validator as faulty, and lets the unit in", () => {
    const { drawn, earlier, core, equivocation, wire, proposal } = twoEras();
    const other = drawDag(weights);
    const again = other.unit("alice", { block: "A" });
    other.dag.markFaulty(BOB, equivocation);
    const panorama = other.dag.latest;
    const unit = other.sign("carol", { cites: [again], panorama, t: 1 });
    expect([earlier.instance.id, again.hash]).not.toContain(drawn.instance.id);
    hear(core, { kind: "unit", unit: wire[0] as (typeof wire)[number], payload: utf8("A") });
    core.resolveBlock(proposal.hash, "valid", NOW);
    expect(hear(core, { kind: "unit", unit, payload: undefined })).toMatchObject([
      { kind: "send", message: { kind: "getEvidence", creator: BOB } },
      { kind: "schedule" },
    ]);
    expect(kindsOf(hear(core, { kind: "evidence", evidence: equivocation }))).toContain("persist");
    expect(core.status(NOW).units).toBe(2);
  });

  it("that does not hold costs the peer its connection; whoever is banned already stays it", () => {
    const { drawn, earlier, core, equivocation } = twoEras();
    if (equivocation.kind !== "equivocation") throw new Error("two units were signed");
    const forged = { ...equivocation, second: { ...equivocation.second, signature: equivocation.first.signature } };
    expect(hear(core, { kind: "evidence", evidence: forged })).toMatchObject([
      { kind: "disconnect", reason: { code: "Signature" } },
    ]);
    const banned = drawDag(weights, {}, [BOB]);
    const other = createKomaBft({ instance: banned.instance, previous: earlier.instance, thresholds: [1 / 3] });
    expect(hear(other, { kind: "evidence", evidence: equivocation })).toEqual([]);
    expect(drawn.instance.banned.size).toBe(0);
  });

  it("comes back from the store", () => {
    const { earlier, drawn, equivocation } = twoEras();
    const core = createKomaBft({ instance: drawn.instance, previous: earlier.instance, thresholds: [1 / 3] });
    core.restore({ units: [], evidence: [equivocation] });
    expect(core.status(NOW).validators[BOB]).toMatchObject({ faulty: true });
    expect(core.status(NOW)).toMatchObject({ faultyWeight: 2, evidence: [] });
  });

  it("against ourselves stops us: our key is in use elsewhere", () => {
    const { earlier, drawn, twoFinals } = twoEras();
    const own = { index: BOB, privateKey: drawnKey(BOB) };
    const core = createKomaBft({ instance: drawn.instance, previous: earlier.instance, thresholds: [1 / 3], own });
    expect(kindsOf(hear(core, { kind: "evidence", evidence: twoFinals }))).toEqual(["broadcast", "alarm"]);
    expect(core.status(NOW).stopped).toBe(true);
  });
});
