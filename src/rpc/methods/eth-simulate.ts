import type { SimulatedBlock, SimulatedCall, Transaction } from "../../chain/index.ts";
import { bytesToHex, zeroHash } from "../../primitives/index.ts";
import { requireBlock } from "../block-lookup.ts";
import { errorNumbers, type JsonRpcErrorBody, RevertError, toErrorBody } from "../json-rpc-error.ts";
import { blockToJson, logToJson, quantity } from "../json-views.ts";
import { costly, type MethodGroup, unknownMethod } from "../method-table.ts";
import type { NodeApi } from "../node-api.ts";
import { readSimulation } from "../simulation-params.ts";

/** Blocks that are run and forgotten. */
export function ethSimulateMethods(api: NodeApi): MethodGroup {
  return {
    eth_simulateV1: costly(2, async ([payload, block]) => {
      if (api.simulate === undefined) throw unknownMethod("eth_simulateV1");
      const { simulation, fullTransactions } = readSimulation(payload, "payload");
      const { hash } = await requireBlock(api, block, "block");
      const blocks = await api.simulate(simulation, hash);
      return blocks.map((simulated) => blockView(simulated, fullTransactions));
    }),
  };
}

function blockView({ block, calls }: SimulatedBlock, fullTransactions: boolean) {
  let firstLogIndex = 0;
  const views = calls.map((call, index) => {
    const view = callView(call, { block, index, firstLogIndex });
    firstLogIndex += call.logs.length;
    return view;
  });
  return { ...blockToJson(block, fullTransactions), calls: views };
}

interface CallPlace {
  readonly block: SimulatedBlock["block"];
  readonly index: number;
  /** Among the logs of the block. */
  readonly firstLogIndex: number;
}

function callView(call: SimulatedCall, { block, index, firstLogIndex }: CallPlace) {
  const { hash: transactionHash = zeroHash } = (block.transactions[index] ?? {}) as Partial<Transaction>;
  const place = {
    blockHash: block.hash,
    blockNumber: block.header.number,
    transactionHash,
    transactionIndex: index,
  };
  return {
    returnData: bytesToHex(call.returnData),
    logs: call.logs.map((log, position) => logToJson({ ...log, ...place, logIndex: firstLogIndex + position })),
    gasUsed: quantity(call.gasUsed),
    maxUsedGas: quantity(call.maxUsedGas),
    status: call.failure === undefined ? "0x1" : "0x0",
    ...(call.failure === undefined ? {} : { error: failureView(call) }),
  };
}

function failureView({ failure, returnData }: SimulatedCall): JsonRpcErrorBody {
  if (failure?.kind !== "failed") return toErrorBody(new RevertError(returnData));
  return { code: errorNumbers.vmError, message: failure.reason };
}
