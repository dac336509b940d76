import { describe, expect, it, test } from "vitest";
import { type DrawnDag, drawDag, drawnKey } from "../../test/support/draw-dag.ts";
import { type Bytes, keccakHash, signDigest, type Timestamp, timestamp, utf8 } from "../primitives/index.ts";
import { createKomaBft } from "./create-koma-bft.ts";
import type { DagUnit } from "./dag-unit.ts";
import type { Effect } from "./effects.ts";
import { createEquivocationEvidence } from "./evidence.ts";
import type { KomaBft, KomaBftConfig } from "./koma-bft.ts";
import type { MessageBody } from "./messages.ts";
import { headerOf } from "./signed-header.ts";
import { pingDigest, type SignedUnit } from "./unit.ts";

const NOW = timestamp(60_000);

function observe(drawn: DrawnDag, more: Partial<KomaBftConfig> = {}): KomaBft {
  return createKomaBft({ instance: drawn.instance, thresholds: [1 / 3], ...more });
}

/** Hands a message over as the network would. */
function hear(core: KomaBft, body: MessageBody, from = "peer", now: Timestamp = NOW): readonly Effect[] {
  return core.handleMessage({ instance: core.instance.id, ...body }, from, now);
}

function hearUnit(core: KomaBft, unit: SignedUnit, payload?: Bytes, from = "peer", now = NOW): readonly Effect[] {
  return hear(core, { kind: "unit", unit, payload }, from, now);
}

function kinds(effects: readonly Effect[]): readonly string[] {
  return effects.map((effect) => effect.kind);
}

function only<K extends Effect["kind"]>(effects: readonly Effect[], kind: K): Extract<Effect, { kind: K }>[] {
  return effects.filter((effect): effect is Extract<Effect, { kind: K }> => effect.kind === kind);
}

/** A proposal, its confirmations and its witnesses, drawn in another state than the one under test. */
function drawnRound() {
  const drawn = drawDag({ alice: 1, bob: 1, carol: 1, dan: 1 });
  const names = ["alice", "bob", "carol", "dan"];
  const proposal = drawn.unit("alice", { block: "A" });
  const confirmations = names.slice(1).map((name) => drawn.unit(name, { cites: [proposal] }));
  const witnesses = names.map((name) => drawn.unit(name, { cites: confirmations, t: 666 }));
  const wire = (unit: DagUnit) => drawn.dag.wire(unit);
  return { drawn, proposal: wire(proposal), confirmations: confirmations.map(wire), witnesses: witnesses.map(wire) };
}

describe("a proposal", () => {
  it("is run by the shell before it counts", () => {
    const { drawn, proposal } = drawnRound();
    const core = observe(drawn);
    const effects = hearUnit(core, proposal, utf8("A"));
    expect(only(effects, "validateBlock")).toMatchObject([
      { block: { unit: proposal.hash, parent: undefined, height: 1, t: 0, payload: utf8("A") }, from: "peer" },
    ]);
    expect(core.head()).toBeUndefined();
    const after = core.resolveBlock(proposal.hash, "valid", NOW);
    expect(kinds(after)).toEqual(["persist", "headChanged"]);
    expect(core.head()).toMatchObject({ unit: proposal.hash, height: 1 });
  });

  it("that is invalid takes what hangs on it along, and costs both senders their connection", () => {
    const { drawn, proposal, confirmations } = drawnRound();
    const core = observe(drawn);
    hearUnit(core, proposal, utf8("A"), "leader");
    hearUnit(core, confirmations[0] as SignedUnit, undefined, "follower");
    const effects = core.resolveBlock(proposal.hash, "invalid", NOW);
    expect(only(effects, "disconnect").map(({ peer, reason }) => [peer, reason.code])).toEqual([
      ["leader", "InvalidBlock"],
      ["follower", "InvalidCitation"],
    ]);
    expect(core.status(NOW)).toMatchObject({ units: 0, pendingUnits: 0 });
    // For ever: it is not even run again, nor is what comes later on top of it.
    expect(only(hearUnit(core, proposal, utf8("A"), "other"), "disconnect")).toHaveLength(1);
    expect(only(hearUnit(core, confirmations[1] as SignedUnit), "disconnect")).toHaveLength(1);
  });

  it("that is invalid takes along all that hangs on it in one walk, however dense the graph is", () => {
    const names = ["alice", "bob", "carol", "dan"];
    const drawn = drawDag({ alice: 1, bob: 1, carol: 1, dan: 1 });
    const proposal = drawn.unit("alice", { block: "A" });
    // Every unit cites the whole layer below: 3^24 ways lead down from the top one.
    const layers = [[proposal]];
    for (let i = 1; i <= 24; i++) {
      const below = layers[i - 1] as DagUnit[];
      layers.push(names.map((name) => drawn.unit(name, { cites: below })));
    }
    const core = observe(drawn);
    hearUnit(core, drawn.dag.wire(proposal), utf8("A"), "leader");
    for (const unit of layers.slice(1).flat()) hearUnit(core, drawn.dag.wire(unit), undefined, "follower");
    expect(core.status(NOW).pendingUnits).toBe(97);
    const effects = core.resolveBlock(proposal.hash, "invalid", NOW);
    expect(only(effects, "disconnect").map(({ peer }) => peer)).toEqual(["leader", "follower"]);
    expect(core.status(NOW)).toMatchObject({ units: 0, pendingUnits: 0 });
  });

  it("that cannot be judged yet is asked about again, and nobody is blamed", () => {
    const { drawn, proposal } = drawnRound();
    const core = observe(drawn);
    hearUnit(core, proposal, utf8("A"));
    const effects = core.resolveBlock(proposal.hash, "unavailable", NOW);
    expect(kinds(effects)).toEqual(["schedule"]);
    const [retry] = only(effects, "schedule");
    if (retry === undefined) throw new Error("nothing scheduled");
    expect(kinds(core.handleTimer(retry.timer, retry.at))).toEqual(["validateBlock"]);
    expect(kinds(core.resolveBlock(proposal.hash, "valid", retry.at))).toContain("persist");
  });

  it("without its payload makes us ask for it; a wrong one is the sender's fault, not the unit's", () => {
    const { drawn, proposal } = drawnRound();
    const core = observe(drawn);
    const asked = only(hearUnit(core, proposal), "send");
    expect(asked).toMatchObject([{ to: "peer", message: { kind: "getBlock", block: proposal.hash } }]);
    const wrong = hear(core, { kind: "block", block: proposal.hash, payload: utf8("B") }, "liar");
    expect(only(wrong, "disconnect")).toMatchObject([{ peer: "liar", reason: { code: "PayloadMismatch" } }]);
    expect(kinds(hear(core, { kind: "block", block: proposal.hash, payload: utf8("A") }))).toContain("validateBlock");
  });
});

describe("a unit", () => {
  it("waits for what it cites, which is asked of whoever sent it", () => {
    const { drawn, proposal, confirmations, witnesses } = drawnRound();
    const core = observe(drawn);
    const witness = witnesses[0] as SignedUnit;
    const asked = only(hearUnit(core, witness), "send").map(({ message }) => message);
    expect(asked).toEqual(
      [proposal, ...confirmations].map(({ hash }) => ({ instance: core.instance.id, kind: "getUnit", unit: hash })),
    );
    for (const unit of confirmations) hearUnit(core, unit);
    expect(core.status(NOW)).toMatchObject({ units: 0, pendingUnits: 4 });
    hearUnit(core, proposal, utf8("A"));
    core.resolveBlock(proposal.hash, "valid", NOW);
    expect(core.status(NOW)).toMatchObject({ units: 5, pendingUnits: 0 });
  });

  it("is asked of the next holder when the first does not answer, and of nobody twice", () => {
    const { drawn, proposal, confirmations } = drawnRound();
    const core = observe(drawn);
    const first = hearUnit(core, confirmations[0] as SignedUnit, undefined, "p1");
    expect(only(first, "send").map(({ to }) => to)).toEqual(["p1"]);
    const second = hearUnit(core, confirmations[1] as SignedUnit, undefined, "p2");
    expect(only(second, "send")).toEqual([]);
    const askedAt = (ms: number) =>
      only(core.handleTimer({ kind: "requests" }, timestamp(NOW + ms)), "send").map(({ to }) => to);
    expect([askedAt(300), askedAt(600), askedAt(900)]).toEqual([["p2"], [], []]);
    expect(proposal.seq).toBe(0);
  });

  it("from the future waits for its time; from the far future it is dropped", () => {
    const { drawn, proposal } = drawnRound();
    const core = observe(drawn);
    const early = timestamp(-5_000);
    const waiting = hearUnit(core, proposal, utf8("A"), "peer", early);
    expect(only(waiting, "schedule")).toMatchObject([{ timer: { kind: "postponed" }, at: 0 }]);
    expect(kinds(core.handleTimer({ kind: "postponed" }, timestamp(0)))).toContain("validateBlock");
    const other = observe(drawn);
    expect(hearUnit(other, proposal, utf8("A"), "peer", timestamp(-20_000))).toEqual([]);
    expect(other.status(NOW).pendingUnits).toBe(0);
  });

  it("I-10 of another instance is ignored without blame", () => {
    const { drawn, proposal } = drawnRound();
    const core = observe(drawn);
    const instance = keccakHash(utf8("another"));
    expect(core.handleMessage({ instance, kind: "unit", unit: proposal, payload: undefined }, "peer", NOW)).toEqual([]);
    expect(hearUnit(core, { ...proposal, instance })).toEqual([]);
  });

  it("with a bad signature costs the sender its connection and leaves no trace", () => {
    const { drawn, confirmations } = drawnRound();
    const core = observe(drawn);
    const [unit, other] = confirmations as [SignedUnit, SignedUnit];
    const effects = hearUnit(core, { ...unit, signature: other.signature });
    expect(only(effects, "disconnect")).toMatchObject([{ reason: { code: "Signature" } }]);
    expect(core.status(NOW).pendingUnits).toBe(0);
    expect(only(hearUnit(core, unit), "disconnect")).toEqual([]);
  });

  it("is forgotten when what it cites does not come", () => {
    const { drawn, confirmations } = drawnRound();
    const core = observe(drawn);
    hearUnit(core, confirmations[0] as SignedUnit);
    core.handleTimer({ kind: "purge" }, timestamp(NOW + 9_000));
    expect(core.status(NOW).pendingUnits).toBe(1);
    core.handleTimer({ kind: "purge" }, timestamp(NOW + 11_000));
    expect(core.status(NOW).pendingUnits).toBe(0);
  });
});

test("I-30 pending units of one creator are capped: the youngest goes", () => {
  const { drawn, proposal } = drawnRound();
  const core = observe(drawn, { local: { maxPendingPerCreator: 3 } });
  const cites = [drawn.dag.unit(proposal.hash) as DagUnit];
  for (let i = 1; i <= 10; i++) hearUnit(core, drawn.dag.wire(drawn.unit("bob", { t: 1000 * i })));
  expect(core.status(NOW).pendingUnits).toBe(3);
  const all = observe(drawn, { local: { maxPendingUnits: 2 } });
  for (const name of ["bob", "carol", "dan"]) hearUnit(all, drawn.sign(name, { after: "nothing", cites, t: 500 }));
  expect(all.status(NOW).pendingUnits).toBe(2);
});

describe("a fault", () => {
  /** Bob's two units number 0, both citing the proposal, and a core that knows the proposal. */
  function forkedState(more: Partial<KomaBftConfig> = {}) {
    const round = drawnRound();
    const core = observe(round.drawn, more);
    hearUnit(core, round.proposal, utf8("A"));
    core.resolveBlock(round.proposal.hash, "valid", NOW);
    const cites = [round.drawn.dag.unit(round.proposal.hash) as DagUnit];
    const first = round.drawn.sign("bob", { after: "nothing", cites, t: 20 });
    const second = round.drawn.sign("bob", { after: "nothing", cites, t: 30 });
    const third = round.drawn.sign("bob", { after: "nothing", cites, t: 40 });
    const evidence = createEquivocationEvidence(core.instance.domain, headerOf(first), headerOf(second));
    return { ...round, core, first, second, third, evidence };
  }

  it("is reported and passed on once; further forks of the culprit stay outside", () => {
    const { core, first, second, third } = forkedState();
    hearUnit(core, first);
    const effects = hearUnit(core, second);
    expect(only(effects, "reportFault")).toMatchObject([{ validator: 1, evidence: { kind: "equivocation" } }]);
    expect(only(effects, "broadcast").map(({ message }) => message.kind)).toEqual(["evidence"]);
    expect(hearUnit(core, third)).toEqual([]);
    expect(core.status(NOW)).toMatchObject({ faultyWeight: 1, pendingUnits: 0 });
  });

  it("is believed when proven by evidence alone", () => {
    const { core, evidence } = forkedState();
    expect(only(hear(core, { kind: "evidence", evidence }), "reportFault")).toHaveLength(1);
    expect(hear(core, { kind: "evidence", evidence })).toEqual([]);
  });

  it("cannot be made up", () => {
    const { core, evidence, proposal } = forkedState();
    const made = { ...evidence, second: { ...evidence.second, signature: proposal.signature } };
    const effects = hear(core, { kind: "evidence", evidence: made }, "liar");
    expect(only(effects, "disconnect")).toMatchObject([{ peer: "liar", reason: { code: "Signature" } }]);
    expect(core.status(NOW).faultyWeight).toBe(0);
  });

  it("that weighs more than a threshold freezes it, loudly", () => {
    const { core, evidence } = forkedState({ thresholds: [0.1, 1 / 3] });
    expect(only(hear(core, { kind: "evidence", evidence }), "alarm")).toMatchObject([
      { alarm: { cause: "thresholdExceeded", threshold: 0, faultyWeight: 1 } },
    ]);
    expect(core.status(NOW).finals.map(({ violated }) => violated)).toEqual([true, false]);
  });

  it("of ourselves stops us and is reported to nobody: our key is in other hands", () => {
    const { core, evidence } = forkedState({ own: { index: 1, privateKey: drawnKey(1) } });
    const effects = hear(core, { kind: "evidence", evidence });
    expect(only(effects, "reportFault")).toEqual([]);
    expect(only(effects, "alarm")).toMatchObject([{ alarm: { cause: "doppelganger" } }]);
    expect(core.status(NOW).stopped).toBe(true);
  });

  it("cited by a unit is asked for when we do not know of it", () => {
    const { drawn, core, first, second } = forkedState();
    drawn.add(first);
    drawn.add(second);
    const witness = drawn.sign("carol", {
      cites: [drawn.dag.unit(first.hash), drawn.dag.unit(second.hash)] as DagUnit[],
    });
    hearUnit(core, drawn.dag.wire(drawn.dag.order[2] as DagUnit));
    const effects = hearUnit(core, witness);
    expect(only(effects, "send").map(({ message }) => message)).toContainEqual({
      instance: core.instance.id,
      kind: "getEvidence",
      creator: 1,
    });
  });
});

describe("questions", () => {
  function fullCore() {
    const round = drawnRound();
    const core = observe(round.drawn);
    hearUnit(core, round.proposal, utf8("A"));
    core.resolveBlock(round.proposal.hash, "valid", NOW);
    for (const unit of [...round.confirmations, ...round.witnesses]) hearUnit(core, unit);
    return { ...round, core };
  }
  const answers = (effects: readonly Effect[]) => only(effects, "send").map(({ message }) => message);

  it("for a unit, a block, a lane are answered", () => {
    const { core, proposal, confirmations, witnesses } = fullCore();
    expect(answers(hear(core, { kind: "getUnit", unit: proposal.hash }))).toMatchObject([
      { kind: "unit", unit: { signature: proposal.signature }, payload: utf8("A") },
    ]);
    expect(answers(hear(core, { kind: "getBlock", block: proposal.hash }))).toMatchObject([{ payload: utf8("A") }]);
    expect(answers(hear(core, { kind: "getLane", creator: 1, from: 0, to: 9 }))).toMatchObject([
      { unit: { signature: confirmations[0]?.signature } },
      { unit: { signature: witnesses[1]?.signature } },
    ]);
    expect(hear(core, { kind: "getLane", creator: 99, from: 0, to: 2 ** 52 })).toEqual([]);
    expect(hear(core, { kind: "getEvidence", creator: 1 })).toEqual([]);
  });

  it("about the state bring what either side lacks, in an order in which it can be added", () => {
    const { core, drawn } = fullCore();
    const newcomer = observe(drawn);
    const [ask] = only(newcomer.start(NOW), "sendToAny");
    if (ask === undefined) throw new Error("nobody was asked");
    const sent = answers(core.handleMessage(ask.message, "newcomer", NOW));
    expect(sent.map(({ kind }) => kind)).toEqual([...new Array(8).fill("unit"), "state"]);
    for (const message of sent) {
      for (const { block } of only(newcomer.handleMessage(message, "core", NOW), "validateBlock")) {
        newcomer.resolveBlock(block.unit, "valid", NOW);
      }
    }
    expect(newcomer.status(NOW)).toMatchObject({ units: 8, pendingUnits: 0 });
    expect(newcomer.head()?.unit).toBe(core.head()?.unit);
  });

  it("about the state are answered at a bounded rate", () => {
    const { core } = fullCore();
    const state = { kind: "state", panorama: [0, 0, 0, 0], answer: true } as const;
    expect(hear(core, state, "greedy")).not.toEqual([]);
    expect(hear(core, state, "greedy", timestamp(NOW + 10))).toEqual([]);
    expect(hear(core, state, "greedy", timestamp(NOW + 60))).not.toEqual([]);
    expect(hear(core, { ...state, panorama: [0] }, "odd")).toEqual([]);
  });
});

describe("restore", () => {
  const own = { index: 1, privateKey: drawnKey(1) };

  it("loads units, sends the own head again, gives blocks out to be run, and reports what is final", () => {
    const { drawn, proposal, confirmations, witnesses } = drawnRound();
    const units = [proposal, ...confirmations, ...witnesses].map((unit) => ({
      unit,
      payload: unit === proposal ? utf8("A") : undefined,
    }));
    const head = witnesses[1] as SignedUnit;
    const core = observe(drawn, { own });
    const effects = core.restore({ units, ownHead: { seq: head.seq, hash: head.hash } });
    expect(kinds(effects)).toEqual(["validateBlock", "broadcast", "headChanged", "finalize"]);
    expect(only(effects, "broadcast")[0]?.message).toMatchObject({ kind: "unit", unit: { signature: head.signature } });
    expect(core.status(NOW)).toMatchObject({ units: 8, stopped: false });

    const again = observe(drawn, { own });
    const options = { ownHead: { seq: head.seq, hash: head.hash }, executed: proposal.hash };
    const quiet = again.restore({ units, ...options, finals: [{ threshold: 1, block: proposal.hash }] });
    expect(kinds(quiet)).toEqual(["broadcast", "headChanged"]);
    expect(again.status(NOW).finals[0]?.last?.unit).toBe(proposal.hash);
  });

  it("signs nothing while a part of the own head's past is missing, and goes on when peers have sent it", () => {
    const { drawn, proposal, confirmations, witnesses } = drawnRound();
    const head = witnesses[1] as SignedUnit;
    const core = observe(drawn, { own });
    // The proposal was in a batch that a crash has lost.
    const units = [...confirmations, head].map((unit) => ({ unit }));
    core.restore({ units, ownHead: { seq: head.seq, hash: head.hash } });
    core.start(timestamp(900));
    const ready = timestamp(5_666);
    for (const unit of [confirmations[1], confirmations[2]] as SignedUnit[])
      hearUnit(core, unit, undefined, "p", ready);
    expect(only(core.handleTimer({ kind: "witness", slot: timestamp(5_000) }, ready), "persist")).toEqual([]);
    hearUnit(core, proposal, utf8("A"), "p", ready);
    const added = core.resolveBlock(proposal.hash, "valid", ready);
    expect(only(added, "persist").map(({ unit }) => unit.hash)).toContain(head.hash);
    for (const unit of witnesses) hearUnit(core, unit, undefined, "p", ready);
    expect(core.status(ready).stopped).toBe(false);
    presence(core, drawn, ready);
    const next = only(core.handleTimer({ kind: "witness", slot: timestamp(5_000) }, ready), "persist");
    expect(next).toMatchObject([{ own: { seq: head.seq + 1 } }]);
  });

  it("stops signing when a unit of ours comes in that the store does not account for", () => {
    const { drawn, proposal, confirmations } = drawnRound();
    const core = observe(drawn, { own });
    core.restore({ units: [] });
    core.start(timestamp(0));
    hearUnit(core, proposal, utf8("A"));
    core.resolveBlock(proposal.hash, "valid", NOW);
    const effects = hearUnit(core, confirmations[0] as SignedUnit);
    expect(only(effects, "alarm")).toMatchObject([{ alarm: { cause: "doppelganger", unit: confirmations[0]?.hash } }]);
  });
});

/** Signed signs of life of everybody but the core's own validator. */
function presence(core: KomaBft, drawn: DrawnDag, now: Timestamp): void {
  for (let creator = 0; creator < drawn.names.length; creator++) {
    if (creator === 1) continue;
    const digest = pingDigest(core.instance.domain, core.instance.id, creator, now);
    const signature = signDigest(digest, drawnKey(creator));
    hear(core, { kind: "ping", ping: { creator, t: now, signature } }, "peer", now);
  }
}

describe("duties of a validator", () => {
  const own = { index: 1, privateKey: drawnKey(1) };

  function validator() {
    const drawn = drawDag({ alice: 1, bob: 1, carol: 1, dan: 1 });
    const core = observe(drawn, { own, local: { listenMs: 0 } });
    core.start(timestamp(0));
    presence(core, drawn, timestamp(3_000));
    return { drawn, core };
  }

  it("pings and makes no units while at most half of the weight is there", () => {
    const drawn = drawDag({ alice: 1, bob: 1, carol: 1, dan: 1 });
    const core = observe(drawn, { own });
    expect(only(core.start(timestamp(0)), "broadcast").map(({ message }) => message.kind)).toEqual(["ping"]);
    expect(core.status(timestamp(100)).paused).toBe(true);
    presence(core, drawn, timestamp(100));
    expect(core.status(timestamp(100)).paused).toBe(false);
  });

  it("leads the very first slot where keys stand once, and settles first where another life may have signed", () => {
    for (const [local, leads] of [
      [{ listenMs: 0 }, 1],
      [{}, 0],
    ] as const) {
      const drawn = drawDag({ alice: 1, bob: 1, carol: 1, dan: 1 });
      const core = observe(drawn, { own, local });
      core.start(timestamp(0));
      presence(core, drawn, timestamp(500));
      drawn.sign("bob", { block: "ours", t: 1_000 });
      const effects = core.handleTimer({ kind: "roundStart", slot: timestamp(1_000) }, timestamp(1_000));
      expect(only(effects, "buildBlock")).toHaveLength(leads);
    }
  });

  it("a ping nobody signed costs the sender its connection; one in our name stops us", () => {
    const { core } = validator();
    const forged = { creator: 0, t: timestamp(4_000), signature: new Uint8Array(65) };
    expect(only(hear(core, { kind: "ping", ping: forged }), "disconnect")).toHaveLength(1);
    const digest = pingDigest(core.instance.domain, core.instance.id, 1, NOW);
    const ours = { creator: 1, t: NOW, signature: signDigest(digest, drawnKey(1)) };
    expect(only(hear(core, { kind: "ping", ping: ours }), "alarm")).toHaveLength(1);
  });

  it("asks for a block at the start of a round it leads, and persists it before sending", () => {
    const { drawn, core } = validator();
    // The drawing makes bob leader of slot 4000.
    drawn.sign("bob", { block: "ours", t: 4_000 });
    const start = core.handleTimer({ kind: "roundStart", slot: timestamp(4_000) }, timestamp(4_000));
    expect(only(start, "buildBlock")).toMatchObject([{ slot: 4_000, parent: undefined, height: 1, deadline: 4_166 }]);
    const effects = core.propose(timestamp(4_000), utf8("ours"), timestamp(4_050));
    expect(kinds(effects)).toEqual(["persist", "broadcast", "headChanged"]);
    expect(only(effects, "persist")[0]).toMatchObject({
      own: { seq: 0 },
      payload: utf8("ours"),
      unit: { body: { t: 4_000 } },
    });
    // Once.
    expect(core.propose(timestamp(4_000), utf8("other"), timestamp(4_060))).toEqual([]);
  });

  it("skips a slot for which the block comes late", () => {
    const { drawn, core } = validator();
    drawn.sign("bob", { block: "ours", t: 4_000 });
    core.handleTimer({ kind: "roundStart", slot: timestamp(4_000) }, timestamp(4_000));
    expect(core.propose(timestamp(4_000), utf8("ours"), timestamp(4_167))).toEqual([]);
  });

  it("I-21 confirms the leader's proposal citing nothing the leader did not cite, then witnesses everything", () => {
    const { drawn, core } = validator();
    const early = drawn.unit("dan", { block: "first", t: 4_000 });
    hearUnit(core, drawn.dag.wire(early), utf8("first"), "p", timestamp(4_900));
    core.resolveBlock(early.hash, "valid", timestamp(4_900));
    const proposal = drawn.unit("alice", { block: "second", t: 5_000 });
    hearUnit(core, drawn.dag.wire(proposal), utf8("second"), "p", timestamp(5_030));
    const [confirmation] = only(core.resolveBlock(proposal.hash, "valid", timestamp(5_080)), "persist").filter(
      ({ own: mine }) => mine !== undefined,
    );
    // Alice had not seen dan's block, and bob's confirmation does not tell of it.
    expect(confirmation?.unit.body.observations).toEqual([2, 0, 0, 0]);
    const late = timestamp(5_666);
    const [witness] = only(core.handleTimer({ kind: "witness", slot: timestamp(5_000) }, late), "persist");
    expect(witness?.unit.body.observations).toEqual([2, 2, 0, 2]);
    expect(only(core.handleTimer({ kind: "witness", slot: timestamp(5_000) }, late), "persist")).toEqual([]);
  });

  it("does not confirm a proposal of an earlier round, nor after its own witness", () => {
    const { drawn, core } = validator();
    const stale = drawn.unit("alice", { block: "stale", t: 4_000 });
    hearUnit(core, drawn.dag.wire(stale), utf8("stale"), "p", timestamp(5_010));
    const effects = core.resolveBlock(stale.hash, "valid", timestamp(5_010));
    expect(only(effects, "persist").filter(({ own: mine }) => mine !== undefined)).toEqual([]);
    core.handleTimer({ kind: "witness", slot: timestamp(5_000) }, timestamp(5_666));
    const tardy = drawn.unit("carol", { block: "tardy", t: 5_000 });
    hearUnit(core, drawn.dag.wire(tardy), utf8("tardy"), "p", timestamp(5_700));
    const later = core.resolveBlock(tardy.hash, "valid", timestamp(5_700));
    expect(only(later, "persist").filter(({ own: mine }) => mine !== undefined)).toEqual([]);
  });
});
