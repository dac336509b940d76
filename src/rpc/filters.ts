import { randomBytes } from "node:crypto";
import type { Clock } from "../clock.ts";
import { ProtocolError } from "../errors.ts";
import { bytesToHex, type Hex, type Timestamp } from "../primitives/index.ts";
import { limitExceeded } from "./json-rpc-error.ts";
import { logToJson, matchingLogs } from "./json-views.ts";
import type { RpcLimits } from "./limits.ts";
import type { HeadChange, LogCriteria, NodeApi, Unsubscribe } from "./node-api.ts";
import type { LogFilter } from "./params.ts";

export type FilterKind =
  | { readonly kind: "blocks" }
  | { readonly kind: "pendingTransactions" }
  | { readonly kind: "logs"; readonly filter: LogFilter };

interface Filter {
  readonly what: FilterKind;
  changes: unknown[];
  usedAt: Timestamp;
}

/** Changes one filter may hold; a client that lets it fill has stopped asking. */
const maxChanges = 10_000;
const sweepEveryMs = 10_000;

/**
 * Filters of clients that poll. Ids are random, because every client of the server could otherwise read another's; the
 * number of filters, what each holds, and how long an idle one lives are bounded.
 */
export class FilterStore {
  readonly #api: NodeApi;
  readonly #limits: RpcLimits;
  readonly #clock: Clock;
  readonly #filters = new Map<Hex, Filter>();
  #unsubscribe: readonly Unsubscribe[] = [];
  #cancelSweep: (() => void) | undefined;

  constructor(api: NodeApi, limits: RpcLimits, clock: Clock) {
    this.#api = api;
    this.#limits = limits;
    this.#clock = clock;
  }

  get size(): number {
    return this.#filters.size;
  }

  /** @throws {UserError} KOMA_E_RPC_LIMIT */
  add(what: FilterKind): Hex {
    this.#sweep();
    if (this.#filters.size >= this.#limits.maxFilters) {
      throw limitExceeded(`too many filters: ${this.#limits.maxFilters} exist`, { limit: this.#limits.maxFilters });
    }
    const id = bytesToHex(randomBytes(16));
    this.#filters.set(id, { what, changes: [], usedAt: this.#clock.now() });
    this.#listen();
    return id;
  }

  /** What happened since the last call. @throws {ProtocolError} KOMA_E_FILTER_UNKNOWN */
  takeChanges(id: Hex): readonly unknown[] {
    const filter = this.#find(id);
    const { changes } = filter;
    filter.changes = [];
    return changes;
  }

  /** The log filter behind an id. @throws {ProtocolError} KOMA_E_FILTER_UNKNOWN, also for filters of other kinds */
  logFilter(id: Hex): LogFilter {
    const { what } = this.#find(id);
    if (what.kind !== "logs") throw unknownFilter(id);
    return what.filter;
  }

  remove(id: Hex): boolean {
    const removed = this.#filters.delete(id);
    if (this.#filters.size === 0) this.#silence();
    return removed;
  }

  close(): void {
    this.#filters.clear();
    this.#silence();
  }

  #find(id: Hex): Filter {
    const filter = this.#filters.get(id);
    if (filter === undefined) throw unknownFilter(id);
    filter.usedAt = this.#clock.now();
    return filter;
  }

  #listen(): void {
    if (this.#unsubscribe.length > 0) return;
    this.#unsubscribe = [
      this.#api.onHead((change) => this.#onHead(change)),
      this.#api.onPendingTransaction(({ hash }) => this.#collect("pendingTransactions", () => [hash])),
    ];
    this.#scheduleSweep();
  }

  #silence(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    this.#unsubscribe = [];
    this.#cancelSweep?.();
    this.#cancelSweep = undefined;
  }

  #onHead(change: HeadChange): void {
    this.#collect("blocks", () => change.added.map(({ block }) => block.hash));
    this.#collect("logs", ({ what }) => (what.kind === "logs" ? changedLogs(change, what.filter) : []));
  }

  #collect(kind: FilterKind["kind"], changesOf: (filter: Filter) => readonly unknown[]): void {
    for (const [id, filter] of [...this.#filters]) {
      if (filter.what.kind !== kind) continue;
      filter.changes.push(...changesOf(filter));
      if (filter.changes.length > maxChanges) this.remove(id);
    }
  }

  #sweep(): void {
    const oldest = this.#clock.now() - this.#limits.filterIdleMs;
    for (const [id, filter] of [...this.#filters]) if (filter.usedAt < oldest) this.remove(id);
  }

  #scheduleSweep(): void {
    const every = Math.min(sweepEveryMs, this.#limits.filterIdleMs);
    this.#cancelSweep = this.#clock.schedule((this.#clock.now() + every) as Timestamp, () => {
      this.#sweep();
      if (this.#filters.size > 0) this.#scheduleSweep();
    });
  }
}

/** Logs that a change of head took away (marked so) and brought. */
export function changedLogs(change: HeadChange, criteria: LogCriteria): readonly unknown[] {
  return [
    ...change.removed.flatMap((view) => matchingLogs(view, criteria).map((log) => logToJson(log, true))),
    ...change.added.flatMap((view) => matchingLogs(view, criteria).map((log) => logToJson(log))),
  ];
}

function unknownFilter(id: string): ProtocolError {
  return new ProtocolError("KOMA_E_FILTER_UNKNOWN", "filter not found", { facts: { filter: id.slice(0, 66) } });
}
