import { TypedDataEncoder } from "ethers";
import fc from "fast-check";
import { expect, test } from "vitest";
import { addressFromBytes } from "./address.ts";
import { bytesToHex } from "./bytes.ts";
import { addressWord, domainSeparator, structHash, typedDigest, wordOf } from "./eip712.ts";
import { hashFromBytes, hashToBytes } from "./hash.ts";

const address = fc.uint8Array({ minLength: 20, maxLength: 20 }).map((bytes) => addressFromBytes(bytes));
const hash = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => hashFromBytes(bytes));
const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });

const TYPE = "Vote(uint64 number,address proposer,bytes32 root)";
const types = {
  Vote: [
    { name: "number", type: "uint64" },
    { name: "proposer", type: "address" },
    { name: "root", type: "bytes32" },
  ],
};

test("the digest is that of ethers, with and without a verifying contract", () => {
  const contract = fc.option(address, { nil: undefined });
  fc.assert(
    fc.property(
      fc.string(),
      uint64,
      contract,
      uint64,
      address,
      hash,
      (name, chainId, verifyingContract, number, proposer, root) => {
        const domain = { name, version: "1", chainId, ...(verifyingContract ? { verifyingContract } : {}) };
        const struct = structHash(TYPE, [wordOf(number), addressWord(proposer), hashToBytes(root)]);
        const digest = typedDigest(domainSeparator(domain), struct);
        expect(bytesToHex(domainSeparator(domain))).toBe(TypedDataEncoder.hashDomain(domain));
        expect(bytesToHex(digest)).toBe(TypedDataEncoder.hash(domain, types, { number, proposer, root }));
      },
    ),
  );
});

test("a word is 32 bytes, and what does not fit is a bug", () => {
  expect(wordOf(258)).toEqual(new Uint8Array([...new Uint8Array(30), 1, 2]));
  expect(() => wordOf(2n ** 256n)).toThrow("32 bytes");
  expect(() => wordOf(-1n)).toThrow("negative");
});
