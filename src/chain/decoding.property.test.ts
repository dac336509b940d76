import fc from "fast-check";
import { expect, test } from "vitest";
import {
  addressFromBytes,
  type Bytes,
  bytesToHex,
  decodeRlp,
  encodeRlp,
  equalBytes,
  hashFromBytes,
  keccak256,
  type RlpItem,
  utf8,
} from "../primitives/index.ts";
import { createBlock, decodeBlock, encodeBlock } from "./block.ts";
import { bloomOf, emptyBloom } from "./bloom.ts";
import { type BlockHeader, decodeHeader, encodeHeader } from "./header.ts";
import { transactionsRoot } from "./header-rules.ts";
import { decodeReceipt, encodeReceipt, type Receipt } from "./receipt.ts";
import { joinRlpList, splitRlpList, unwrapRlpBytes, wrapRlpBytes } from "./rlp-spans.ts";
import { signTransaction } from "./transaction-sign.ts";

const chainId = 80_401n;
const hash = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => hashFromBytes(bytes));
const address = fc.uint8Array({ minLength: 20, maxLength: 20 }).map((bytes) => addressFromBytes(bytes));
const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });

const header: fc.Arbitrary<BlockHeader> = fc.record({
  parentHash: hash,
  coinbase: address,
  stateRoot: hash,
  transactionsRoot: hash,
  receiptsRoot: hash,
  logsBloom: fc.uint8Array({ minLength: 256, maxLength: 256 }).map((bytes) => new Uint8Array(bytes)),
  number: uint64,
  gasLimit: uint64,
  gasUsed: uint64,
  timestamp: uint64,
  extraData: fc.uint8Array({ maxLength: 97 }).map((bytes) => new Uint8Array(bytes)),
  prevRandao: hash,
  baseFeePerGas: fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }),
});

const log = fc.record({
  address,
  topics: fc.array(hash, { maxLength: 4 }),
  data: fc.uint8Array({ maxLength: 100 }).map((bytes) => new Uint8Array(bytes)),
});
const receipt: fc.Arbitrary<Receipt> = fc
  .record({
    type: fc.constantFrom(0 as const, 1 as const, 2 as const),
    status: fc.constantFrom(0 as const, 1 as const),
    cumulativeGasUsed: uint64,
    logs: fc.array(log, { maxLength: 3 }),
  })
  .map((fields) => ({ ...fields, logsBloom: bloomOf(fields.logs) }));

const payments = [0, 1, 2].map((type) =>
  signTransaction(
    {
      type: type as 0 | 1 | 2,
      chainId,
      nonce: BigInt(type),
      gasLimit: 21_000n,
      maxFeePerGas: 10n,
      to: addressFromBytes(new Uint8Array(20).fill(9)),
    },
    keccak256(utf8("ann")),
  ),
);

test("a header, a receipt and a block are decoded to what was encoded", () => {
  fc.assert(
    fc.property(header, receipt, (anyHeader, anyReceipt) => {
      expect(decodeHeader(encodeHeader(anyHeader))).toEqual({ ok: true, value: anyHeader });
      expect(decodeReceipt(encodeReceipt(anyReceipt))).toEqual({ ok: true, value: anyReceipt });
    }),
  );
  fc.assert(
    fc.property(header, fc.subarray(payments), (anyHeader, transactions) => {
      const block = createBlock(anyHeader, transactions);
      expect(decodeBlock(encodeBlock(block), chainId)).toEqual({ ok: true, value: block });
    }),
    { numRuns: 30 },
  );
});

test("a changed byte gives something else or nothing, and never an exception", () => {
  const change = fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 }));
  const changed = (bytes: Bytes, [at, flip]: [number, number]): Bytes => {
    const copy = new Uint8Array(bytes);
    copy[at % copy.length] = (copy[at % copy.length] as number) ^ flip;
    return copy;
  };
  fc.assert(
    fc.property(header, receipt, change, (anyHeader, anyReceipt, where) => {
      const headerBytes = changed(encodeHeader(anyHeader), where);
      const decodedHeader = decodeHeader(headerBytes);
      if (decodedHeader.ok) expect(bytesToHex(encodeHeader(decodedHeader.value))).toBe(bytesToHex(headerBytes));
      const receiptBytes = changed(encodeReceipt(anyReceipt), where);
      const decodedReceipt = decodeReceipt(receiptBytes);
      if (decodedReceipt.ok) expect(bytesToHex(encodeReceipt(decodedReceipt.value))).toBe(bytesToHex(receiptBytes));
      const blockBytes = changed(encodeBlock(createBlock(anyHeader, payments)), where);
      const decodedBlock = decodeBlock(blockBytes, chainId);
      if (decodedBlock.ok) expect(bytesToHex(encodeBlock(decodedBlock.value))).toBe(bytesToHex(blockBytes));
    }),
    { numRuns: 200 },
  );
});

test("a list is split into the items that the decoder finds, and joined again", () => {
  const { item } = fc.letrec<{ item: RlpItem }>((tie) => ({
    item: fc.oneof({ maxDepth: 3 }, fc.uint8Array({ maxLength: 70 }), fc.array(tie("item"), { maxLength: 5 })),
  }));
  fc.assert(
    fc.property(fc.array(item, { maxLength: 6 }), (list) => {
      const bytes = encodeRlp(list);
      const items = splitRlpList(bytes) ?? [];
      expect(items.map(bytesToHex)).toEqual(list.map((each) => bytesToHex(encodeRlp(each))));
      expect(bytesToHex(joinRlpList(...items))).toBe(bytesToHex(bytes));
    }),
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      const decoded = decodeRlp(bytes);
      const isList = decoded.ok && !(decoded.value instanceof Uint8Array);
      if (isList) expect(splitRlpList(bytes)).toBeDefined();
      const isString = decoded.ok && decoded.value instanceof Uint8Array;
      expect(unwrapRlpBytes(bytes) !== undefined).toBe(isString);
      expect(bytesToHex(wrapRlpBytes(bytes))).toBe(bytesToHex(encodeRlp(bytes)));
    }),
    { numRuns: 500 },
  );
});

test.each([56, 255, 256, 65_535, 65_536, 16_777_216])("a string of %i bytes has the prefix of its length", (length) => {
  const bytes = new Uint8Array(length).fill(1);
  const wrapped = wrapRlpBytes(bytes);
  // Compared by ourselves: toEqual takes seconds for 16 MiB.
  expect(equalBytes(wrapped, encodeRlp(bytes))).toBe(true);
  expect(equalBytes(unwrapRlpBytes(wrapped) ?? wrapped, bytes)).toBe(true);
});

test("an empty block has the root of an empty trie", () => {
  expect(transactionsRoot([])).toBe("0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421");
  expect(emptyBloom()).toHaveLength(256);
});
