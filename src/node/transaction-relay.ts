import { decodeTransaction, emptyCodeHash, nextBaseFee, type Transaction } from "../chain/index.ts";
import type { Clock } from "../clock.ts";
import { ProtocolError } from "../errors.ts";
import type { Executor } from "../execution/index.ts";
import type { Network, PeerId } from "../network/index.ts";
import { type Bytes, type Hash, type Timestamp, timestamp } from "../primitives/index.ts";
import { describeTxRejection, type TxPool, type TxRejection, txRejectionErrorCode } from "../txpool/index.ts";
import type { ChainView } from "./chain-view.ts";
import type { NodeEventBus } from "./events.ts";
import type { PaymentView } from "./payment-view.ts";
import type { JournalRecord, PoolJournal } from "./pool-journal.ts";
import { createTransactionFetch } from "./transaction-fetch.ts";
import {
  announcementFrames,
  bodyFrames,
  encodeAnswer,
  FRAME_TRANSACTIONS,
  readFrame,
  readQuestion,
} from "./transaction-frames.ts";

export interface TransactionRelayPorts {
  readonly chainId: bigint;
  readonly pool: TxPool;
  readonly journal: PoolJournal;
  readonly payments: Pick<PaymentView, "tokenOutput">;
  readonly chain: ChainView;
  readonly executor: Executor;
  readonly network: Network;
  readonly clock: Clock;
  readonly events: NodeEventBus;
  readonly publish: (transaction: Transaction) => void;
  /** With more transactions than this in the pool most peers get hashes in place of bodies. Default 2,000. */
  readonly announceAbove?: number;
}

/** Lets transactions into the pool, from clients, from peers and from disk, and passes them on. */
export interface TransactionRelay {
  /** Brings back what the pool held when the last process ended, and listens to peers. Once the chain is open. */
  start(): Promise<void>;
  /** @throws {ProtocolError} with the pool's rejection, in words that wallets know */
  submit(raw: Bytes): Hash;
  /** The head is another block. */
  headMoved(): void;
  stop(): Promise<void>;
}

/** Transactions travel together: after this long at the latest. */
const FRAME_MS = 10;
const ANNOUNCE_ABOVE = 2_000;
/** Larger ones are never sent unasked. */
const MAX_UNASKED_BYTES = 4_096;
/** What a new peer hears of the pool. */
const MAX_GREETING = 4_096;
const MALFORMED_POINTS = 10;
/** Rejections that no honest node would have passed on. */
const DISHONEST: ReadonlySet<TxRejection["code"]> = new Set([
  "Malformed",
  "BadSignature",
  "WrongChain",
  "UnsupportedType",
]);
/** Rejections that the head before the restart may not have known: blocks that are not final are run anew. */
const TOO_EARLY: ReadonlySet<TxRejection["code"]> = new Set(["InsufficientFunds", "TokenOutput", "NonceGap"]);
/** Heads after which what is on disk and still too early is given up. */
const PATIENCE_HEADS = 32;
const RESTORED_AT_ONCE = 64;

interface Waiting extends JournalRecord {
  readonly hash: Hash;
  readonly from: PeerId | undefined;
  /** In the journal already. */
  readonly written: boolean;
}

export function createTransactionRelay(ports: TransactionRelayPorts): TransactionRelay {
  const { pool, journal, payments, chain, executor, network, clock, announceAbove = ANNOUNCE_ABOVE } = ports;
  let waiting: Waiting[] = [];
  let cancelFlush: (() => void) | undefined;
  let early: readonly JournalRecord[] = [];
  let patience = PATIENCE_HEADS;
  let flushes = 0;
  const ends: (() => void)[] = [];
  const fetch = createTransactionFetch({
    network,
    clock,
    isKnown: (hash) => pool.has(hash) || pool.why(hash) !== undefined,
    receive,
  });

  function add(raw: Bytes, now: Timestamp): { transaction: Transaction } | { rejection: TxRejection } {
    const decoded = decodeTransaction(raw, ports.chainId);
    if (!decoded.ok) return { rejection: decoded.rejection };
    const transaction = decoded.value;
    const state = executor.stateAt(chain.head.hash);
    const account = state.account(transaction.sender);
    const added = pool.add(
      transaction,
      {
        nonce: account?.nonce ?? 0n,
        balance: account?.balance ?? 0n,
        tokenOutput: (token) => payments.tokenOutput(token, transaction.sender),
      },
      {
        baseFee: nextBaseFee(chain.head.header),
        hasCode: (address) => state.code(state.account(address)?.codeHash ?? emptyCodeHash).length > 0,
        now,
      },
    );
    return added.ok ? { transaction } : { rejection: added.rejection };
  }

  function admit(raw: Bytes, from: PeerId | undefined): { hash: Hash } | { rejection: TxRejection } {
    const admittedAt = timestamp(clock.now());
    const added = add(raw, admittedAt);
    if ("rejection" in added) return added;
    const { hash } = added.transaction;
    // A client is told that it is in: that has to hold whatever happens next. What peers sent can wait for the frame.
    const written = from === undefined;
    if (written) journal.append([{ raw, admittedAt }]);
    enqueue({ raw, hash, from, admittedAt, written });
    ports.events.emit({ type: "transactionAdmitted", hash });
    ports.publish(added.transaction);
    return { hash };
  }

  function receive(raw: Bytes, from: PeerId): void {
    const outcome = admit(raw, from);
    if ("rejection" in outcome && DISHONEST.has(outcome.rejection.code)) {
      network.penalize(from, MALFORMED_POINTS, `transaction: ${outcome.rejection.code}`);
    }
  }

  function enqueue(transaction: Waiting): void {
    waiting.push(transaction);
    if (waiting.length >= FRAME_TRANSACTIONS) flush();
    else cancelFlush ??= clock.schedule(timestamp(clock.now() + FRAME_MS), flush);
  }

  function flush(): void {
    cancelFlush?.();
    cancelFlush = undefined;
    const batch = waiting;
    waiting = [];
    journal.append(batch.filter(({ written }) => !written));
    const peers = network.peers();
    // Each round another part of the peers gets bodies; from them, and by asking, they reach the others.
    const share = pool.size > announceAbove ? Math.max(1, Math.floor(Math.sqrt(peers.length))) : peers.length;
    const first = flushes++;
    for (const [index, { id }] of peers.entries()) {
      // Whoever sent a transaction has it; everybody else hears of it once, from whoever had it first.
      const news = batch.filter(({ from }) => from !== id);
      const hasTurn = (index + first) % peers.length < share;
      const inFull = (raw: Bytes) => hasTurn && raw.length <= MAX_UNASKED_BYTES;
      const bodies = news.filter(({ raw }) => inFull(raw)).map(({ raw }) => raw);
      const announced = news.filter(({ raw }) => !inFull(raw)).map(({ hash, raw }) => ({ hash, size: raw.length }));
      for (const frame of [...bodyFrames(bodies), ...announcementFrames(announced)])
        network.send(id, "transactions", frame);
    }
  }

  function hear(payload: Bytes, from: PeerId): void {
    const frame = readFrame(payload);
    if (!frame) return network.penalize(from, MALFORMED_POINTS, "malformed frame of transactions");
    for (const raw of frame.bodies) receive(raw, from);
    if (frame.announced.length > 0) fetch.announced(from, frame.announced);
  }

  async function serve(payload: Bytes, from: PeerId): Promise<Bytes> {
    const hashes = readQuestion(payload);
    if (!hashes) {
      network.penalize(from, MALFORMED_POINTS, "malformed request for transactions");
      throw new ProtocolError("KOMA_E_REQUEST_MALFORMED", "a request for transactions is a list of hashes");
    }
    return encodeAnswer(hashes.map((hash) => pool.get(hash)?.raw).filter((raw) => raw !== undefined));
  }

  /** A peer that was away, or is new, hears what waits here. */
  function greet(peer: PeerId): void {
    const { pending, queued } = pool.content();
    const announced = [...pending, ...queued]
      .slice(0, MAX_GREETING)
      .map(({ hash, raw }) => ({ hash, size: raw.length }));
    for (const frame of announcementFrames(announced)) network.send(peer, "transactions", frame);
  }

  /** @returns what the head is too old for */
  function restore(records: readonly JournalRecord[]): readonly JournalRecord[] {
    const now = clock.now();
    return records.filter(({ raw, admittedAt }) => {
      const added = add(raw, timestamp(Math.min(admittedAt, now)));
      return "rejection" in added && TOO_EARLY.has(added.rejection.code);
    });
  }

  return {
    async start() {
      const restored = journal.takeRestored();
      for (let at = 0; at < restored.length; at += RESTORED_AT_ONCE) {
        early = [...early, ...restore(restored.slice(at, at + RESTORED_AT_ONCE))];
        await new Promise((resolve) => setImmediate(resolve));
      }
      ends.push(
        network.subscribe("transactions", hear),
        network.events.on("peerConnected", ({ id }) => greet(id)),
        network.events.on("peerDisconnected", ({ peer }) => fetch.gone(peer)),
      );
      network.handle("transactions", serve);
    },
    submit(raw) {
      const outcome = admit(raw, undefined);
      if ("hash" in outcome) return outcome.hash;
      const { rejection } = outcome;
      throw new ProtocolError(txRejectionErrorCode(rejection), describeTxRejection(rejection), {
        facts: factsOf(rejection),
      });
    },
    headMoved() {
      if (early.length > 0) early = patience-- > 0 ? restore(early) : [];
      const status = pool.status();
      journal.tidy({
        bytes: status.bytes,
        records: () => [...pool.held()].map(({ tx, admittedAt }) => ({ raw: tx.raw, admittedAt })),
      });
    },
    async stop() {
      flush();
      for (const end of ends.splice(0)) end();
      fetch.stop();
      await journal.close();
    },
  };
}

function factsOf(rejection: TxRejection): Readonly<Record<string, string | number | bigint>> {
  const facts: Record<string, string | number | bigint> = { rule: rejection.code };
  for (const [key, value] of Object.entries(rejection)) {
    if (key !== "code" && ["string", "number", "bigint"].includes(typeof value)) facts[key] = value;
  }
  return facts;
}
