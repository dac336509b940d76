import type { Logger } from "../logger.ts";
import type { NetworkEvents } from "./network.ts";

type Listener<Name extends keyof NetworkEvents> = (event: NetworkEvents[Name]) => void;

/** Events of one network. A listener that throws is logged and does not disturb the others: events inform only. */
export class EventSource {
  readonly #logger: Logger;
  readonly #listeners: { readonly [Name in keyof NetworkEvents]: Set<Listener<Name>> } = {
    peerConnected: new Set(),
    peerDisconnected: new Set(),
    peerBanned: new Set(),
  };

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  on<Name extends keyof NetworkEvents>(name: Name, listener: Listener<Name>): () => void {
    this.#listeners[name].add(listener);
    return () => {
      this.#listeners[name].delete(listener);
    };
  }

  emit<Name extends keyof NetworkEvents>(name: Name, event: NetworkEvents[Name]): void {
    for (const listener of [...this.#listeners[name]]) {
      try {
        listener(event);
      } catch (error) {
        this.#logger.error({ event: name, error: String(error) }, "a listener of a network event failed");
      }
    }
  }
}
