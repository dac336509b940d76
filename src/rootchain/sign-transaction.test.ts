import { Transaction } from "ethers";
import fc from "fast-check";
import { expect, it } from "vitest";
import { type Address, addressFromBytes, addressOfKey, bytesToHex, checksumAddress } from "../primitives/index.ts";
import { signTransaction } from "./sign-transaction.ts";

const key = new Uint8Array(32).fill(7);

it("makes transactions that ethers reads as they were meant, for any content", () => {
  const amount = fc.bigInt({ min: 0n, max: 2n ** 96n });
  const content = fc.record({
    chainId: fc.bigInt({ min: 1n, max: 2n ** 40n }),
    nonce: fc.bigInt({ min: 0n, max: 2n ** 40n }),
    maxPriorityFeePerGas: amount,
    maxFeePerGas: amount.map((fee) => fee + 2n ** 96n),
    gasLimit: fc.bigInt({ min: 0n, max: 2n ** 32n }),
    value: amount,
    data: fc.uint8Array({ maxLength: 300 }).map(bytesToHex),
    to: fc.option(fc.uint8Array({ minLength: 20, maxLength: 20 }).map(addressFromBytes), { nil: undefined }),
  });
  fc.assert(
    fc.property(content, ({ to, ...rest }) => {
      const { raw, hash } = signTransaction({ ...rest, ...(to ? { to } : {}) }, key);
      const read = Transaction.from(raw);
      expect(read.from).toBe(checksumAddress(addressOfKey(key)));
      expect(read.hash).toBe(hash);
      expect(read.to).toBe(to ? checksumAddress(to as Address) : null);
      expect(read).toMatchObject({ ...rest, type: 2, nonce: Number(rest.nonce), accessList: [] });
      expect(read.serialized).toBe(raw);
    }),
    { numRuns: 60 },
  );
});
