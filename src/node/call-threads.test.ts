import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import {
  account,
  alice,
  bob,
  openTestChain,
  sign,
  type TestChain,
  temporaryDirectories,
  testChainId,
  testGenesis,
} from "../../test/support/chain-fixture.ts";
import { playground, playgroundCall } from "../../test/support/playground.ts";
import { type CallSite, createExecutor, type Executor } from "../execution/index.ts";
import { silentLogger } from "../logger.ts";
import { type Address, bytesToBigint, type Hash, hexToBytes } from "../primitives/index.ts";
import { type CallThreads, createCallThreads } from "./call-threads.ts";

const directories = temporaryDirectories();
let chain: TestChain;
let play: Address;
const opened: CallThreads[] = [];

beforeAll(async () => {
  chain = await openTestChain({ directory: directories.create() });
  const built = await chain.extend([sign(alice, { nonce: 0n, gasLimit: 5_000_000n, data: playground().bytecode })]);
  play = built.results[0]?.contractAddress as Address;
}, 60_000);
afterEach(async () => {
  await Promise.all(opened.splice(0).map((threads) => threads.close()));
});
afterAll(() => {
  chain.close();
  directories.cleanUp();
});

function open(options: Partial<Parameters<typeof createCallThreads>[0]> = {}): CallThreads {
  const threads = createCallThreads({
    dataDir: chain.directory,
    chainId: testChainId,
    callGasLimit: 30_000_000n,
    callTimeoutMs: 5_000,
    threads: 1,
    logger: silentLogger,
    ...options,
  });
  opened.push(threads);
  return threads;
}

/** An executor of its own on the same store, whose calls the threads answer. */
async function executorWith(threads: CallThreads): Promise<Executor> {
  const executor = await createExecutor({ store: chain.store.state, chainId: testChainId, callRunner: threads });
  await executor.init(chain.genesis);
  return executor;
}

const call = (name: string, ...args: readonly unknown[]) => ({
  from: alice.address,
  to: play,
  data: playgroundCall(name, ...args),
});
const balance = (owner: Address) => call("balanceOf", owner);
const site = (): CallSite => ({ base: chain.executor.finalHead, layers: [] });

describe("a call in a thread", () => {
  it("sees final blocks, older ones and blocks that are not final yet, each as it was", async () => {
    const executor = await executorWith(open());
    const seen = async (at: Hash | bigint) => {
      const result = await executor.answer({ kind: "call", request: balance(bob.address) }, at);
      return result.kind === "success" ? bytesToBigint(result.returnData) : result;
    };
    const mint = async (parent: Hash, nonce: bigint) => {
      const data = playgroundCall("mint", bob.address, 10n);
      const { block } = await chain.build([sign(alice, { nonce, to: play, gasLimit: 200_000n, data })], { parent });
      await executor.executeBlock(block);
      return block.hash;
    };
    const start = executor.finalHead;
    const first = await mint(start.hash, 1n);
    const second = await mint(first, 2n);
    expect(await Promise.all([start.hash, first, second].map(seen))).toEqual([0n, 10n, 20n]);
    // The same questions while, and after, the blocks become final.
    const asked = Promise.all([start.number, first, second].map(seen));
    await executor.finalize(second);
    expect(await asked).toEqual([0n, 10n, 20n]);
    expect(await Promise.all([start.number, first, second].map(seen))).toEqual([0n, 10n, 20n]);
    // Both executors keep books of their own on the one store.
    await chain.executor.init(chain.genesis);
  });

  it("answers reverts, estimates and access lists as the executor itself does", async () => {
    const executor = await executorWith(open());
    const at = executor.finalHead.hash;
    const transfer = call("transfer", account("poor").address, 1n);
    for (const request of [call("fail", 42n), transfer, call("nest", 20n), call("environment"), balance(bob.address)]) {
      expect(await executor.answer({ kind: "call", request: request }, at)).toEqual(
        await chain.executor.call(request, at),
      );
      expect(await executor.answer({ kind: "estimateGas", request: request }, at)).toEqual(
        await chain.executor.answer({ kind: "estimateGas", request: request }, at),
      );
      expect(await executor.answer({ kind: "createAccessList", request: request }, at)).toEqual(
        await chain.executor.answer({ kind: "createAccessList", request: request }, at),
      );
    }
  });

  it("finds logs as the store itself does", async () => {
    const filter = { from: 0n, to: 1_000n, limit: 100 };
    expect(await open().logs(filter)).toEqual(chain.store.blocks.logs(filter));
    expect(await open().logs({ ...filter, limit: 1 })).toMatchObject({ complete: false });
  });

  it("is refused for a block that is not final here", async () => {
    const base = { ...chain.executor.finalHead, hash: `0x${"12".repeat(32)}` as Hash };
    const asked = open().run({ kind: "call", request: balance(bob.address) }, { base, layers: [] });
    await expect(asked).rejects.toMatchObject({ code: "KOMA_E_STATE_UNAVAILABLE" });
  });
});

describe("long calls", () => {
  const endless = () => ({ kind: "call", request: call("sum", 10n ** 9n) }) as const;

  it("leave room for short ones, however many they are", async () => {
    const threads = open({ callTimeoutMs: 1_500 });
    await threads.run({ kind: "call", request: balance(bob.address) }, site());
    const outcomes = Promise.allSettled(Array.from({ length: 20 }, () => threads.run(endless(), site())));
    const slowest: number[] = [];
    for (let i = 0; i < 10; i++) {
      const askedAt = performance.now();
      await threads.run({ kind: "call", request: balance(bob.address) }, site());
      slowest.push(performance.now() - askedAt);
    }
    expect(Math.max(...slowest)).toBeLessThan(2_000);
    const reasons = (await outcomes).map((outcome) => (outcome.status === "rejected" ? outcome.reason.code : "done"));
    expect(reasons).toContain("KOMA_E_CALL_TIMEOUT");
    expect(reasons.filter((reason) => reason !== "done" && reason !== "KOMA_E_CALL_TIMEOUT")).toEqual([]);
    expect(threads.status()).toMatchObject({ jobs: 0, restarts: 0 });
  });

  it("that never give way are ended with their thread, and what waited behind them is answered", async () => {
    // One precompile call that takes many seconds here, and gas that pays for it.
    const size = 4_096;
    const word = (value: number) => value.toString(16).padStart(64, "0");
    const data = hexToBytes(
      `0x${word(size)}${word(size)}${word(size)}${"ab".repeat(size)}${"ff".repeat(size)}${"fe".repeat(size)}`,
    );
    const modexp = { to: `0x${"05".padStart(40, "0")}` as Address, data };
    const roomy = { ...testGenesis(), gasLimit: 10n ** 13n };
    const other = await openTestChain({ directory: directories.create(), genesis: roomy });
    const big = open({ dataDir: other.directory, callTimeoutMs: 50, callGasLimit: 10n ** 13n });
    const executor = await createExecutor({ store: other.store.state, chainId: testChainId, callRunner: big });
    await executor.init(roomy);
    const at = executor.finalHead.hash;
    const innocentCall = { to: bob.address, value: 1n, from: alice.address };
    await executor.answer({ kind: "call", request: innocentCall }, at);
    const hung = executor.answer({ kind: "call", request: modexp }, at);
    const innocent = executor.answer({ kind: "call", request: innocentCall }, at);
    await expect(hung).rejects.toMatchObject({ code: "KOMA_E_CALL_TIMEOUT" });
    expect(await innocent).toMatchObject({ kind: "success" });
    expect(big.status()).toMatchObject({ restarts: 1 });
    other.close();
  });
});

it("a thread that dies again and again is given up, and the caller is told", async () => {
  const threads = open({ dataDir: join(chain.directory, "nowhere") });
  await expect(threads.run({ kind: "call", request: balance(bob.address) }, site())).rejects.toMatchObject({
    code: "KOMA_E_CALL_ABORTED",
  });
  expect(threads.status()).toMatchObject({ threads: 0, jobs: 0 });
});

it("closing answers what still runs", async () => {
  const threads = open();
  const asked = threads.run({ kind: "call", request: call("sum", 10n ** 9n) }, site());
  const answered = expect(asked).rejects.toMatchObject({ code: "KOMA_E_CALL_ABORTED" });
  await threads.close();
  await answered;
  await expect(threads.logs({ from: 0n, to: 1n, limit: 1 })).rejects.toMatchObject({ code: "KOMA_E_CALL_ABORTED" });
});
