import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it, test } from "vitest";
import {
  decodeHeader,
  decodeReceipt,
  encodeHeader,
  encodeReceipt,
  hashHeader,
  orderedKey,
  orderedTrie,
  readTransaction,
  recoverSealer,
  sealingHash,
} from "../chain/index.ts";
import { type Address, bytesToHex, type Hash, type Hex, hexToBytes } from "../primitives/index.ts";
import {
  type BlockLeaf,
  type CheckpointRange,
  createBlockTree,
  leafOf,
  proveBlock,
  verifyBlockProof,
} from "./block-proof.ts";
import { openHeader } from "./header-proof.ts";
import { verifyTxReceipt } from "./inclusion-proof.ts";
import { createMerkleTree } from "./merkle-tree.ts";
import { nodesToHex } from "./trie-proof.ts";

// Made by ethers and @ethereumjs only (test/vectors/generate-proofs.ts); the Solidity tests read the same files.
interface LeafVector {
  readonly number: number;
  readonly timestamp: number;
  readonly txRoot: Hash;
  readonly receiptsRoot: Hash;
  readonly blockHash: Hash;
  readonly leaf: Hash;
  readonly siblings: readonly Hash[];
}

interface EntryVector {
  readonly index: number;
  readonly type: number;
  readonly transaction: Hex;
  readonly transactionHash: Hash;
  readonly sender: Address;
  readonly nonce: number;
  readonly creates: boolean;
  readonly txNodes: readonly Hex[];
  readonly receipt: Hex;
  readonly status: number;
  readonly cumulativeGasUsed: string;
  readonly receiptNodes: readonly Hex[];
  readonly logs: readonly { readonly address: Address; readonly topics: readonly Hash[]; readonly data: Hex }[];
}

interface BlockVector {
  readonly number: number;
  readonly timestamp: number;
  readonly transactionsRoot: Hash;
  readonly receiptsRoot: Hash;
  readonly parentHash: Hash;
  readonly blockHash: Hash;
  readonly sealingHash: Hash;
  readonly sealer: Address;
  readonly header: Hex;
  readonly entries: readonly EntryVector[];
  readonly siblings: readonly Hash[];
}

interface Vectors {
  readonly chainId: number;
  readonly trees: readonly {
    readonly start: number;
    readonly end: number;
    readonly depth: number;
    readonly root: Hash;
    readonly leaves: readonly LeafVector[];
  }[];
  readonly blocks: readonly BlockVector[];
  readonly blocksRoot: Hash;
}

interface Body {
  readonly number: number;
  readonly transactions: readonly Hex[];
  readonly receipts: readonly Hex[];
}

function readVectors<T>(name: string): T {
  return JSON.parse(readFileSync(fileURLToPath(new URL(`../../test/vectors/${name}`, import.meta.url)), "utf8")) as T;
}

const vectors = readVectors<Vectors>("proofs.json");
const bodies = readVectors<readonly Body[]>("proof-blocks.json");
const chainId = BigInt(vectors.chainId);

function leafOfVector(leaf: Omit<LeafVector, "leaf" | "siblings">): BlockLeaf {
  return {
    number: BigInt(leaf.number),
    timestamp: BigInt(leaf.timestamp),
    transactionsRoot: leaf.txRoot,
    receiptsRoot: leaf.receiptsRoot,
    blockHash: leaf.blockHash,
  };
}

test.each(vectors.trees)("the tree of blocks $start to $end has the root and siblings of the vectors", (vector) => {
  const leaves = vector.leaves.map(leafOfVector);
  const tree = createBlockTree(leaves);
  expect(tree.root).toBe(vector.root);
  expect(tree.depth).toBe(vector.depth);
  expect(createMerkleTree(leaves.map(leafOf)).root).toBe(vector.root);
  for (const leaf of vector.leaves) {
    expect(bytesToHex(leafOf(leafOfVector(leaf)))).toBe(leaf.leaf);
    expect(tree.prove(BigInt(leaf.number))).toEqual(leaf.siblings);
  }
});

const blockTree = createBlockTree(
  vectors.blocks.map((block) => leafOfVector({ ...block, txRoot: block.transactionsRoot })),
);
const range: CheckpointRange = {
  chainId,
  checkpoint: 1n,
  start: blockTree.start,
  end: blockTree.end,
  rootHash: vectors.blocksRoot,
};

describe.each(vectors.blocks)("block $number of the vectors", (block) => {
  const body = bodies.find((each) => each.number === block.number) as Body;
  const b = proveBlock(range, blockTree, BigInt(block.number));

  it("has the roots of its transactions and receipts", () => {
    expect(orderedTrie(body.transactions.map(hexToBytes)).root()).toBe(block.transactionsRoot);
    expect(orderedTrie(body.receipts.map(hexToBytes)).root()).toBe(block.receiptsRoot);
  });

  it("has a header that we read, hash and unseal alike", () => {
    const header = decodeHeader(hexToBytes(block.header));
    if (!header.ok) throw new Error(header.rejection.code);
    expect(bytesToHex(encodeHeader(header.value))).toBe(block.header);
    expect(hashHeader(header.value)).toBe(block.blockHash);
    expect(sealingHash(header.value, chainId)).toBe(block.sealingHash);
    expect(recoverSealer(header.value, chainId)).toBe(block.sealer);
    expect(openHeader(blockTree.leaf(BigInt(block.number)), hexToBytes(block.header)).ok).toBe(true);
  });

  it("lies under the checkpoint", () => {
    expect(b.siblings).toEqual(block.siblings);
    expect(verifyBlockProof(b, range).ok).toBe(true);
  });

  it.each(block.entries)("has transaction $index with its receipt and their proofs", (entry) => {
    const transactions = orderedTrie(body.transactions.map(hexToBytes));
    const receipts = orderedTrie(body.receipts.map(hexToBytes));
    expect(nodesToHex(transactions.prove(orderedKey(entry.index)))).toEqual(entry.txNodes);
    expect(nodesToHex(receipts.prove(orderedKey(entry.index)))).toEqual(entry.receiptNodes);

    const { txNodes, receiptNodes } = entry;
    const check = verifyTxReceipt({ b, txIndex: entry.index, txNodes, receiptNodes }, range);
    if (!check.ok) throw new Error(check.rejection.code);
    const { transaction, receipt } = check.value;
    expect(bytesToHex(transaction.raw)).toBe(entry.transaction);
    expect(transaction.hash).toBe(entry.transactionHash);
    expect(transaction.sender).toBe(entry.sender);
    expect(transaction.nonce).toBe(BigInt(entry.nonce));
    expect(transaction.to === undefined).toBe(entry.creates);
    expect(receipt.status).toBe(entry.status);
    expect(receipt.cumulativeGasUsed).toBe(BigInt(entry.cumulativeGasUsed));
    expect(receipt.logs).toEqual(entry.logs.map((log) => ({ ...log, data: hexToBytes(log.data) })));
    expect(bytesToHex(encodeReceipt(receipt))).toBe(entry.receipt);
  });

  it("has no transaction or receipt that we cannot read", () => {
    for (const raw of body.transactions) expect(readTransaction(hexToBytes(raw), chainId).ok).toBe(true);
    for (const raw of body.receipts) expect(decodeReceipt(hexToBytes(raw)).ok).toBe(true);
  });
});
