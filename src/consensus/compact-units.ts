import { type Bytes, keccakHash, type Timestamp, timestamp } from "../primitives/index.ts";
import { type Place, rebuild } from "./compact-unit.ts";
import type { Dag } from "./dag.ts";
import type { Effect } from "./effects.ts";
import { disconnect } from "./faults.ts";
import type { PeerId } from "./messages.ts";
import { type PendingUnit, PendingUnits } from "./pending-units.ts";
import type { Synchronizer, SyncLimits } from "./synchronizer.ts";
import type { SignedUnit, UnitHash } from "./unit.ts";
import { type CheckedUnit, checkHashes, type SoundUnit } from "./validity.ts";

/** What a unit cites is nearly always on its way: so long it may take before somebody is asked. */
const PATIENCE_MS = 300;
/** Questions at one time. */
const MAX_QUESTIONS = 64;

type Waiting = PendingUnit<SoundUnit>;

/**
 * Units that came without the hashes of their panorama, until all that they cite is known by number; then they go on to
 * the synchronizer like any other. Whom nobody's arrival helps asks a sender for the hashes.
 *
 * @see KoMaBFT spec 4 (hashes), 15 (GetPanorama)
 */
export class CompactUnits {
  readonly #dag: Dag;
  readonly #sync: Synchronizer;
  readonly #limits: SyncLimits;
  readonly #waiting: PendingUnits<SoundUnit>;
  readonly #asked = new Map<UnitHash, Set<PeerId>>();
  #tick: Timestamp | undefined;

  constructor(dag: Dag, sync: Synchronizer, limits: SyncLimits) {
    this.#dag = dag;
    this.#sync = sync;
    this.#limits = limits;
    this.#waiting = new PendingUnits(limits);
  }

  get size(): number {
    return this.#waiting.size;
  }

  has(hash: UnitHash): boolean {
    return this.#waiting.get(hash) !== undefined;
  }

  /** A waiting unit with the same creator and number: together they are an equivocation. */
  forkOf({ hash, creator, seq }: SignedUnit): SignedUnit | undefined {
    return this.#waiting.at(creator, seq).find(({ unit }) => unit.hash !== hash)?.unit;
  }

  /** Takes a unit without hashes that is not known yet. */
  receive(unit: SoundUnit, payload: Bytes | undefined, from: PeerId, now: Timestamp): readonly Effect[] {
    if (unit.body.t > now + this.#limits.maxFutureMs) return [];
    const entry: Waiting = {
      unit,
      since: now,
      senders: new Set([from]),
      holders: new Set([from]),
      payload: undefined,
      stage: "waiting",
    };
    const rebuilt = rebuild(unit, this.#dag, this.#pendingAt);
    if (rebuilt.kind === "whole" && rebuilt.check.ok)
      return this.#sync.receive(rebuilt.check.value, payload, from, now);
    if (this.#waiting.add(entry).includes(entry)) return [];
    return [...this.#keepPayload(entry, payload, from), ...this.#retry(entry, now)];
  }

  /** A waiting unit came once more, maybe with its hashes or its payload. */
  hearAgain(unit: SignedUnit, payload: Bytes | undefined, from: PeerId, now: Timestamp): readonly Effect[] {
    const entry = this.#waiting.get(unit.hash);
    if (entry === undefined) return [];
    entry.senders.add(from);
    const effects = this.#keepPayload(entry, payload, from);
    if (unit.hashes.length === 0) return effects;
    const check = checkHashes(entry.unit, unit.hashes);
    if (!check.ok) return [...effects, ...disconnect(from, check.rejection)];
    return [...effects, ...this.#goOn(entry, check.value, now)];
  }

  /** There is a unit with this number, in the state or on its way: those that wait for its hash go on. */
  onKnown({ creator, seq }: Place, now: Timestamp): readonly Effect[] {
    if (this.#waiting.size === 0) return [];
    const waiters = this.#waiting.waitersOf({ kind: "place", creator, seq });
    return waiters.flatMap((entry) => [...this.#retry(entry, now)]);
  }

  onTick(now: Timestamp): readonly Effect[] {
    this.#tick = undefined;
    const late = [...this.#waiting.entries()].filter(({ since }) => now - since >= PATIENCE_MS);
    late.sort((a, b) => a.unit.body.t - b.unit.body.t);
    const questions = late.flatMap((entry) => [...this.#ask(entry)]);
    return [...questions.slice(0, MAX_QUESTIONS), ...this.#schedule(now)];
  }

  /** Forgets units that have waited too long. */
  purge(now: Timestamp): void {
    for (const entry of [...this.#waiting.entries()]) {
      if (now - entry.since >= this.#limits.pendingTimeoutMs) this.#remove(entry.unit.hash);
    }
  }

  #retry(entry: Waiting, now: Timestamp): readonly Effect[] {
    const rebuilt = rebuild(entry.unit, this.#dag, this.#pendingAt);
    switch (rebuilt.kind) {
      case "whole": {
        const { check } = rebuilt;
        if (check.ok) return this.#goOn(entry, check.value, now);
        this.#remove(entry.unit.hash);
        return [...entry.senders].flatMap((peer) => [...disconnect(peer, check.rejection)]);
      }
      case "missing":
        this.#waiting.waitFor(
          entry.unit.hash,
          rebuilt.places.map((place) => ({ kind: "place", ...place })),
        );
        return this.#schedule(now);
      case "different":
        this.#waiting.waitFor(entry.unit.hash, []);
        return [...this.#ask(entry), ...this.#schedule(now)];
    }
  }

  #goOn(entry: Waiting, unit: CheckedUnit, now: Timestamp): readonly Effect[] {
    this.#remove(unit.hash);
    if (this.#dag.isFaulty(unit.creator) && !this.#sync.isNeeded(unit.hash)) return [];
    const [first, ...others] = entry.senders;
    return [
      ...this.#sync.receive(unit, entry.payload, first, now),
      ...others.flatMap((peer) => [...this.#sync.addSender(unit.hash, undefined, peer, now)]),
    ];
  }

  /** One sender at a time, nobody twice. */
  #ask({ unit, senders }: Waiting): readonly Effect[] {
    const asked = this.#asked.get(unit.hash) ?? new Set();
    this.#asked.set(unit.hash, asked);
    for (const to of senders) {
      if (asked.has(to)) continue;
      asked.add(to);
      const message = { instance: this.#dag.instance.id, kind: "getPanorama", unit: unit.hash } as const;
      return [{ kind: "send", to, message }];
    }
    return [];
  }

  #keepPayload(entry: Waiting, payload: Bytes | undefined, from: PeerId): readonly Effect[] {
    if (payload === undefined || entry.payload !== undefined) return [];
    const { hash, body } = entry.unit;
    if (body.blockHash === undefined || keccakHash(payload) !== body.blockHash) {
      return disconnect(from, { code: "PayloadMismatch", block: hash });
    }
    entry.payload = payload;
    return [];
  }

  readonly #pendingAt = ({ creator, seq }: Place): UnitHash | undefined => {
    const [hash, ...others] = this.#sync.pendingAt(creator, seq);
    const waiting = this.#waiting.at(creator, seq);
    // Two units with one number: only somebody who has the unit can say which it means.
    if (others.length + waiting.length + (hash === undefined ? 0 : 1) !== 1) return undefined;
    return hash ?? waiting[0]?.unit.hash;
  };

  #remove(hash: UnitHash): void {
    this.#waiting.remove(hash);
    this.#asked.delete(hash);
  }

  #schedule(now: Timestamp): readonly Effect[] {
    if (this.#waiting.size === 0 || (this.#tick !== undefined && this.#tick > now)) return [];
    this.#tick = timestamp(now + PATIENCE_MS);
    return [{ kind: "schedule", timer: { kind: "panoramas" }, at: this.#tick }];
  }
}
