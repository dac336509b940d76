import type { Address, Hash } from "../primitives/index.ts";

/** What a node tells whoever listens. Payloads are values; events inform and never decide. */
export interface NodeEvents {
  readonly transactionAdmitted: { readonly hash: Hash };
  readonly headChanged: {
    readonly number: bigint;
    readonly hash: Hash;
    readonly producer: Address;
    readonly transactions: number;
  };
  readonly blockFinalized: {
    readonly number: bigint;
    readonly hash: Hash;
    readonly producer: Address;
    readonly transactions: number;
  };
  readonly faultDetected: { readonly kind: string; readonly validator: Address; readonly detail: string };
  readonly checkpointSubmitted: { readonly number: bigint; readonly start: bigint; readonly end: bigint };
  readonly checkpointFinalized: { readonly number: bigint };
  readonly checkpointRejected: { readonly number: bigint; readonly generation: bigint };
  readonly depositConfirmed: { readonly id: bigint };
  readonly depositCredited: { readonly id: bigint };
  readonly peersChanged: { readonly count: number };
  readonly behaviour: {
    readonly handle: string;
    readonly kind: string;
    readonly event: string;
    readonly detail: string;
  };
}

export type NodeEvent = { [K in keyof NodeEvents]: { readonly type: K } & NodeEvents[K] }[keyof NodeEvents];

export interface NodeEventBus {
  emit(event: NodeEvent): void;
  /** Calls back for every event; the answer unsubscribes. */
  subscribe(listener: (event: NodeEvent) => void): () => void;
}

export function createNodeEventBus(): NodeEventBus {
  const listeners = new Set<(event: NodeEvent) => void>();
  return {
    emit(event) {
      for (const listener of [...listeners]) listener(event);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
