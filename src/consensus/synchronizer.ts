import { type Bytes, keccakHash, type Timestamp } from "../primitives/index.ts";
import type { ValidatorIndex } from "./committee.ts";
import type { Dag } from "./dag.ts";
import { DependencyRequests } from "./dependency-requests.ts";
import type { DisconnectReason, Effect } from "./effects.ts";
import { isFarAhead } from "./lane-requests.ts";
import { MAX_PAYLOAD_BYTES, type MessageBody, type PeerId } from "./messages.ts";
import { type Dependency, type PendingLimits, type PendingUnit, PendingUnits } from "./pending-units.ts";
import type { StateExchange } from "./state-exchange.ts";
import type { SignedUnit, UnitHash } from "./unit.ts";
import { type CheckedUnit, missingDependencies, type UnitRejection } from "./validity.ts";

/** Local limits of the synchronizer; KoMaBFT spec 2. */
export interface SyncLimits extends PendingLimits {
  /** A pending unit older than this is forgotten. */
  readonly pendingTimeoutMs: number;
  /** A unit further in the future is refused. */
  readonly maxFutureMs: number;
  /** Peers asked for one thing at a time. */
  readonly maxHoldersAsked: number;
}

export const defaultSyncLimits: SyncLimits = {
  pendingTimeoutMs: 10_000,
  maxFutureMs: 10_000,
  maxHoldersAsked: 3,
  maxPendingUnits: 20_000,
  maxPendingPerCreator: 512,
};

/** Hashes of invalid units that are remembered, so that what cites them falls at once. */
const MAX_REMEMBERED_INVALID = 4096;
const REQUEST_TICK_MS = 300;
/** So long a unit far ahead waits for the states to be brought together, half of the time it may be pending. */
const FAR_PATIENCE_MS = 5_000;

/**
 * Brings units into an order in which they can be judged: holds those whose citations are missing, asks for what is
 * missing, drops what hangs on invalid units. Judging and adding is the caller's: it takes units with {@link takeReady}
 * and answers with {@link onAdded} or {@link onInvalid}.
 *
 * @see KoMaBFT spec 15
 */
export class Synchronizer {
  readonly #dag: Dag;
  readonly #limits: SyncLimits;
  readonly #exchange: StateExchange;
  readonly #pending: PendingUnits;
  readonly #requests: DependencyRequests;
  readonly #ready: PendingUnit[] = [];
  readonly #invalid = new Set<UnitHash>();
  #requestTick: Timestamp | undefined;

  constructor(dag: Dag, limits: SyncLimits, exchange: StateExchange) {
    this.#dag = dag;
    this.#limits = limits;
    this.#exchange = exchange;
    this.#pending = new PendingUnits(limits);
    this.#requests = new DependencyRequests(limits.maxHoldersAsked, limits.pendingTimeoutMs);
  }

  get pendingUnits(): number {
    return this.#pending.size;
  }

  get openRequests(): number {
    return this.#requests.size;
  }

  /** True for a unit that is in the state or on its way into it: its signature need not be looked at again. */
  knows(hash: UnitHash): boolean {
    return this.#dag.unit(hash) !== undefined || this.#pending.get(hash) !== undefined;
  }

  isInvalid(hash: UnitHash): boolean {
    return this.#invalid.has(hash);
  }

  /** True when a pending unit of somebody without a known fault stands on this one. */
  isNeeded(hash: UnitHash): boolean {
    return this.isNeededBy(hash, (creator) => !this.#dag.isFaulty(creator));
  }

  /** True when a pending unit of a creator that `accepts` stands on this one. */
  isNeededBy(hash: UnitHash, accepts: (creator: ValidatorIndex) => boolean): boolean {
    return this.#pending.isNeededBy(hash, accepts);
  }

  /** A pending unit with the same creator and number: together they are an equivocation. */
  forkOf({ hash, creator, seq }: SignedUnit): SignedUnit | undefined {
    return this.#pending.at(creator, seq).find(({ unit }) => unit.hash !== hash)?.unit;
  }

  /** Hashes of the pending units with a sequence number. */
  pendingAt(creator: ValidatorIndex, seq: number): readonly UnitHash[] {
    return this.#pending.at(creator, seq).map(({ unit }) => unit.hash);
  }

  pending(hash: UnitHash): PendingUnit | undefined {
    return this.#pending.get(hash);
  }

  /** A further peer sent a unit that is pending, and maybe brought its payload. */
  addSender(hash: UnitHash, payload: Bytes | undefined, from: PeerId | undefined, now: Timestamp): readonly Effect[] {
    const entry = this.#pending.get(hash);
    if (entry === undefined) return [];
    if (from !== undefined) entry.senders.add(from);
    this.#noteHolder(entry, from);
    return payload === undefined ? [] : this.receivePayload(hash, payload, from, now);
  }

  /** Takes a checked unit that {@link knows} does not know. */
  receive(unit: CheckedUnit, payload: Bytes | undefined, from: PeerId | undefined, now: Timestamp): readonly Effect[] {
    if (unit.body.t > now + this.#limits.maxFutureMs) return [];
    const entry: PendingUnit = {
      unit,
      since: now,
      senders: new Set(from === undefined ? [] : [from]),
      holders: new Set(from === undefined ? [] : [from]),
      payload: undefined,
      stage: "postponed",
    };
    const dropped = this.#pending.add(entry);
    if (dropped.includes(entry)) return [];
    const effects = payload === undefined ? [] : [...this.receivePayload(unit.hash, payload, from, now)];
    if (unit.body.t > now) return [...effects, { kind: "schedule", timer: { kind: "postponed" }, at: unit.body.t }];
    return [...effects, ...this.#evaluate(entry, now)];
  }

  /** The payload of a pending proposal. One that is not what the unit committed to is the sender's fault alone. */
  receivePayload(block: UnitHash, payload: Bytes, from: PeerId | undefined, now: Timestamp): readonly Effect[] {
    const entry = this.#pending.get(block);
    const expected = entry?.unit.body.blockHash;
    if (entry === undefined || entry.payload !== undefined) return [];
    if (payload.length > MAX_PAYLOAD_BYTES) {
      return disconnect(from, { code: "PayloadTooLarge", bytes: payload.length, limit: MAX_PAYLOAD_BYTES });
    }
    if (expected === undefined || keccakHash(payload) !== expected) {
      return disconnect(from, { code: "PayloadMismatch", block });
    }
    entry.payload = payload;
    const dependency: Dependency = { kind: "block", hash: block };
    this.#requests.close(dependency);
    return this.#pending.isNeeded(dependency) ? this.#evaluate(entry, now) : [];
  }

  /** The next unit whose citations, evidence and payload are all here. */
  takeReady(): PendingUnit | undefined {
    for (;;) {
      const entry = this.#ready.shift();
      if (entry === undefined) return undefined;
      if (this.#pending.get(entry.unit.hash) === entry && entry.stage === "ready") return entry;
    }
  }

  /** The unit is in the state: those that wait for it go on. */
  onAdded(hash: UnitHash, now: Timestamp): readonly Effect[] {
    this.#pending.remove(hash);
    this.#requests.closeUnit(hash);
    return this.#goOn(this.#pending.citing(hash), now);
  }

  /** A fault is proven: those that wait for the proof go on, and forks that nobody else stands on are let go. */
  onEvidence(creator: ValidatorIndex, now: Timestamp): readonly Effect[] {
    this.#dropUnneeded(this.#pending.ofCreator(creator));
    return this.#satisfied({ kind: "evidence", creator }, now);
  }

  /** Enough weight endorses a unit: those that claim it go on. */
  onEndorsed(hash: UnitHash, now: Timestamp): readonly Effect[] {
    return this.#satisfied({ kind: "endorsements", hash }, now);
  }

  /** The unit broke a rule: it, what hangs on it, and those who sent either are let go. */
  onInvalid(hash: UnitHash, reason: UnitRejection): readonly Effect[] {
    const peers = new Map<PeerId, DisconnectReason>();
    const doomed: { readonly hash: UnitHash; readonly reason: UnitRejection }[] = [{ hash, reason }];
    // Each once: in a dense graph the ways from the invalid unit to those that hang on it are without number.
    const met = new Set<UnitHash>([hash]);
    for (let next = doomed.shift(); next !== undefined; next = doomed.shift()) {
      const entry = this.#pending.get(next.hash);
      for (const peer of entry?.senders ?? []) if (!peers.has(peer)) peers.set(peer, next.reason);
      for (const { unit } of this.#pending.citing(next.hash)) {
        if (met.has(unit.hash)) continue;
        met.add(unit.hash);
        doomed.push({ hash: unit.hash, reason: { code: "InvalidCitation", cited: next.hash } });
      }
      this.#requests.closeUnit(next.hash);
      this.#requests.close({ kind: "block", hash: next.hash });
      this.#pending.remove(next.hash);
      this.#rememberInvalid(next.hash);
    }
    // What an equivocator made was let in for the sake of those that fell.
    this.#dropUnneeded([...this.#pending.entries()].filter(({ unit }) => this.#dag.isFaulty(unit.creator)));
    return [...peers].map(([peer, why]) => ({ kind: "disconnect", peer, reason: why }));
  }

  /** Forgets a unit that nobody is to blame for; it may come again. */
  forget(hash: UnitHash): void {
    this.#pending.remove(hash);
    this.#requests.close({ kind: "block", hash });
  }

  /** Units whose time has come. */
  onPostponed(now: Timestamp): readonly Effect[] {
    const postponed = [...this.#pending.entries()].filter((entry) => entry.stage === "postponed");
    postponed.sort((a, b) => a.unit.body.t - b.unit.body.t);
    const due = postponed.filter((entry) => entry.unit.body.t <= now);
    const [next] = postponed;
    // Timers of an operating system may fire a millisecond early.
    if (due.length === 0 && next !== undefined) {
      return [{ kind: "schedule", timer: { kind: "postponed" }, at: next.unit.body.t }];
    }
    return due.flatMap((entry) => [...this.#evaluate(entry, now)]);
  }

  /** Asks the next holders of what has not come. */
  onRequestTick(now: Timestamp): readonly Effect[] {
    this.#requestTick = undefined;
    const effects: Effect[] = [];
    for (const dependency of this.#requests.open()) {
      if (this.#pending.isNeeded(dependency)) effects.push(...this.#ask(dependency, now));
      else this.#requests.close(dependency);
    }
    return effects;
  }

  /** Forgets units that have waited too long. Those at the executor stay, and what stands on them: it will answer. */
  purge(now: Timestamp): void {
    const old = [...this.#pending.entries()].filter(({ since }) => now - since >= this.#limits.pendingTimeoutMs);
    const atExecutor = [...this.#pending.entries()].filter(({ stage }) => stage === "validating");
    const kept = old.length === 0 ? new Set() : this.#pending.standingOn(atExecutor.map(({ unit }) => unit.hash));
    for (const entry of old) {
      if (kept.has(entry.unit.hash)) continue;
      this.forget(entry.unit.hash);
    }
    for (const dependency of this.#requests.open()) {
      if (!this.#pending.isNeeded(dependency)) this.#requests.close(dependency);
    }
  }

  #dropUnneeded(entries: readonly PendingUnit[]): void {
    for (const { unit, stage } of entries) {
      if (stage !== "validating" && !this.isNeeded(unit.hash)) this.forget(unit.hash);
    }
  }

  #satisfied(dependency: Dependency, now: Timestamp): readonly Effect[] {
    this.#requests.close(dependency);
    return this.#goOn(this.#pending.waitersOf(dependency), now);
  }

  #goOn(entries: readonly PendingUnit[], now: Timestamp): readonly Effect[] {
    return entries.flatMap((entry) => [...this.#evaluate(entry, now)]);
  }

  /** Looks what a unit still lacks: units first, then evidence, endorsements, the payload. */
  #evaluate(entry: PendingUnit, now: Timestamp): readonly Effect[] {
    const { unit } = entry;
    const missing = missingDependencies(unit, this.#dag);
    const invalid = missing.units.find(({ hash }) => this.#invalid.has(hash))?.hash;
    if (invalid !== undefined) return this.onInvalid(unit.hash, { code: "InvalidCitation", cited: invalid });
    const dependencies: Dependency[] = [
      ...missing.units.map((unit): Dependency => ({ kind: "unit", ...unit })),
      ...missing.evidence.map((creator): Dependency => ({ kind: "evidence", creator })),
      ...missing.endorsements.map((hash): Dependency => ({ kind: "endorsements", hash })),
    ];
    if (unit.body.blockHash !== undefined && entry.payload === undefined) {
      dependencies.push({ kind: "block", hash: unit.hash });
    }
    this.#pending.waitFor(unit.hash, dependencies);
    if (dependencies.length === 0) {
      entry.stage = "ready";
      this.#ready.push(entry);
      return [];
    }
    entry.stage = "waiting";
    return dependencies.flatMap((dependency) => [...this.#want(dependency, entry, now)]);
  }

  /** Asks for a dependency unless it is on its way; whoever has a unit has what it cites. */
  #want(dependency: Dependency, entry: PendingUnit, now: Timestamp): readonly Effect[] {
    if (dependency.kind === "unit") {
      const onItsWay = this.#pending.get(dependency.hash);
      if (onItsWay !== undefined) {
        for (const peer of entry.holders) this.#noteHolder(onItsWay, peer);
        return [];
      }
      if (this.#exchange.lanes.isUnderWay(dependency, now)) {
        this.#requests.defer(dependency, now);
        return this.#scheduleTick(now);
      }
    }
    return this.#ask(dependency, now);
  }

  #ask(dependency: Dependency, now: Timestamp): readonly Effect[] {
    const holders = new Set<PeerId>();
    for (const waiter of this.#pending.waitersOf(dependency)) for (const peer of waiter.holders) holders.add(peer);
    const tick = this.#scheduleTick(now);
    const next = dependency.kind === "unit" ? this.#nextOf(dependency.creator) : undefined;
    if (dependency.kind === "unit" && next !== undefined && isFarAhead(dependency, next)) {
      // From below in long steps, not from above through every citation; unless that brings nothing.
      const isPatient = this.#requests.openSince(dependency, now) < FAR_PATIENCE_MS;
      const [peer] = holders;
      if (isPatient && peer !== undefined) return [...this.#exchange.catchUpWith(peer, now), ...tick];
    }
    const { lanes } = this.#exchange;
    const stretch =
      dependency.kind === "unit" && next !== undefined ? lanes.missingStretch(dependency, next, now) : undefined;
    const question = this.#requests.ask(dependency, holders, now, stretch);
    if (question === undefined) return tick;
    const { body, to } = question;
    if (body.kind === "getLane") lanes.note(body.creator, body, now);
    return [{ kind: "send", to, message: this.#message(body) }, ...tick];
  }

  /** Number of the first unit that is missing of a lane that we follow. */
  #nextOf(creator: ValidatorIndex): number | undefined {
    const latest = this.#dag.latest[creator];
    return latest === "faulty" ? undefined : latest === undefined ? 0 : latest.seq + 1;
  }

  #scheduleTick(now: Timestamp): readonly Effect[] {
    if (this.#requestTick !== undefined && this.#requestTick > now) return [];
    this.#requestTick = (now + REQUEST_TICK_MS) as Timestamp;
    return [{ kind: "schedule", timer: { kind: "requests" }, at: this.#requestTick }];
  }

  /** Notes a holder of a pending unit, and of the pending units it waits for. */
  #noteHolder(entry: PendingUnit, peer: PeerId | undefined): void {
    if (peer === undefined) return;
    const stack = [entry];
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
      if (next.holders.has(peer)) continue;
      next.holders.add(peer);
      if (next.stage !== "waiting") continue;
      for (const hash of next.unit.hashes) {
        const cited = this.#pending.get(hash);
        if (cited !== undefined) stack.push(cited);
      }
    }
  }

  #rememberInvalid(hash: UnitHash): void {
    this.#invalid.add(hash);
    if (this.#invalid.size <= MAX_REMEMBERED_INVALID) return;
    const [oldest] = this.#invalid;
    if (oldest !== undefined) this.#invalid.delete(oldest);
  }

  #message(body: MessageBody) {
    return { instance: this.#dag.instance.id, ...body };
  }
}

function disconnect(peer: PeerId | undefined, reason: DisconnectReason): readonly Effect[] {
  return peer === undefined ? [] : [{ kind: "disconnect", peer, reason }];
}
