import { afterAll, beforeAll, describe, expect, it } from "vitest";
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
import { type Address, emptyBytes, type Hash, hexToBytes, keccakHash, signDigest, utf8 } from "../primitives/index.ts";

// Everything our executor does — fast transfers, flat state, one trie pass a block — against the library as it comes.

const directories = temporaryDirectories();
const contract = "0x00000000000000000000000000000000000c0de5" as Address;
const emptyButThere = "0x00000000000000000000000000000000000e3397" as Address;

/** Runtime code that returns the word in slot 0: SLOAD(0), MSTORE(0), RETURN(0, 32). */
const reader = hexToBytes("0x5f545f5260205ff3");
const genesis = testGenesis({
  [contract]: {
    balance: 7n,
    code: reader,
    storage: { [`0x${"00".repeat(32)}` as Hash]: `0x${"ab".repeat(32)}` as Hash },
  },
  [emptyButThere]: { balance: 0n },
  [producer.address]: { balance: 0n, nonce: 0n },
});

type Reference = Awaited<ReturnType<typeof createReferenceVm>>;

let chain: TestChain;
let reference: Reference;
let play: Address;
const nonces = new Map<string, bigint>();

function next(from: typeof alice, fields: Partial<TransactionFields>): Transaction {
  const nonce =
    nonces.get(from.address) ??
    chain.executor.stateAt(chain.executor.finalHead.hash).account(from.address)?.nonce ??
    0n;
  nonces.set(from.address, nonce + 1n);
  return sign(from, { nonce, ...fields });
}

function act(name: string, ...args: readonly unknown[]): Transaction {
  return next(alice, { to: play, gasLimit: 3_000_000n, data: playgroundCall(name, ...args) });
}

/** Runs one block here and there, and compares everything a block commits to. */
async function agree(transactions: readonly Transaction[]) {
  const built = await chain.extend(transactions);
  expect(built.skipped.map(({ rejection }) => rejection)).toEqual([]);
  const receipts = await reference.run(built.block.header, transactions);
  expect(
    built.receipts.map((receipt, i) => ({
      status: receipt.status as number,
      gasUsed: built.results[i]?.gasUsed,
      logs: receipt.logs.map((log) => ({ ...log, data: `0x${Buffer.from(log.data).toString("hex")}` })),
    })),
  ).toEqual(receipts);
  expect(built.block.header.stateRoot).toBe(await reference.stateRoot());
  return built;
}

beforeAll(async () => {
  chain = await openTestChain({ directory: directories.create(), genesis });
  reference = await createReferenceVm(genesis, (number) => chain.store.state.hashOf(number));
  const deployed = await agree([next(alice, { gasLimit: 5_000_000n, data: playground().bytecode })]);
  play = deployed.results[0]?.contractAddress as Address;
});

afterAll(() => {
  chain.close();
  directories.cleanUp();
});

const salt = `0x${"5a".repeat(32)}`;
const digest = keccakHash(utf8("message"));
const signature = signDigest(hexToBytes(digest), alice.key);
const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const r = `0x${Buffer.from(signature.subarray(0, 32)).toString("hex")}`;
const s = BigInt(`0x${Buffer.from(signature.subarray(32, 64)).toString("hex")}`);
const v = Number(signature[64]);
const word = (value: bigint) => `0x${value.toString(16).padStart(64, "0")}`;

describe("the executor agrees with @ethereumjs/vm on", () => {
  it.each<[string, () => readonly Transaction[]]>([
    ["the genesis and an empty block", () => []],
    [
      "transfers of every type",
      () => [
        next(alice, { to: bob.address, value: 1n }),
        next(bob, { type: 0, to: carol.address, value: 2n }),
        next(carol, {
          type: 1,
          to: alice.address,
          value: 3n,
          gasLimit: 60_000n,
          accessList: [{ address: bob.address, storageKeys: [salt as Hash] }],
        }),
        next(alice, { to: alice.address, value: 4n }),
        next(alice, { to: producer.address, value: 5n }),
        next(alice, { to: bob.address, value: 6n, data: utf8("memo"), gasLimit: 30_000n }),
      ],
    ],
    [
      "transfers that pay no tip, of nothing, to nobody",
      () => [
        next(alice, { to: account("nobody").address, value: 0n, maxPriorityFeePerGas: 0n }),
        next(alice, { to: emptyButThere, value: 0n, maxPriorityFeePerGas: 0n }),
        next(alice, { to: account("somebody").address, value: 1n }),
      ],
    ],
    [
      "transfers to precompiles",
      () => [
        next(alice, {
          to: word(2n).replace("0x000000000000000000000000", "0x") as Address,
          value: 1n,
          gasLimit: 50_000n,
        }),
        next(alice, {
          to: word(9n).replace("0x000000000000000000000000", "0x") as Address,
          value: 1n,
          gasLimit: 50_000n,
        }),
        next(alice, {
          to: word(11n).replace("0x000000000000000000000000", "0x") as Address,
          value: 1n,
          gasLimit: 50_000n,
        }),
      ],
    ],
    [
      "token transfers, good and refused",
      () => [act("mint", alice.address, 100n), act("transfer", bob.address, 30n), act("transfer", bob.address, 3_000n)],
    ],
    [
      "writing, rewriting and clearing storage, with refunds",
      () => [
        act("writeMany", 100n, 20n, 7n),
        act("write", 100n, 8n),
        act("writeMany", 100n, 20n, 0n),
        act("write", 100n, 9n),
      ],
    ],
    ["a revert, and one that is caught", () => [act("fail", 5n), act("tryInner", 200n, 6n)]],
    ["running out of gas", () => [next(alice, { to: play, gasLimit: 200_000n, data: playgroundCall("spin") })]],
    ["CREATE, CREATE2 and a collision", () => [act("create", 3n), act("create2", salt, 4n), act("create2", salt, 4n)]],
    [
      "SELFDESTRUCT of a contract of the same transaction",
      () => [
        next(alice, {
          to: play,
          value: 50n,
          gasLimit: 3_000_000n,
          data: playgroundCall("createAndKill", word(1n), 5n, bob.address),
        }),
        next(alice, {
          to: play,
          value: 50n,
          gasLimit: 3_000_000n,
          data: playgroundCall("createAndKill", word(1n), 5n, bob.address),
        }),
      ],
    ],
    ["SELFDESTRUCT of an older contract", () => [act("create", 9n), act("killChild", carol.address)]],
    [
      "environment, ancestors and transient storage",
      () => [
        act("environment"),
        act("ancestor", chain.executor.finalHead.number),
        act("ancestor", 0n),
        act("count"),
        act("count"),
      ],
    ],
    [
      "ecrecover with low s, high s and nonsense",
      () => [
        act("recover", digest, v, r, word(s)),
        act("recover", digest, 55 - v, r, word(order - s)),
        act("recover", digest, 29, r, word(s)),
        act("recover", digest, v, r, word(order)),
        act("recover", digest, v, word(0n), word(s)),
      ],
    ],
    ["hash precompiles", () => [act("hashes", utf8("abc")), act("hashes", emptyBytes)]],
    ["deep calls", () => [act("nest", 60n)]],
    [
      "calls that send value to nobody, to an empty account and to themselves",
      () => [
        next(alice, { to: play, value: 1_000n, gasLimit: 100_000n }),
        act("callRaw", account("new").address, 5n, emptyBytes),
        act("callRaw", account("nothing").address, 0n, emptyBytes),
        act("callRaw", emptyButThere, 0n, emptyBytes),
        act("callRaw", play, 1n, emptyBytes),
        act("callRaw", contract, 1n, emptyBytes),
        act("callRaw", account("x").address, 10n ** 30n, emptyBytes),
      ],
    ],
    [
      "an access list that warms what is used",
      () => [
        next(alice, {
          to: play,
          gasLimit: 500_000n,
          accessList: [
            { address: play, storageKeys: [word(0n) as Hash, word(1n) as Hash] },
            { address: contract, storageKeys: [] },
          ],
          data: playgroundCall("callRaw", contract, 0n, emptyBytes),
        }),
      ],
    ],
    [
      "a deployment that fails, runs out of gas, or leaves nothing",
      () => [
        next(alice, { gasLimit: 100_000n, data: hexToBytes("0x60006000fd") }),
        next(alice, { gasLimit: 60_000n, data: hexToBytes("0x5b600056") }),
        next(alice, { gasLimit: 60_000n, data: emptyBytes, value: 3n }),
        next(alice, { gasLimit: 60_000n, data: hexToBytes("0xef") }),
        next(alice, { gasLimit: 100_000n, data: hexToBytes("0x60ef60005360016000f3") }),
      ],
    ],
  ])("%s", async (_, transactions) => {
    nonces.clear();
    await agree(transactions());
  });
});
