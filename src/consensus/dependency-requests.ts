import type { Timestamp } from "../primitives/index.ts";
import type { MessageBody, PeerId } from "./messages.ts";
import { type Dependency, type DependencyKey, dependencyKey } from "./pending-units.ts";

/** How long one holder has to answer before the next is asked. */
const PATIENCE_MS = 300;
/** After that a question does not count as under way any more. */
const LOST_AFTER_MS = 1000;

interface OpenRequest {
  readonly dependency: Dependency;
  readonly askedAt: Map<PeerId, Timestamp>;
  lastAskedAt: Timestamp;
}

export interface Question {
  readonly to: PeerId;
  readonly body: MessageBody;
}

/**
 * Who was asked for what: one holder at a time, the next after 300 ms, nobody twice, a few under way at most.
 *
 * @see KoMaBFT spec 15
 */
export class DependencyRequests {
  readonly #maxHoldersAsked: number;
  readonly #open = new Map<DependencyKey, OpenRequest>();

  constructor(maxHoldersAsked: number) {
    this.#maxHoldersAsked = maxHoldersAsked;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Dependencies asked for and not come. */
  open(): readonly Dependency[] {
    return [...this.#open.values()].map((request) => request.dependency);
  }

  /** The question to send now, if it is time for one and somebody is left to ask. */
  ask(dependency: Dependency, holders: Iterable<PeerId>, now: Timestamp): Question | undefined {
    const key = dependencyKey(dependency);
    const request = this.#open.get(key) ?? { dependency, askedAt: new Map(), lastAskedAt: -PATIENCE_MS as Timestamp };
    this.#open.set(key, request);
    if (now - request.lastAskedAt < PATIENCE_MS) return undefined;
    let underWay = 0;
    for (const at of request.askedAt.values()) if (now - at < LOST_AFTER_MS) underWay++;
    if (underWay >= this.#maxHoldersAsked) return undefined;
    for (const peer of holders) {
      if (request.askedAt.has(peer)) continue;
      request.askedAt.set(peer, now);
      request.lastAskedAt = now;
      return { to: peer, body: questionFor(dependency) };
    }
    return undefined;
  }

  /** It came, or nothing waits for it any more. */
  close(dependency: Dependency): void {
    this.#open.delete(dependencyKey(dependency));
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
