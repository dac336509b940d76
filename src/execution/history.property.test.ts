import fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import {
  alice,
  bob,
  openTestChain,
  sign,
  temporaryDirectories,
  testGenesis,
} from "../../test/support/chain-fixture.ts";
import type { Transaction } from "../chain/index.ts";
import { type Address, bytesToBigint, type Hash, hexToBytes, wordOf } from "../primitives/index.ts";

// Blocks, forks, rollbacks and restarts in any order: every state that can still be asked for is the one that was recorded
// when its block was made, and its root is the one of the header.

const directories = temporaryDirectories();
afterEach(directories.cleanUp);

/** Stores calldata word 1 in the slot named by calldata word 0. */
const keeper = "0x00000000000000000000000000000000000c0de5" as Address;
const genesis = testGenesis({ [keeper]: { balance: 0n, code: hexToBytes("0x6020355f355500") } });
const slots = [0n, 1n, 2n, 3n];
const key = (slot: bigint) => `0x${slot.toString(16).padStart(64, "0")}` as Hash;

interface Write {
  readonly slot: bigint;
  readonly value: bigint;
}

type Step =
  | { readonly kind: "extend"; readonly writes: readonly Write[]; readonly fork: boolean }
  | { readonly kind: "rollback"; readonly depth: number }
  | { readonly kind: "restart" };

const write: fc.Arbitrary<Write> = fc.record({
  slot: fc.constantFrom(...slots),
  value: fc.bigInt({ min: 0n, max: 3n }),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("extend" as const),
      writes: fc.array(write, { maxLength: 3 }),
      fork: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("rollback" as const), depth: fc.integer({ min: 1, max: 3 }) }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: "restart" as const }) },
);

type Snapshot = { readonly root: Hash; readonly values: readonly bigint[]; readonly nonce: bigint };

test("every kept state is the one that was recorded", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 14 }), async (steps) => {
      const directory = directories.create();
      let chain = await openTestChain({ directory, genesis });
      const look = (at: Hash | bigint): Snapshot => {
        const view = chain.executor.stateAt(at);
        return {
          root: chain.executor.headerAt(at).stateRoot,
          values: slots.map((slot) => bytesToBigint(view.slot(keeper, key(slot)))),
          nonce: view.account(alice.address)?.nonce ?? 0n,
        };
      };
      const recorded: Snapshot[] = [look(0n)];
      try {
        for (const each of steps) {
          if (each.kind === "extend") {
            const nonce = recorded.at(-1)?.nonce ?? 0n;
            const transactions: Transaction[] = each.writes.map(({ slot, value }, i) =>
              sign(alice, {
                nonce: nonce + BigInt(i),
                to: keeper,
                gasLimit: 100_000n,
                data: hexToBytes(
                  `0x${Buffer.from(wordOf(slot)).toString("hex")}${Buffer.from(wordOf(value)).toString("hex")}`,
                ),
              }),
            );
            if (each.fork)
              await chain.build([sign(bob, { nonce: 0n, to: keeper, gasLimit: 100_000n, data: wordOf(1n) })]);
            const built = await chain.build(transactions);
            recorded.push(look(built.block.hash));
            await chain.executor.finalize(built.block.hash);
          } else if (each.kind === "rollback") {
            const to = Math.max(0, recorded.length - 1 - each.depth);
            await chain.executor.rollback(BigInt(to));
            recorded.length = to + 1;
          } else {
            chain.close();
            chain = await openTestChain({ directory, genesis });
          }
          expect(recorded.map((_, number) => look(BigInt(number)))).toEqual(recorded);
        }
        for (const [number, { values }] of recorded.entries()) {
          const proof = await chain.executor.prove(keeper, slots.map(key), BigInt(number));
          expect(proof.storageProof.map(({ value }) => value)).toEqual(values);
        }
      } finally {
        chain.close();
        directories.cleanUp();
      }
    }),
    { numRuns: 25 },
  );
}, 120_000);
