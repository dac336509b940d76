import type { Block } from "../../chain/index.ts";
import { findExecuted, findHash } from "../block-lookup.ts";
import {
  blockToJson,
  headerToJson,
  placedTransactions,
  quantity,
  receiptToJson,
  transactionToJson,
} from "../json-views.ts";
import { type MethodGroup, method } from "../method-table.ts";
import { type BlockSelector, isPlaced, type NodeApi } from "../node-api.ts";
import { readBlockNumber, readBlockReference, readBoolean, readHash, readIndex } from "../params.ts";

/** Blocks, their transactions and receipts. What the node does not have is `null`, as the execution API says. */
export function ethBlockMethods(api: NodeApi): MethodGroup {
  async function find(selector: BlockSelector): Promise<Block | undefined> {
    const hash = await findHash(api, selector);
    return hash === undefined ? undefined : api.block(hash);
  }
  const byHash = (value: unknown): BlockSelector => ({ kind: "hash", hash: readHash(value, "blockHash") });
  const byNumber = (value: unknown): BlockSelector => readBlockNumber(value, "blockNumber");

  async function headerOf(selector: BlockSelector) {
    const found = await api.header(selector);
    return found === undefined ? null : headerToJson(found.header, found.hash);
  }

  async function countTransactions(selector: BlockSelector): Promise<string | null> {
    const block = await find(selector);
    return block === undefined ? null : quantity(block.transactions.length);
  }

  /** There are no uncles; a block that is unknown has not even that number. */
  async function countUncles(selector: BlockSelector): Promise<string | null> {
    return (await api.header(selector)) === undefined ? null : "0x0";
  }

  async function transactionAt(selector: BlockSelector, position: unknown) {
    const index = readIndex(position, "index");
    const block = await find(selector);
    const transaction = block?.transactions[index];
    if (block === undefined || transaction === undefined) return null;
    const { number, baseFeePerGas } = block.header;
    return transactionToJson(transaction, { blockHash: block.hash, blockNumber: number, baseFeePerGas, index });
  }

  return {
    eth_blockNumber: method(0, async () => {
      const head = await api.header({ kind: "tag", tag: "latest" });
      return quantity(head?.header.number ?? 0n);
    }),
    eth_getBlockByNumber: method(2, async ([number, full]) => {
      const wantsAll = readBoolean(full, "fullTransactions", false);
      const block = await find(byNumber(number));
      return block === undefined ? null : blockToJson(block, wantsAll);
    }),
    eth_getBlockByHash: method(2, async ([hash, full]) => {
      const wantsAll = readBoolean(full, "fullTransactions", false);
      const block = await find(byHash(hash));
      return block === undefined ? null : blockToJson(block, wantsAll);
    }),
    eth_getHeaderByNumber: method(1, async ([number]) => headerOf(byNumber(number))),
    eth_getHeaderByHash: method(1, async ([hash]) => headerOf(byHash(hash))),
    eth_getBlockTransactionCountByNumber: method(1, ([number]) => countTransactions(byNumber(number))),
    eth_getBlockTransactionCountByHash: method(1, ([hash]) => countTransactions(byHash(hash))),
    eth_getUncleCountByBlockNumber: method(1, ([number]) => countUncles(byNumber(number))),
    eth_getUncleCountByBlockHash: method(1, ([hash]) => countUncles(byHash(hash))),
    eth_getUncleByBlockNumberAndIndex: method(2, () => null),
    eth_getUncleByBlockHashAndIndex: method(2, () => null),
    eth_getTransactionByBlockNumberAndIndex: method(2, ([number, index]) => transactionAt(byNumber(number), index)),
    eth_getTransactionByBlockHashAndIndex: method(2, ([hash, index]) => transactionAt(byHash(hash), index)),
    eth_getTransactionByHash: method(1, async ([hash]) => {
      const found = await api.transaction(readHash(hash, "transactionHash"));
      if (found === undefined) return null;
      return isPlaced(found) ? transactionToJson(found.transaction, found) : transactionToJson(found);
    }),
    eth_getTransactionReceipt: method(1, async ([hash]) => {
      const found = await api.transaction(readHash(hash, "transactionHash"));
      return found !== undefined && isPlaced(found) ? receiptToJson(found) : null;
    }),
    eth_getBlockReceipts: method(1, async ([block]) => {
      const view = await findExecuted(api, readBlockReference(block, "block").selector);
      return view === undefined ? null : placedTransactions(view).map(receiptToJson);
    }),
  };
}
