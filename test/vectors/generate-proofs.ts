// Writes proofs.json and proof-blocks.json beside this file: `node test/vectors/generate-proofs.ts`. Solidity tests
// (contracts/test/fraud) and TypeScript tests (src/proofs) read them, so that both agree with a third implementation.
//
// proofs.json        chainId, trees (block trees of 1 to 7 leaves), blocks (headers, seals, proofs of some entries),
//                    checkpoint (an EIP-712 vote)
// proof-blocks.json  for each of those blocks all transactions and receipts, to rebuild the tries from
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { concat, id, keccak256, TypedDataEncoder, toBeHex, Wallet, ZeroHash, zeroPadValue } from "ethers";
import { type BlockVector, CHAIN_ID, drawBlock } from "./proof-chain.ts";

interface Leaf {
  readonly number: number;
  readonly timestamp: number;
  readonly txRoot: string;
  readonly receiptsRoot: string;
  readonly blockHash: string;
}

const word = (value: number): string => zeroPadValue(toBeHex(value), 32);

function leafHash(leaf: Leaf): string {
  return keccak256(
    concat(["0x00", word(leaf.number), word(leaf.timestamp), leaf.txRoot, leaf.receiptsRoot, leaf.blockHash]),
  );
}

/** Levels from the leaves, padded with zero words to a power of two, up to the root. */
function treeLevels(leaves: readonly string[]): string[][] {
  let width = 1;
  while (width < leaves.length) width *= 2;
  let level = [...leaves, ...Array.from({ length: width - leaves.length }, () => ZeroHash)];
  const levels = [level];
  while (level.length > 1) {
    const pairs = Array.from({ length: level.length / 2 }, (_, i) => level.slice(2 * i, 2 * i + 2));
    level = pairs.map((pair) => keccak256(concat(["0x01", ...pair])));
    levels.push(level);
  }
  return levels;
}

function siblingsOf(levels: readonly string[][], index: number): readonly string[] {
  return levels.slice(0, -1).map((level, depth) => level[(index >> depth) ^ 1] as string);
}

function treeVector(count: number) {
  const start = 100 * count;
  const leaves = Array.from({ length: count }, (_, i): Leaf => {
    const seed = `tree ${count}/${i}`;
    return {
      number: start + i,
      timestamp: 1_700_000_000 + 13 * i,
      txRoot: id(`${seed}/tx`),
      receiptsRoot: id(`${seed}/receipts`),
      blockHash: id(`${seed}/block`),
    };
  });
  const levels = treeLevels(leaves.map(leafHash));
  return {
    start,
    end: start + count - 1,
    depth: levels.length - 1,
    root: levels.at(-1)?.[0] as string,
    leaves: leaves.map((leaf, i) => ({ ...leaf, leaf: leafHash(leaf), siblings: siblingsOf(levels, i) })),
  };
}

/** A vote as stakers sign it: 64 bytes of EIP-2098. */
function checkpointVector(blocks: readonly BlockVector[], root: string) {
  const signer = new Wallet(id("koma vectors: staker"));
  const domain = {
    name: "KOMA Checkpoint",
    version: "1",
    chainId: 31337,
    verifyingContract: "0x5FbDB2315678afecb367f032d93F642f64180aa3",
  };
  const fields = ["uint64 chainId", "uint64 epoch", "uint64 number", "address proposer", "uint64 start", "uint64 end"];
  const hashes = ["rootHash", "lastBlockHash", "accountHash", "prevCheckpoint"].map((name) => `bytes32 ${name}`);
  const types = {
    Checkpoint: [...fields, ...hashes, "uint64 generation"].map((field) => {
      const [type, name] = field.split(" ") as [string, string];
      return { name, type };
    }),
  };
  const message = {
    chainId: CHAIN_ID,
    epoch: 9,
    number: 3,
    proposer: signer.address,
    start: blocks[0]?.number,
    end: blocks.at(-1)?.number,
    rootHash: root,
    lastBlockHash: blocks.at(-1)?.blockHash,
    accountHash: id("koma vectors: accounts"),
    prevCheckpoint: id("koma vectors: previous"),
    generation: 2,
  };
  const digest = TypedDataEncoder.hash(domain, types, message);
  return {
    domain,
    message,
    structHash: TypedDataEncoder.from(types).hash(message),
    digest,
    signer: signer.address.toLowerCase(),
    signature: signer.signingKey.sign(digest).compactSerialized,
  };
}

/** Counts and positions at which keys of tries change their length: a lone leaf, 127, 128, 255 and 256. */
const SHAPES = [
  { count: 1, proven: [0], freeExtraData: "0x" },
  { count: 16, proven: [0, 1, 3, 7, 15], freeExtraData: "0x05" },
  { count: 200, proven: [0, 1, 127, 128, 199], freeExtraData: "0x80" },
  { count: 300, proven: [2, 127, 128, 255, 256, 299], freeExtraData: id("free") },
];

const blocks: BlockVector[] = [];
for (const [i, shape] of SHAPES.entries()) {
  const parentHash = blocks.at(-1)?.blockHash ?? id("koma vectors: genesis");
  blocks.push(await drawBlock({ ...shape, number: i + 1, timestamp: 1_700_000_000 + 2 * i, parentHash }));
}
const leaves = blocks.map((block) =>
  leafHash({
    number: block.number,
    timestamp: block.timestamp,
    txRoot: block.transactionsRoot,
    receiptsRoot: block.receiptsRoot,
    blockHash: block.blockHash,
  }),
);
const levels = treeLevels(leaves);
const root = levels.at(-1)?.[0] as string;

function write(name: string, content: unknown): void {
  writeFileSync(fileURLToPath(new URL(name, import.meta.url)), `${JSON.stringify(content, null, 1)}\n`);
}

write("proofs.json", {
  chainId: CHAIN_ID,
  trees: Array.from({ length: 7 }, (_, i) => treeVector(i + 1)),
  blocks: blocks.map(({ transactions, receipts: _receipts, ...block }, i) => ({
    ...block,
    transactionCount: transactions.length,
    siblings: siblingsOf(levels, i),
  })),
  blocksRoot: root,
  checkpoint: checkpointVector(blocks, root),
});
write(
  "proof-blocks.json",
  blocks.map(({ number, transactions, receipts }) => ({ number, transactions, receipts })),
);
