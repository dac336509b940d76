import { createEVM, type ExecResult, type PrecompileInput } from "@ethereumjs/evm";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { bytesToHex, concatBytes, hexToBytes, numberToBytes } from "../primitives/index.ts";
import { blake2fPrecompile } from "./blake2f-precompile.ts";
import { chainCommon } from "./chain-common.ts";
import { Pacer } from "./pacer.ts";

// Test vector 5 of EIP-152: the block of "abc".
const STATE =
  "48c9bdf267e6096a3ba7ca8485ae67bb2bf894fe72f36e3cf1361d5f3af54fa5d182e6ad7f520e511f6c3e2b8c68059b6bbd41fbabd9831f79217e1319cde05b";
const ABC = `616263${"00".repeat(125)}`;
const REST = `${STATE}${ABC}0300000000000000${"00".repeat(8)}`;
const inputOf = (rounds: number, last = "01") =>
  concatBytes(new Uint8Array(4 - numberToBytes(rounds).length), numberToBytes(rounds), hexToBytes(`0x${REST}${last}`));

let library: (data: Uint8Array, gasLimit: bigint) => ExecResult | Promise<ExecResult>;
const run = (data: Uint8Array, gasLimit: bigint, pacer = new Pacer(1_000)) =>
  blake2fPrecompile(pacer)({ data, gasLimit } as PrecompileInput);

beforeAll(async () => {
  const evm = await createEVM({ common: chainCommon(1n) });
  const precompile = evm.precompiles.get("9".padStart(40, "0"));
  if (precompile === undefined) throw new Error("the library has no such precompile");
  library = (data, gasLimit) => precompile({ data, gasLimit, common: evm.common, _EVM: evm });
});

describe("precompile 0x09", () => {
  it("gives EIP-152's digest of abc", async () => {
    const { returnValue, executionGasUsed } = await run(inputOf(12), 12n);
    expect(bytesToHex(returnValue)).toBe(
      "0xba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d17d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923",
    );
    expect(executionGasUsed).toBe(12n);
  });

  it("is the library's for any input", async () => {
    const rounds = fc.integer({ min: 0, max: 300 });
    const bytes = fc.uint8Array({ minLength: 208, maxLength: 208 });
    const property = fc.asyncProperty(rounds, bytes, fc.integer({ min: 0, max: 2 }), async (count, rest, last) => {
      const data = concatBytes(new Uint8Array([0, 0, count >> 8, count & 255]), rest, new Uint8Array([last]));
      const [ours, theirs] = [await run(data, 280n), await library(data, 280n)];
      expect(bytesToHex(ours.returnValue)).toBe(bytesToHex(theirs.returnValue));
      expect(ours.executionGasUsed).toBe(theirs.executionGasUsed);
      expect(ours.exceptionError === undefined).toBe(theirs.exceptionError === undefined);
    });
    await fc.assert(property, { numRuns: 200 });
  });

  it.each([212, 214])("takes no input of %i bytes", async (length) => {
    expect((await run(new Uint8Array(length), 100n)).exceptionError).toBeDefined();
  });

  it("lets others have the thread in between, with the same result, and ends when its time is over", async () => {
    let pauses = 0;
    const pacer = new Pacer(0, async () => {
      pauses++;
    });
    pacer.start();
    const data = inputOf(600_000);
    expect(bytesToHex((await run(data, 600_000n, pacer)).returnValue)).toBe(
      bytesToHex((await library(data, 600_000n)).returnValue),
    );
    expect(pauses).toBe(3);
    const over = new Error("time is over");
    const short = new Pacer(0);
    short.start({ ms: 0, expired: () => over });
    await expect(run(data, 600_000n, short)).rejects.toBe(over);
  });
});
