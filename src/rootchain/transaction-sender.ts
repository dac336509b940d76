import { setTimeout as sleep } from "node:timers/promises";
import { EnvironmentError, ProtocolError, UserError } from "../errors.ts";
import { type Logger, silentLogger } from "../logger.ts";
import {
  type Address,
  addressOfKey,
  type Bytes,
  bytesToHex,
  type Hash,
  type Hex,
  isPrivateKey,
} from "../primitives/index.ts";
import { refusalOf } from "./contract-error.ts";
import { callParameters, estimateGas, type Fees, raise, suggestFees } from "./gas-and-fees.ts";
import { type RootRpc, RootRpcError } from "./json-rpc.ts";
import { readQuantity, readRecord } from "./quantity.ts";
import { type RootCall, readReceipt, type SentTransaction } from "./sent-transaction.ts";
import { signTransaction } from "./sign-transaction.ts";

/** Sends the transactions of one account, in the order asked for. */
export interface TransactionSender {
  readonly address: Address;
  /**
   * @throws {ProtocolError} the root chain refused, before or after sending
   * @throws {EnvironmentError} KOMA_E_ROOTCHAIN_UNREACHABLE, KOMA_E_ROOTCHAIN_TIMEOUT
   */
  send(call: RootCall, signal?: AbortSignal): Promise<SentTransaction>;
}

export interface TransactionSenderOptions {
  readonly rpc: RootRpc;
  readonly key: Bytes;
  readonly logger?: Logger;
  /** Milliseconds until a sent transaction that is in no block is given up, default 120,000. */
  readonly confirmTimeoutMs?: number;
  /** Milliseconds after which a transaction that is in no block is sent again with higher fees, default 15,000. */
  readonly bumpAfterMs?: number;
}

/** Room for what changes between the estimate and the block: 25 %. */
const GAS_MARGIN_PERCENT = 125n;
const MAX_ATTEMPTS = 6;
const FIRST_POLL_MS = 20;
const MAX_POLL_MS = 1_000;

interface BroadcastFailure {
  readonly kind: "nonce" | "underpriced" | "transport" | "refused";
  readonly error: unknown;
}

interface Flight {
  readonly call: RootCall;
  readonly nonce: bigint;
  readonly gasLimit: bigint;
  fees: Fees;
  /** Every version that was sent, newest last: any of them may be the one in a block. */
  readonly hashes: Hash[];
}

/**
 * One queue per key: nonces are given out in order and never twice, while several transactions may wait for their
 * blocks at once. A nonce that somebody else used, fees that are too low and a node that does not answer for a moment
 * are tried again, a bounded number of times.
 *
 * @throws {UserError} KOMA_E_PRIVATE_KEY_MALFORMED
 */
export function createTransactionSender(options: TransactionSenderOptions): TransactionSender {
  if (!isPrivateKey(options.key)) {
    throw new UserError("KOMA_E_PRIVATE_KEY_MALFORMED", "The root chain account's key is not a private key.");
  }
  const { rpc } = options;
  const logger = options.logger ?? silentLogger;
  const confirmTimeoutMs = options.confirmTimeoutMs ?? 120_000;
  const bumpAfterMs = options.bumpAfterMs ?? 15_000;
  const address = addressOfKey(options.key);
  let chainId: bigint | undefined;
  /** Next nonce as far as we know; undefined: ask the node. */
  let nextNonce: bigint | undefined;
  /** Transactions that were handed to the node and are in no block yet. */
  let inFlight = 0;
  /** The queue: what is appended runs when everything before it has been handed to the node. */
  let tail: Promise<unknown> = Promise.resolve();

  function enqueue<T>(task: () => Promise<T>): Promise<T> {
    const run = tail.then(task, task);
    // The queue goes on after a failure, which belongs to its own caller.
    tail = run.catch(() => undefined);
    return run;
  }

  async function launch(call: RootCall, signal: AbortSignal | undefined): Promise<Flight> {
    signal?.throwIfAborted();
    chainId ??= readQuantity(await rpc.request("eth_chainId", [], signal), "chain id");
    const gasLimit = call.gasLimit ?? (await estimate(call, signal));
    let fees = await suggestFees(rpc, signal);
    // With nothing under way the node knows best: the chain may have been reset, or the key used elsewhere.
    if (inFlight === 0) nextNonce = undefined;
    let answerLost = false;
    for (let attempt = 1; ; attempt += 1) {
      nextNonce ??= readQuantity(await rpc.request("eth_getTransactionCount", [address, "pending"], signal), "nonce");
      const flight: Flight = { call, nonce: nextNonce, gasLimit, fees, hashes: [] };
      const failure = await broadcast(flight, answerLost, signal);
      if (failure === undefined) {
        nextNonce += 1n;
        return flight;
      }
      // After a lost answer the nonce stays: the node may have the transaction, and must not get it twice.
      answerLost = failure.kind === "transport";
      if (!answerLost) nextNonce = undefined;
      if (failure.kind === "refused" || attempt >= MAX_ATTEMPTS) throw failure.error;
      if (failure.kind === "underpriced") fees = raise(fees);
      logger.debug({ account: address, action: call.action, ...failure, attempt }, "root chain transaction sent again");
      await sleep(Math.min(50 * 2 ** attempt, MAX_POLL_MS), undefined, { signal });
    }
  }

  /**
   * Hands one version of a transaction to the node; undefined when the node has it.
   *
   * @param sentBefore the node may have this version from us; otherwise one that it knows is somebody else's, who uses
   * the same key for the same thing, and does not do ours
   */
  async function broadcast(
    flight: Flight,
    sentBefore: boolean,
    signal: AbortSignal | undefined,
  ): Promise<BroadcastFailure | undefined> {
    const { raw, hash } = sign(flight);
    try {
      await rpc.request("eth_sendRawTransaction", [raw], signal);
      flight.hashes.push(hash);
      return undefined;
    } catch (error) {
      signal?.throwIfAborted();
      const failure = classify(flight.call, error);
      const mayBeOurs = sentBefore || failure.kind === "transport";
      if (mayBeOurs && failure.kind !== "refused" && (await isKnown(hash, signal))) {
        flight.hashes.push(hash);
        return undefined;
      }
      return failure;
    }
  }

  async function isKnown(hash: Hash, signal: AbortSignal | undefined): Promise<boolean> {
    try {
      return (await rpc.request("eth_getTransactionByHash", [hash], signal)) !== null;
    } catch {
      signal?.throwIfAborted();
      return false;
    }
  }

  function sign(flight: Flight): { raw: Hex; hash: Hash } {
    const { nonce, gasLimit, fees } = flight;
    const { to, data, value = 0n } = flight.call;
    return signTransaction({ chainId: chainId as bigint, nonce, to, data, value, gasLimit, ...fees }, options.key);
  }

  async function estimate(call: RootCall, signal: AbortSignal | undefined): Promise<bigint> {
    const gas = await estimateGas(rpc, address, call, signal);
    return (gas * GAS_MARGIN_PERCENT) / 100n;
  }

  /** What became of it; undefined when another transaction of this key has its nonce, so that it can be in no block. */
  async function confirm(flight: Flight, signal: AbortSignal | undefined): Promise<SentTransaction | undefined> {
    const started = performance.now();
    let bumpedAt = started;
    for (let pause = FIRST_POLL_MS; ; pause = Math.min(pause * 2, MAX_POLL_MS)) {
      const receipt = await findReceipt(flight, signal);
      if (receipt) return await judge(flight, receipt, signal);
      const now = performance.now();
      if (now - started > confirmTimeoutMs) throw unconfirmed(flight, confirmTimeoutMs);
      if (now - bumpedAt > bumpAfterMs) {
        bumpedAt = now;
        flight.fees = raise(flight.fees);
        const failure = await broadcast(flight, true, signal);
        if (failure?.kind === "nonce" && (await isDisplaced(flight, signal))) return undefined;
        logger.info(
          { action: flight.call.action, nonce: flight.nonce, ...flight.fees, ...failure },
          "a root chain transaction waits for its block; sent again with higher fees",
        );
      }
      await sleep(pause, undefined, { signal });
    }
  }

  /** Whether whoever else uses this key, a node of another chain for one, had another transaction mined under the nonce. */
  async function isDisplaced(flight: Flight, signal: AbortSignal | undefined): Promise<boolean> {
    const count = { method: "eth_getTransactionCount", params: [address, "latest"] };
    const ours = flight.hashes.map((hash) => ({ method: "eth_getTransactionReceipt", params: [hash] }));
    try {
      // In one message, so that one state of the chain answers all of it.
      const [used, ...receipts] = await rpc.batch([count, ...ours], signal);
      if (used instanceof RootRpcError || receipts.some((receipt) => receipt !== null)) return false;
      return readQuantity(used, "nonce") > flight.nonce;
    } catch (error) {
      if (error instanceof EnvironmentError) return false;
      throw error;
    }
  }

  async function findReceipt(flight: Flight, signal: AbortSignal | undefined): Promise<unknown> {
    try {
      const calls = flight.hashes.map((hash) => ({ method: "eth_getTransactionReceipt", params: [hash] }));
      const receipts = await rpc.batch(calls, signal);
      return receipts.find((receipt) => receipt !== null && !(receipt instanceof RootRpcError));
    } catch (error) {
      // A node that is away for a moment does not undo what was sent; the timeout bounds the patience.
      if (error instanceof EnvironmentError) return undefined;
      throw error;
    }
  }

  async function judge(flight: Flight, receipt: unknown, signal: AbortSignal | undefined): Promise<SentTransaction> {
    const r = readRecord(receipt, "receipt");
    const sent = readReceipt(r);
    if (r["status"] === "0x1") return sent;
    throw await explainFailure(flight.call, sent, signal);
  }

  /** Runs the failed call once more on the state before its block, which is where the reason can be read. */
  async function explainFailure(call: RootCall, sent: SentTransaction, signal?: AbortSignal): Promise<unknown> {
    const before = `0x${((sent.blockNumber ?? 1n) - 1n).toString(16)}`;
    try {
      await rpc.request("eth_call", [callParameters(address, call), before], signal);
    } catch (error) {
      if (error instanceof RootRpcError) return refusalOf(call.action, error);
    }
    return new ProtocolError("KOMA_E_ROOTCHAIN_REVERTED", `Cannot ${call.action}: its transaction failed.`, {
      facts: { hash: sent.hash ?? "", gasUsed: sent.gasUsed },
    });
  }

  return {
    address,
    async send(call, signal) {
      for (;;) {
        const flight = await enqueue(async () => {
          const launched = await launch(call, signal);
          inFlight += 1;
          return launched;
        });
        try {
          const sent = await confirm(flight, signal);
          if (sent) return sent;
        } finally {
          inFlight -= 1;
        }
        logger.info(
          { action: call.action, nonce: flight.nonce },
          "somebody else used a nonce with this key; sent anew",
        );
        nextNonce = undefined;
      }
    },
  };
}

/** What a node means by refusing a transaction; nodes agree on no codes, only nearly on words. */
function classify(call: RootCall, error: unknown): BroadcastFailure {
  if (!(error instanceof RootRpcError)) return { kind: "transport", error };
  const reason = error.message.toLowerCase();
  if (/nonce|already known|already imported/.test(reason)) return { kind: "nonce", error };
  if (/underpriced|fee too low|max fee per gas less/.test(reason)) return { kind: "underpriced", error };
  return { kind: "refused", error: refusalOf(call.action, error) };
}

/**
 * Judges calls without sending them: the same answer as {@link TransactionSender.send} would give now, for nothing.
 *
 * @param from account the call is tried as
 */
export function createDryRunSender(rpc: RootRpc, from: Address): TransactionSender {
  return {
    address: from,
    async send(call, signal) {
      const gasUsed = await estimateGas(rpc, from, call, signal);
      return { hash: undefined, blockNumber: undefined, gasUsed, logs: [] };
    },
  };
}

function unconfirmed(flight: Flight, timeoutMs: number): EnvironmentError {
  const hash = flight.hashes.at(-1) ?? bytesToHex(new Uint8Array(32));
  return new EnvironmentError(
    "KOMA_E_ROOTCHAIN_TIMEOUT",
    `Cannot ${flight.call.action}: the transaction is in no block after ${timeoutMs / 1000} s.`,
    { facts: { hash, nonce: flight.nonce, timeoutMs }, fix: ["Check that the root chain makes blocks."] },
  );
}
