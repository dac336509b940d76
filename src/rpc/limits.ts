/** What one client may ask of a server. */
export interface RpcLimits {
  /** Largest HTTP body and WebSocket message, bytes. */
  readonly maxBodyBytes: number;
  readonly maxBatch: number;
  /** Answers of one batch together, bytes; what would exceed it is answered with an error. */
  readonly maxBatchResponseBytes: number;
  /** A request that has no answer after this time is answered with an error. */
  readonly requestTimeoutMs: number;
  /** Open connections, HTTP and WebSocket together. */
  readonly maxConnections: number;
  /** Requests of one WebSocket connection worked on at once; more wait unread. */
  readonly maxRequestsPerSocket: number;
  readonly maxSubscriptionsPerSocket: number;
  /** A WebSocket whose client leaves more than this unread is closed. */
  readonly maxSocketBacklogBytes: number;
  readonly maxFilters: number;
  /** A filter nobody has asked about for this long is forgotten. */
  readonly filterIdleMs: number;
  /** Blocks one log query may span. */
  readonly maxLogBlocks: number;
  /** Logs one query may answer with. */
  readonly maxLogs: number;
  readonly maxFeeHistoryBlocks: number;
  /** Slots of one `eth_getProof`. */
  readonly maxProofSlots: number;
}

export const defaultRpcLimits: RpcLimits = {
  maxBodyBytes: 5 * 1024 * 1024,
  maxBatch: 100,
  maxBatchResponseBytes: 32 * 1024 * 1024,
  requestTimeoutMs: 30_000,
  maxConnections: 1_000,
  maxRequestsPerSocket: 64,
  maxSubscriptionsPerSocket: 100,
  maxSocketBacklogBytes: 16 * 1024 * 1024,
  maxFilters: 1_000,
  filterIdleMs: 300_000,
  maxLogBlocks: 10_000,
  maxLogs: 10_000,
  maxFeeHistoryBlocks: 1_024,
  maxProofSlots: 256,
};
