import {
  type Block,
  type BlockHeader,
  effectiveGasPrice,
  emptyTrieRoot,
  emptyUnclesHash,
  encodeBlock,
  type Transaction,
} from "../chain/index.ts";
import { type Bytes, bytesToHex, type Hash, type Hex, zeroHash } from "../primitives/index.ts";
import type { ExecutedView, LocatedLog, LogCriteria, PlacedTransaction } from "./node-api.ts";

// The shapes of the Ethereum execution API (EIP-1474 and ethereum/execution-apis), as ethers, viem and cast read them.

export function quantity(value: bigint | number): Hex {
  return `0x${value.toString(16)}`;
}

/** A value of 32 bytes, padded on the left. */
export function word(bytes: Bytes): Hex {
  return `0x${bytesToHex(bytes).slice(2).padStart(64, "0")}`;
}

/** Header without transactions, as in `newHeads`. */
export function headerToJson(header: BlockHeader, hash: Hash) {
  return {
    hash,
    parentHash: header.parentHash,
    sha3Uncles: emptyUnclesHash,
    miner: header.coinbase,
    stateRoot: header.stateRoot,
    transactionsRoot: header.transactionsRoot,
    receiptsRoot: header.receiptsRoot,
    logsBloom: bytesToHex(header.logsBloom),
    difficulty: "0x0",
    number: quantity(header.number),
    gasLimit: quantity(header.gasLimit),
    gasUsed: quantity(header.gasUsed),
    timestamp: quantity(header.timestamp),
    extraData: bytesToHex(header.extraData),
    mixHash: header.prevRandao,
    nonce: "0x0000000000000000",
    baseFeePerGas: quantity(header.baseFeePerGas),
    withdrawalsRoot: emptyTrieRoot,
    blobGasUsed: "0x0",
    excessBlobGas: "0x0",
    parentBeaconBlockRoot: zeroHash,
  };
}

export function blockToJson(block: Block, full: boolean) {
  const { header, hash, transactions } = block;
  const place = { blockHash: hash, blockNumber: header.number, baseFeePerGas: header.baseFeePerGas };
  return {
    ...headerToJson(header, hash),
    size: quantity(encodeBlock(block).length),
    uncles: [],
    withdrawals: [],
    transactions: full
      ? transactions.map((tx, index) => transactionToJson(tx, { ...place, index }))
      : transactions.map((tx) => tx.hash),
  };
}

export type TransactionPlace = Pick<PlacedTransaction, "blockHash" | "blockNumber" | "baseFeePerGas" | "index">;

/** @param place  left out for a transaction that is still in the pool */
export function transactionToJson(tx: Transaction, place?: TransactionPlace) {
  const paid = place === undefined ? tx.maxFeePerGas : effectiveGasPrice(tx, place.baseFeePerGas);
  return {
    type: quantity(tx.type),
    hash: tx.hash,
    nonce: quantity(tx.nonce),
    blockHash: place?.blockHash ?? null,
    blockNumber: place === undefined ? null : quantity(place.blockNumber),
    transactionIndex: place === undefined ? null : quantity(place.index),
    from: tx.sender,
    to: tx.to ?? null,
    value: quantity(tx.value),
    gas: quantity(tx.gasLimit),
    gasPrice: quantity(paid),
    ...(tx.type === 2
      ? { maxFeePerGas: quantity(tx.maxFeePerGas), maxPriorityFeePerGas: quantity(tx.maxPriorityFeePerGas) }
      : {}),
    input: bytesToHex(tx.data),
    ...(tx.chainId === undefined ? {} : { chainId: quantity(tx.chainId) }),
    ...(tx.type === 0 ? {} : { accessList: tx.accessList, yParity: quantity(tx.yParity) }),
    v: quantity(tx.v),
    r: quantity(tx.r),
    s: quantity(tx.s),
  };
}

export function receiptToJson(placed: PlacedTransaction) {
  const { transaction, receipt } = placed;
  return {
    type: quantity(receipt.type),
    status: quantity(receipt.status),
    transactionHash: transaction.hash,
    transactionIndex: quantity(placed.index),
    blockHash: placed.blockHash,
    blockNumber: quantity(placed.blockNumber),
    from: transaction.sender,
    to: transaction.to ?? null,
    contractAddress: placed.contractAddress ?? null,
    cumulativeGasUsed: quantity(receipt.cumulativeGasUsed),
    gasUsed: quantity(placed.gasUsed),
    effectiveGasPrice: quantity(effectiveGasPrice(transaction, placed.baseFeePerGas)),
    logsBloom: bytesToHex(receipt.logsBloom),
    logs: receipt.logs.map((log, position) =>
      logToJson({
        ...log,
        blockHash: placed.blockHash,
        blockNumber: placed.blockNumber,
        transactionHash: transaction.hash,
        transactionIndex: placed.index,
        logIndex: placed.firstLogIndex + position,
      }),
    ),
  };
}

/** @param removed  true when a reorganisation took the log's block off the branch of the head */
export function logToJson(log: LocatedLog, removed = false) {
  return {
    address: log.address,
    topics: log.topics,
    data: bytesToHex(log.data),
    blockNumber: quantity(log.blockNumber),
    blockHash: log.blockHash,
    transactionHash: log.transactionHash,
    transactionIndex: quantity(log.transactionIndex),
    logIndex: quantity(log.logIndex),
    removed,
  };
}

/** All transactions of a block with receipts and places. */
export function placedTransactions(view: ExecutedView): readonly PlacedTransaction[] {
  const { header, hash, transactions } = view.block;
  let firstLogIndex = 0;
  return transactions.flatMap((transaction, index) => {
    const receipt = view.receipts[index];
    const outcome = view.outcomes[index];
    if (receipt === undefined || outcome === undefined) return [];
    const placed: PlacedTransaction = {
      ...outcome,
      transaction,
      receipt,
      blockHash: hash,
      blockNumber: header.number,
      baseFeePerGas: header.baseFeePerGas,
      index,
      firstLogIndex,
    };
    firstLogIndex += receipt.logs.length;
    return [placed];
  });
}

/** Logs of a block that match, in order. */
export function matchingLogs(view: ExecutedView, criteria: LogCriteria): readonly LocatedLog[] {
  const found: LocatedLog[] = [];
  let logIndex = 0;
  for (const [transactionIndex, receipt] of view.receipts.entries()) {
    for (const log of receipt.logs) {
      if (matchesCriteria(log, criteria)) {
        found.push({
          ...log,
          blockHash: view.block.hash,
          blockNumber: view.block.header.number,
          transactionHash: view.block.transactions[transactionIndex]?.hash ?? zeroHash,
          transactionIndex,
          logIndex,
        });
      }
      logIndex += 1;
    }
  }
  return found;
}

function matchesCriteria(log: Pick<LocatedLog, "address" | "topics">, criteria: LogCriteria): boolean {
  const addresses = criteria.addresses ?? [];
  if (addresses.length > 0 && !addresses.includes(log.address)) return false;
  return (criteria.topics ?? []).every((wanted, position) => {
    if (wanted === null) return true;
    const found = log.topics[position];
    return found !== undefined && (typeof wanted === "string" ? wanted === found : wanted.includes(found));
  });
}

/** What JSON cannot carry becomes what Ethereum clients expect: bigints are quantities, bytes are hex data. */
export function toJsonValue(value: unknown): unknown {
  if (typeof value === "bigint") return quantity(value);
  if (value instanceof Uint8Array) return bytesToHex(value);
  if (Array.isArray(value)) return value.map(toJsonValue);
  if (value instanceof Map) return toJsonValue(Object.fromEntries(value));
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, toJsonValue(each)]));
  }
  return value;
}
