import type { Bytes, Hash } from "../primitives/index.ts";
import type { ChainClient, ReceiptView, TransactionRequest } from "../rpc/index.ts";
import type { Ctx } from "./koma-command.ts";

/** A transaction that a command sent, as far as it was waited for. */
export interface SentTransaction {
  readonly hash: Hash;
  readonly block: string | null;
  readonly status: "sent" | "success" | "final";
  readonly gasUsed: string | null;
  /** Confidence waited for. */
  readonly finality: number | null;
}

export interface WaitFlags {
  readonly wait: boolean;
  readonly finality?: number | undefined;
}

/** Sends, then waits as the flags say: not at all, for the block, or for a confidence. */
export async function sendTransaction(
  ctx: Ctx,
  chain: ChainClient,
  request: TransactionRequest,
  key: Bytes,
  flags: WaitFlags,
): Promise<SentTransaction & { readonly receipt?: ReceiptView }> {
  const hash = await chain.send(request, key);
  if (!flags.wait && flags.finality === undefined) {
    return { hash, block: null, status: "sent", gasUsed: null, finality: null };
  }
  const receipt =
    flags.finality === undefined
      ? await chain.waitForReceipt(hash, ctx.signal)
      : await chain.waitForConfidence(hash, flags.finality, ctx.signal);
  return {
    hash,
    block: receipt.blockNumber.toString(),
    status: flags.finality === undefined ? "success" : "final",
    gasUsed: receipt.gasUsed.toString(),
    finality: flags.finality ?? null,
    receipt,
  };
}

/** The same of a transaction on the root chain, whose client has waited for its block by itself. */
export function sentOnRoot({
  hash,
  blockNumber,
}: {
  readonly hash: Hash | undefined;
  readonly blockNumber: bigint | undefined;
}): Pick<SentTransaction, "block" | "status"> & { readonly hash: string } {
  return { hash: hash ?? "", status: "success", block: blockNumber?.toString() ?? null };
}
