import { describe, expect, it } from "vitest";
import { readHeaders, readLeaves } from "./leaves-answer.ts";

const hash = `0x${"ab".repeat(32)}`;
const entry = { number: "0x10", timestamp: "0x6553f100", transactionsRoot: hash, receiptsRoot: hash, blockHash: hash };
const leaf = { ...entry, number: 16n, timestamp: 1_700_000_000n };

it("a node's leaves are read", () => {
  expect(readLeaves([entry, entry])).toEqual([leaf, leaf]);
});

it.each<{ what: string; answer: unknown }>([
  { what: "nothing", answer: null },
  { what: "text", answer: "leaves" },
  { what: "an entry that is nothing", answer: [entry, null] },
  { what: "an entry that is text", answer: ["leaf"] },
  { what: "a number that is none", answer: [{ ...entry, number: 16 }] },
  { what: "a number of more than 64 bits", answer: [{ ...entry, number: `0x1${"0".repeat(16)}` }] },
  { what: "no time", answer: [{ ...entry, timestamp: undefined }] },
  { what: "a short root", answer: [{ ...entry, receiptsRoot: "0xab" }] },
  { what: "a hash with other digits", answer: [{ ...entry, blockHash: `0x${"zz".repeat(32)}` }] },
])("$what is no answer", ({ answer }) => {
  expect(readLeaves(answer)).toBeUndefined();
});

describe("headers that a node shows", () => {
  it.each([
    { what: "no list", answer: { headers: [] } },
    { what: "numbers", answer: [1, 2] },
    { what: "hex that is no header", answer: ["0xc0"] },
    { what: "half a byte", answer: ["0xc"] },
  ])("are none when they are $what", ({ answer }) => {
    expect(readHeaders(answer)).toBeUndefined();
  });
});
