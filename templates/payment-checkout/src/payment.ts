import { type Hash, type PublicClient, type TransactionReceipt, TransactionReceiptNotFoundError } from "viem";
import { blockConfidence } from "./koma/chain.ts";
import type { Payer } from "./koma/wallet.ts";
import { type Order, send } from "./send.ts";

/** From this confidence on more than a third of all stake would have to cheat provably to take the payment back. */
export const FINAL_CONFIDENCE = 1 / 3;

/** Level after level confidence approaches 1 and never gets there; from here on nobody need watch any more. */
const WATCHED_UNTIL = 0.8;

const LOOK_EVERY_MS = 250;
const RETRY_AFTER_MS = 1_000;

/**
 * How far a payment has come. Whoever is told "failed" will pay again, so a payment with a hash only fails when a final
 * block holds its revert; a node that does not answer makes it `offline`, whatever has become of the payment.
 */
export type Payment = { readonly stage: "signing" } | Sent | { readonly stage: "failed"; readonly reason: string };

interface Pending {
  readonly hash: Hash;
  /** The node does not answer at the moment: what is shown is what was known last. */
  readonly offline: boolean;
}

type Sent =
  | (Pending & { readonly stage: "sent" })
  | (Pending & { readonly stage: "included" | "final"; readonly block: bigint; readonly confidence: number });

/**
 * Pays and reports every step until the payment is final; stops early when `signal` aborts.
 *
 * @throws whatever kept the payment from being sent; nothing is thrown once it has a hash
 */
export async function pay(
  client: PublicClient,
  payer: Payer,
  order: Order,
  report: (payment: Payment) => void,
  signal: AbortSignal,
): Promise<void> {
  const tell = (payment: Payment) => {
    if (!signal.aborted) report(payment);
  };
  tell({ stage: "signing" });
  const { hash, broadcast } = await send(payer, order);
  tell({ stage: "sent", hash, offline: false });
  while (!(await broadcast())) {
    tell({ stage: "sent", hash, offline: true });
    await pause(RETRY_AFTER_MS, signal);
    if (signal.aborted) return;
  }
  await follow(client, hash, tell, signal);
}

async function follow(client: PublicClient, hash: Hash, tell: (payment: Payment) => void, signal: AbortSignal) {
  let now = { stage: "sent", hash, offline: false } as Sent;
  while (!signal.aborted) {
    try {
      const seen = await look(client, hash);
      if (seen.stage === "failed") return tell(seen);
      // What was final once stays so: a node that forgets it lags behind or lies.
      if (now.stage !== "final" || seen.stage === "final") now = seen;
      else now = { ...now, offline: false };
    } catch {
      // Whatever the node's trouble is: it says nothing about the payment, and the page shows that nobody knows.
      now = { ...now, offline: true };
    }
    tell(now);
    if (now.stage === "final" && now.confidence >= WATCHED_UNTIL && !now.offline) return;
    await pause(now.offline ? RETRY_AFTER_MS : LOOK_EVERY_MS, signal);
  }
}

/** The newest blocks may still change places: looks for the transaction anew each time, not for the block it was seen in. */
async function look(client: PublicClient, hash: Hash): Promise<Sent | { stage: "failed"; reason: string }> {
  const receipt = await currentReceipt(client, hash);
  if (!receipt) return { stage: "sent", hash, offline: false };
  const confidence = (await blockConfidence(client, receipt.blockHash))?.confidence ?? 0;
  const final = confidence >= FINAL_CONFIDENCE;
  if (receipt.status !== "success" && final) {
    return { stage: "failed", reason: "The chain reverted the payment; only its fee was taken. Check the balance, then pay again." };
  }
  return { stage: final ? "final" : "included", hash, block: receipt.blockNumber, confidence, offline: false };
}

async function currentReceipt(client: PublicClient, hash: Hash): Promise<TransactionReceipt | undefined> {
  try {
    return await client.getTransactionReceipt({ hash });
  } catch (error) {
    if (error instanceof TransactionReceiptNotFoundError) return undefined;
    throw error;
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end);
  });
}
