import { nextBaseFee } from "../../chain/index.ts";
import type { Clock } from "../../clock.ts";
import { requireBlock } from "../block-lookup.ts";
import { Breath } from "../breath.ts";
import { invalidParams } from "../json-rpc-error.ts";
import { quantity } from "../json-views.ts";
import type { RpcLimits } from "../limits.ts";
import { costly, type MethodGroup, method } from "../method-table.ts";
import type { NodeApi } from "../node-api.ts";
import { isAbsent, readArray, readData, readQuantity } from "../params.ts";
import { rewardsAt } from "./fee-rewards.ts";

const maxPercentiles = 100;

/** Sending transactions, and what to pay for them. */
export function ethTransactionMethods(api: NodeApi, limits: RpcLimits, clock: Clock): MethodGroup {
  return {
    eth_sendRawTransaction: method(1, ([raw]) => api.submitTransaction(readData(raw, "transaction"))),
    eth_accounts: method(0, () => []),
    eth_gasPrice: method(0, async () => {
      const { baseFeePerGas, maxPriorityFeePerGas } = await api.fees();
      return quantity(baseFeePerGas + maxPriorityFeePerGas);
    }),
    eth_baseFee: method(0, async () => quantity((await api.fees()).baseFeePerGas)),
    eth_maxPriorityFeePerGas: method(0, async () => quantity((await api.fees()).maxPriorityFeePerGas)),
    // Blocks carry no blobs; with no excess blob gas the fee stands at its floor (EIP-4844).
    eth_blobBaseFee: method(0, () => "0x1"),
    eth_feeHistory: costly(3, async ([count, newest, percentiles]) => {
      const wanted = readBlockCount(count, limits.maxFeeHistoryBlocks);
      const shares = readPercentiles(percentiles);
      const { header: last } = await requireBlock(api, newest, "newestBlock");
      const available = last.number + 1n < wanted ? last.number + 1n : wanted;
      const oldest = last.number + 1n - available;
      const baseFeePerGas: string[] = [];
      const gasUsedRatio: number[] = [];
      const reward: string[][] = [];
      let next = last;
      const breath = new Breath(clock);
      for (let number = oldest; number <= last.number; number++) {
        const found = await api.header({ kind: "number", number });
        // The head may move while we read: what is gone ends the answer, and what is there stays consistent.
        if (found === undefined) break;
        next = found.header;
        if (shares !== undefined) {
          const view = await api.executed(found.hash);
          if (view === undefined) break;
          reward.push(rewardsAt(view, shares).map(quantity));
        }
        baseFeePerGas.push(quantity(next.baseFeePerGas));
        gasUsedRatio.push(next.gasLimit === 0n ? 0 : Number(next.gasUsed) / Number(next.gasLimit));
        await breath.take();
      }
      baseFeePerGas.push(quantity(nextBaseFee(next)));
      return {
        oldestBlock: quantity(oldest),
        baseFeePerGas,
        gasUsedRatio,
        baseFeePerBlobGas: baseFeePerGas.map(() => "0x1"),
        blobGasUsedRatio: gasUsedRatio.map(() => 0),
        ...(shares === undefined ? {} : { reward }),
      };
    }),
  };
}

/** A quantity; some clients send a plain number. Larger than allowed is cut, as go-ethereum does. */
function readBlockCount(value: unknown, max: number): bigint {
  const count =
    typeof value === "number" && Number.isSafeInteger(value) ? BigInt(value) : readQuantity(value, "blockCount");
  if (count < 1n) throw invalidParams("blockCount", "at least 1");
  return count > BigInt(max) ? BigInt(max) : count;
}

function readPercentiles(value: unknown): readonly number[] | undefined {
  if (isAbsent(value)) return undefined;
  const percentiles = readArray(value, "rewardPercentiles", maxPercentiles);
  let last = 0;
  return percentiles.map((each, i) => {
    if (typeof each !== "number" || !(each >= 0 && each <= 100)) {
      throw invalidParams(`rewardPercentiles[${i}]`, "expected a number between 0 and 100");
    }
    if (each < last) throw invalidParams(`rewardPercentiles[${i}]`, "percentiles must not fall");
    last = each;
    return each;
  });
}
