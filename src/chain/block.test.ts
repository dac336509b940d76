import { createBlockFromRLP, createBlockHeaderFromRLP } from "@ethereumjs/block";
import { Common, Hardfork, Mainnet } from "@ethereumjs/common";
import { describe, expect, it, test } from "vitest";
import {
  addressOfKey,
  type Bytes,
  bytesToHex,
  concatBytes,
  decodeRlp,
  emptyBytes,
  encodeRlp,
  type Hash,
  keccak256,
  keccakHash,
  type RlpItem,
  utf8,
  zeroHash,
} from "../primitives/index.ts";
import { minBaseFee, nextBaseFee } from "./base-fee.ts";
import { type Block, createBlock, decodeBlock, encodeBlock } from "./block.ts";
import { describeBlockRejection } from "./block-rejection.ts";
import { emptyBloom } from "./bloom.ts";
import { type BlockHeader, decodeHeader, emptyTrieRoot, emptyUnclesHash, encodeHeader, hashHeader } from "./header.ts";
import { checkBody, checkHeader, transactionsRoot } from "./header-rules.ts";
import { maxBlockBytes } from "./limits.ts";
import { recoverSealer, sealHeader, sealingHash } from "./seal.ts";
import { signTransaction } from "./transaction-sign.ts";

const chainId = 80_401n;
const config = { chainId, gasLimit: 30_000_000n };
const producerKey = keccak256(utf8("producer"));
const annKey = keccak256(utf8("ann"));
const bob = addressOfKey(keccak256(utf8("bob")));
const common = new Common({ chain: { ...Mainnet, chainId: Number(chainId) }, hardfork: Hardfork.Cancun });

const payment = { chainId, gasLimit: 21_000n, maxFeePerGas: 10n ** 10n, to: bob, value: 1n };
const transactions = [
  signTransaction({ ...payment, type: 0, nonce: 0n }, annKey),
  signTransaction({ ...payment, type: 1, nonce: 1n }, annKey),
  signTransaction({ ...payment, type: 2, nonce: 2n }, annKey),
];

const parent: BlockHeader = {
  parentHash: keccakHash(utf8("grandparent")),
  coinbase: addressOfKey(producerKey),
  stateRoot: keccakHash(utf8("state")),
  transactionsRoot: emptyTrieRoot,
  receiptsRoot: emptyTrieRoot,
  logsBloom: emptyBloom(),
  number: 41n,
  gasLimit: config.gasLimit,
  gasUsed: 0n,
  timestamp: 1_800_000_000n,
  extraData: emptyBytes,
  prevRandao: zeroHash,
  baseFeePerGas: 1_000_000_000n,
};

function childWith(change: Partial<BlockHeader>): BlockHeader {
  return sealHeader(
    {
      ...parent,
      parentHash: hashHeader(parent),
      number: 42n,
      timestamp: parent.timestamp + 1n,
      transactionsRoot: transactionsRoot(transactions),
      gasUsed: 63_000n,
      baseFeePerGas: nextBaseFee(parent),
      extraData: utf8("koma"),
      ...change,
    },
    chainId,
    producerKey,
  );
}

const block = createBlock(childWith({}), transactions);

describe("a header", () => {
  it("has the hash that @ethereumjs/block gives it", () => {
    const other = createBlockHeaderFromRLP(encodeHeader(block.header), {
      common,
      skipConsensusFormatValidation: true,
    });
    expect(bytesToHex(other.hash())).toBe(block.hash);
    expect(bytesToHex(other.serialize())).toBe(bytesToHex(encodeHeader(block.header)));
    expect(other.number).toBe(42n);
    expect(other.coinbase.toString()).toBe(block.header.coinbase);
    expect(bytesToHex(other.withdrawalsRoot ?? emptyBytes)).toBe(emptyTrieRoot);
    expect(bytesToHex(other.uncleHash)).toBe(emptyUnclesHash);
  });

  it("is decoded to what was encoded", () => {
    expect(decodeHeader(encodeHeader(block.header))).toEqual({ ok: true, value: block.header });
  });

  test.each([
    [1, "ommersHash", new Uint8Array(32)],
    [7, "difficulty", Uint8Array.of(1)],
    [14, "nonce", new Uint8Array(8).fill(1)],
    [16, "withdrawalsRoot", new Uint8Array(32)],
    [17, "blobGasUsed", Uint8Array.of(1)],
    [18, "excessBlobGas", Uint8Array.of(1)],
    [19, "parentBeaconBlockRoot", new Uint8Array(32).fill(1)],
  ] as const)("with another field %i (%s) is refused", (index, field, value) => {
    const rlp = decodeRlp(encodeHeader(block.header));
    const items = [...((rlp.ok ? rlp.value : []) as readonly RlpItem[])];
    items[index] = value;
    expect(decodeHeader(encodeRlp(items))).toEqual({ ok: false, rejection: { code: "ConstantField", field } });
  });

  it("with a field too many or too few is refused", () => {
    const rlp = decodeRlp(encodeHeader(block.header));
    const items = (rlp.ok ? rlp.value : []) as readonly RlpItem[];
    expect(decodeHeader(encodeRlp([...items, emptyBytes])).ok).toBe(false);
    expect(decodeHeader(encodeRlp(items.slice(0, 19))).ok).toBe(false);
    expect(decodeHeader(new Uint8Array(5000)).ok).toBe(false);
  });
});

describe("a seal", () => {
  it("is of the coinbase and covers every other byte of the header", () => {
    expect(recoverSealer(block.header, chainId)).toBe(parent.coinbase);
    expect(recoverSealer({ ...block.header, gasUsed: 1n }, chainId)).not.toBe(parent.coinbase);
    expect(recoverSealer(block.header, 1n)).not.toBe(parent.coinbase);
  });

  it("has the same hash before and after it is there", () => {
    const { extraData } = block.header;
    const unsealed = { ...block.header, extraData: extraData.subarray(0, extraData.length - 65) };
    expect(sealingHash(unsealed, chainId)).toBe(sealingHash(block.header, chainId));
  });

  it("is a signature of the words in proof rule P10", () => {
    const unsealed = { ...block.header, extraData: utf8("koma") };
    const chainWord = new Uint8Array(32);
    chainWord.set([0x01, 0x3a, 0x11], 29);
    const expected = keccakHash(concatBytes(utf8("KOMA seal v1"), chainWord, keccak256(encodeHeader(unsealed))));
    expect(sealingHash(unsealed, chainId)).toBe(expected);
  });

  it("is missing from extraData of less than 65 bytes", () => {
    expect(recoverSealer({ ...block.header, extraData: new Uint8Array(64) }, chainId)).toBeUndefined();
  });
});

describe("header rules", () => {
  it("accept a sound child", () => {
    expect(checkHeader(block.header, parent, config)).toEqual({ ok: true, value: block.header });
  });

  test.each([
    ["ParentHash", { parentHash: zeroHash }],
    ["Number", { number: 43n }],
    ["Timestamp", { timestamp: parent.timestamp }],
    ["GasLimit", { gasLimit: 30_000_001n }],
    ["GasOverLimit", { gasUsed: 30_000_001n }],
    ["BaseFee", { baseFeePerGas: 1n }],
    ["Coinbase", { coinbase: bob }],
  ] as const)("refuse a wrong header with %s", (code, change) => {
    const check = checkHeader(childWith(change), parent, config);
    expect(check.ok ? "accepted" : check.rejection.code).toBe(code);
    if (!check.ok) expect(describeBlockRejection(check.rejection)).not.toBe("");
  });

  test.each([
    ["Seal", new Uint8Array(0)],
    ["Seal", new Uint8Array(65)],
    ["ExtraData", new Uint8Array(98)],
  ] as const)("refuse extraData with %s", (code, extraData) => {
    const check = checkHeader({ ...block.header, extraData }, parent, config);
    expect(check.ok ? "accepted" : check.rejection.code).toBe(code);
  });

  it("compare the transactions with their root", () => {
    expect(checkBody(block).ok).toBe(true);
    const check = checkBody(createBlock(block.header, transactions.slice(1)));
    expect(check.ok ? "accepted" : check.rejection.code).toBe("TransactionsRoot");
  });
});

describe("a block", () => {
  it("is encoded as @ethereumjs/block encodes it", () => {
    const bytes = encodeBlock(block);
    const other = createBlockFromRLP(bytes, { common, skipConsensusFormatValidation: true });
    expect(bytesToHex(other.hash())).toBe(block.hash);
    expect(bytesToHex(other.serialize())).toBe(bytesToHex(bytes));
    expect(other.transactions.map((tx) => bytesToHex(tx.hash()))).toEqual(transactions.map((tx) => tx.hash));
  });

  it("has the transactions root of @ethereumjs/block", async () => {
    const other = createBlockFromRLP(encodeBlock(block), { common, skipConsensusFormatValidation: true });
    expect(await other.transactionsTrieIsValid()).toBe(true);
  });

  it("is decoded to what was encoded", () => {
    expect(decodeBlock(encodeBlock(block), chainId)).toEqual({ ok: true, value: block });
    const empty: Block = createBlock(parent, []);
    expect(decodeBlock(encodeBlock(empty), chainId)).toEqual({ ok: true, value: empty });
  });

  const [legacy, , typed] = transactions as [(typeof transactions)[0], unknown, (typeof transactions)[0]];
  const header = decodedList(encodeHeader(block.header));
  const bodyOf = (item: RlpItem, tail: readonly RlpItem[] = [[], []]): Bytes => encodeRlp([header, [item], ...tail]);
  test.each([
    { rule: "a legacy transaction inside a string", bytes: bodyOf(legacy.raw), code: "MalformedBlock" },
    { rule: "an empty string as transaction", bytes: bodyOf(emptyBytes), code: "MalformedBlock" },
    {
      rule: "a foreign transaction",
      bytes: bodyOf(signTransaction({ ...payment, chainId: 1n, nonce: 0n }, annKey).raw),
      code: "Transaction",
    },
    { rule: "uncles", bytes: bodyOf(typed.raw, [[header], []]), code: "MalformedBlock" },
    { rule: "withdrawals", bytes: bodyOf(typed.raw, [[], [header]]), code: "MalformedBlock" },
    { rule: "no withdrawals", bytes: bodyOf(typed.raw, [[]]), code: "MalformedBlock" },
    { rule: "a byte too many", bytes: concatBytes(bodyOf(typed.raw), Uint8Array.of(0)), code: "MalformedBlock" },
    { rule: "8 MiB and a byte", bytes: new Uint8Array(maxBlockBytes + 1), code: "BlockTooLarge" },
    { rule: "no bytes", bytes: emptyBytes, code: "MalformedBlock" },
  ])("with $rule is refused", ({ bytes, code }) => {
    const check = decodeBlock(bytes, chainId);
    expect(check.ok ? "accepted" : check.rejection.code).toBe(code);
  });

  it("that was cut off anywhere is refused", () => {
    const bytes = encodeBlock(block);
    for (let length = 0; length < bytes.length; length += 7) {
      expect(decodeBlock(bytes.subarray(0, length), chainId).ok).toBe(false);
    }
  });
});

function decodedList(bytes: Bytes): RlpItem {
  const rlp = decodeRlp(bytes);
  if (!rlp.ok) throw new Error(rlp.rejection.reason);
  return rlp.value;
}

describe("the base fee", () => {
  const of = (gasUsed: bigint, baseFeePerGas: bigint) => nextBaseFee({ gasLimit: 30_000_000n, gasUsed, baseFeePerGas });

  // The vectors of go-ethereum, consensus/misc/eip1559 TestCalcBaseFee, scaled to our limit.
  it("stays at the target, rises above it, falls below it", () => {
    expect(of(15_000_000n, 1_000_000_000n)).toBe(1_000_000_000n);
    expect(of(30_000_000n, 1_000_000_000n)).toBe(1_125_000_000n);
    expect(of(13_500_000n, 1_000_000_000n)).toBe(987_500_000n);
    expect(of(16_500_000n, 1_000_000_000n)).toBe(1_012_500_000n);
    expect(of(0n, 1_000_000_000n)).toBe(875_000_000n);
  });

  it("rises by at least a wei and never falls below its minimum", () => {
    expect(of(15_000_001n, 100n)).toBe(101n);
    expect(of(0n, 7n)).toBe(minBaseFee);
    expect(of(0n, 8n)).toBe(minBaseFee);
  });

  it("is that of @ethereumjs/block", () => {
    for (const [gasUsed, fee] of [
      [0n, 9_999n],
      [1n, 77n],
      [29_999_999n, 12_345_678n],
      [15_000_001n, 7n],
    ] as const) {
      const header = { ...parent, gasUsed, baseFeePerGas: fee };
      const other = createBlockHeaderFromRLP(encodeHeader(header), { common });
      expect(nextBaseFee(header)).toBe(other.calcNextBaseFee());
    }
  });
});

test("rejections are sentences", () => {
  expect(describeBlockRejection({ code: "StateRoot", expected: zeroHash, found: block.hash as Hash })).toContain(
    "expected 0x0000",
  );
  expect(
    describeBlockRejection({
      code: "Transaction",
      index: 3,
      rejection: { code: "NonceMismatch", sender: bob, expected: 2n, found: 1n },
    }),
  ).toContain("transaction 3: nonce too low");
});
