import fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import {
  account,
  alice,
  bob,
  carol,
  openTestChain,
  producer,
  sign,
  type TestChain,
  temporaryDirectories,
  testGenesis,
} from "../../test/support/chain-fixture.ts";
import { playground, playgroundCall } from "../../test/support/playground.ts";
import { createReferenceVm } from "../../test/support/reference-vm.ts";
import type { Transaction, TransactionFields } from "../chain/index.ts";
import type { Address, Hash } from "../primitives/index.ts";

const directories = temporaryDirectories();
afterEach(directories.cleanUp);

const senders = [alice, bob, carol];
const play = "0x00000000000000000000000000000000000bd1a0" as Address;
const emptyButThere = "0x00000000000000000000000000000000000e3397" as Address;
const places: readonly Address[] = [
  ...senders.map(({ address }) => address),
  producer.address,
  account("nobody").address,
  account("somebody").address,
  emptyButThere,
  play,
  "0x0000000000000000000000000000000000000004" as Address,
];

interface Step {
  readonly from: number;
  readonly fields: Partial<TransactionFields>;
}

const place = fc.constantFrom(...places);
const small = fc.bigInt({ min: 0n, max: 5n });
const tip = fc.constantFrom(0n, 1n, 10n ** 9n);
const word = fc.constantFrom(...[1n, 2n, 3n].map((n) => `0x${n.toString(16).padStart(64, "0")}`));

function call(name: string, ...args: fc.Arbitrary<unknown>[]): fc.Arbitrary<Partial<TransactionFields>> {
  return fc
    .tuple(fc.tuple(...args), fc.constantFrom(400_000n, 800_000n, 60_000n))
    .map(([values, gasLimit]) => ({ to: play, gasLimit, data: playgroundCall(name, ...values) }));
}

const fields: fc.Arbitrary<Partial<TransactionFields>> = fc.oneof(
  fc.record({ to: place, value: small, maxPriorityFeePerGas: tip, gasLimit: fc.constantFrom(21_000n, 90_000n) }),
  fc.record({
    type: fc.constant(1 as const),
    to: place,
    value: small,
    gasLimit: fc.constant(100_000n),
    accessList: word.map((key) => [{ address: play, storageKeys: [key as Hash] }]),
  }),
  call("mint", place, small),
  call("transfer", place, small),
  call("writeMany", small, small, small),
  call("fail", small),
  call("tryInner", small, small),
  call("create", small),
  call("create2", word, small),
  call("createAndKill", word, small, place),
  call("killChild", place),
  call("callRaw", place, small, fc.constant("0x")),
  call("nest", small),
  call("count"),
);

const step: fc.Arbitrary<Step> = fc.record({ from: fc.nat(senders.length - 1), fields });
const blocks = fc.array(fc.array(step, { maxLength: 6 }), { minLength: 1, maxLength: 4 });

async function transactionsOf(chain: TestChain, steps: readonly Step[]): Promise<readonly Transaction[]> {
  const view = chain.executor.stateAt(chain.executor.finalHead.hash);
  const nonces = senders.map(({ address }) => view.account(address)?.nonce ?? 0n);
  return steps.map(({ from, fields }) => {
    const nonce = nonces[from] ?? 0n;
    nonces[from] = nonce + 1n;
    return sign(senders[from] ?? alice, { nonce, ...fields });
  });
}

async function deployedRuntime() {
  const chain = await openTestChain({ directory: directories.create() });
  const built = await chain.extend([sign(alice, { nonce: 0n, gasLimit: 5_000_000n, data: playground().bytecode })]);
  const view = chain.executor.stateAt(built.block.hash);
  const code = view.code(view.account(built.results[0]?.contractAddress as Address)?.codeHash as Hash);
  chain.close();
  return code;
}

test("random blocks give the state of @ethereumjs/vm, and the same without fast transfers", async () => {
  const code = await deployedRuntime();
  const genesis = testGenesis({ [play]: { balance: 100n, code }, [emptyButThere]: { balance: 0n } });
  await fc.assert(
    fc.asyncProperty(blocks, async (steps) => {
      const chain = await openTestChain({ directory: directories.create(), genesis });
      const slow = await openTestChain({
        directory: directories.create(),
        genesis,
        executor: { fastTransfers: false },
      });
      const reference = await createReferenceVm(genesis, (number) => chain.store.state.hashOf(number));
      try {
        for (const block of steps) {
          const transactions = await transactionsOf(chain, block);
          const built = await chain.extend(transactions);
          expect(built.skipped).toEqual([]);
          const receipts = await reference.run(built.block.header, transactions);
          expect(built.results.map(({ gasUsed }) => gasUsed)).toEqual(receipts.map(({ gasUsed }) => gasUsed));
          expect(built.receipts.map(({ status }) => status)).toEqual(receipts.map(({ status }) => status));
          expect(built.block.header.stateRoot).toBe(await reference.stateRoot());
          const again = await slow.executor.executeBlock(built.block);
          expect(again.ok).toBe(true);
          await slow.executor.finalize(built.block.hash);
        }
      } finally {
        chain.close();
        slow.close();
        directories.cleanUp();
      }
    }),
    { numRuns: 12 },
  );
}, 120_000);
