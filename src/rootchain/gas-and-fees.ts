import type { Address } from "../primitives/index.ts";
import { refusalOf } from "./contract-error.ts";
import { type RootRpc, RootRpcError } from "./json-rpc.ts";
import { readQuantity, readRecord } from "./quantity.ts";
import type { RootCall } from "./sent-transaction.ts";

/** Wei of Ether per gas (EIP-1559). */
export interface Fees {
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
}

/** Nodes ask for 10 % more before they replace a transaction. */
const BUMP_PERCENT = 125n;

/** @throws {ProtocolError} the call would revert */
export async function estimateGas(rpc: RootRpc, from: Address, call: RootCall, signal?: AbortSignal): Promise<bigint> {
  try {
    return readQuantity(await rpc.request("eth_estimateGas", [callParameters(from, call)], signal), "gas estimate");
  } catch (error) {
    throw refusalOf(call.action, error);
  }
}

export function callParameters(from: Address, call: RootCall): Readonly<Record<string, string>> {
  return { from, to: call.to, data: call.data, value: `0x${(call.value ?? 0n).toString(16)}` };
}

/** Twice the base fee of the newest block: enough for six full blocks in a row. */
export async function suggestFees(rpc: RootRpc, signal?: AbortSignal): Promise<Fees> {
  const [block, tip] = await rpc.batch(
    [
      { method: "eth_getBlockByNumber", params: ["latest", false] },
      { method: "eth_maxPriorityFeePerGas", params: [] },
    ],
    signal,
  );
  if (block instanceof RootRpcError) throw block;
  const baseFee = readQuantity(readRecord(block, "block")["baseFeePerGas"], "base fee");
  // Not every node knows the method; one gwei is what most of them would say.
  const maxPriorityFeePerGas = tip instanceof RootRpcError ? 1_000_000_000n : readQuantity(tip, "priority fee");
  return { maxFeePerGas: 2n * baseFee + maxPriorityFeePerGas, maxPriorityFeePerGas };
}

/** Fees with which a node replaces a transaction that has `fees`. */
export function raise(fees: Fees): Fees {
  return {
    maxFeePerGas: (fees.maxFeePerGas * BUMP_PERCENT) / 100n + 1n,
    maxPriorityFeePerGas: (fees.maxPriorityFeePerGas * BUMP_PERCENT) / 100n + 1n,
  };
}
