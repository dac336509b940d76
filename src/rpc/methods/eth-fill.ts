import { unsignedTransaction } from "../../chain/index.ts";
import { bytesToHex, zeroAddress } from "../../primitives/index.ts";
import { requireBlock } from "../block-lookup.ts";
import { transactionToJson } from "../json-views.ts";
import { costly, type MethodGroup } from "../method-table.ts";
import type { CallRequest, NodeApi } from "../node-api.ts";
import { readCallRequest } from "../params.ts";
import { failureOf } from "./eth-state.ts";

/** How far the fee may rise above the next block's before the transaction has to wait, as go-ethereum fills it in. */
const FEE_HEADROOM = 2n;

/** A transaction for a wallet to sign. */
export function ethFillMethods(api: NodeApi): MethodGroup {
  async function gasFor(request: CallRequest): Promise<bigint> {
    const { hash } = await requireBlock(api, "latest", "block");
    const outcome = await api.estimateGas(request, hash);
    if (outcome.kind === "estimated") return outcome.gas;
    throw failureOf(outcome);
  }

  return {
    eth_fillTransaction: costly(1, async ([transaction]) => {
      const request = readCallRequest(transaction, "transaction");
      const sender = request.from ?? zeroAddress;
      const { baseFeePerGas, maxPriorityFeePerGas: suggested } = await api.fees();
      const tip = request.maxPriorityFeePerGas ?? suggested;
      const filled = unsignedTransaction(
        {
          ...request,
          chainId: api.chainId,
          nonce: request.nonce ?? (await api.pendingNonce(sender)),
          gasLimit: request.gasLimit ?? (await gasFor(request)),
          maxFeePerGas: request.maxFeePerGas ?? baseFeePerGas * FEE_HEADROOM + tip,
          maxPriorityFeePerGas: tip,
        },
        sender,
      );
      return { raw: bytesToHex(filled.raw), tx: transactionToJson(filled) };
    }),
  };
}
