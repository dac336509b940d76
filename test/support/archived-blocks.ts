import {
  type BlockHeader,
  bloomOf,
  createBlock,
  encodeReceipt,
  type Log,
  orderedTrie,
  type Receipt,
  sealHeader,
  type Transaction,
} from "../../src/chain/index.ts";
import type { ArchivedBlock, SubmittedCheckpoint } from "../../src/checkpoint/index.ts";
import { type Hash, hashFromBytes, keccak256, keccakHash, utf8, zeroHash } from "../../src/primitives/index.ts";
import { blockLeafOf, createBlockTree } from "../../src/proofs/index.ts";
import { producer, testChainId } from "./chain-fixture.ts";

/** What a block of {@link chainOf} is to hold. */
export interface BlockContent {
  readonly transactions?: readonly Transaction[];
  /** Logs of each transaction's receipt. */
  readonly logs?: readonly (readonly Log[])[];
  /** Root of the state after it; one of no state when it is left out. */
  readonly stateRoot?: Hash;
  /** Changes the receipts before the block commits to them. */
  readonly forge?: (receipts: readonly Receipt[]) => readonly Receipt[];
}

/**
 * A chain of sealed blocks with right roots, made without running anything: provers only read.
 *
 * @param branch makes another chain of the same length
 * @param contents by height
 */
export function chainOf(
  length: number,
  branch = "main",
  contents: Readonly<Record<number, BlockContent>> = {},
): readonly ArchivedBlock[] {
  const blocks: ArchivedBlock[] = [];
  for (let number = 0; number < length; number++) {
    const {
      transactions = [],
      logs = [],
      stateRoot,
      forge = (all: readonly Receipt[]) => all,
    } = contents[number] ?? {};
    const receipts = forge(transactions.map((_, index) => receiptWith(logs[index] ?? [], index)));
    const parent = blocks.at(-1)?.block;
    const header: BlockHeader = {
      parentHash: parent?.hash ?? zeroHash,
      coinbase: producer.address,
      stateRoot: stateRoot ?? keccakHash(utf8(`${branch} ${number}`)),
      transactionsRoot: orderedTrie(transactions.map(({ raw }) => raw)).root(),
      receiptsRoot: orderedTrie(receipts.map(encodeReceipt)).root(),
      logsBloom: bloomOf(logs.flat()),
      number: BigInt(number),
      gasLimit: 30_000_000n,
      gasUsed: BigInt(21_000 * transactions.length),
      timestamp: 1_700_000_000n + BigInt(number),
      extraData: new Uint8Array(0),
      prevRandao: hashFromBytes(keccak256(utf8(`${number}`))),
      baseFeePerGas: 1_000_000_000n,
    };
    blocks.push({ block: createBlock(sealHeader(header, testChainId, producer.key), transactions), receipts });
  }
  return blocks;
}

function receiptWith(logs: readonly Log[], index: number): Receipt {
  return {
    type: 2,
    status: 1,
    cumulativeGasUsed: BigInt(21_000 * (index + 1)),
    logsBloom: bloomOf([...logs]),
    logs,
  };
}

/** The checkpoint that stakers sign over some of these blocks. */
export function submit(
  blocks: readonly ArchivedBlock[],
  number: bigint,
  start: bigint,
  end: bigint,
): SubmittedCheckpoint {
  const covered = blocks.slice(Number(start), Number(end) + 1).map(({ block }) => block);
  return {
    chainId: testChainId,
    number,
    start,
    end,
    rootHash: createBlockTree(covered.map(blockLeafOf)).root,
    lastBlockHash: covered.at(-1)?.hash ?? zeroHash,
    submittedAt: 1_700_000_000n + end + 1n,
    challengeEnd: 1_700_000_100n + end,
    status: "pending",
  };
}
