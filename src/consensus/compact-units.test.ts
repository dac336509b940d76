import { describe, expect, it } from "vitest";
import { drawDag, drawnKey } from "../../test/support/draw-dag.ts";
import { keccakHash, type Timestamp, timestamp, utf8 } from "../primitives/index.ts";
import { withoutHashes } from "./compact-unit.ts";
import { createKomaBft } from "./create-koma-bft.ts";
import type { DagUnit } from "./dag-unit.ts";
import type { Effect } from "./effects.ts";
import type { KomaBft, LocalOptions } from "./koma-bft.ts";
import type { MessageBody } from "./messages.ts";
import { type SignedUnit, signUnit, type UnitHash } from "./unit.ts";

const NOW = timestamp(60_000);

/** A round drawn elsewhere, as units that travel, and an observer that has nothing. */
function round(local: Partial<LocalOptions> = {}) {
  const names = ["alice", "bob", "carol", "dan"];
  const drawn = drawDag(Object.fromEntries(names.map((name) => [name, 1])));
  const proposal = drawn.unit("alice", { block: "A" });
  const confirmations = names.slice(1).map((name) => drawn.unit(name, { cites: [proposal] }));
  const witness = drawn.unit("alice", { cites: confirmations, t: 666 });
  const core = createKomaBft({ instance: drawn.instance, thresholds: [1 / 3], local });
  const wire = (unit: DagUnit) => drawn.dag.wire(unit);
  return { drawn, core, proposal: wire(proposal), confirmations: confirmations.map(wire), witness: wire(witness) };
}

function hear(core: KomaBft, body: MessageBody, from = "peer", now: Timestamp = NOW): readonly Effect[] {
  return core.handleMessage({ instance: core.instance.id, ...body }, from, now);
}

function hearUnit(core: KomaBft, unit: SignedUnit, from = "peer", now = NOW): readonly Effect[] {
  return hear(core, { kind: "unit", unit, payload: undefined }, from, now);
}

function hearProposal(core: KomaBft, unit: SignedUnit): readonly Effect[] {
  hear(core, { kind: "unit", unit, payload: utf8("A") });
  return core.resolveBlock(unit.hash, "valid", NOW);
}

const sent = (effects: readonly Effect[]) =>
  effects.flatMap((effect) => (effect.kind === "send" ? [{ to: effect.to, kind: effect.message.kind }] : []));
const disconnects = (effects: readonly Effect[]) =>
  effects.flatMap((effect) => (effect.kind === "disconnect" ? [[effect.peer, effect.reason.code]] : []));
const tick = (core: KomaBft, ms: number) => core.handleTimer({ kind: "panoramas" }, timestamp(NOW + ms));
const counts = (core: KomaBft) => {
  const { units, pendingUnits } = core.status(NOW);
  return { units, pendingUnits };
};

describe("units without hashes", () => {
  it("are added like any other when what they cite is there", () => {
    const { core, proposal, confirmations, witness } = round();
    hearProposal(core, proposal);
    for (const unit of [...confirmations, witness]) expect(sent(hearUnit(core, withoutHashes(unit)))).toEqual([]);
    expect(counts(core)).toEqual({ units: 5, pendingUnits: 0 });
  });

  it("wait for what is on its way without asking, in any order", () => {
    const { core, proposal, confirmations, witness } = round();
    for (const unit of [witness, ...confirmations]) expect(sent(hearUnit(core, withoutHashes(unit)))).toEqual([]);
    expect(counts(core)).toEqual({ units: 0, pendingUnits: 4 });
    hearProposal(core, proposal);
    expect(counts(core)).toEqual({ units: 5, pendingUnits: 0 });
  });

  it("are persisted and answered with their hashes", () => {
    const { core, proposal, confirmations } = round();
    hearProposal(core, proposal);
    const unit = confirmations[0] as SignedUnit;
    expect(hearUnit(core, withoutHashes(unit)).find(({ kind }) => kind === "persist")).toMatchObject({ unit });
    for (const kind of ["getUnit", "getPanorama"] as const) {
      expect(hear(core, { kind, unit: unit.hash })).toMatchObject([{ kind: "send", message: { kind: "unit", unit } }]);
    }
  });

  it("make us ask a sender for the hashes after a while, one at a time and nobody twice", () => {
    const { core, proposal, witness, confirmations } = round();
    hearUnit(core, withoutHashes(witness), "p1");
    hearUnit(core, withoutHashes(witness), "p2");
    expect(sent(tick(core, 100))).toEqual([]);
    expect(sent(tick(core, 300))).toEqual([{ to: "p1", kind: "getPanorama" }]);
    expect(sent(tick(core, 600))).toEqual([{ to: "p2", kind: "getPanorama" }]);
    expect(sent(tick(core, 900))).toEqual([]);
    // With its hashes it is a unit that waits for units, which are asked for.
    expect(sent(hearUnit(core, witness, "p2")).map(({ kind }) => kind)).toContain("getUnit");
    for (const unit of confirmations) hearUnit(core, unit);
    hearProposal(core, proposal);
    expect(counts(core)).toEqual({ units: 5, pendingUnits: 0 });
  });

  it("whose hashes a peer makes up cost that peer its connection, and go on waiting", () => {
    const { core, proposal, confirmations } = round();
    const unit = confirmations[0] as SignedUnit;
    hearUnit(core, withoutHashes(unit), "creator");
    const madeUp = { ...unit, hashes: [keccakHash(utf8("made up")) as string as UnitHash] };
    expect(disconnects(hearUnit(core, madeUp, "liar"))).toEqual([["liar", "PanoramaRoot"]]);
    hearProposal(core, proposal);
    expect(counts(core)).toEqual({ units: 2, pendingUnits: 0 });
  });

  it("with a root that fits nothing are asked about at once, and forgotten in time", () => {
    const { drawn, core, proposal, confirmations } = round();
    hearProposal(core, proposal);
    const honest = confirmations[0] as SignedUnit;
    const body = { ...honest.body, panoramaRoot: keccakHash(utf8("nothing")) };
    const bogus = signUnit(drawn.instance.domain, { ...honest, hashes: [], body }, drawnKey(honest.creator));
    expect(sent(hearUnit(core, bogus))).toEqual([{ to: "peer", kind: "getPanorama" }]);
    expect(counts(core)).toEqual({ units: 1, pendingUnits: 1 });
    core.handleTimer({ kind: "purge" }, timestamp(NOW + 11_000));
    expect(counts(core)).toEqual({ units: 1, pendingUnits: 0 });
  });

  it("that contradict another with their number prove the fault, whether or not either is ever whole", () => {
    const { drawn, core, confirmations } = round();
    const one = confirmations[0] as SignedUnit;
    const body = { ...one.body, t: timestamp(one.body.t + 1) };
    const other = signUnit(drawn.instance.domain, { ...one, hashes: [], body }, drawnKey(one.creator));
    hearUnit(core, withoutHashes(one));
    const effects = hearUnit(core, other);
    expect(effects.filter(({ kind }) => kind === "reportFault")).toMatchObject([{ validator: one.creator }]);
  });

  it("stay below the limits, whatever somebody signs", () => {
    const { drawn, core, confirmations } = round({ maxPendingPerCreator: 8 });
    const one = confirmations[0] as SignedUnit;
    for (let seq = 1; seq <= 40; seq++) {
      const observations = one.body.observations.map((seen, i) => (i === one.creator ? seq + 1 : seen));
      const prev = keccakHash(utf8(`prev ${seq}`)) as string as UnitHash;
      const content = { ...one, seq, prev, hashes: [], body: { ...one.body, observations } };
      hearUnit(core, signUnit(drawn.instance.domain, content, drawnKey(one.creator)));
      expect(core.status(NOW).pendingUnits).toBeLessThanOrEqual(8);
    }
    expect(core.status(NOW).pendingUnits).toBe(8);
  });

  it("without a predecessor where they cite one, or with one where they do not, are refused", () => {
    const { drawn, core, witness, confirmations } = round();
    const sign = (unit: SignedUnit, prev: UnitHash | undefined) =>
      signUnit(drawn.instance.domain, { ...unit, prev, hashes: [] }, drawnKey(unit.creator));
    expect(disconnects(hearUnit(core, sign(witness, undefined)))).toEqual([["peer", "PrevMismatch"]]);
    const first = confirmations[0] as SignedUnit;
    expect(disconnects(hearUnit(core, sign(first, first.hash)))).toEqual([["peer", "PrevMismatch"]]);
    const wrong = sign(witness, keccakHash(utf8("another")) as string as UnitHash);
    const { core: knowing, proposal } = round();
    hearProposal(knowing, proposal);
    for (const unit of confirmations) hearUnit(knowing, unit);
    expect(disconnects(hearUnit(knowing, wrong))).toEqual([["peer", "PrevMismatch"]]);
  });
});
