import { UserError } from "../errors.ts";
import type { Hash } from "../primitives/index.ts";
import type { ChainClient } from "../rpc/index.ts";

/** A block as far as a command needs it to go on. */
export interface FoundBlock {
  readonly number: bigint;
  readonly hash: Hash;
}

/** The block that a person's number, hash or tag means. @throws {UserError} KOMA_E_BLOCK_UNKNOWN, KOMA_E_BLOCK_MALFORMED */
export async function resolveBlock(chain: ChainClient, text: string): Promise<FoundBlock> {
  const { parseBlockSelector } = await import("../rpc/index.ts");
  const selector = parseBlockSelector(text);
  const byHash = typeof selector === "string" && selector.startsWith("0x");
  const found = await chain.rpc.request<{ readonly number: string; readonly hash: Hash } | null>(
    byHash ? "eth_getBlockByHash" : "eth_getBlockByNumber",
    [selector, false],
  );
  if (!found) throw unknownBlock(text, await chain.blockNumber());
  return { number: BigInt(found.number), hash: found.hash };
}

export function unknownBlock(text: string, head: bigint): UserError {
  return new UserError("KOMA_E_BLOCK_UNKNOWN", `The node has no block ${text.slice(0, 80)}.`, {
    facts: { block: text.slice(0, 80), head, why: `The newest block is ${head}.` },
    fix: ["koma block show latest"],
  });
}

/** Blocks as JSON-RPC names them: a number is a quantity, everything else stays. */
export function blockParameter(selector: bigint | string): string {
  return typeof selector === "bigint" ? `0x${selector.toString(16)}` : selector;
}
