import { Interface } from "ethers";
import { describe, expect, it, test } from "vitest";
import {
  type Block,
  bloomOf,
  createBlock,
  encodeHeader,
  encodeReceipt,
  type Log,
  orderedTrie,
  type Receipt,
  sealHeader,
  signTransaction,
  transactionsRoot,
} from "../chain/index.ts";
import { BugError } from "../errors.ts";
import {
  addressOfKey,
  bytesToHex,
  type Hash,
  type Hex,
  hexToBytes,
  keccak256,
  keccakHash,
  utf8,
  zeroHash,
} from "../primitives/index.ts";
import {
  type BlockProof,
  blockLeafOf,
  type CheckpointRange,
  createBlockTree,
  leafOf,
  proveBlock,
  verifyBlockProof,
} from "./block-proof.ts";
import { openHeader } from "./header-proof.ts";
import {
  createTxProof,
  createTxReceipt,
  positionOf,
  proveLog,
  verifyLogProof,
  verifyReceiptProof,
  verifyTransactionProof,
  verifyTxReceipt,
} from "./inclusion-proof.ts";

const chainId = 80_401n;
const key = keccak256(utf8("ann"));
const ann = addressOfKey(key);
const log = (n: number): Log => ({ address: ann, topics: [keccakHash(Uint8Array.of(n))], data: Uint8Array.of(n) });

/** Block with `count` payments; payment i leaves i % 3 logs. */
function sampleBlock(number: bigint, parentHash: Hash, count: number): { block: Block; receipts: readonly Receipt[] } {
  const transactions = Array.from({ length: count }, (_, i) =>
    signTransaction(
      { type: (i % 3) as 0 | 1 | 2, chainId, nonce: BigInt(i), gasLimit: 21_000n, maxFeePerGas: 10n ** 9n, to: ann },
      key,
    ),
  );
  const receipts = transactions.map((tx, i): Receipt => {
    const logs = Array.from({ length: i % 3 }, (_, n) => log(n));
    return { type: tx.type, status: 1, cumulativeGasUsed: 21_000n * BigInt(i + 1), logsBloom: bloomOf(logs), logs };
  });
  const header = sealHeader(
    {
      parentHash,
      coinbase: ann,
      stateRoot: zeroHash,
      transactionsRoot: transactionsRoot(transactions),
      receiptsRoot: orderedTrie(receipts.map(encodeReceipt)).root(),
      logsBloom: bloomOf(receipts.flatMap((receipt) => receipt.logs)),
      number,
      gasLimit: 30_000_000n,
      gasUsed: 21_000n * BigInt(count),
      timestamp: 1_800_000_000n + number,
      extraData: new Uint8Array(0),
      prevRandao: zeroHash,
      baseFeePerGas: 7n,
    },
    chainId,
    key,
  );
  return { block: createBlock(header, transactions), receipts };
}

const chain = [10n, 11n, 12n, 13n, 14n].map((number) => sampleBlock(number, zeroHash, 3 + Number(number - 10n) * 70));
const tree = createBlockTree(chain.map(({ block }) => blockLeafOf(block)));
const checkpoint: CheckpointRange = { chainId, checkpoint: 3n, start: 10n, end: 14n, rootHash: tree.root };
const { block, receipts } = chain[4] as (typeof chain)[0];
const b = proveBlock(checkpoint, tree, 14n);

function codeOf(check: { ok: boolean; rejection?: { code: string; fault?: string } }): string {
  return check.rejection === undefined ? "accepted" : (check.rejection.fault ?? check.rejection.code);
}

describe("a block proof", () => {
  it("shows each block of the checkpoint", () => {
    for (const { block: each } of chain) {
      const proof = proveBlock(checkpoint, tree, each.header.number);
      expect(proof.siblings).toHaveLength(3);
      expect(verifyBlockProof(proof, checkpoint)).toEqual({ ok: true, value: blockLeafOf(each) });
    }
  });

  test.each<[string, Partial<BlockProof>]>([
    ["WrongChain", { chainId: 1n }],
    ["WrongCheckpoint", { checkpoint: 4n }],
    ["BlockNotInCheckpoint", { number: 9n }],
    ["BlockNotInCheckpoint", { number: 15n }],
    ["BlockNotInCheckpoint", { number: 13n }],
    ["BlockNotInCheckpoint", { timestamp: 0n }],
    ["BlockNotInCheckpoint", { txRoot: zeroHash }],
    ["BlockNotInCheckpoint", { receiptsRoot: zeroHash }],
    ["BlockNotInCheckpoint", { blockHash: zeroHash }],
    ["BadSiblings", { siblings: b.siblings.slice(1) }],
    ["BadSiblings", { siblings: [...b.siblings, zeroHash] }],
    ["BlockNotInCheckpoint", { siblings: [...b.siblings].reverse() }],
  ])("is refused with %s when a field is another: %o", (code, change) => {
    expect(codeOf(verifyBlockProof({ ...b, ...change }, checkpoint))).toBe(code);
  });

  it("cannot be made of blocks that are not in a row", () => {
    const [first, , third] = chain.map(({ block: each }) => blockLeafOf(each));
    expect(() => createBlockTree([first, third] as Parameters<typeof createBlockTree>[0])).toThrow(BugError);
    expect(() => createBlockTree([])).toThrow(BugError);
    expect(() => tree.prove(15n)).toThrow(BugError);
  });

  it("has a leaf of 161 hashed bytes", () => {
    const leaf = blockLeafOf(block);
    const word = (value: bigint) => value.toString(16).padStart(64, "0");
    const text = `0x00${word(14n)}${word(leaf.timestamp)}${leaf.transactionsRoot.slice(2)}${leaf.receiptsRoot.slice(2)}${leaf.blockHash.slice(2)}`;
    expect(text).toHaveLength(2 + 2 * 161);
    expect(bytesToHex(leafOf(leaf))).toBe(keccakHash(hexToBytes(text)));
  });
});

describe("a transaction proof", () => {
  it.each([0, 1, 127, 128, 200, 282])("shows transaction %i", (index) => {
    const raw = verifyTransactionProof(createTxProof(b, block, index), checkpoint);
    expect(raw).toEqual({ ok: true, value: block.transactions[index]?.raw });
  });

  const proof = createTxProof(b, block, 130);
  const [root, ...rest] = proof.txNodes as [Hex, ...Hex[]];
  const flipped = (node: Hex): Hex => `${node.slice(0, -1)}${node.endsWith("0") ? "1" : "0"}` as Hex;
  test.each([
    ["no nodes", "Truncated", []],
    ["another root", "Root", [flipped(root), ...rest]],
    ["another node below", "Node", [root, flipped(rest[0] as Hex), ...rest.slice(1)]],
    ["a node too few", "Truncated", proof.txNodes.slice(0, -1)],
    ["a node too many", "Superfluous", [...proof.txNodes, root]],
    ["something that is not hex", "Malformed", ["0xzz" as Hex]],
  ])("with %s is refused: %s", (_, code, txNodes) => {
    expect(codeOf(verifyTransactionProof({ ...proof, txNodes }, checkpoint))).toBe(code);
  });

  it("does not hold for another index", () => {
    for (const txIndex of [0, 129, 131, 2 ** 32 - 1, 2 ** 32, -1, 1.5]) {
      expect(verifyTransactionProof({ ...proof, txIndex }, checkpoint).ok).toBe(false);
    }
  });

  it("cannot be made for a transaction that is not there", () => {
    expect(() => createTxProof(b, block, 283)).toThrow(BugError);
  });
});

describe("a log proof", () => {
  it("shows the log and its receipt", () => {
    const proof = proveLog(b, receipts, 200, 1);
    expect(verifyLogProof(proof, checkpoint)).toEqual({ ok: true, value: { log: log(1), receipt: receipts[200] } });
    expect(verifyReceiptProof(proof, checkpoint)).toEqual({ ok: true, value: encodeReceipt(receipts[200] as Receipt) });
  });

  it("is refused for a log that the receipt does not have", () => {
    const proof = proveLog(b, receipts, 200, 1);
    expect(codeOf(verifyLogProof({ ...proof, logIndex: 2 }, checkpoint))).toBe("NoSuchLog");
    expect(() => proveLog(b, receipts, 200, 2)).toThrow(BugError);
  });

  it("does not show a transaction", () => {
    const proof = proveLog(b, receipts, 200, 1);
    expect(verifyTransactionProof({ b, txIndex: 200, txNodes: proof.receiptNodes }, checkpoint).ok).toBe(false);
  });
});

describe("a transaction with its receipt", () => {
  it("is shown decoded", () => {
    for (const index of [0, 1, 2]) {
      const check = verifyTxReceipt(createTxReceipt(b, block, receipts, index), checkpoint);
      expect(check).toEqual({ ok: true, value: { transaction: block.transactions[index], receipt: receipts[index] } });
    }
  });

  it("must be of one type", () => {
    const wrong = receipts.map((receipt): Receipt => ({ ...receipt, type: 2 }));
    const header = { ...block.header, receiptsRoot: orderedTrie(wrong.map(encodeReceipt)).root() };
    const lie = createBlock(header, block.transactions);
    const ofLie = createBlockTree([blockLeafOf(lie)]);
    const range = { chainId, checkpoint: 1n, start: 14n, end: 14n, rootHash: ofLie.root };
    const proof = createTxReceipt(proveBlock(range, ofLie, 14n), lie, wrong, 0);
    expect(codeOf(verifyTxReceipt(proof, range))).toBe("TypeMismatch");
  });
});

describe("a header", () => {
  const raw = encodeHeader(block.header);

  it("opens its leaf", () => {
    const opened = openHeader(blockLeafOf(block), raw);
    expect(opened.ok && opened.value.stateRoot).toBe(block.header.stateRoot);
    expect(opened.ok && opened.value.extraData).toEqual(block.header.extraData);
  });

  test.each([
    ["hash", { blockHash: zeroHash }],
    ["number", { number: 1n }],
    ["timestamp", { timestamp: 1n }],
    ["transactionsRoot", { transactionsRoot: zeroHash }],
    ["receiptsRoot", { receiptsRoot: zeroHash }],
  ] as const)("does not open a leaf with another %s", (field, change) => {
    const check = openHeader({ ...blockLeafOf(block), ...change }, raw);
    expect(check).toEqual({ ok: false, rejection: { code: "HeaderMismatch", field } });
  });

  it("must be a header", () => {
    const bytes = Uint8Array.of(0xc0);
    const check = openHeader({ ...blockLeafOf(block), blockHash: keccakHash(bytes) }, bytes);
    expect(check).toEqual({ ok: false, rejection: { code: "HeaderMismatch", field: "rlp" } });
  });
});

test("a position orders blocks, then transactions, then logs", () => {
  expect(positionOf(1n, 2, 3)).toBe((1n << 64n) | (2n << 32n) | 3n);
  expect(positionOf(2n, 0)).toBeGreaterThan(positionOf(1n, 0xffff_ffff, 0xffff_ffff));
});

test("proofs are encoded as the structs of the root contracts", () => {
  const block_ =
    "tuple(uint64 chainId,uint64 checkpoint,uint64 number,uint64 timestamp,bytes32 txRoot,bytes32 receiptsRoot,bytes32 blockHash,bytes32[] siblings) b";
  const abi = new Interface([
    `function verifyTransaction(tuple(${block_},uint32 txIndex,bytes[] txNodes) p)`,
    `function verifyLog(tuple(${block_},uint32 txIndex,uint32 logIndex,bytes[] receiptNodes) p)`,
    `function validateReceipt(tuple(${block_},uint32 txIndex,bytes[] txNodes,bytes[] receiptNodes) p)`,
  ]);
  const proof = createTxProof(b, block, 1);
  const encoded = abi.encodeFunctionData("verifyTransaction", [proof]);
  const [decoded] = abi.decodeFunctionData("verifyTransaction", encoded);
  expect(decoded.b.siblings.toArray()).toEqual(b.siblings);
  expect(decoded.txNodes.toArray()).toEqual(proof.txNodes);
  expect(abi.encodeFunctionData("verifyLog", [proveLog(b, receipts, 1, 0)])).toMatch(/^0x/);
  expect(abi.encodeFunctionData("validateReceipt", [createTxReceipt(b, block, receipts, 1)])).toMatch(/^0x/);
});
