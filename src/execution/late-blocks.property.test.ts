import fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import {
  alice,
  bob,
  carol,
  openTestChain,
  producer,
  sign,
  type TestChain,
  temporaryDirectories,
  testChainId,
  testGenesis,
} from "../../test/support/chain-fixture.ts";
import { type Block, createBlock, sealHeader, type Transaction } from "../chain/index.ts";
import { type Address, concatBytes, type Hash, hexToBytes, keccakHash, utf8, wordOf } from "../primitives/index.ts";
import type { ExecutedBlock } from "./index.ts";

// A random tree of blocks. One node has run all of a branch in order, and nothing of it was final; another had finalised
// a different branch before it heard of the rest. Both must come to the same verdicts, receipts, states and roots.

const directories = temporaryDirectories();
afterEach(directories.cleanUp);

/** Stores calldata word 1 in the slot named by calldata word 0. */
const keepers = [1, 2].map((digit) => `0x${"0c".repeat(19)}0${digit}` as Address);
/** Gives itself up to its caller, in the transaction that made it: an account and its storage come and go. */
const mortal = hexToBytes("0x60015f5533ff");
const genesis = testGenesis(
  Object.fromEntries(keepers.map((address) => [address, { balance: 0n, code: hexToBytes("0x6020355f355500") }])),
);
const senders = [alice, bob, carol];

type Action =
  | { readonly kind: "write"; readonly keeper: number; readonly slot: bigint; readonly value: bigint }
  | { readonly kind: "pay"; readonly to: number; readonly value: bigint }
  | { readonly kind: "mortal" };

const action: fc.Arbitrary<Action> = fc.oneof(
  fc.record({
    kind: fc.constant("write" as const),
    keeper: fc.nat({ max: 1 }),
    slot: fc.bigInt({ min: 0n, max: 5n }),
    value: fc.bigInt({ min: 0n, max: 3n }),
  }),
  fc.record({
    kind: fc.constant("pay" as const),
    to: fc.nat({ max: 30 }),
    value: fc.bigInt({ min: 1n, max: 9n }),
  }),
  fc.record({ kind: fc.constant("mortal" as const) }),
);

/** A block on one of those before it (by position; 0 is the genesis), with actions of one sender each. */
const node = fc.record({
  parent: fc.nat(),
  actions: fc.array(fc.tuple(fc.nat({ max: 2 }), action), { maxLength: 4 }),
});
const scenario = fc.record({
  tree: fc.array(node, { minLength: 3, maxLength: 14 }),
  /** Which block becomes final at the late node. */
  final: fc.nat(),
  /** Blocks that it runs before, beside those that become final. */
  early: fc.nat({ max: 4 }),
  seed: fc.nat(),
});

function transactionsOf(
  chain: TestChain,
  parent: Hash,
  actions: readonly (readonly [number, Action])[],
): Transaction[] {
  const view = chain.executor.stateAt(parent);
  const nonces = senders.map(({ address }) => view.account(address)?.nonce ?? 0n);
  return actions.map(([sender, each]) => {
    const nonce = nonces[sender] as bigint;
    nonces[sender] = nonce + 1n;
    const from = senders[sender] as typeof alice;
    const base = { nonce, gasLimit: 200_000n };
    if (each.kind === "mortal") return sign(from, { ...base, data: mortal });
    if (each.kind === "pay") {
      const to = keccakHash(utf8(`receiver ${each.to}`)).slice(0, 42) as Address;
      return sign(from, { ...base, to, value: each.value });
    }
    const data = concatBytes(wordOf(each.slot), wordOf(each.value));
    return sign(from, { ...base, to: keepers[each.keeper] as Address, data });
  });
}

const withoutRoot = (block: Block): Block =>
  createBlock(
    sealHeader(
      { ...block.header, extraData: new Uint8Array(0), stateRoot: keccakHash(utf8("another state")) },
      testChainId,
      producer.key,
    ),
    block.transactions,
  );

test("running a block late gives what running its branch in order on a fresh executor gives", async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async ({ tree, final, early, seed }) => {
      const open = () =>
        openTestChain({ directory: directories.create(), genesis, executor: { fastTransfers: false } });
      const [inOrder, late] = [await open(), await open()];
      try {
        const root = inOrder.executor.finalHead.hash;
        const executed = new Map<Hash, ExecutedBlock>();
        const hashes: Hash[] = [root];
        for (const [index, { parent, actions }] of tree.entries()) {
          const on = hashes[parent % hashes.length] as Hash;
          const { skipped, ...built } = await inOrder.build(transactionsOf(inOrder, on, actions), {
            parent: on,
            prevRandao: keccakHash(utf8(`block ${index}`)),
          });
          expect(skipped).toEqual([]);
          hashes.push(built.block.hash);
          executed.set(built.block.hash, built);
        }

        const blocks = hashes.slice(1).map((hash) => executed.get(hash)?.block as Block);
        const branch: Block[] = [];
        const last = blocks[final % blocks.length] as Block;
        for (let at: Block | undefined = last; at; at = executed.get(at.header.parentHash)?.block) branch.unshift(at);
        // Some others in time, then the branch, final step by step; then everything else in any order that is possible.
        for (const block of blocks.slice(0, early)) await late.executor.executeBlock(block);
        for (const block of branch) expect((await late.executor.executeBlock(block)).ok).toBe(true);
        for (const [index, block] of branch.entries()) {
          if ((seed >> index) % 2 === 0 || block === last) await late.executor.finalize(block.hash);
        }
        const waiting = blocks.filter((block) => !branch.includes(block));
        for (let turn = seed; waiting.length > 0; turn = (turn * 31 + 7) % 1_000_003) {
          const ready = waiting.filter(({ header }) => late.executor.canExecuteOn(header.parentHash));
          const block = ready[turn % ready.length] as Block;
          waiting.splice(waiting.indexOf(block), 1);
          expect(await late.executor.executeBlock(withoutRoot(block))).toMatchObject({
            ok: false,
            rejection: { code: "StateRoot", expected: block.header.stateRoot },
          });
          expect(await late.executor.executeBlock(block)).toEqual({ ok: true, value: executed.get(block.hash) });
        }
      } finally {
        inOrder.close();
        late.close();
        directories.cleanUp();
      }
    }),
    { numRuns: 40 },
  );
}, 120_000);
