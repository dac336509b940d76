import { createMPT } from "@ethereumjs/mpt";
import { beforeAll, describe, expect, it } from "vitest";
import { type FixturePost, runStateTest, type StateTestFixture } from "../../test/conformance/state-test.ts";
import { account } from "../../test/support/chain-fixture.ts";
import { encodeAccount, genesisAccountState, signTransaction } from "../chain/index.ts";
import { addressToBytes, bytesToHex, emptyBytes, encodeRlp, hashFromBytes, keccakHash } from "../primitives/index.ts";
import { EvmEngine } from "./evm-engine.ts";
import { Pacer } from "./pacer.ts";

// The program for ethereum/tests, on a test written by hand in their format: a payment of 7 wei at 10 wei per gas.

const [ann, bob, producer] = [account("ann"), account("bob"), account("producer")];
const fields = { type: 0 as const, chainId: undefined, nonce: 0n, gasLimit: 21_000n, maxFeePerGas: 10n };
const pay = (changes: { readonly nonce?: bigint; readonly gasLimit?: bigint }) =>
  bytesToHex(signTransaction({ ...fields, to: bob.address, value: 7n, ...changes }, ann.key).raw);
const fixture: StateTestFixture = {
  env: {
    currentBaseFee: "0x0a",
    currentCoinbase: producer.address,
    currentGasLimit: "0x0f4240",
    currentNumber: "0x01",
    currentRandom: "0x00",
    currentTimestamp: "0x03e8",
  },
  pre: { [ann.address]: { balance: "0x0f4240", nonce: "0x00", code: "0x", storage: {} } },
  post: {},
};
const indexes = { data: 0, gas: 0, value: 0 };
const logs = keccakHash(encodeRlp([]));
let engine: EvmEngine;
let good: FixturePost;

beforeAll(async () => {
  engine = await EvmEngine.create(1n, new Pacer(1_000));
  // Another implementation's trie.
  const trie = await createMPT({ useKeyHashing: true });
  for (const [{ address }, balance, nonce] of [
    [ann, 1_000_000n - 210_000n - 7n, 1n],
    [bob, 7n, 0n],
  ] as const) {
    await trie.put(addressToBytes(address), encodeAccount(genesisAccountState({ balance, nonce, code: emptyBytes })));
  }
  good = { hash: hashFromBytes(trie.root()), logs, txbytes: pay({}), indexes };
});

const run = (changes: Partial<FixturePost>) => runStateTest(engine, fixture, { ...good, ...changes });

describe("a state test", () => {
  it("passes where root and logs are as expected", async () => {
    expect(await run({})).toEqual({ kind: "passed" });
  });

  it("fails where they are not", async () => {
    expect(await run({ hash: logs })).toMatchObject({ kind: "failed", what: "state root", found: good.hash });
    expect(await run({ logs: good.hash })).toMatchObject({ kind: "failed", what: "logs", found: logs });
  });

  it.each([
    { why: "nonce", changes: { nonce: 1n } },
    { why: "gas", changes: { gasLimit: 20_999n } },
  ])("wants a transaction refused that has the wrong $why", async ({ changes }) => {
    const txbytes = pay(changes);
    expect(await run({ txbytes, expectException: "TR_Something" })).toEqual({ kind: "passed" });
    expect(await run({ txbytes })).toMatchObject({ kind: "failed", what: "transaction" });
    expect(await run({ expectException: "TR_Something" })).toMatchObject({ kind: "failed", found: "accepted" });
  });

  it("is skipped for types of transactions that are not here", async () => {
    expect(await run({ txbytes: "0x03c0" })).toEqual({ kind: "skipped" });
  });
});
