import { describe, expect, it, test } from "vitest";
import { type DrawnDag, drawDag, drawnKey } from "../../test/support/draw-dag.ts";
import { makeForkBomb } from "../../test/support/fork-bomb.ts";
import { type Timestamp, timestamp, utf8 } from "../primitives/index.ts";
import { createKomaBft } from "./create-koma-bft.ts";
import type { DagUnit } from "./dag-unit.ts";
import type { Effect } from "./effects.ts";
import { createEquivocationEvidence } from "./evidence.ts";
import type { KomaBft, KomaBftConfig, StoredState } from "./koma-bft.ts";
import type { MessageBody } from "./messages.ts";
import { headerOf } from "./signed-header.ts";
import type { SignedUnit, UnitHash } from "./unit.ts";

const NOW = timestamp(60_000);
const ERIN = 4;
const five = { alice: 1, bob: 1, carol: 1, dan: 1, erin: 1 };

function hear(core: KomaBft, body: MessageBody, from = "peer", now: Timestamp = NOW): readonly Effect[] {
  return core.handleMessage({ instance: core.instance.id, ...body }, from, now);
}

function hearUnit(core: KomaBft, unit: SignedUnit, from = "peer"): readonly Effect[] {
  const payload = unit.body.blockHash === undefined ? undefined : utf8("A");
  const effects = hear(core, { kind: "unit", unit, payload }, from);
  if (payload === undefined) return effects;
  return [...effects, ...core.resolveBlock(unit.hash, "valid", NOW)];
}

function only<K extends Effect["kind"]>(effects: readonly Effect[], kind: K): Extract<Effect, { kind: K }>[] {
  return effects.filter((effect): effect is Extract<Effect, { kind: K }> => effect.kind === kind);
}

/** Messages of one kind that were broadcast. */
function told(effects: readonly Effect[], kind: MessageBody["kind"]) {
  return only(effects, "broadcast")
    .map(({ message }) => message)
    .filter((message) => message.kind === kind);
}

/** Bob forks; carol has seen one fork, dan the other. */
function forked() {
  const dag = drawDag(five, { lnc: true });
  const a0 = dag.unit("alice", { block: "A" });
  const b = dag.unit("bob", { cites: [a0], t: 10 });
  const other = dag.unit("bob", { cites: [a0], after: "nothing", t: 20 });
  const c0 = dag.unit("carol", { cites: [b] });
  const d0 = dag.unit("dan", { cites: [other] });
  const wire = (unit: DagUnit) => dag.dag.wire(unit);
  const evidence = createEquivocationEvidence(dag.instance.domain, headerOf(wire(b)), headerOf(wire(other)));
  return { dag, a0, b, other, c0, d0, wire, evidence };
}

/** Erin's node, which may sign. */
function erin(dag: DrawnDag, stored?: StoredState, more: Partial<KomaBftConfig> = {}): KomaBft {
  const core = createKomaBft({
    instance: dag.instance,
    thresholds: [1 / 3],
    own: { index: ERIN, privateKey: drawnKey(ERIN) },
    local: { listenMs: 0 },
    ...more,
  });
  if (stored !== undefined) core.restore(stored);
  core.start(timestamp(NOW - 10_000));
  return core;
}

describe("a validator that learns of a fault in the era before", () => {
  // Without that, nobody endorses anything: who has cited one fork and who has cited the other can never cite each other again.
  it("endorses what stands on units of the accused, which may have forked in this era too", () => {
    const { dag, a0, b, c0, other, d0, wire } = forked();
    const earlier = drawDag(five, { lnc: true, eraMinMs: 1 });
    const fork = (t: number) => headerOf(earlier.sign("bob", { block: "B", t }));
    const evidence = createEquivocationEvidence(earlier.instance.domain, fork(0), fork(1_000));
    const core = erin(dag, undefined, { previous: earlier.instance });
    for (const unit of [a0, b, c0]) hearUnit(core, wire(unit));
    const first = only(hear(core, { kind: "evidence", evidence }), "persistEndorsement");
    expect(first.map(({ endorsement }) => endorsement.unit)).toEqual([c0.hash]);
    const later = [d0, other].flatMap((unit) => only(hearUnit(core, wire(unit)), "persistEndorsement"));
    expect(later.map(({ endorsement }) => endorsement.unit)).toEqual([d0.hash]);
    // The same after a restart.
    const stored = [a0, b, c0].map((unit) => ({ unit: wire(unit) }));
    const again = erin(dag, { units: stored, evidence: [evidence] }, { previous: earlier.instance });
    const effects = hear(again, { kind: "state", panorama: [0, 0, 0, 0, 0], answer: true });
    expect(only(effects, "persistEndorsement").map(({ endorsement }) => endorsement.unit)).toEqual([c0.hash]);
  });
});

describe("a validator that learns of an equivocation", () => {
  it("endorses what stands on a fork, durable before it is sent (I-8)", () => {
    const { dag, a0, b, c0, wire, evidence } = forked();
    const core = erin(dag);
    for (const unit of [a0, b, c0]) hearUnit(core, wire(unit));
    const effects = hear(core, { kind: "evidence", evidence });
    const [stored, ...more] = only(effects, "persistEndorsement");
    expect(more).toEqual([]);
    expect(stored).toMatchObject({
      endorsement: { unit: c0.hash, endorser: ERIN },
      own: { creator: 2, after: undefined },
    });
    const [sent] = told(effects, "endorsements");
    expect(sent).toMatchObject({ endorsements: [stored?.endorsement] });
    const sentAt = effects.findIndex((effect) => effect.kind === "broadcast" && effect.message === sent);
    expect(effects.indexOf(stored as Effect)).toBeLessThan(sentAt);
  });

  it("endorses a unit that comes later and does not know, not one that does", () => {
    const { dag, a0, b, c0, other, d0, wire, evidence } = forked();
    const core = erin(dag);
    for (const unit of [a0, b]) hearUnit(core, wire(unit));
    hear(core, { kind: "evidence", evidence });
    expect(only(hearUnit(core, wire(c0)), "persistEndorsement")).toHaveLength(1);
    for (const unit of [d0, other]) hearUnit(core, wire(unit));
    dag.endorse(c0);
    const knows = dag.unit("alice", { cites: [c0, d0], t: 30_000 });
    hear(core, {
      kind: "endorsements",
      endorsements: dag.dag.endorsements.of(c0.hash).filter((e) => e.endorser < ERIN),
    });
    expect(only(hearUnit(core, wire(knows)), "persistEndorsement")).toEqual([]);
    expect(core.status(NOW).units).toBe(6);
  });

  it("sends the quorum that it completes to everybody once", () => {
    const { dag, a0, b, c0, wire, evidence } = forked();
    const core = erin(dag);
    for (const unit of [a0, b, c0]) hearUnit(core, wire(unit));
    hear(core, { kind: "evidence", evidence });
    const say = (name: string) => hear(core, { kind: "endorsements", endorsements: [dag.endorsement(c0, name)] });
    expect(told(say("alice"), "endorsements")).toEqual([]);
    const completed = say("carol");
    expect(only(completed, "persistEndorsement")).toMatchObject([{ own: undefined }]);
    expect(told(completed, "endorsements")).toMatchObject([
      { endorsements: [{ endorser: ERIN }, { endorser: 0 }, { endorser: 2 }] },
    ]);
    expect(told(say("dan"), "endorsements")).toEqual([]);
    expect(say("dan")).toEqual([]);
  });

  test.each([
    { rule: "goes on above what it endorsed before it was restarted", last: "b0", endorses: 1 },
    { rule: "endorses nothing of a creator whose endorsed unit it has lost", last: "lost", endorses: 0 },
    { rule: "does not endorse the same unit again", last: "c1", endorses: 0 },
  ])("$rule (I-28)", ({ last, endorses }) => {
    const { dag, a0, b, other, c0, wire, evidence } = forked();
    const c1 = dag.unit("carol", { cites: [dag.unit("bob", { after: b, t: 700 })], t: 2_000 });
    const known: Record<string, UnitHash> = {
      b0: c0.hash,
      c1: c1.hash,
      lost: dag.sign("carol", { after: "nothing", cites: [a0], t: 99 }).hash,
    };
    const core = erin(dag, { units: [], ownEndorsed: [{ creator: 2, unit: known[last] as UnitHash }] });
    for (const unit of dag.dag.order) if (unit.creator < 3 && unit !== other) hearUnit(core, wire(unit));
    const effects = hear(core, { kind: "evidence", evidence });
    const own = only(effects, "persistEndorsement");
    expect(own).toHaveLength(endorses);
    for (const effect of own) {
      expect(effect).toMatchObject({ endorsement: { unit: c1.hash }, own: { creator: 2, after: c0.hash } });
    }
  });

  it("stops signing when it meets an endorsement in its name that its store does not know", () => {
    const { dag, a0, b, c0, wire } = forked();
    const core = erin(dag);
    for (const unit of [a0, b, c0]) hearUnit(core, wire(unit));
    const effects = hear(core, { kind: "endorsements", endorsements: [dag.endorsement(c0, "erin")] });
    expect(only(effects, "alarm")).toMatchObject([{ alarm: { cause: "doppelganger" } }]);
    expect(core.status(NOW).stopped).toBe(true);
  });
});

describe("endorsements from peers", () => {
  function observer() {
    const drawn = forked();
    const core = createKomaBft({ instance: drawn.dag.instance, thresholds: [1 / 3] });
    for (const unit of [drawn.a0, drawn.b, drawn.c0, drawn.d0, drawn.other]) hearUnit(core, drawn.wire(unit));
    return { ...drawn, core };
  }

  it("are asked for when a unit claims them, and let it in", () => {
    const { dag, core, c0, d0, wire } = observer();
    dag.endorse(c0);
    const e0 = dag.unit("erin", { cites: [c0, d0] });
    const asked = hearUnit(core, wire(e0));
    expect(only(asked, "send")).toMatchObject([{ to: "peer", message: { kind: "getEndorsements", unit: c0.hash } }]);
    expect(core.status(NOW)).toMatchObject({ units: 5, pendingUnits: 1 });
    const endorsements = dag.dag.endorsements.of(c0.hash);
    const effects = hear(core, { kind: "endorsements", endorsements });
    expect(only(effects, "persistEndorsement")).toHaveLength(5);
    expect(core.status(NOW)).toMatchObject({ units: 6, pendingUnits: 0 });
    // Whoever sent a whole quorum has sent it to the others too.
    expect(told(effects, "endorsements")).toEqual([]);
    const answers = hear(core, { kind: "getEndorsements", unit: c0.hash }, "other");
    expect(only(answers, "send")).toMatchObject([{ to: "other", message: { kind: "endorsements", endorsements } }]);
  });

  it("that came before their unit count once it is here, and are stored only then", () => {
    const { dag, core, c0, wire } = observer();
    const c1 = dag.unit("carol", { after: c0, t: 500 });
    const endorsements = ["alice", "dan", "erin"].map((name) => dag.endorsement(c1, name));
    expect(hear(core, { kind: "endorsements", endorsements })).toEqual([]);
    const effects = hearUnit(core, wire(c1));
    expect(only(effects, "persistEndorsement")).toHaveLength(3);
    expect(told(effects, "endorsements")).toHaveLength(1);
  });

  it("with a bad signature cost their sender the connection", () => {
    const { dag, core, c0 } = observer();
    const endorsements = [{ ...dag.endorsement(c0, "erin"), endorser: 0 }];
    const effects = hear(core, { kind: "endorsements", endorsements }, "liar");
    expect(effects).toMatchObject([{ kind: "disconnect", peer: "liar", reason: { code: "EndorsementSignature" } }]);
  });

  it("that contradict each other convict their endorser, and nobody else (I-9)", () => {
    const { dag, core, b, other } = observer();
    hear(core, { kind: "endorsements", endorsements: [dag.endorsement(b, "dan")] });
    expect(core.status(NOW).faultyWeight).toBe(1);
    const effects = hear(core, { kind: "endorsements", endorsements: [dag.endorsement(other, "dan")] });
    expect(only(effects, "reportFault")).toMatchObject([{ validator: 3, evidence: { kind: "endorsements" } }]);
    const [message] = told(effects, "evidence");
    expect(core.status(NOW).faultyWeight).toBe(2);
    // Another node believes it without having seen any of the units.
    const stranger = createKomaBft({ instance: dag.instance, thresholds: [1 / 3] });
    const { evidence } = message as Extract<MessageBody, { kind: "evidence" }>;
    expect(only(hear(stranger, { kind: "evidence", evidence }), "reportFault")).toMatchObject([{ validator: 3 }]);
  });

  it("that are still open go along with the answer to a state", () => {
    const { dag, core, c0 } = observer();
    hear(core, { kind: "endorsements", endorsements: [dag.endorsement(c0, "dan")] });
    const panorama = core.instance.weights.map(() => 0);
    const effects = hear(core, { kind: "state", panorama, answer: true }, "other");
    expect(only(effects, "send").map(({ message }) => message.kind)).toContain("endorsements");
  });

  it("survive a restart: units that claim them go in from the store alone", () => {
    const { dag, c0, d0, wire } = forked();
    dag.endorse(c0);
    dag.unit("erin", { cites: [c0, d0] });
    const core = createKomaBft({ instance: dag.instance, thresholds: [1 / 3] });
    const units = dag.dag.order.map((unit) => ({ unit: wire(unit), payload: unit.block && utf8("A") }));
    core.restore({ units, endorsements: dag.dag.endorsements.of(c0.hash), evidence: dag.dag.evidence() });
    expect(core.status(NOW).units).toBe(6);
  });
});

describe("a fork bomb (I-27)", () => {
  const LEVELS = 7;

  /** A peer that has the whole bomb and answers every question about it. */
  function answering(core: KomaBft, units: readonly SignedUnit[], first: SignedUnit): void {
    const known = new Map(units.map((unit) => [unit.hash, unit]));
    let effects = hearUnit(core, first);
    for (let turn = 0; effects.length > 0 && turn < 10_000; turn++) {
      effects = only(effects, "send").flatMap(({ message }) => {
        const unit = message.kind === "getUnit" ? known.get(message.unit) : undefined;
        return unit === undefined ? [] : [...hearUnit(core, unit)];
      });
    }
  }

  test.each(["from its root", "from its leaves"])("does not get in, sent %s", (order) => {
    const { drawn, proposal, units, root, conspirators } = makeForkBomb(LEVELS, true);
    expect(units).toHaveLength(2 ** LEVELS - 1);
    const core = createKomaBft({ instance: drawn.instance, thresholds: [1 / 3] });
    hearUnit(core, proposal);
    if (order === "from its leaves") for (const unit of units) hearUnit(core, unit);
    answering(core, units, root);
    expect(core.block(proposal.hash)).toBeDefined();
    expect(core.status(NOW).units).toBeLessThanOrEqual(1 + 2 * conspirators);
    expect(core.status(NOW).pendingUnits).toBeLessThanOrEqual(2 * conspirators);
  });

  it("gets in as a whole where the criterion is off: that is what it is for", () => {
    const { drawn, proposal, units, root } = makeForkBomb(LEVELS, false);
    const core = createKomaBft({ instance: drawn.instance, thresholds: [1 / 3] });
    hearUnit(core, proposal);
    answering(core, units, root);
    expect(core.status(NOW).units).toBe(1 + units.length);
  });

  it("holds no more memory than allowed where the criterion is off and nothing completes", () => {
    const { drawn, units } = makeForkBomb(LEVELS, false);
    const local = { maxPendingUnits: 20, maxPendingPerCreator: 10 };
    const core = createKomaBft({ instance: drawn.instance, thresholds: [1 / 3], local });
    for (const unit of units.toReversed()) hearUnit(core, unit);
    expect(core.status(NOW)).toMatchObject({ units: 0, pendingUnits: 20 });
  });
});

describe("units of a known equivocator", () => {
  it("stay outside unless somebody else stands on them: its own later units do not count", () => {
    const { dag, a0, b, other, d0, wire } = forked();
    const core = createKomaBft({ instance: dag.instance, thresholds: [1 / 3] });
    hearUnit(core, wire(a0));
    const later = dag.unit("bob", { after: other, t: 700 });
    // Waits for `other`, which nobody has sent.
    hearUnit(core, wire(later));
    expect(core.status(NOW).pendingUnits).toBe(1);
    const third = dag.sign("bob", { after: "nothing", cites: [a0], t: 33 });
    const evidence = createEquivocationEvidence(dag.instance.domain, headerOf(wire(b)), headerOf(third));
    hear(core, { kind: "evidence", evidence });
    expect(core.status(NOW).pendingUnits).toBe(0);
    hearUnit(core, wire(other));
    expect(core.status(NOW)).toMatchObject({ units: 1, pendingUnits: 0 });
    // An honest unit needs both: now they come in.
    const d1 = dag.unit("dan", { cites: [later], t: 900 });
    hearUnit(core, wire(d1));
    for (const unit of [later, d0, other]) hearUnit(core, wire(unit));
    expect(core.status(NOW)).toMatchObject({ units: 5, pendingUnits: 0 });
  });
});
