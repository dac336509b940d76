import { cpSync, rmSync } from "node:fs";
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
import { encodeBlock } from "../chain/index.ts";
import { type Address, bytesToHex, hexToBytes, wordOf, zeroHash } from "../primitives/index.ts";
import { forgetSome } from "./history-pruning.ts";

// Blocks, slices of pruning, rollbacks, restarts and crashes in any order: what is kept is right and whole, what is not kept
// is refused, and the chain goes on.

const directories = temporaryDirectories();
afterEach(directories.cleanUp);

/** Stores calldata word 1 in the slot named by calldata word 0, and logs word 1 as a topic. */
const keeper = "0x00000000000000000000000000000000000c0de5" as Address;
const genesis = testGenesis({ [keeper]: { balance: 0n, code: hexToBytes("0x6020355f3555602035600080a100") } });

type Step =
  | { readonly kind: "extend"; readonly writes: readonly bigint[] }
  | { readonly kind: "prune"; readonly share: number; readonly rows: number }
  | { readonly kind: "rollback"; readonly depth: number }
  | { readonly kind: "restart" | "crash" };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("extend" as const),
      writes: fc.array(fc.bigInt({ min: 0n, max: 3n }), { maxLength: 3 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("prune" as const),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
      rows: fc.integer({ min: 1, max: 6 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("rollback" as const), depth: fc.integer({ min: 1, max: 3 }) }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: "restart" as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: "crash" as const }) },
);

interface Recorded {
  readonly block: string;
  readonly receipts: number;
  readonly value: string;
  readonly nonce: bigint;
  readonly logs: number;
}

const SLOT = zeroHash;

test.each(["full", "window"] as const)(
  "a %s node answers rightly or not at all, and goes on",
  async (mode) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 24 }), async (steps) => {
        let directory = directories.create();
        let chain = await openTestChain({ directory, genesis });
        const stateOf = (number: bigint) => {
          const view = chain.executor.stateAt(number);
          const value = bytesToHex(view.slot(keeper, SLOT));
          return { value, nonce: view.account(alice.address)?.nonce ?? 0n };
        };
        const logsOf = (number: bigint) =>
          chain.store.blocks.logs({ from: number, to: number, addresses: [keeper], limit: 100 }).logs.length;
        const look = (number: bigint): Recorded => ({
          block: bytesToHex(encodeBlock(chain.store.blocks.block(number) as never)),
          receipts: chain.store.blocks.receipts(number)?.length ?? -1,
          logs: logsOf(number),
          ...stateOf(number),
        });
        const recorded: Recorded[] = [look(0n)];
        const check = () => {
          const [states, transactions] = [chain.store.state.historyStart(), chain.store.blocks.transactionsStart()];
          expect(mode === "full" ? transactions : 0n).toBe(0n);
          expect(transactions).toBeLessThanOrEqual(states);
          for (const [height, known] of recorded.entries()) {
            const number = BigInt(height);
            expect(chain.store.blocks.header(number)?.number).toBe(number);
            if (number >= states) expect(look(number)).toEqual(known);
            else {
              expect(() => stateOf(number)).toThrowError(expect.objectContaining({ code: "KOMA_E_STATE_UNAVAILABLE" }));
              if (number >= transactions) expect(logsOf(number)).toBe(known.logs);
              // Whole or not at all.
              const block = chain.store.blocks.block(number);
              if (block || number >= transactions) expect(bytesToHex(encodeBlock(block as never))).toBe(known.block);
            }
          }
        };
        try {
          for (const each of steps) {
            const head = recorded.length - 1;
            if (each.kind === "extend") {
              const nonce = recorded.at(-1)?.nonce ?? 0n;
              const transactions = each.writes.map((value, i) => {
                const data = new Uint8Array([...wordOf(0n), ...wordOf(value)]);
                return sign(alice, { nonce: nonce + BigInt(i), to: keeper, gasLimit: 100_000n, data });
              });
              const payment = sign(bob, { nonce: BigInt(head), to: alice.address, value: 1n });
              await chain.extend(each.writes.length === 3 ? transactions : [...transactions, payment].slice(0, 3));
              recorded.push(look(BigInt(recorded.length)));
            } else if (each.kind === "prune") {
              forgetSome(chain.store, mode, BigInt(Math.floor(each.share * head)), each.rows);
            } else if (each.kind === "rollback") {
              const to = Math.max(0, head - each.depth);
              const isKept = BigInt(to) >= chain.store.state.historyStart();
              const rolled = chain.executor.rollback(BigInt(to));
              if (isKept) {
                await rolled;
                recorded.length = to + 1;
              } else await expect(rolled).rejects.toMatchObject({ code: "KOMA_E_HISTORY_PRUNED" });
            } else {
              // What a killed process leaves: the files as they are now, without the closing of the database.
              const next = each.kind === "crash" ? `${directory}-crashed` : directory;
              if (each.kind === "crash") cpSync(directory, next, { recursive: true });
              chain.close();
              if (each.kind === "crash") rmSync(directory, { recursive: true });
              directory = next;
              chain = await openTestChain({ directory, genesis });
            }
            check();
          }
          while (forgetSome(chain.store, mode, BigInt(recorded.length - 1), 5)) check();
          const head = BigInt(recorded.length - 1);
          expect(chain.store.state.historyStart()).toBe(head);
          await chain.extend([]);
          const proof = await chain.executor.prove(keeper, [SLOT], head);
          expect(proof.storageProof[0]?.value).toBe(
            BigInt(recorded.at(-1)?.value === "0x" ? 0 : (recorded.at(-1)?.value ?? 0)),
          );
        } finally {
          chain.close();
          rmSync(directory, { recursive: true, force: true });
        }
      }),
      { numRuns: 8 },
    );
  },
  120_000,
);
