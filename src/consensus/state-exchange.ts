import { type Timestamp, timestamp } from "../primitives/index.ts";
import type { Dag } from "./dag.ts";
import { type DagUnit, laneAncestor } from "./dag-unit.ts";
import type { Effect } from "./effects.ts";
import { LaneRequests } from "./lane-requests.ts";
import { type IndexObservation, MAX_LANE_UNITS, type MessageBody, type PeerId } from "./messages.ts";
import { isCorrect } from "./panorama.ts";

/** How often a node asks a peer for its state, in ms: when it is up to date, and while it is not. */
export interface StateExchangeTimes {
  readonly requestStateMs: number;
  readonly requestStateBehindMs: number;
}

/** How often to look whether the units of one answer are in, so that the peer can be asked for the next. */
const FOLLOW_UP_MS = 50;
/** Timers of an operating system may fire a little early. */
const EARLY_MS = 20;
/** So long an answer may take before somebody else is asked. */
const ASK_AGAIN_MS = 300;
/** A peer that asks more often gets no answer. */
const ANSWER_EVERY_MS = 50;
/** Payloads that go along in answer to one state; the rest is asked for by block. */
const MAX_ANSWER_PAYLOAD_BYTES = 1024 * 1024;
const MAX_REMEMBERED_PEERS = 1024;

/**
 * Compares states with peers: says what we have as one number per validator, sends what a peer lacks, asks for what we
 * lack, swaps evidence.
 *
 * @see KoMaBFT spec 15 (State)
 */
export class StateExchange {
  readonly #dag: Dag;
  readonly #times: StateExchangeTimes;
  /** Stretches of lanes that somebody was asked for. */
  readonly lanes = new LaneRequests();
  readonly #answeredAt = new Map<PeerId, Timestamp>();
  #synced = false;
  #nextAt: Timestamp | undefined;
  #askedAt: Timestamp | undefined;
  /** What we had when we asked last. */
  #asked: { readonly index: readonly IndexObservation[]; readonly units: number } | undefined;
  /** A peer that has more than one answer holds: asked again when the state has grown to `units`. */
  #followUp: { readonly peer: PeerId; readonly units: number; readonly giveUpAt: Timestamp } | undefined;

  constructor(dag: Dag, times: StateExchangeTimes) {
    this.#dag = dag;
    this.#times = times;
  }

  /** True once a peer's answer held nothing that we lack. */
  get synced(): boolean {
    return this.#synced;
  }

  /** Asks somebody for its state and plans the next time. */
  request(now: Timestamp): readonly Effect[] {
    this.#asked = { index: this.#index(), units: this.#dag.order.length };
    this.#askedAt = now;
    const message = this.#message({ kind: "state", panorama: this.#asked.index, answer: true });
    // While we are behind, what the answer brings need not be asked for by those that cite it.
    if (!this.#synced) {
      this.#asked.index.forEach((next, creator) => {
        if (next !== "faulty") this.lanes.note(creator, { from: next, to: next + MAX_LANE_UNITS - 1 }, now);
      });
    }
    const to = this.#followUp?.peer;
    this.#followUp = undefined;
    const ask: Effect = to === undefined ? { kind: "sendToAny", message } : { kind: "send", to, message };
    const wait = this.#synced ? this.#times.requestStateMs : this.#times.requestStateBehindMs;
    return [ask, this.#schedule(timestamp(now + wait))];
  }

  /** A peer has far more than we do: its state, unless somebody's is on its way. */
  catchUpWith(peer: PeerId, now: Timestamp): readonly Effect[] {
    if (this.#followUp !== undefined || (this.#askedAt !== undefined && now - this.#askedAt < ASK_AGAIN_MS)) return [];
    this.#synced = false;
    this.#followUp = { peer, units: 0, giveUpAt: now };
    return this.request(now);
  }

  onTimer(now: Timestamp): readonly Effect[] {
    // A follow-up moved the appointment: the older timer has nothing to do.
    if (this.#nextAt !== undefined && now + EARLY_MS < this.#nextAt) return [];
    const followUp = this.#followUp;
    if (followUp !== undefined && this.#dag.order.length < followUp.units) {
      if (now < followUp.giveUpAt) return [this.#schedule(timestamp(now + FOLLOW_UP_MS))];
      // It claims to have more than it sends, or its blocks are slow to judge: somebody else may do better.
      this.#followUp = undefined;
    }
    return this.request(now);
  }

  /** A peer says what it has. */
  receive(theirs: readonly IndexObservation[], answer: boolean, from: PeerId, now: Timestamp): readonly Effect[] {
    const mine = this.#index();
    if (theirs.length !== mine.length) return [];
    if (!answer) return this.#compare(theirs, mine, from, now);
    if (!this.#mayAnswer(from, now)) return [];
    return [
      ...this.#sendLacking(theirs, mine, from),
      ...this.#askLacking(theirs, mine, from),
      { kind: "send", to: from, message: this.#message({ kind: "state", panorama: mine, answer: false }) },
    ];
  }

  /** Units of one lane for a peer that asked. */
  lane(creator: number, from: number, to: number, peer: PeerId): readonly Effect[] {
    const evidence = this.#dag.evidenceAgainst(creator);
    if (evidence !== undefined) return [this.#send(peer, { kind: "evidence", evidence })];
    const latest = this.#dag.latest[creator];
    return this.#units(isCorrect(latest) ? laneSection(latest, from, to) : [], peer);
  }

  /** Answer to our own question: are we behind, and by more than it brought? */
  #compare(
    theirs: readonly IndexObservation[],
    mine: readonly IndexObservation[],
    from: PeerId,
    now: Timestamp,
  ): readonly Effect[] {
    // The units of this answer came before it and may be in already: what it brought counts from where we asked. Counted
    // from now, we would wait in vain for as many again.
    const asked = this.#asked ?? { index: mine, units: this.#dag.order.length };
    let gap = 0;
    let batch = 0;
    const effects: Effect[] = [];
    for (let i = 0; i < mine.length; i++) {
      const ours = mine[i] as IndexObservation;
      const other = theirs[i] as IndexObservation;
      if (ours === "faulty") continue;
      if (other === "faulty") {
        effects.push(this.#send(from, { kind: "getEvidence", creator: i }));
      } else {
        gap = Math.max(gap, other - ours);
        const before = asked.index[i] as IndexObservation;
        batch += Math.min(MAX_LANE_UNITS, Math.max(0, other - (before === "faulty" ? other : before)));
      }
    }
    // Units under way when the peer answered: being one or two behind is no backlog.
    this.#synced = gap <= 2;
    if (gap <= 2) return effects;
    // Most of the batch is enough: a unit of it may have come from elsewhere, or wait for one of the next.
    const units = asked.units + Math.ceil(batch / 2);
    this.#followUp = { peer: from, units, giveUpAt: timestamp(now + this.#times.requestStateBehindMs) };
    return [...effects, this.#schedule(timestamp(now + FOLLOW_UP_MS))];
  }

  #sendLacking(
    theirs: readonly IndexObservation[],
    mine: readonly IndexObservation[],
    peer: PeerId,
  ): readonly Effect[] {
    const effects: Effect[] = [];
    const units: DagUnit[] = [];
    for (let i = 0; i < mine.length; i++) {
      const other = theirs[i];
      if (other === "faulty" || other === undefined) continue;
      const evidence = this.#dag.evidenceAgainst(i);
      if (evidence !== undefined) effects.push(this.#send(peer, { kind: "evidence", evidence }));
      const latest = this.#dag.latest[i];
      if (isCorrect(latest)) units.push(...laneSection(latest, other, latest.seq));
    }
    return [...effects, ...this.#units(units, peer)];
  }

  #askLacking(theirs: readonly IndexObservation[], mine: readonly IndexObservation[], peer: PeerId): readonly Effect[] {
    const effects: Effect[] = [];
    for (let i = 0; i < mine.length; i++) {
      const ours = mine[i];
      const other = theirs[i];
      if (ours === "faulty" || ours === undefined || other === undefined) continue;
      if (other === "faulty") effects.push(this.#send(peer, { kind: "getEvidence", creator: i }));
      else if (other > ours) {
        const to = Math.min(other - 1, ours + MAX_LANE_UNITS - 1);
        effects.push(this.#send(peer, { kind: "getLane", creator: i, from: ours, to }));
      }
    }
    return effects;
  }

  /** Units in an order in which the receiver can add them one after the other. */
  #units(units: readonly DagUnit[], peer: PeerId): readonly Effect[] {
    let room = MAX_ANSWER_PAYLOAD_BYTES;
    return [...units]
      .sort((a, b) => a.position - b.position)
      .map((unit) => {
        const payload = unit.block?.payload;
        const fits = payload !== undefined && payload.length <= room;
        if (fits) room -= payload.length;
        return this.#send(peer, { kind: "unit", unit: this.#dag.wire(unit), payload: fits ? payload : undefined });
      });
  }

  #mayAnswer(peer: PeerId, now: Timestamp): boolean {
    const last = this.#answeredAt.get(peer);
    if (last !== undefined && now - last < ANSWER_EVERY_MS) return false;
    this.#answeredAt.delete(peer);
    this.#answeredAt.set(peer, now);
    if (this.#answeredAt.size > MAX_REMEMBERED_PEERS) {
      const [oldest] = this.#answeredAt.keys();
      if (oldest !== undefined) this.#answeredAt.delete(oldest);
    }
    return true;
  }

  #index(): readonly IndexObservation[] {
    return this.#dag.latest.map((seen) => (seen === "faulty" ? "faulty" : seen === undefined ? 0 : seen.seq + 1));
  }

  #schedule(at: Timestamp): Effect {
    this.#nextAt = at;
    return { kind: "schedule", timer: { kind: "requestState" }, at };
  }

  #send(to: PeerId, body: MessageBody): Effect {
    return { kind: "send", to, message: this.#message(body) };
  }

  #message(body: MessageBody) {
    return { instance: this.#dag.instance.id, ...body };
  }
}

/** Units `from` … `to` of the lane that ends in `latest`, at most 20. */
function laneSection(latest: DagUnit, from: number, to: number): readonly DagUnit[] {
  const units: DagUnit[] = [];
  const last = Math.min(to, latest.seq, from + MAX_LANE_UNITS - 1);
  for (let seq = Math.max(0, from); seq <= last; seq++) {
    const unit = laneAncestor(latest, seq);
    if (unit !== undefined) units.push(unit);
  }
  return units;
}
