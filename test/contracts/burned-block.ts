import { bloomOf, encodeReceipt, type Log, orderedTrie, type Receipt } from "../../src/chain/index.ts";
import {
  type Address,
  addressWord,
  concatBytes,
  hashFromBytes,
  keccakHash,
  utf8,
  wordOf,
} from "../../src/primitives/index.ts";
import { type BlockLeaf, createBlockTree, type LogProof, proveBlock, proveLog } from "../../src/proofs/index.ts";
import { predeployAddresses } from "../../src/rootchain/index.ts";
import { chainId } from "./root-network.ts";

/** The log of a burn of native coins, which carries no number. */
export function nativeBurn(burn: {
  readonly rootToken: Address;
  readonly account: Address;
  readonly recipient: Address;
  readonly amount: bigint;
}): Log {
  return {
    address: predeployAddresses.KomaNative,
    topics: [
      keccakHash(utf8("Withdraw(address,address,address,uint256,uint256,uint256,uint64)")),
      hashFromBytes(addressWord(burn.rootToken)),
      hashFromBytes(addressWord(burn.account)),
      hashFromBytes(addressWord(burn.recipient)),
    ],
    data: concatBytes(wordOf(burn.amount), wordOf(burn.amount + 5n), wordOf(5n), wordOf(0)),
  };
}

/**
 * A block with 200 transactions of which the 130th burned, among the sixteen blocks of its checkpoint.
 *
 * @param place of the block in the checkpoint, from 0
 * @param start the checkpoint's first block
 */
export function blocksWithBurn(
  burn: Log,
  place: number,
  start = 0n,
): { leaves: BlockLeaf[]; prove: (checkpoint: bigint) => LogProof } {
  const receipts = Array.from({ length: 200 }, (_, index): Receipt => {
    const logs = index === 129 ? [burn] : [];
    return { type: 2, status: 1, cumulativeGasUsed: 21_000n * BigInt(index + 1), logsBloom: bloomOf(logs), logs };
  });
  const receiptsRoot = orderedTrie(receipts.map(encodeReceipt)).root();
  const leaves = Array.from({ length: 16 }, (_, index): BlockLeaf => {
    const number = start + BigInt(index);
    const filler = keccakHash(utf8(`block ${number}`));
    return {
      number,
      timestamp: 1_700_000_000n + number,
      transactionsRoot: filler,
      receiptsRoot: index === place ? receiptsRoot : filler,
      blockHash: filler,
    };
  });
  const tree = createBlockTree(leaves);
  return {
    leaves,
    prove: (checkpoint) => proveLog(proveBlock({ chainId, checkpoint }, tree, start + BigInt(place)), receipts, 129, 0),
  };
}
