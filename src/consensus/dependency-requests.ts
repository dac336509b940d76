import type { Timestamp } from "../primitives/index.ts";
import type { LaneRange } from "./lane-requests.ts";
import type { MessageBody, PeerId } from "./messages.ts";
import { type Dependency, type DependencyKey, dependencyKey } from "./pending-units.ts";
import type { UnitHash } from "./unit.ts";

/** How long one holder has to answer before the next is asked. */
const PATIENCE_MS = 300;
/** After that a question does not count as under way any more. */
const LOST_AFTER_MS = 1000;

interface OpenRequest {
  readonly dependency: Dependency;
  readonly askedAt: Map<PeerId, Timestamp>;
  lastAskedAt: Timestamp;
  readonly since: Timestamp;
  /** The stretch of its lane was asked for already, or is under way without us. */
  byLane: boolean;
}

export interface Question {
  readonly to: PeerId;
  readonly body: MessageBody;
}

/**
 * Who was asked for what: one holder at a time, the next after 300 ms, nobody twice within the purge interval, a few under
 * way at most. After that everybody may be asked again: an answer may be lost, and its holder be the only one that is honest.
 *
 * @see KoMaBFT spec 15
 */
export class DependencyRequests {
  readonly #maxHoldersAsked: number;
  readonly #askAgainMs: number;
  readonly #open = new Map<DependencyKey, OpenRequest>();

  /** @param askAgainMs the purge interval */
  constructor(maxHoldersAsked: number, askAgainMs: number) {
    this.#maxHoldersAsked = maxHoldersAsked;
    this.#askAgainMs = askAgainMs;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Dependencies asked for and not come. */
  open(): readonly Dependency[] {
    return [...this.#open.values()].map((request) => request.dependency);
  }

  /** For how long it has been missing, in ms. */
  openSince(dependency: Dependency, now: Timestamp): number {
    return now - this.#request(dependency, now).since;
  }

  /** It comes with something that was asked already: nobody is asked before that had its time. */
  defer(dependency: Dependency, now: Timestamp): void {
    const request = this.#request(dependency, now);
    if (request.byLane) return;
    request.byLane = true;
    request.lastAskedAt = now;
  }

  /**
   * The question to send now, if it is time for one and somebody is left to ask.
   *
   * @param stretch what is missing of the unit's lane together with it: asked for in place of the unit, once
   */
  ask(dependency: Dependency, holders: Iterable<PeerId>, now: Timestamp, stretch?: LaneRange): Question | undefined {
    const request = this.#request(dependency, now);
    if (now - request.lastAskedAt < PATIENCE_MS) return undefined;
    const [first] = holders;
    if (stretch !== undefined && dependency.kind === "unit" && !request.byLane && first !== undefined) {
      request.byLane = true;
      request.lastAskedAt = now;
      return { to: first, body: { kind: "getLane", creator: dependency.creator, ...stretch } };
    }
    let underWay = 0;
    for (const at of request.askedAt.values()) if (now - at < LOST_AFTER_MS) underWay++;
    if (underWay >= this.#maxHoldersAsked) return undefined;
    for (const peer of holders) {
      const askedAt = request.askedAt.get(peer);
      if (askedAt !== undefined && now - askedAt < this.#askAgainMs) continue;
      request.askedAt.set(peer, now);
      request.lastAskedAt = now;
      return { to: peer, body: questionFor(dependency) };
    }
    return undefined;
  }

  #request(dependency: Dependency, now: Timestamp): OpenRequest {
    const key = dependencyKey(dependency);
    const known = this.#open.get(key);
    if (known !== undefined) return known;
    const lastAskedAt = -PATIENCE_MS as Timestamp;
    const request = { dependency, askedAt: new Map(), lastAskedAt, since: now, byLane: false };
    this.#open.set(key, request);
    return request;
  }

  /** It came, or nothing waits for it any more. */
  close(dependency: Dependency): void {
    this.#open.delete(dependencyKey(dependency));
  }

  closeUnit(hash: UnitHash): void {
    this.#open.delete(`unit ${hash}`);
  }
}

function questionFor(dependency: Dependency): MessageBody {
  switch (dependency.kind) {
    case "unit":
      return { kind: "getUnit", unit: dependency.hash };
    case "block":
      return { kind: "getBlock", block: dependency.hash };
    case "endorsements":
      return { kind: "getEndorsements", unit: dependency.hash };
    case "evidence":
      return { kind: "getEvidence", creator: dependency.creator };
  }
}
