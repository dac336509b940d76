import type { Clock } from "../clock.ts";
import { BugError, KomaError } from "../errors.ts";
import type { Logger } from "../logger.ts";
import type { Bytes } from "../primitives/index.ts";
import type { Channel } from "./channel.ts";
import { applyVerdict, type FaultFilter } from "./fault-filter.ts";
import type { MessageHandler, RequestHandler } from "./network.ts";
import type { PeerId } from "./peer-id.ts";
import type { PeerSession } from "./peer-session.ts";
import { encodeRefusal } from "./request-table.ts";

export interface DispatcherOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly maxRequestsInFlight: number;
  readonly filter: () => FaultFilter | undefined;
}

/** Hands what arrives to the modules above, and sends their answers back. */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #subscribers = new Map<Channel, Set<MessageHandler>>();
  readonly #handlers = new Map<Channel, RequestHandler>();
  readonly #answering = new WeakMap<PeerSession, number>();

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  subscribe(channel: Channel, handler: MessageHandler): () => void {
    const handlers = this.#subscribers.get(channel) ?? new Set();
    this.#subscribers.set(channel, handlers.add(handler));
    return () => {
      handlers.delete(handler);
    };
  }

  handle(channel: Channel, handler: RequestHandler): void {
    if (this.#handlers.has(channel)) throw new BugError(`requests on ${channel} have a handler already`);
    this.#handlers.set(channel, handler);
  }

  notified(channel: Channel, payload: Bytes, from: PeerId): void | Promise<void> {
    const verdict = this.#options.filter()?.("in", from, channel) ?? "pass";
    if (verdict === "pass") return this.#deliver(channel, payload, from);
    applyVerdict(verdict, this.#options.clock, () => void this.#deliver(channel, payload, from));
  }

  requested(session: PeerSession, channel: Channel, id: number, payload: Bytes): void | Promise<void> {
    const verdict = this.#options.filter()?.("in", session.peer, channel) ?? "pass";
    if (verdict === "pass") return this.#answer(session, channel, id, payload);
    applyVerdict(verdict, this.#options.clock, () => void this.#answer(session, channel, id, payload));
  }

  #deliver(channel: Channel, payload: Bytes, from: PeerId): void | Promise<void> {
    const pending: Promise<void>[] = [];
    for (const handler of this.#subscribers.get(channel) ?? []) {
      try {
        const work = handler(payload, from);
        if (work !== undefined) pending.push(work.catch((error) => this.#handlerFailed(channel, from, error)));
      } catch (error) {
        this.#handlerFailed(channel, from, error);
      }
    }
    if (pending.length > 0) return Promise.all(pending).then(() => undefined);
  }

  #answer(session: PeerSession, channel: Channel, id: number, payload: Bytes): void | Promise<void> {
    const handler = this.#handlers.get(channel);
    const answering = this.#answering.get(session) ?? 0;
    if (handler === undefined) {
      this.#refuse(session, channel, id, "KOMA_E_REQUEST_UNSUPPORTED", `requests on ${channel} are not answered here`);
      return;
    }
    if (answering >= this.#options.maxRequestsInFlight) {
      this.#refuse(session, channel, id, "KOMA_E_PEER_BUSY", "too many requests at once");
      return;
    }
    this.#answering.set(session, answering + 1);
    return this.#respond(handler, session, channel, id, payload).finally(() => {
      this.#answering.set(session, (this.#answering.get(session) ?? 1) - 1);
    });
  }

  async #respond(handler: RequestHandler, session: PeerSession, channel: Channel, id: number, payload: Bytes) {
    try {
      const response = await handler(payload, session.peer);
      session.write({ channel, kind: "response", id, payload: response });
    } catch (error) {
      if (error instanceof KomaError && !(error instanceof BugError)) {
        this.#refuse(session, channel, id, error.code, error.message);
        return;
      }
      // The peer learns that it failed, not how: the text of an unexpected error may name paths or keys.
      this.#handlerFailed(channel, session.peer, error);
      this.#refuse(session, channel, id, "KOMA_E_BUG", "the request could not be answered");
    }
  }

  #refuse(session: PeerSession, channel: Channel, id: number, code: string, sentence: string): void {
    session.write({ channel, kind: "error", id, payload: encodeRefusal(code, sentence) });
  }

  #handlerFailed(channel: Channel, from: PeerId, error: unknown): void {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#options.logger.error({ channel, peer: from, error: stack }, "a handler of network messages failed");
  }
}
