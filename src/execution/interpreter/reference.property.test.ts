import { beforeAll, describe, expect, it } from "vitest";
import { EvmProgram } from "../../../test/support/evm-program.ts";
import { type Aftermath, runInWorld, type World, worldSender } from "../../../test/support/evm-world.ts";
import { createPrng, type Prng } from "../../../test/support/prng.ts";
import { type Address, bigintToFixedBytes, bytesToHex, emptyBytes, type Hash } from "../../primitives/index.ts";
import { EvmEngine, revertError } from "../evm-engine.ts";
import { Pacer } from "../pacer.ts";

// The two interpreters on programs that nobody would write. `KOMA_FUZZ_PROGRAMS=20000` for a longer look, `KOMA_FUZZ_SEED` for another.

const worlds = Number(process.env["KOMA_FUZZ_PROGRAMS"] ?? 400);
const firstSeed = Number(process.env["KOMA_FUZZ_SEED"] ?? 1);

const addressOf = (n: number) => `0x${n.toString(16).padStart(40, "0")}` as Address;
const contracts = [0xc0ffee01, 0xc0ffee02, 0xc0ffee03, 0xc0ffee04].map(addressOf);
/** An account without code, one without anything, one that is not there, the sender, and precompiles that cost little. */
const others = [
  ...contracts,
  ...contracts,
  ...[0xabc, 0xdef, 0x123456, 1, 2, 3, 4, 5, 6, 9].map(addressOf),
  worldSender,
];

function randomWorld(prng: Prng): World {
  const world: Record<Address, World[Address]> = {
    [addressOf(0xabc)]: { balance: 5n },
    [addressOf(0xdef)]: {},
  };
  for (const address of contracts) {
    world[address] = {
      balance: BigInt(prng.between(0, 40)),
      nonce: 1n,
      code: new EvmProgram(prng, others).code(prng.between(3, 30)),
      storage: Object.fromEntries(
        [0n, 1n, 2n]
          .filter(() => prng.next() < 0.5)
          .map((key) => [bytesToHex(bigintToFixedBytes(key, 32)) as Hash, new Uint8Array([prng.between(1, 4)])]),
      ),
    };
  }
  return world;
}

/** Where two rules are broken at once, either may be named: to the chain they are the same. */
function withoutName({ outcome, ...rest }: Aftermath): Aftermath {
  const error = outcome.error === undefined || outcome.error === revertError ? outcome.error : "exception";
  return { ...rest, outcome: { ...outcome, error } };
}

let wasm: EvmEngine;
let reference: EvmEngine;
beforeAll(async () => {
  wasm = await EvmEngine.create(1n, new Pacer(1_000), "wasm");
  reference = await EvmEngine.create(1n, new Pacer(1_000), "reference");
});

describe("random programs", () => {
  it("leave the same behind in both interpreters", async () => {
    const ends = new Map<string, number>();
    for (let seed = firstSeed; seed < firstSeed + worlds; seed++) {
      const prng = createPrng(seed);
      const world = randomWorld(prng);
      const program = new EvmProgram(prng, others).code(prng.between(3, 30));
      const message = {
        ...(prng.next() < 0.2 ? { to: undefined, data: program } : { to: contracts[0], data: program.slice(0, 100) }),
        value: prng.next() < 0.5 ? 0n : BigInt(prng.between(1, 50)),
        gasLimit: BigInt(prng.pick([20_000, 90_000, 400_000, 3_000_000]) as number),
        accessList: prng.next() < 0.3 ? [{ address: contracts[1] as Address, storageKeys: [] }] : [],
      };
      const after = await runInWorld(wasm, world, message);
      const expected = await runInWorld(reference, world, message);
      expect({ seed, ...withoutName(after) }).toEqual({ seed, ...withoutName(expected) });
      const end = after.outcome.error ?? "success";
      ends.set(end, (ends.get(end) ?? 0) + 1);
    }
    // Programs that all fail at once would show nothing.
    if (worlds >= 400) {
      expect(ends.get("success")).toBeGreaterThan(worlds / 5);
      expect(ends.size).toBeGreaterThan(4);
    }
  }, 600_000);

  it("do so where they are any bytes", async () => {
    for (let seed = firstSeed; seed < firstSeed + worlds; seed++) {
      const prng = createPrng(seed);
      const code = new Uint8Array(prng.between(1, 60)).map(() => prng.between(0, 255));
      const world: World = { [contracts[0] as Address]: { code, nonce: 1n, balance: 3n } };
      const message = { to: contracts[0], data: emptyBytes, gasLimit: 100_000n };
      const after = await runInWorld(wasm, world, message);
      const expected = await runInWorld(reference, world, message);
      expect({ seed, ...withoutName(after) }).toEqual({ seed, ...withoutName(expected) });
    }
  }, 600_000);
});
