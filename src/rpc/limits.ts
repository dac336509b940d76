/** What clients may ask of a server, and how long it waits for them. Bytes, milliseconds, or counts. */
export interface RpcLimits {
  /** Largest HTTP body and WebSocket message, bytes. */
  readonly maxBodyBytes: number;
  /** Levels to which arrays and objects of a request may be nested. */
  readonly maxDepth: number;
  /** Requests of one batch. */
  readonly maxBatch: number;
  /** Largest answer to one request, bytes; a larger one becomes an error. */
  readonly maxResponseBytes: number;
  /** Answers of one batch together, bytes; what would exceed it is answered with an error. */
  readonly maxBatchResponseBytes: number;
  /** Requests being read and answers not yet taken, of all clients together, bytes; beyond it clients are sent away. */
  readonly maxBufferedBytes: number;
  /** A request that has no answer after this time is answered with an error. */
  readonly requestTimeoutMs: number;
  /** Time in which a client has to send the head of a request. */
  readonly headersTimeoutMs: number;
  /** An HTTP connection on which nothing happens for so long is closed; WebSockets are asked for a sign of life instead. */
  readonly idleTimeoutMs: number;
  /** Time that requests being worked on have left when the node stops. */
  readonly drainMs: number;
  /** Open connections, HTTP and WebSocket together. */
  readonly maxConnections: number;
  /** Open connections of one address, or of one /64 of IPv6; this machine's own are not counted. */
  readonly maxConnectionsPerAddress: number;
  /** Requests of one address per second, in the long run; twice as many at once. Costly methods count as ten. 0: no limit. */
  readonly requestsPerSecond: number;
  /** The same for programs on this machine. 0: no limit. */
  readonly localRequestsPerSecond: number;
  /** Costly requests of one connection worked on at once; more wait for their turn. */
  readonly maxCostlyPerConnection: number;
  /** Requests of one WebSocket connection worked on at once; more wait unread. */
  readonly maxRequestsPerSocket: number;
  /** Subscriptions of one WebSocket connection. */
  readonly maxSubscriptionsPerSocket: number;
  /** A WebSocket whose client leaves more than this unread is closed, bytes. */
  readonly maxSocketBacklogBytes: number;
  /** Filters of all clients. */
  readonly maxFilters: number;
  /** A filter nobody has asked about for this long is forgotten. */
  readonly filterIdleMs: number;
  /** Blocks one log query may span. */
  readonly maxLogBlocks: number;
  /** Logs one query may answer with. */
  readonly maxLogs: number;
  /** Blocks of one `eth_feeHistory`. */
  readonly maxFeeHistoryBlocks: number;
  /** Slots of one `eth_getProof`. */
  readonly maxProofSlots: number;
  /** Threads for calls, traces and log queries. 0 runs calls in the node's own thread. */
  readonly callThreads: number;
  /** Most gas of one call; never more than a block's. */
  readonly maxCallGas: number;
  /** Longest one call, trace or log query may run. */
  readonly callTimeoutMs: number;
  /** Largest trace, bytes of its JSON. */
  readonly maxTraceBytes: number;
}

export const defaultRpcLimits: RpcLimits = {
  maxBodyBytes: 5 * 1024 * 1024,
  maxDepth: 32,
  maxBatch: 100,
  maxResponseBytes: 32 * 1024 * 1024,
  maxBatchResponseBytes: 32 * 1024 * 1024,
  maxBufferedBytes: 256 * 1024 * 1024,
  requestTimeoutMs: 30_000,
  headersTimeoutMs: 10_000,
  idleTimeoutMs: 65_000,
  drainMs: 2_000,
  maxConnections: 1_000,
  maxConnectionsPerAddress: 100,
  requestsPerSecond: 1_000,
  localRequestsPerSecond: 0,
  maxCostlyPerConnection: 4,
  maxRequestsPerSocket: 64,
  maxSubscriptionsPerSocket: 100,
  maxSocketBacklogBytes: 16 * 1024 * 1024,
  maxFilters: 1_000,
  filterIdleMs: 300_000,
  maxLogBlocks: 10_000,
  maxLogs: 10_000,
  maxFeeHistoryBlocks: 1_024,
  maxProofSlots: 256,
  callThreads: 1,
  maxCallGas: 30_000_000,
  callTimeoutMs: 5_000,
  maxTraceBytes: 16 * 1024 * 1024,
};

/** Limits for which zero means none. */
const mayBeZero: readonly string[] = ["requestsPerSecond", "localRequestsPerSecond", "callThreads", "drainMs"];

/**
 * Checks limits from a file.
 *
 * @param fail  called with what is wrong: the name of a limit and a sentence about it
 */
export function checkRpcLimits(given: Readonly<Record<string, unknown>>, fail: (name: string, what: string) => never) {
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(defaultRpcLimits, name)) {
      fail(name, `is not known; known: ${Object.keys(defaultRpcLimits).join(", ")}`);
    }
    const least = mayBeZero.includes(name) ? 0 : 1;
    if (!Number.isSafeInteger(value) || (value as number) < least || (value as number) > 2 ** 31) {
      fail(name, `must be a whole number from ${least} to ${2 ** 31}`);
    }
  }
}
