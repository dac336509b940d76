import { afterAll, beforeAll, expect, it } from "vitest";
import { encodeBlock, type Transaction } from "../../src/chain/index.ts";
import type { BuiltBlock } from "../../src/execution/index.ts";
import { type Address, bytesToHex, type Hash, type Hex } from "../../src/primitives/index.ts";
import { createRpcClient, type RpcCall, type RpcClient } from "../../src/rpc/index.ts";
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
  testChainId,
  testGenesis,
} from "../support/chain-fixture.ts";
import { playground } from "../support/playground.ts";
import { createPrng } from "../support/prng.ts";
import { randomTransaction, type TransactionWorld } from "../support/random-transactions.ts";
import { type Anvil, startAnvil } from "./anvil.ts";

// KOMA_DIFF_TRANSACTIONS=2000 KOMA_DIFF_SEED=7 npx vitest run --project contracts test/contracts/anvil-differential.test.ts
const TRANSACTIONS = Number(process.env["KOMA_DIFF_TRANSACTIONS"] ?? 150);
const SEED = Number(process.env["KOMA_DIFF_SEED"] ?? 1);
const PER_BLOCK = 15;

const directories = temporaryDirectories();
const quantity = (value: bigint): Hex => `0x${value.toString(16)}`;
const genesis = testGenesis();
let chain: TestChain;
let anvil: Anvil;
let rpc: RpcClient;

beforeAll(async () => {
  chain = await openTestChain({ directory: directories.create(), genesis });
  anvil = await startAnvil([
    ...["--hardfork", "cancun", "--chain-id", String(testChainId), "--order", "fifo", "--no-mining", "--accounts", "1"],
    ...[
      "--timestamp",
      String(genesis.timestamp),
      "--gas-limit",
      String(genesis.gasLimit),
      "--disable-min-priority-fee",
    ],
    ...["--disable-default-create2-deployer", "--block-base-fee-per-gas", "1000000000"],
  ]);
  rpc = createRpcClient(anvil.url);
  for (const [address, { balance }] of Object.entries(genesis.alloc)) {
    await rpc.request("anvil_setBalance", [address, quantity(balance)]);
  }
  await rpc.request("anvil_setCoinbase", [producer.address]);
});
afterAll(async () => {
  chain.close();
  await anvil.stop();
  directories.cleanUp();
});

/** All answers, or the first error. */
async function all(calls: readonly RpcCall[]): Promise<readonly unknown[]> {
  const answers: unknown[] = [];
  for (let at = 0; at < calls.length; at += 90) {
    for (const [index, outcome] of (await rpc.batch(calls.slice(at, at + 90))).entries()) {
      if (!outcome.ok) throw new Error(`${calls[at + index]?.method}: ${outcome.error.message}`);
      answers.push(outcome.result);
    }
  }
  return answers;
}

/** The same block on both: what ours holds. */
async function extendBoth(transactions: readonly Transaction[]): Promise<BuiltBlock> {
  const built = await chain.extend(transactions);
  expect(built.skipped.map(({ rejection }) => rejection)).toEqual([]);
  const { baseFeePerGas, timestamp } = built.block.header;
  await rpc.request("anvil_setNextBlockBaseFeePerGas", [quantity(baseFeePerGas)]);
  await rpc.request("evm_setNextBlockTimestamp", [quantity(timestamp)]);
  await all(transactions.map(({ raw }) => ({ method: "eth_sendRawTransaction", params: [bytesToHex(raw)] })));
  await rpc.request("evm_mine", []);
  return built;
}

interface AnvilReceipt {
  readonly status: Hex;
  readonly gasUsed: Hex;
  readonly cumulativeGasUsed: Hex;
  readonly effectiveGasPrice: Hex;
  readonly contractAddress: Address | null;
  readonly logs: readonly { readonly address: Address; readonly topics: readonly Hash[]; readonly data: Hex }[];
}

/** What anvil has of a block, in the words of ours. */
async function theirReceipts(built: BuiltBlock) {
  const hashes = built.block.transactions.map(({ hash }) => hash);
  const found = await all(hashes.map((hash) => ({ method: "eth_getTransactionReceipt", params: [hash] })));
  return (found as AnvilReceipt[]).map(({ status, gasUsed, effectiveGasPrice, contractAddress, logs }, index) => ({
    hash: hashes[index],
    status: Number(status),
    gasUsed: BigInt(gasUsed),
    effectiveGasPrice: BigInt(effectiveGasPrice),
    // anvil names the address also where the creation failed.
    contract: Number(status) === 1 ? (contractAddress ?? undefined) : undefined,
    logs: logs.map(({ address, topics, data }) => ({ address, topics, data })),
  }));
}

function ourReceipts({ block, receipts, results }: BuiltBlock) {
  return receipts.map(({ status, logs }, index) => ({
    hash: block.transactions[index]?.hash,
    status,
    gasUsed: results[index]?.gasUsed,
    effectiveGasPrice: results[index]?.effectiveGasPrice,
    contract: results[index]?.contractAddress,
    logs: logs.map(({ address, topics, data }) => ({ address, topics: [...topics], data: bytesToHex(data) })),
  }));
}

/** Return data, and why it failed: of the outermost frame. */
async function compareOutputs({ block }: BuiltBlock): Promise<void> {
  const calls = block.transactions.map(({ hash }) => ({
    method: "debug_traceTransaction",
    params: [hash, { tracer: "callTracer" }],
  }));
  const theirs = (await all(calls)) as { output?: Hex }[];
  const trace = { kind: "calls", onlyTop: true, logs: false } as const;
  const job = { kind: "traceBlock", block: encodeBlock(block), trace, maxBytes: 100_000_000 } as const;
  const ours = JSON.parse(await chain.executor.answer(job, block.header.parentHash)) as { result: { output?: Hex } }[];
  expect(ours.map(({ result }) => result.output ?? "0x")).toEqual(theirs.map(({ output }) => output ?? "0x"));
}

/** Every account and slot that our block says it changed has the same value there. */
async function compareState({ diff }: BuiltBlock): Promise<void> {
  const state = chain.executor.stateAt(chain.executor.finalHead.hash);
  const questions: { readonly call: RpcCall; readonly ours: string }[] = [];
  const ask = (method: string, params: readonly unknown[], ours: string) =>
    questions.push({ call: { method, params: [...params, "latest"] }, ours });
  for (const [address, account] of diff.accounts) {
    ask("eth_getBalance", [address], quantity(account?.balance ?? 0n));
    ask("eth_getTransactionCount", [address], quantity(account?.nonce ?? 0n));
    ask("eth_getCode", [address], account ? bytesToHex(state.code(account.codeHash)) : "0x");
  }
  for (const [address, { slots }] of diff.storage) {
    for (const key of slots.keys()) {
      const value = bytesToHex(state.slot(address, key)).slice(2).padStart(64, "0");
      ask("eth_getStorageAt", [address, key], `0x${value}`);
    }
  }
  const theirs = await all(questions.map(({ call }) => call));
  const shown = (answers: readonly unknown[]) =>
    questions.map(({ call }, index) => `${call.method} ${String(call.params?.slice(0, -1))}: ${answers[index]}`);
  expect(shown(questions.map(({ ours }) => ours))).toEqual(shown(theirs));
}

it(
  `${TRANSACTIONS} random transactions (seed ${SEED}) do the same here and on anvil`,
  async () => {
    const random = createPrng(SEED);
    const senders = [alice, bob, carol];
    const world: TransactionWorld = {
      senders,
      play: "0x" as Address,
      places: [
        ...senders.map(({ address }) => address),
        account("nobody").address,
        account("somebody").address,
        ...[1, 2, 4, 6, 9].map((n) => `0x${n.toString(16).padStart(40, "0")}` as Address),
      ],
      nonces: new Map([[alice.address, 1n]]),
    };
    const deployed = await extendBoth([sign(alice, { nonce: 0n, gasLimit: 5_000_000n, data: playground().bytecode })]);
    const play = deployed.results[0]?.contractAddress as Address;
    world.places.push(play);
    const seen = { failed: 0, created: 0, logs: 0 };
    for (let sent = 0; sent < TRANSACTIONS; sent += PER_BLOCK) {
      const count = Math.min(PER_BLOCK, TRANSACTIONS - sent);
      const built = await extendBoth(
        Array.from({ length: count }, () => randomTransaction(random, { ...world, play })),
      );
      expect(ourReceipts(built)).toEqual(await theirReceipts(built));
      await compareOutputs(built);
      await compareState(built);
      for (const [index, { status, logs }] of built.receipts.entries()) {
        seen.failed += 1 - status;
        seen.logs += logs.length;
        const made = built.results[index]?.contractAddress;
        if (made) seen.created++;
        if (made && world.places.length < 60) world.places.push(made);
      }
    }
    // The mixture is worth its name: much of everything.
    expect(seen.failed).toBeGreaterThan(TRANSACTIONS / 20);
    expect(seen.created).toBeGreaterThan(TRANSACTIONS / 20);
    expect(seen.logs).toBeGreaterThan(TRANSACTIONS / 20);
  },
  60_000 + 500 * TRANSACTIONS,
);
