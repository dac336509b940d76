import { createMPT } from "@ethereumjs/mpt";
import { Bloom, encodeReceipt as encodeWithEthereumjs } from "@ethereumjs/vm";
import { describe, expect, it, test } from "vitest";
import {
  addressOfKey,
  addressToBytes,
  bytesToHex,
  encodeRlp,
  type Hash,
  hashToBytes,
  keccak256,
  keccakHash,
  utf8,
} from "../primitives/index.ts";
import { bloomMayContain, bloomOf, emptyBloom, joinBlooms } from "./bloom.ts";
import type { Log } from "./log.ts";
import { decodeReceipt, encodeReceipt, type Receipt } from "./receipt.ts";
import { orderedTrie } from "./trie.ts";

const token = addressOfKey(keccak256(utf8("token")));
const transfer = keccakHash(utf8("Transfer(address,address,uint256)"));
const logs: readonly Log[] = [
  { address: token, topics: [transfer, `0x${"00".repeat(31)}07` as Hash], data: new Uint8Array(32).fill(9) },
  { address: token, topics: [], data: new Uint8Array(0) },
];

function receiptOf(type: 0 | 1 | 2, cumulativeGasUsed: bigint, status: 0 | 1 = 1): Receipt {
  const own = status === 1 ? logs : [];
  return { type, status, cumulativeGasUsed, logsBloom: bloomOf(own), logs: own };
}

const receipts = [receiptOf(0, 21_000n), receiptOf(1, 60_000n), receiptOf(2, 90_000n), receiptOf(2, 111_000n, 0)];

describe("a receipt", () => {
  it.each(receipts)("of type $type is encoded as @ethereumjs/vm encodes it", (receipt) => {
    const other = encodeWithEthereumjs(
      {
        status: receipt.status,
        cumulativeBlockGasUsed: receipt.cumulativeGasUsed,
        bitvector: receipt.logsBloom,
        logs: receipt.logs.map((log) => [addressToBytes(log.address), log.topics.map(hashToBytes), log.data]),
      },
      receipt.type,
    );
    expect(bytesToHex(encodeReceipt(receipt))).toBe(bytesToHex(other));
  });

  it.each(receipts)("of type $type is decoded to what was encoded", (receipt) => {
    expect(decodeReceipt(encodeReceipt(receipt))).toEqual({ ok: true, value: receipt });
  });

  it("has a canonical zero for no gas", () => {
    const receipt: Receipt = { type: 0, status: 0, cumulativeGasUsed: 0n, logsBloom: emptyBloom(), logs: [] };
    expect(decodeReceipt(encodeReceipt(receipt))).toEqual({ ok: true, value: receipt });
  });

  const bloom = emptyBloom();
  const gas = Uint8Array.of(1);
  const topic = new Uint8Array(32);
  test.each([
    { rule: "status 2", bytes: encodeRlp([Uint8Array.of(2), gas, bloom, []]) },
    { rule: "a status of zero in a byte", bytes: encodeRlp([Uint8Array.of(0), gas, bloom, []]) },
    { rule: "a bloom of 255 bytes", bytes: encodeRlp([gas, gas, bloom.subarray(1), []]) },
    { rule: "three fields", bytes: encodeRlp([gas, gas, bloom]) },
    { rule: "five topics", bytes: encodeRlp([gas, gas, bloom, [[new Uint8Array(20), Array(5).fill(topic), gas]]]) },
    {
      rule: "a topic of 31 bytes",
      bytes: encodeRlp([gas, gas, bloom, [[new Uint8Array(20), [topic.subarray(1)], gas]]]),
    },
    { rule: "an address of 21 bytes", bytes: encodeRlp([gas, gas, bloom, [[new Uint8Array(21), [], gas]]]) },
    { rule: "type 3", bytes: Uint8Array.of(3, ...encodeRlp([gas, gas, bloom, []])) },
    { rule: "no bytes", bytes: new Uint8Array(0) },
  ])("with $rule is refused", ({ bytes }) => {
    expect(decodeReceipt(bytes).ok).toBe(false);
  });
});

test("the receipts root is that of @ethereumjs/mpt over more receipts than one byte counts", async () => {
  const many = Array.from({ length: 300 }, (_, i) => encodeReceipt(receiptOf((i % 3) as 0 | 1 | 2, BigInt(i + 1))));
  const reference = await createMPT();
  for (const [i, bytes] of many.entries()) {
    await reference.put(
      encodeRlp(i === 0 ? new Uint8Array(0) : i < 256 ? Uint8Array.of(i) : Uint8Array.of(1, i - 256)),
      bytes,
    );
  }
  expect(orderedTrie(many).root()).toBe(bytesToHex(reference.root()));
});

describe("a bloom", () => {
  it("is that of @ethereumjs/vm", () => {
    const other = new Bloom();
    for (const log of logs) {
      other.add(addressToBytes(log.address));
      for (const topic of log.topics) other.add(hashToBytes(topic));
    }
    expect(bytesToHex(bloomOf(logs))).toBe(bytesToHex(other.bitvector));
  });

  it("may contain what was added and not what was not", () => {
    const bloom = joinBlooms([emptyBloom(), bloomOf(logs)]);
    expect(bloomMayContain(bloom, hashToBytes(transfer))).toBe(true);
    expect(bloomMayContain(bloom, utf8("something else"))).toBe(false);
    expect(bloomMayContain(emptyBloom(), hashToBytes(transfer))).toBe(false);
  });
});
