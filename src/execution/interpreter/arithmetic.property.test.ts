import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { runInWorld } from "../../../test/support/evm-world.ts";
import {
  type Address,
  type Bytes,
  bigintToFixedBytes,
  bytesToBigint,
  bytesToHex,
  concatBytes,
  hexToBytes,
  keccak256,
} from "../../primitives/index.ts";
import { EvmEngine } from "../evm-engine.ts";
import { Pacer } from "../pacer.ts";

// Words as the processor's limbs and digits, against JavaScript's own big numbers.

const SIZE = 1n << 256n;
const target = `0x${"aa".repeat(20)}` as Address;
const signed = (x: bigint) => BigInt.asIntN(256, x);
const word = (x: bigint) => BigInt.asUintN(256, x);
const truth = (x: boolean) => (x ? 1n : 0n);

function power(base: bigint, exponent: bigint): bigint {
  let [result, factor] = [1n, base];
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = word(result * factor);
    factor = word(factor * factor);
  }
  return result;
}

const binary: Readonly<Record<string, readonly [number, (a: bigint, b: bigint) => bigint]>> = {
  ADD: [0x01, (a, b) => a + b],
  MUL: [0x02, (a, b) => a * b],
  SUB: [0x03, (a, b) => a - b],
  DIV: [0x04, (a, b) => (b === 0n ? 0n : a / b)],
  SDIV: [0x05, (a, b) => (b === 0n ? 0n : signed(a) / signed(b))],
  MOD: [0x06, (a, b) => (b === 0n ? 0n : a % b)],
  SMOD: [0x07, (a, b) => (b === 0n ? 0n : signed(a) % signed(b))],
  EXP: [0x0a, power],
  SIGNEXTEND: [0x0b, (a, b) => (a > 30n ? b : BigInt.asIntN(8 * (Number(a) + 1), b))],
  LT: [0x10, (a, b) => truth(a < b)],
  GT: [0x11, (a, b) => truth(a > b)],
  SLT: [0x12, (a, b) => truth(signed(a) < signed(b))],
  SGT: [0x13, (a, b) => truth(signed(a) > signed(b))],
  EQ: [0x14, (a, b) => truth(a === b)],
  AND: [0x16, (a, b) => a & b],
  OR: [0x17, (a, b) => a | b],
  XOR: [0x18, (a, b) => a ^ b],
  BYTE: [0x1a, (a, b) => (a > 31n ? 0n : (b >> (8n * (31n - a))) & 0xffn)],
  SHL: [0x1b, (a, b) => (a > 255n ? 0n : b << a)],
  SHR: [0x1c, (a, b) => (a > 255n ? 0n : b >> a)],
  SAR: [0x1d, (a, b) => signed(b) >> (a > 255n ? 255n : a)],
};
const unary: Readonly<Record<string, readonly [number, (a: bigint) => bigint]>> = {
  ISZERO: [0x15, (a) => truth(a === 0n)],
  NOT: [0x19, (a) => ~a],
};
const ternary: Readonly<Record<string, readonly [number, (a: bigint, b: bigint, n: bigint) => bigint]>> = {
  ADDMOD: [0x08, (a, b, n) => (n === 0n ? 0n : (a + b) % n)],
  MULMOD: [0x09, (a, b, n) => (n === 0n ? 0n : (a * b) % n)],
};

/** Numbers around powers of two, where carries and digits begin and end, short ones, and any. */
const edge = fc
  .tuple(fc.integer({ min: 0, max: 256 }), fc.bigInt({ min: -2n, max: 2n }))
  .map(([bits, more]) => word((1n << BigInt(bits)) + more));
const any = fc.oneof(
  edge,
  fc.bigInt({ min: 0n, max: 300n }),
  fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
  fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }),
  fc.bigInt({ min: 0n, max: SIZE - 1n }),
);

let engine: EvmEngine;
beforeAll(async () => {
  engine = await EvmEngine.create(1n, new Pacer(1_000), "wasm");
});

const push = (value: bigint) => concatBytes(hexToBytes("0x7f"), bigintToFixedBytes(value, 32));

/** The word that an instruction leaves of its operands, the first of which is the topmost. */
async function evaluate(opcode: number, operands: readonly bigint[]): Promise<bigint> {
  const code = concatBytes(
    ...[...operands].reverse().map(push),
    new Uint8Array([opcode]),
    hexToBytes("0x60005260206000f3"),
  );
  const { outcome } = await runInWorld(engine, { [target]: { code } }, { to: target });
  expect(outcome.error).toBeUndefined();
  return bytesToBigint(outcome.returnData);
}

describe("instructions on words", () => {
  it.each(Object.entries(binary))("%s", async (_, [opcode, expected]) => {
    const check = async (a: bigint, b: bigint) => {
      expect(await evaluate(opcode, [a, b])).toBe(word(expected(a, b)));
    };
    await fc.assert(fc.asyncProperty(any, any, check), { numRuns: 120 });
  });

  it.each(Object.entries(unary))("%s", async (_, [opcode, expected]) => {
    const check = async (a: bigint) => {
      expect(await evaluate(opcode, [a])).toBe(word(expected(a)));
    };
    await fc.assert(fc.asyncProperty(any, check), { numRuns: 60 });
  });

  it.each(Object.entries(ternary))("%s", async (_, [opcode, expected]) => {
    const check = async (a: bigint, b: bigint, n: bigint) => {
      expect(await evaluate(opcode, [a, b, n])).toBe(word(expected(a, b, n)));
    };
    await fc.assert(fc.asyncProperty(any, any, any, check), { numRuns: 200 });
  });

  it("divides where the first guess at a digit is too large", async () => {
    // Hacker's Delight, divmnu: the operands that make the correction step run.
    const cases: readonly (readonly [bigint, bigint])[] = [
      [0x800000000000000000000003n, 0x200000000000000000000001n],
      [0x00007fff0000000000000000n, 0x800000000001n],
      [0x80000000fffffffe00000000n, 0x80000000ffffffffn],
      [word(-1n), (1n << 255n) + 1n],
    ];
    for (const [a, b] of cases) {
      expect(await evaluate(0x04, [a, b])).toBe(a / b);
      expect(await evaluate(0x06, [a, b])).toBe(a % b);
    }
  });

  it("KECCAK256 of any number of bytes", async () => {
    const hash = async (data: Bytes) => {
      // CALLDATACOPY all of it, hash it, return the hash.
      const code = hexToBytes("0x3660006000373660002060005260206000f3");
      const { outcome } = await runInWorld(engine, { [target]: { code } }, { to: target, data });
      return bytesToHex(outcome.returnData);
    };
    for (const length of [0, 1, 31, 32, 135, 136, 137, 271, 272, 273, 5_000]) {
      const data = new Uint8Array(length).map((_, i) => (i * 7) & 255);
      expect(await hash(data)).toBe(bytesToHex(keccak256(data)));
    }
  });
});
