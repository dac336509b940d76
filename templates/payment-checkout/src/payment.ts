import { type Address, encodeFunctionData, erc20Abi, type Hash, type PublicClient, type TransactionReceipt } from "viem";
import { blockConfidence } from "./koma/chain.ts";
import type { Payer } from "./koma/wallet.ts";

/** From this confidence on more than a third of all stake would have to cheat provably to take the payment back. */
export const FINAL_CONFIDENCE = 1 / 3;

/** How far a payment has come. */
export type Payment =
  | { readonly stage: "signing" }
  | { readonly stage: "sent"; readonly hash: Hash }
  | { readonly stage: "included"; readonly hash: Hash; readonly block: bigint; readonly confidence: number }
  | { readonly stage: "final"; readonly hash: Hash; readonly block: bigint; readonly confidence: number }
  | { readonly stage: "failed"; readonly reason: string };

export interface Order {
  readonly merchant: Address;
  readonly amount: bigint;
  /** Address of the ERC-20 to pay with; absent: KMC, the chain's own coin. */
  readonly token?: Address;
}

/** Pays and reports every step until the payment is final; stops early when `signal` aborts. */
export async function pay(
  client: PublicClient,
  payer: Payer,
  order: Order,
  report: (payment: Payment) => void,
  signal: AbortSignal,
): Promise<void> {
  report({ stage: "signing" });
  const hash = await send(payer, order);
  report({ stage: "sent", hash });
  let receipt = await client.waitForTransactionReceipt({ hash });
  if (receipt.status !== "success") {
    report({ stage: "failed", reason: "The payment was reverted; nothing was paid." });
    return;
  }
  while (!signal.aborted) {
    // The newest blocks may still change places: follow the transaction, not the block it was first seen in.
    receipt = (await currentReceipt(client, hash)) ?? receipt;
    const block = receipt.blockNumber;
    const confidence = (await blockConfidence(client, receipt.blockHash))?.confidence ?? 0;
    const stage = confidence >= FINAL_CONFIDENCE ? "final" : "included";
    report({ stage, hash, block, confidence });
    // Level after level it approaches 1 and never gets there; 0.8 is more than any other chain offers.
    if (confidence >= 0.8) return;
    await pause(250, signal);
  }
}

async function currentReceipt(client: PublicClient, hash: Hash): Promise<TransactionReceipt | undefined> {
  try {
    return await client.getTransactionReceipt({ hash });
  } catch (error) {
    if (error instanceof Error && error.name === "TransactionReceiptNotFoundError") return undefined;
    throw error;
  }
}

function send(payer: Payer, order: Order): Promise<Hash> {
  const common = { account: payer.client.account ?? payer.address, chain: payer.client.chain ?? null };
  if (!order.token) return payer.client.sendTransaction({ ...common, to: order.merchant, value: order.amount });
  const data = encodeFunctionData({ abi: erc20Abi, functionName: "transfer", args: [order.merchant, order.amount] });
  return payer.client.sendTransaction({ ...common, to: order.token, data });
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
