import fc from "fast-check";
import { expect, test } from "vitest";
import { addressFromBytes, type Bytes, hashFromBytes, keccak256, utf8 } from "../primitives/index.ts";
import { intrinsicGas } from "./transaction.ts";
import { decodeTransaction } from "./transaction-decode.ts";
import { signTransaction, type TransactionFields } from "./transaction-sign.ts";

const chainId = 80_401n;
const key = keccak256(utf8("ann"));

const address = fc.uint8Array({ minLength: 20, maxLength: 20 }).map((bytes) => addressFromBytes(bytes));
const word = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => hashFromBytes(bytes));
const wei = fc.bigInt({ min: 0n, max: 2n ** 96n });
const accessList = fc.array(fc.record({ address, storageKeys: fc.array(word, { maxLength: 3 }) }), { maxLength: 3 });

const fields: fc.Arbitrary<TransactionFields> = fc
  .record({
    type: fc.constantFrom(0 as const, 1 as const, 2 as const),
    nonce: fc.bigInt({ min: 0n, max: 2n ** 64n - 2n }),
    fee: wei,
    tip: wei,
    to: fc.option(address, { nil: undefined }),
    value: wei,
    data: fc.uint8Array({ maxLength: 300 }),
    accessList,
    spare: fc.bigInt({ min: 0n, max: 1_000_000n }),
  })
  .map(({ type, nonce, fee, tip, to, value, data, accessList: list, spare }) => {
    const entries = type === 0 ? [] : list;
    return {
      type,
      chainId,
      nonce,
      maxFeePerGas: fee,
      maxPriorityFeePerGas: type === 2 ? (tip < fee ? tip : fee) : fee,
      to,
      value,
      data,
      accessList: entries,
      gasLimit: intrinsicGas({ data, to, accessList: entries }) + spare,
    };
  });

test("what was signed is what is decoded", () => {
  fc.assert(
    fc.property(fields, (unsigned) => {
      const tx = signTransaction(unsigned, key);
      const check = decodeTransaction(tx.raw, chainId);
      expect(check).toEqual({ ok: true, value: tx });
    }),
  );
});

test("a changed byte gives another transaction or none, and never an exception", () => {
  fc.assert(
    fc.property(fields, fc.nat(), fc.integer({ min: 1, max: 255 }), (unsigned, position, flip) => {
      const tx = signTransaction(unsigned, key);
      const raw: Bytes = new Uint8Array(tx.raw);
      const at = position % raw.length;
      raw[at] = (raw[at] as number) ^ flip;
      const check = decodeTransaction(raw, chainId);
      if (check.ok) {
        expect(check.value.hash).not.toBe(tx.hash);
        expect([check.value.sender, check.value.signingHash]).not.toEqual([tx.sender, tx.signingHash]);
      }
    }),
    { numRuns: 400 },
  );
});

test("no bytes make the decoder throw", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(0x01, 0x02, 0xc0, 0xc9, 0xf8, 0xf9),
      fc.uint8Array({ maxLength: 200 }),
      (lead, rest) => {
        decodeTransaction(Uint8Array.from([lead, ...rest]), chainId);
      },
    ),
    { numRuns: 500 },
  );
});
