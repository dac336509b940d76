import { randomBytes } from "node:crypto";
import { ProtocolError } from "../errors.ts";
import { bytesToHex, type Hex } from "../primitives/index.ts";
import { changedLogs } from "./filters.ts";
import { invalidParams, limitExceeded } from "./json-rpc-error.ts";
import { headerToJson, quantity, toJsonValue, transactionToJson } from "./json-views.ts";
import type { RpcLimits } from "./limits.ts";
import { type MethodGroup, method } from "./method-table.ts";
import type { FinalityNews, NodeApi, Unsubscribe } from "./node-api.ts";
import { isAbsent, readBoolean, readLogCriteria, readObject, readQuantity } from "./params.ts";

type Namespace = "eth" | "koma";

interface Subscription {
  readonly namespace: Namespace;
  unsubscribe: Unsubscribe;
  /** Notifications from before the client knew the id; `undefined` once it does. */
  held: unknown[] | undefined;
}

/** Subscriptions of one WebSocket connection. */
export class Subscriptions {
  readonly #api: NodeApi;
  readonly #limits: RpcLimits;
  readonly #send: (text: string) => void;
  readonly #active = new Map<Hex, Subscription>();

  constructor(api: NodeApi, limits: RpcLimits, send: (text: string) => void) {
    this.#api = api;
    this.#limits = limits;
    this.#send = send;
  }

  /** The methods that only exist where the server can speak first. */
  methods(): MethodGroup {
    return {
      eth_subscribe: method(2, ([what, options]) =>
        this.#add("eth", (notify) => subscribeEth(this.#api, what, options, notify)),
      ),
      eth_unsubscribe: method(1, ([id]) => this.#remove("eth", id)),
      koma_subscribe: method(2, ([what, options]) =>
        this.#add("koma", (notify) => subscribeKoma(this.#api, what, options, notify)),
      ),
      koma_unsubscribe: method(1, ([id]) => this.#remove("koma", id)),
    };
  }

  /** Called after a response was sent: from now on its subscription's notifications make sense to the client. */
  release(): void {
    for (const [id, subscription] of this.#active) {
      const { held } = subscription;
      if (held === undefined) continue;
      subscription.held = undefined;
      for (const result of held) this.#notify(id, subscription, result);
    }
  }

  close(): void {
    for (const { unsubscribe } of this.#active.values()) unsubscribe();
    this.#active.clear();
  }

  #add(namespace: Namespace, subscribe: (notify: (result: unknown) => void) => Unsubscribe): Hex {
    const limit = this.#limits.maxSubscriptionsPerSocket;
    if (this.#active.size >= limit) throw limitExceeded(`too many subscriptions: at most ${limit}`, { limit });
    const id = bytesToHex(randomBytes(16));
    const subscription: Subscription = { namespace, unsubscribe: () => {}, held: [] };
    this.#active.set(id, subscription);
    try {
      subscription.unsubscribe = subscribe((result) => this.#notify(id, subscription, result));
    } catch (error) {
      this.#active.delete(id);
      throw error;
    }
    return id;
  }

  #remove(namespace: Namespace, id: unknown): true {
    const subscription = typeof id === "string" ? this.#active.get(id as Hex) : undefined;
    if (subscription?.namespace !== namespace) {
      throw new ProtocolError("KOMA_E_SUBSCRIPTION_UNKNOWN", "subscription not found");
    }
    subscription.unsubscribe();
    this.#active.delete(id as Hex);
    return true;
  }

  #notify(id: Hex, subscription: Subscription, result: unknown): void {
    if (subscription.held !== undefined) {
      subscription.held.push(result);
      return;
    }
    const params = { subscription: id, result };
    this.#send(JSON.stringify({ jsonrpc: "2.0", method: `${subscription.namespace}_subscription`, params }));
  }
}

function subscribeEth(api: NodeApi, what: unknown, options: unknown, notify: (result: unknown) => void): Unsubscribe {
  switch (what) {
    case "newHeads":
      return api.onHead(({ added }) => {
        for (const { block } of added) notify(headerToJson(block.header, block.hash));
      });
    case "logs": {
      const criteria = readLogCriteria(isAbsent(options) ? {} : readObject(options, "options"), "options");
      return api.onHead((change) => {
        for (const log of changedLogs(change, criteria)) notify(log);
      });
    }
    case "newPendingTransactions": {
      const full = readBoolean(options, "full", false);
      return api.onPendingTransaction((tx) => notify(full ? transactionToJson(tx) : tx.hash));
    }
    case "syncing": {
      // Told at once, and whenever it changes; heads are when it can.
      let last: string | undefined;
      const tell = () => {
        const state = toJsonValue(api.syncing());
        const text = JSON.stringify(state);
        if (text !== last) notify(state);
        last = text;
      };
      tell();
      return api.onHead(tell);
    }
    default:
      throw invalidParams("subscription", "expected newHeads, logs, newPendingTransactions or syncing");
  }
}

/** `["finality", {alpha, from}]`: blocks that become final at a threshold of the client's choosing (KoMaBFT spec 12.5). */
function subscribeKoma(api: NodeApi, what: unknown, options: unknown, notify: (result: unknown) => void): Unsubscribe {
  if (what !== "finality") throw invalidParams("subscription", "expected finality");
  const { alpha, from } = readObject(options ?? {}, "options");
  if (typeof alpha !== "number" || !(alpha > 0 && alpha < 1)) {
    throw invalidParams("options.alpha", "expected a number between 0 and 1");
  }
  const tell = (news: FinalityNews) => {
    if (news.kind === "exceeded") return notify({ alpha, exceeded: { faultyWeight: news.faultyWeight, N: news.N } });
    const { hash, header, confidence } = news;
    return notify({ alpha, number: quantity(header.number), hash, parentHash: header.parentHash, confidence });
  };
  return api.onFinal(alpha, tell, isAbsent(from) ? undefined : readQuantity(from, "options.from"));
}
