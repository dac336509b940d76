import { beforeAll, describe, expect, it } from "vitest";
import { runInWorld, type World, worldSender } from "../../../test/support/evm-world.ts";
import { type Address, bytesToBigint, concatBytes, hexToBytes, keccakHash, zeroHash } from "../../primitives/index.ts";
import { EvmEngine } from "../evm-engine.ts";
import { Pacer } from "../pacer.ts";
import { Machine, roomFor } from "./machine.ts";
import { noHost } from "./state-host.ts";

const target = `0x${"aa".repeat(20)}` as Address;
const other = `0x${"bb".repeat(20)}` as Address;

let engine: EvmEngine;
beforeAll(async () => {
  engine = await EvmEngine.create(1n, new Pacer(1_000), "wasm");
});

const run = (code: string, more: { readonly world?: World; readonly gasLimit?: bigint; readonly data?: string } = {}) =>
  runInWorld(
    engine,
    { [target]: { code: hexToBytes(code) }, ...more.world },
    { to: target, gasLimit: more.gasLimit ?? 1_000_000n, ...(more.data ? { data: hexToBytes(more.data) } : {}) },
  );

describe("the interpreter", () => {
  it("nests calls as deep as gas lets it, without the process's stack", async () => {
    // A frame calls itself with one more than its input, and gives back what the call gave back, or its own input.
    const code = "0x60003560010160005260206000602060006000305af115601f5760206000f35b60003560005260206000f3";
    const gasLimit = 1_999_000_000n;
    const { outcome } = await run(code, { gasLimit });
    expect(outcome.error).toBeUndefined();
    // All but a 64th is handed on: so that the 1,024th frame is out of reach.
    expect(bytesToBigint(outcome.returnData)).toBeGreaterThan(700n);
    const reference = await EvmEngine.create(1n, new Pacer(1_000), "reference");
    const expected = await runInWorld(reference, { [target]: { code: hexToBytes(code) } }, { to: target, gasLimit });
    expect(expected.outcome).toEqual(outcome);
  });

  it("gives the thread to others in a long loop", async () => {
    let pauses = 0;
    const pacer = new Pacer(0, async () => {
      pauses++;
    });
    const paced = await EvmEngine.create(1n, pacer, "wasm");
    const { outcome } = await runInWorld(
      paced,
      { [target]: { code: hexToBytes("0x5b600056") } },
      { to: target, gasLimit: 20_000_000n },
    );
    expect(outcome).toMatchObject({ error: "out of gas", gasUsed: 20_000_000n });
    // Every million of gas.
    expect(pauses).toBeGreaterThanOrEqual(18);
    expect(pauses).toBeLessThanOrEqual(21);
  });

  it("gives it to them between calls, too, however little gas each of them takes", async () => {
    let pauses = 0;
    const pacer = new Pacer(0, async () => {
      pauses++;
    });
    const paced = await EvmEngine.create(1n, pacer, "wasm");
    // A loop around a call of precompile 0x04.
    const code = hexToBytes("0x5b60006000600060006004620186a0fa50600056");
    const { outcome } = await runInWorld(paced, { [target]: { code } }, { to: target, gasLimit: 90_000n });
    expect(outcome.error).toBe("out of gas");
    // Some 150 gas a turn.
    expect(pauses).toBeGreaterThan(400);
  });

  it("ends when its time is over, and can be used afterwards", async () => {
    const expired = new Error("time is over");
    const paced = await EvmEngine.create(1n, new Pacer(0), "wasm");
    const world: World = { [target]: { code: hexToBytes("0x5b600056") } };
    const start = paced.pacer.start.bind(paced.pacer);
    paced.pacer.start = () => start({ ms: 0, expired: () => expired });
    await expect(runInWorld(paced, world, { to: target, gasLimit: 20_000_000n })).rejects.toBe(expired);
    paced.reset();
    paced.pacer.start = start;
    const { outcome } = await runInWorld(
      paced,
      { [target]: { code: hexToBytes("0x602a60005260206000f3") } },
      { to: target },
    );
    expect(bytesToBigint(outcome.returnData)).toBe(42n);
  });

  it("keeps the memories of nested frames apart, also where one needs more than was there", async () => {
    // The callee writes at 8 MB and gives nothing back; the caller's word is still there.
    const callee = hexToBytes("0x600160005260ff62800000536000600052");
    const code = `0x602a600052${"6000600060006000600073"}${other.slice(2)}5af15060206000f3`;
    const { outcome } = await run(code, { world: { [other]: { code: callee } }, gasLimit: 1_900_000_000n });
    expect(outcome.error).toBeUndefined();
    expect(bytesToBigint(outcome.returnData)).toBe(42n);
    const again = await run("0x62800000515060005160005260206000f3", { gasLimit: 1_900_000_000n });
    // What an earlier frame left in the memory is not seen by later ones.
    expect(bytesToBigint(again.outcome.returnData)).toBe(0n);
  });

  it("reads zeros beyond the end of code, in an instruction's operand, too", async () => {
    // PUSH32 with one byte, and then nothing: a STOP.
    const { outcome } = await run("0x7f11");
    expect(outcome).toMatchObject({ error: undefined, gasUsed: 3n });
  });

  it("does not take an operand for a jump destination", async () => {
    expect((await run("0x6003565b")).outcome.error).toBeUndefined();
    expect((await run("0x600456605b")).outcome.error).toBe("invalid JUMP");
  });

  it("lets a contract vanish that was made and destroyed, and no other one", async () => {
    // CREATE of `SELFDESTRUCT(caller)` as initcode, with three wei; then its own end in favour of the other account.
    const code = `0x6133ff600052${"6002601e6003f0"}5073${other.slice(2)}ff`;
    const { outcome, accounts } = await run(code, { world: { [target]: { code: hexToBytes(code), balance: 10n } } });
    expect(outcome.error).toBeUndefined();
    expect(outcome.destroyed).toHaveLength(1);
    expect(accounts[outcome.destroyed[0] as Address]).toBeUndefined();
    expect(accounts[target]).toMatchObject({ balance: 0n, nonce: 1n });
    expect(accounts[other]).toMatchObject({ balance: 10n });
  });

  it("leaves messages that somebody looks into to the library, with the same outcome", async () => {
    const world: World = { [target]: { code: hexToBytes("0x5460005560016001555a60005260206000f3") } };
    const plain = await runInWorld(engine, world, { to: target });
    let steps = 0;
    const stop = engine.observe({ onStep: () => void steps++ });
    const observed = await runInWorld(engine, world, { to: target });
    stop();
    expect(steps).toBeGreaterThan(0);
    expect(observed.outcome).toEqual(plain.outcome);
  });

  it("leaves messages with more gas than memory is set aside for to the library", async () => {
    const { outcome } = await run("0x5a60005260206000f3", { gasLimit: 3_000_000_000n });
    expect(bytesToBigint(outcome.returnData)).toBe(2_999_999_998n);
  });

  it("takes no nonce and no money for a creation that fails before it begins", async () => {
    // CREATE with a value that nobody has.
    const { outcome, accounts } = await run("0x600060006064f060005260206000f3");
    expect(outcome.error).toBeUndefined();
    expect(bytesToBigint(outcome.returnData)).toBe(0n);
    expect(accounts[target]).toBeUndefined();
    expect(accounts[worldSender]).toBeUndefined();
  });
});

describe("the machine", () => {
  const code = new Uint8Array(24_576).fill(0x5b);
  const hashOf = (n: number) => keccakHash(new Uint8Array([n & 255, n >> 8]));

  it("keeps code until its room is used up, and forgets it only between messages", () => {
    const machine = new Machine(noHost);
    const room = machine.layout.CODES_END - machine.layout.CODES;
    const fits = Math.floor(room / roomFor(code.length));
    for (let n = 0; n < fits; n++) expect(machine.keepCode(hashOf(n), code)).toBeDefined();
    expect(machine.keepCode(hashOf(fits), code)).toBeUndefined();
    expect(machine.keepCode(hashOf(0), code)).toEqual({
      at: machine.layout.CODES,
      length: 24_576,
      jumps: expect.any(Number),
    });
    machine.tidyCodes();
    expect(machine.keepCode(hashOf(fits), code)).toMatchObject({ at: machine.layout.CODES });
  });

  it("writes words, numbers and names where they are read again", () => {
    const machine = new Machine(noHost);
    const { VALUE, KEY } = machine.layout;
    const value = (1n << 255n) + (3n << 64n) + 5n;
    machine.setWord(VALUE, value);
    expect(machine.word(VALUE)).toBe(value);
    machine.setBigEndian(VALUE, value);
    expect(bytesToBigint(machine.read(VALUE, 32))).toBe(value);
    machine.setPadded(VALUE, new Uint8Array([1, 2]));
    expect(bytesToBigint(machine.read(VALUE, 32))).toBe(0x102n);
    machine.setHex(KEY, zeroHash);
    machine.bytes.set(concatBytes(new Uint8Array(12), hexToBytes(other)), KEY);
    expect(machine.address(KEY)).toBe(other);
    expect(machine.hash(KEY)).toBe(`0x${"00".repeat(12)}${other.slice(2)}`);
    machine.setLong(VALUE, 2 ** 40 + 7);
    expect([machine.long(VALUE), machine.amount(VALUE)]).toEqual([2 ** 40 + 7, 2 ** 40 + 7]);
  });
});
