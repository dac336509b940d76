import { decodeHeaderOfBlock, describeBlockRejection, encodeBlock, type TraceOptions } from "../../chain/index.ts";
import { ProtocolError } from "../../errors.ts";
import { bytesToHex } from "../../primitives/index.ts";
import { findHash, requireBlock, unknownBlock } from "../block-lookup.ts";
import { invalidParams } from "../json-rpc-error.ts";
import { JsonText } from "../json-text.ts";
import { costly, type MethodGroup, method, unknownMethod } from "../method-table.ts";
import { type BlockSelector, isPlaced, type NodeApi } from "../node-api.ts";
import {
  isAbsent,
  readBlockNumber,
  readBlockOverrides,
  readCallRequest,
  readData,
  readHash,
  readObject,
  readStateOverrides,
} from "../params.ts";
import { readTraceOptions } from "../trace-options.ts";

/** What transactions did, step by step or call by call, in the shapes of go-ethereum; and transactions as bytes. */
export function debugMethods(api: NodeApi): MethodGroup {
  const { trace } = api;

  async function traceBlock(selector: BlockSelector, options: TraceOptions, only?: number): Promise<JsonText> {
    const hash = await findHash(api, selector);
    const block = hash === undefined ? undefined : await api.block(hash);
    if (block === undefined) throw unknownBlock(selector);
    if (block.header.number === 0n) throw new ProtocolError("KOMA_E_BLOCK_UNKNOWN", "genesis is not traceable");
    if (trace === undefined) throw unknownMethod("debug_traceBlockByHash");
    return new JsonText(await trace.block(encodeBlock(block), block.header.parentHash, options, only));
  }

  async function rawTransaction(hash: unknown): Promise<string | null> {
    const found = await api.transaction(readHash(hash, "transactionHash"));
    if (found === undefined) return null;
    return bytesToHex((isPlaced(found) ? found.transaction : found).raw);
  }

  return {
    debug_traceTransaction: costly(2, async ([hash, options]) => {
      const wanted = readHash(hash, "transactionHash");
      const how = readTraceOptions(options, "options");
      const found = await api.transaction(wanted);
      if (found === undefined || !isPlaced(found)) {
        throw new ProtocolError("KOMA_E_TX_NOT_FOUND", "transaction not found", { facts: { hash: wanted } });
      }
      return traceBlock({ kind: "hash", hash: found.blockHash }, how, found.index);
    }),
    debug_traceBlockByNumber: costly(2, ([number, options]) =>
      traceBlock(readBlockNumber(number, "blockNumber"), readTraceOptions(options, "options")),
    ),
    debug_traceBlockByHash: costly(2, ([hash, options]) =>
      traceBlock({ kind: "hash", hash: readHash(hash, "blockHash") }, readTraceOptions(options, "options")),
    ),
    debug_traceBlock: costly(2, async ([bytes, options]) => {
      if (trace === undefined) throw unknownMethod("debug_traceBlock");
      const how = readTraceOptions(options, "options");
      const block = readData(bytes, "block");
      // Its transactions are read where it runs: recovering their senders takes long.
      const header = decodeHeaderOfBlock(block);
      if (!header.ok) throw invalidParams("block", describeBlockRejection(header.rejection));
      const { number, parentHash } = header.value;
      const parent = await requireBlock(api, parentHash, "block.parentHash");
      if (parent.header.number + 1n !== number) throw invalidParams("block.number", "not the one after its parent's");
      return new JsonText(await trace.block(block, parentHash, how));
    }),
    debug_traceCall: costly(3, async ([request, block, options]) => {
      if (trace === undefined) throw unknownMethod("debug_traceCall");
      const call = readCallRequest(request, "call");
      const how = readTraceOptions(options, "options");
      const { stateOverrides, blockOverrides } = isAbsent(options)
        ? ({} as Record<string, unknown>)
        : readObject(options, "options");
      const state = readStateOverrides(stateOverrides, "options.stateOverrides");
      const changes = readBlockOverrides(blockOverrides, "options.blockOverrides");
      const pretence = { ...(state ? { state } : {}), ...(changes ? { block: changes } : {}) };
      const { hash } = await requireBlock(api, block, "block");
      return new JsonText(await trace.call(call, hash, how, pretence));
    }),
    debug_getRawTransaction: method(1, ([hash]) => rawTransaction(hash)),
    eth_getRawTransactionByHash: method(1, ([hash]) => rawTransaction(hash)),
  };
}
