import { accept, type Check, type Hash, reject } from "../primitives/index.ts";
import { nextBaseFee } from "./base-fee.ts";
import type { Block } from "./block.ts";
import type { BlockRejection } from "./block-rejection.ts";
import type { ChainConfig } from "./genesis.ts";
import { type BlockHeader, hashHeader } from "./header.ts";
import { maxFreeExtraData, sealBytes } from "./limits.ts";
import { recoverSealer } from "./seal.ts";
import type { Transaction } from "./transaction.ts";
import { orderedTrie } from "./trie.ts";

/**
 * The rules of a header that need its parent and nothing else. Who may seal in which slot is consensus' business; state
 * root, receipts root, gas used and bloom are execution's.
 */
export function checkHeader(
  header: BlockHeader,
  parent: BlockHeader,
  config: ChainConfig,
): Check<BlockHeader, BlockRejection> {
  const parentHash = hashHeader(parent);
  if (header.parentHash !== parentHash) {
    return reject({ code: "ParentHash", expected: parentHash, found: header.parentHash });
  }
  if (header.number !== parent.number + 1n) {
    return reject({ code: "Number", expected: parent.number + 1n, found: header.number });
  }
  if (header.timestamp <= parent.timestamp) {
    return reject({ code: "Timestamp", parent: parent.timestamp, found: header.timestamp });
  }
  if (header.gasLimit !== config.gasLimit) {
    return reject({ code: "GasLimit", expected: config.gasLimit, found: header.gasLimit });
  }
  if (header.gasUsed > header.gasLimit) {
    return reject({ code: "GasOverLimit", limit: header.gasLimit, found: header.gasUsed });
  }
  const baseFee = nextBaseFee(parent);
  if (header.baseFeePerGas !== baseFee) {
    return reject({ code: "BaseFee", expected: baseFee, found: header.baseFeePerGas });
  }
  return checkSeal(header, config.chainId);
}

/** The seal alone: at most 32 free bytes, then a signature of the coinbase's key (proof rule P10). */
export function checkSeal(header: BlockHeader, chainId: bigint): Check<BlockHeader, BlockRejection> {
  const length = header.extraData.length;
  const limit = maxFreeExtraData + sealBytes;
  if (length > limit) return reject({ code: "ExtraData", limit, found: length });
  const sealer = recoverSealer(header, chainId);
  if (sealer === undefined) return reject({ code: "Seal", length });
  if (sealer !== header.coinbase) return reject({ code: "Coinbase", expected: header.coinbase, found: sealer });
  return accept(header);
}

/** Whether the transactions are those of the header. */
export function checkBody(block: Block): Check<Block, BlockRejection> {
  const expected = transactionsRoot(block.transactions);
  const found = block.header.transactionsRoot;
  return found === expected ? accept(block) : reject({ code: "TransactionsRoot", expected, found });
}

/** Root of the trie of a block's transactions. */
export function transactionsRoot(transactions: readonly Transaction[]): Hash {
  return orderedTrie(transactions.map((tx) => tx.raw)).root();
}
