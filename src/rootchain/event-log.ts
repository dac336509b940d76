import { setTimeout as sleep } from "node:timers/promises";
import { EnvironmentError, ProtocolError } from "../errors.ts";
import { type Logger, silentLogger } from "../logger.ts";
import { type Hash, parseHash } from "../primitives/index.ts";
import type { Artifacts } from "./artifacts.ts";
import type { RootContracts } from "./deployment-plan.ts";
import { type RootRpc, RootRpcError } from "./json-rpc.ts";
import { readQuantity, readRecord } from "./quantity.ts";
import { createEventDecoder, type RootEvent } from "./root-event.ts";

/** A root chain block that was read. */
export interface SeenBlock {
  readonly number: bigint;
  readonly hash: Hash;
}

/** How far the log has been read; keep it where what was done about the events is kept, in the same transaction. */
export interface EventCursor {
  readonly nextBlock: bigint;
  /** The newest blocks read, oldest first: how a reorganisation is noticed. */
  readonly recent: readonly SeenBlock[];
}

/** What there is to do next, in order. */
export type EventBatch =
  /** Everything in blocks up to and including `through`. */
  | {
      readonly kind: "events";
      readonly events: readonly RootEvent[];
      readonly through: bigint;
      readonly cursor: EventCursor;
    }
  /** The root chain left a branch that was read: forget what blocks above `to` said. Their successors follow. */
  | { readonly kind: "rollback"; readonly to: bigint; readonly cursor: EventCursor };

export interface EventLogOptions {
  readonly rpc: RootRpc;
  readonly contracts: RootContracts;
  readonly artifacts: Artifacts;
  /** Where to go on, or the first block to read. */
  readonly from: EventCursor | bigint;
  /** Blocks that must stand on top of a block before it is read; 0 reads the newest. */
  readonly confirmations: number;
  /** Most blocks of one request, default 1,000. */
  readonly maxRange?: number;
  /** Milliseconds between questions for new blocks, default 500. */
  readonly pollMs?: number;
  readonly logger?: Logger;
}

/** The events of the root contracts: every one once, in order, as long as rollbacks are heeded. */
export interface EventLog {
  readonly cursor: EventCursor;
  /** The next batch, or undefined when nothing new is confirmed. Advances the cursor. */
  poll(signal?: AbortSignal): Promise<EventBatch | undefined>;
  /**
   * Batches until `signal` aborts. A root chain that is away for a while is waited for.
   *
   * @throws {ProtocolError} KOMA_E_ROOTCHAIN_REORG_DEEP
   */
  batches(signal: AbortSignal): AsyncGenerator<EventBatch, void, void>;
}

/** Blocks that are remembered: the deepest reorganisation, beyond the confirmations, that can be undone. */
const REMEMBERED = 64;
/** A node whose answers do not fit together is asked again that often before it is left for the next poll. */
const MAX_READ_ATTEMPTS = 5;
const MAX_BACKOFF_MS = 10_000;

export function createEventLog(options: EventLogOptions): EventLog {
  const { rpc, contracts, confirmations } = options;
  const maxRange = BigInt(options.maxRange ?? 1_000);
  const pollMs = options.pollMs ?? 500;
  const logger = options.logger ?? silentLogger;
  const decoder = createEventDecoder(contracts, options.artifacts);
  const addresses = Object.values(contracts);
  let cursor: EventCursor = typeof options.from === "bigint" ? { nextBlock: options.from, recent: [] } : options.from;

  async function poll(signal?: AbortSignal): Promise<EventBatch | undefined> {
    const head = readQuantity(await rpc.request("eth_blockNumber", [], signal), "block number");
    const rollback = await findRollback(head, signal);
    if (rollback) return take(rollback);
    const confirmed = head - BigInt(confirmations);
    if (confirmed < cursor.nextBlock) return undefined;
    const last = cursor.nextBlock + maxRange - 1n;
    const batch = await readRange(confirmed < last ? confirmed : last, signal);
    return batch && take(batch);
  }

  function take(batch: EventBatch): EventBatch {
    cursor = batch.cursor;
    return batch;
  }

  /** Compares the newest remembered block with the chain's; on a difference looks for the newest common one. */
  async function findRollback(head: bigint, signal?: AbortSignal): Promise<EventBatch | undefined> {
    const newest = cursor.recent.findLast(({ number }) => number <= head);
    // Nothing to compare: nothing was read, or the node is far behind (or was reset: then it will differ later).
    if (!newest) return undefined;
    const [now] = await hashesOf([newest.number], signal);
    if (now === undefined || now === newest.hash) return undefined;
    const known = cursor.recent.filter(({ number }) => number < newest.number);
    const hashes = await hashesOf(
      known.map(({ number }) => number),
      signal,
    );
    const index = known.findLastIndex(({ hash }, place) => hashes[place] === hash);
    const common = known[index];
    if (!common) throw tooDeep(cursor, newest);
    logger.warn(
      { from: cursor.nextBlock - 1n, to: common.number, expected: newest.hash, found: now },
      "the root chain was reorganised",
    );
    return {
      kind: "rollback",
      to: common.number,
      cursor: { nextBlock: common.number + 1n, recent: known.slice(0, index + 1) },
    };
  }

  /** Reads logs between two looks at the blocks: only what the same chain said throughout is believed. */
  async function readRange(to: bigint, signal?: AbortSignal): Promise<EventBatch | undefined> {
    const from = cursor.nextBlock;
    const watched: bigint[] = [];
    for (let n = to; n >= from && n > to - BigInt(REMEMBERED); n -= 1n) watched.unshift(n);
    const newest = cursor.recent.at(-1);
    // The block before the first one read: common ground, should all that is read be replaced.
    if (!newest && from > 0n && watched[0] === from) watched.unshift(from - 1n);
    for (let attempt = 1; attempt <= MAX_READ_ATTEMPTS; attempt += 1) {
      const before = await hashesOf(watched, signal);
      const logs = await rpc.request(
        "eth_getLogs",
        [{ fromBlock: quantity(from), toBlock: quantity(to), address: addresses }],
        signal,
      );
      const after = await hashesOf(newest ? [newest.number, ...watched] : watched, signal);
      if (newest && after.shift() !== newest.hash) return undefined; // A rollback, which the next poll reports.
      const events = decodeAll(logs);
      const hashes = new Map(watched.map((number, index) => [number, before[index]]));
      const agree =
        before.every((hash, index) => hash !== undefined && hash === after[index]) &&
        events.every(({ blockNumber, blockHash }) => (hashes.get(blockNumber) ?? blockHash) === blockHash);
      if (!agree) continue;
      const seen = watched.map((number, index) => ({ number, hash: before[index] as Hash }));
      const recent = [...cursor.recent, ...seen].slice(-REMEMBERED);
      return { kind: "events", events, through: to, cursor: { nextBlock: to + 1n, recent } };
    }
    logger.debug({ from, to }, "the root chain's node gave answers that do not fit together");
    return undefined;
  }

  function decodeAll(logs: unknown): readonly RootEvent[] {
    const events = (Array.isArray(logs) ? logs : [])
      .filter((log) => readRecord(log, "log")["removed"] !== true)
      .map((log) => decoder.decode(log))
      .filter((event) => event !== undefined);
    return events.sort((a, b) => Number(a.blockNumber - b.blockNumber) || a.logIndex - b.logIndex);
  }

  /** Hashes of blocks by number; undefined for one that the node does not have. */
  async function hashesOf(numbers: readonly bigint[], signal?: AbortSignal): Promise<(Hash | undefined)[]> {
    const calls = numbers.map((n) => ({ method: "eth_getBlockByNumber", params: [quantity(n), false] }));
    const blocks = await rpc.batch(calls, signal);
    return blocks.map((block) => {
      if (block instanceof RootRpcError) throw block;
      return block === null ? undefined : parseHash(String(readRecord(block, "block")["hash"]));
    });
  }

  async function* batches(signal: AbortSignal): AsyncGenerator<EventBatch, void, void> {
    let pause = pollMs;
    while (!signal.aborted) {
      try {
        const batch = await poll(signal);
        pause = pollMs;
        if (batch) {
          yield batch;
          continue;
        }
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof EnvironmentError || error instanceof RootRpcError)) throw error;
        pause = Math.min(2 * pause, MAX_BACKOFF_MS);
        logger.warn({ error: error.message, retryMs: pause }, "the root chain cannot be read");
      }
      await sleep(pause, undefined, { signal }).catch(() => undefined);
    }
  }

  return {
    get cursor() {
      return cursor;
    },
    poll,
    batches,
  };
}

function quantity(value: bigint): string {
  return `0x${value.toString(16)}`;
}

function tooDeep(cursor: EventCursor, newest: SeenBlock): ProtocolError {
  const oldest = cursor.recent[0]?.number ?? newest.number;
  return new ProtocolError(
    "KOMA_E_ROOTCHAIN_REORG_DEEP",
    `The root chain was replaced from before block ${oldest}, the oldest one remembered.`,
    {
      facts: { oldest, newest: newest.number, hash: newest.hash },
      fix: ["Is this the right root chain? If it was reset, the network has to be made anew."],
    },
  );
}
