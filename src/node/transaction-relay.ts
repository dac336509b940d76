import { decodeTransaction, emptyCodeHash, nextBaseFee, type Transaction } from "../chain/index.ts";
import type { Clock } from "../clock.ts";
import { ProtocolError } from "../errors.ts";
import type { Executor } from "../execution/index.ts";
import type { Network, PeerId } from "../network/index.ts";
import {
  type Bytes,
  decodeRlp,
  encodeRlp,
  type Hash,
  MalformedRlp,
  readBytes,
  readList,
  timestamp,
} from "../primitives/index.ts";
import { describeTxRejection, type TxPool, type TxRejection, txRejectionErrorCode } from "../txpool/index.ts";
import type { ChainView } from "./chain-view.ts";
import type { NodeEventBus } from "./events.ts";

export interface TransactionRelayPorts {
  readonly chainId: bigint;
  readonly pool: TxPool;
  readonly chain: ChainView;
  readonly executor: Executor;
  readonly network: Network;
  readonly clock: Clock;
  readonly events: NodeEventBus;
  readonly publish: (transaction: Transaction) => void;
}

/** Lets transactions into the pool, from clients and from peers, and passes them on. */
export interface TransactionRelay {
  /** @throws {ProtocolError} with the pool's rejection, in words that wallets know */
  submit(raw: Bytes): Hash;
  /** A frame of transactions from a peer. */
  receive(payload: Bytes, from: PeerId): void;
  stop(): void;
}

/** Transactions travel together: at most this many, or after this long. */
const FRAME_TRANSACTIONS = 50;
const FRAME_MS = 10;
/** A frame stays well below what the channel allows; a transaction alone may have 128 KiB of data. */
const FRAME_BYTES = 256 * 1024;
const MALFORMED_POINTS = 10;
/** Rejections that no honest node would have passed on. */
const DISHONEST: ReadonlySet<TxRejection["code"]> = new Set([
  "Malformed",
  "BadSignature",
  "WrongChain",
  "UnsupportedType",
]);

export function createTransactionRelay(ports: TransactionRelayPorts): TransactionRelay {
  const { pool, chain, executor, network, clock } = ports;
  let waiting: { readonly raw: Bytes; readonly from: PeerId | undefined }[] = [];
  let cancelFlush: (() => void) | undefined;

  function admit(raw: Bytes, from: PeerId | undefined): { hash: Hash } | { rejection: TxRejection } {
    const decoded = decodeTransaction(raw, ports.chainId);
    if (!decoded.ok) return { rejection: decoded.rejection };
    const transaction = decoded.value;
    const state = executor.stateAt(chain.head.hash);
    const account = state.account(transaction.sender);
    const added = pool.add(
      transaction,
      { nonce: account?.nonce ?? 0n, balance: account?.balance ?? 0n },
      {
        baseFee: nextBaseFee(chain.head.header),
        hasCode: (address) => state.code(state.account(address)?.codeHash ?? emptyCodeHash).length > 0,
        now: timestamp(clock.now()),
      },
    );
    if (!added.ok) return { rejection: added.rejection };
    enqueue(raw, from);
    ports.events.emit({ type: "transactionAdmitted", hash: transaction.hash });
    ports.publish(transaction);
    return { hash: transaction.hash };
  }

  function enqueue(raw: Bytes, from: PeerId | undefined): void {
    waiting.push({ raw, from });
    if (waiting.length >= FRAME_TRANSACTIONS) flush();
    else cancelFlush ??= clock.schedule(timestamp(clock.now() + FRAME_MS), flush);
  }

  function flush(): void {
    cancelFlush?.();
    cancelFlush = undefined;
    const batch = waiting;
    waiting = [];
    // Whoever sent a transaction has it; everybody else gets it once, from whoever had it first.
    for (const peer of network.peers()) {
      for (const frame of framesOf(batch.filter(({ from }) => from !== peer.id).map(({ raw }) => raw))) {
        network.send(peer.id, "transactions", encodeRlp(frame));
      }
    }
  }

  return {
    submit(raw) {
      const outcome = admit(raw, undefined);
      if ("hash" in outcome) return outcome.hash;
      const { rejection } = outcome;
      throw new ProtocolError(txRejectionErrorCode(rejection), describeTxRejection(rejection), {
        facts: factsOf(rejection),
      });
    },
    receive(payload, from) {
      const transactions = readFrame(payload);
      if (!transactions) return network.penalize(from, MALFORMED_POINTS, "malformed frame of transactions");
      for (const raw of transactions) {
        const outcome = admit(raw, from);
        if ("rejection" in outcome && DISHONEST.has(outcome.rejection.code)) {
          network.penalize(from, MALFORMED_POINTS, `transaction: ${outcome.rejection.code}`);
        }
      }
    },
    stop() {
      cancelFlush?.();
      waiting = [];
    },
  };
}

function framesOf(raws: readonly Bytes[]): readonly (readonly Bytes[])[] {
  const frames: Bytes[][] = [];
  let frame: Bytes[] = [];
  let size = 0;
  for (const raw of raws) {
    if (frame.length > 0 && size + raw.length > FRAME_BYTES) {
      frames.push(frame);
      frame = [];
      size = 0;
    }
    frame.push(raw);
    size += raw.length;
  }
  return frame.length > 0 ? [...frames, frame] : frames;
}

function readFrame(payload: Bytes): readonly Bytes[] | undefined {
  const decoded = decodeRlp(payload);
  if (!decoded.ok) return undefined;
  try {
    const items = readList(decoded.value);
    return items.length > 4 * FRAME_TRANSACTIONS ? undefined : items.map((item) => readBytes(item).slice());
  } catch (error) {
    if (error instanceof MalformedRlp) return undefined;
    throw error;
  }
}

function factsOf(rejection: TxRejection): Readonly<Record<string, string | number | bigint>> {
  const facts: Record<string, string | number | bigint> = { rule: rejection.code };
  for (const [key, value] of Object.entries(rejection)) {
    if (key !== "code" && ["string", "number", "bigint"].includes(typeof value)) facts[key] = value;
  }
  return facts;
}
