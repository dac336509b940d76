import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  alice,
  bob,
  carol,
  openTestChain,
  producer,
  sign,
  type TestChain,
  temporaryDirectories,
} from "../../../test/support/chain-fixture.ts";
import { playground, playgroundCall } from "../../../test/support/playground.ts";
import { encodeBlock, type TraceOptions } from "../../chain/index.ts";
import { type Address, type Hash, zeroHash } from "../../primitives/index.ts";
import type { BuiltBlock } from "../index.ts";

const directories = temporaryDirectories();
let chain: TestChain;
let play: Address;
let traced: BuiltBlock;
const maxBytes = 10_000_000;

const calls: TraceOptions = { kind: "calls", onlyTop: false, logs: true };
const struct: TraceOptions = { kind: "struct", memory: false, stack: true, storage: true, returnData: false, limit: 0 };
const prestate = (diff: boolean): TraceOptions => ({ kind: "prestate", diff });

beforeAll(async () => {
  chain = await openTestChain({ directory: directories.create() });
  const built = await chain.extend([sign(alice, { nonce: 0n, gasLimit: 5_000_000n, data: playground().bytecode })]);
  play = built.results[0]?.contractAddress as Address;
  const send = (nonce: bigint, name: string, ...args: readonly unknown[]) =>
    sign(alice, { nonce, to: play, gasLimit: 1_000_000n, data: playgroundCall(name, ...args) });
  traced = await chain.extend([
    send(1n, "mint", alice.address, 50n),
    send(2n, "tryInner", 5n, 7n),
    send(3n, "create", 3n),
    send(4n, "createAndKill", zeroHash, 9n, carol.address),
    send(5n, "fail", 4n),
    send(6n, "transfer", bob.address, 20n),
    sign(bob, { nonce: 0n, to: carol.address, value: 5n }),
  ]);
}, 60_000);
afterAll(() => {
  chain.close();
  directories.cleanUp();
});

// biome-ignore lint/suspicious/noExplicitAny: what is looked at is JSON
async function trace(request: TraceOptions, only?: number): Promise<any> {
  const block = encodeBlock(traced.block);
  const job = { kind: "traceBlock", block, trace: request, maxBytes, ...(only === undefined ? {} : { only }) } as const;
  return JSON.parse(await chain.executor.answer(job, traced.block.header.parentHash));
}
const gasUsed = (index: number) => traced.results[index]?.gasUsed as bigint;

describe("a trace of calls", () => {
  it("tells of every transaction of a block what it used, and who called whom", async () => {
    const all = await trace(calls);
    expect(all.map(({ txHash }: { txHash: Hash }) => txHash)).toEqual(
      traced.block.transactions.map(({ hash }) => hash),
    );
    expect(all.map((each: { result: { gasUsed: string } }) => BigInt(each.result.gasUsed))).toEqual(
      traced.results.map((each) => each.gasUsed),
    );
    expect(all[6].result).toMatchObject({ type: "CALL", from: bob.address, to: carol.address, value: "0x5" });
    expect(all[6].result).not.toHaveProperty("calls");
  });

  it("shows an inner revert, whose caller went on", async () => {
    const frame = await trace(calls, 1);
    expect(frame).toMatchObject({ type: "CALL", from: alice.address, to: play });
    expect(frame).not.toHaveProperty("error");
    expect(frame.calls).toHaveLength(1);
    expect(frame.calls[0]).toMatchObject({ type: "CALL", from: play, to: play, error: "execution reverted" });
    expect(frame.calls[0].output).toBe(playground().abi.encodeErrorResult("Custom", [5n]));
  });

  it("names creations, and what destroys itself", async () => {
    expect((await trace(calls, 2)).calls).toMatchObject([{ type: "CREATE", from: play }]);
    const types = (frame: { type: string; calls?: { type: string }[] }): unknown[] => [
      frame.type,
      ...(frame.calls ?? []).map(types),
    ];
    const frame = await trace(calls, 3);
    expect(types(frame)).toEqual(["CALL", ["CREATE2"], ["CALL"], ["CALL", ["SELFDESTRUCT"]], ["STATICCALL"]]);
    expect(frame.calls[2].calls[0]).toMatchObject({ to: carol.address });
  });

  it("has the logs of what did not fail", async () => {
    const frame = await trace(calls, 5);
    const [log] = traced.receipts[5]?.logs ?? [];
    expect(frame.logs).toMatchObject([{ address: play, topics: log?.topics }]);
    expect((await trace(calls, 4)).error).toBe("execution reverted");
  });

  it("keeps to the top when asked", async () => {
    expect(await trace({ kind: "calls", onlyTop: true, logs: false }, 1)).not.toHaveProperty("calls");
  });
});

describe("a trace of instructions", () => {
  it("begins at the beginning, loses gas with every step and ends with what the receipt says", async () => {
    const { gas, failed, structLogs } = await trace(struct, 0);
    expect(BigInt(gas)).toBe(gasUsed(0));
    expect(failed).toBe(false);
    expect(structLogs[0]).toMatchObject({ pc: 0, op: "PUSH1", depth: 1, stack: [] });
    expect(structLogs.at(-1).op).toBe("STOP");
    for (const [at, step] of structLogs.slice(1).entries()) {
      expect(step.gas).toBe(structLogs[at].gas - structLogs[at].gasCost);
    }
    const write = structLogs.find(({ op }: { op: string }) => op === "SSTORE");
    expect(Object.values(write.storage)).toEqual([50n.toString(16).padStart(64, "0")]);
  });

  it("says that it failed, and with what", async () => {
    const { failed, returnValue } = await trace(struct, 4);
    expect([failed, returnValue]).toEqual([true, playground().abi.encodeErrorResult("Custom", [4n])]);
  });

  it("tells no more steps than asked for, and is refused when it would be too large", async () => {
    expect((await trace({ ...struct, limit: 3 }, 0)).structLogs).toHaveLength(3);
    const small = { kind: "traceCall", trace: struct, maxBytes: 50_000 } as const;
    const request = { to: play, data: playgroundCall("sum", 10_000n) };
    await expect(chain.executor.answer({ ...small, request }, traced.block.hash)).rejects.toMatchObject({
      code: "KOMA_E_RPC_LIMIT",
    });
  });
});

describe("a trace of the state", () => {
  it("holds what a transaction in the middle of a block found", async () => {
    const found = await trace(prestate(false), 5);
    expect(Object.keys(found).sort()).toEqual([alice.address, play, producer.address].sort());
    expect(found[alice.address].nonce).toBe(6);
    expect(found[play].code).toMatch(/^0x6080/);
    // Alice's tokens, minted by the first transaction of the block, and Bob's, who had none.
    expect(Object.values(found[play].storage).map(Number).sort()).toEqual([0, 50]);
  });

  it("tells what changed, and nothing else", async () => {
    const { pre, post } = await trace(prestate(true), 6);
    expect(Object.keys(post).sort()).toEqual([bob.address, carol.address, producer.address].sort());
    expect(BigInt(post[carol.address].balance) - BigInt(pre[carol.address]?.balance ?? 0)).toBe(5n);
    expect(post[bob.address].nonce).toBe(1);
    const tokens = await trace(prestate(true), 5);
    expect(Object.values(tokens.post[play].storage).map(Number).sort()).toEqual([20, 30]);
    expect(Object.values(tokens.pre[play].storage).map(Number)).toEqual([50]);
    expect(tokens.post[play]).not.toHaveProperty("code");
  });
});

it("a log that its gas does not pay for is none, whatever length it claims", async () => {
  // PUSH32 2^256 - 1, PUSH0, LOG0
  const code = Uint8Array.of(0x7f, ...new Uint8Array(32).fill(0xff), 0x5f, 0xa0);
  const trace = { kind: "calls", onlyTop: false, logs: true } as const;
  const job = { kind: "traceCall", request: { to: bob.address }, trace, maxBytes } as const;
  const answer = await chain.executor.answer({ ...job, overrides: { [bob.address]: { code } } }, traced.block.hash);
  expect(JSON.parse(answer)).toMatchObject({ type: "CALL", error: "out of gas" });
  expect(JSON.parse(answer)).not.toHaveProperty("logs");
});

it("a call that nobody sent is traced as well", async () => {
  const request = { from: alice.address, to: play, data: playgroundCall("nest", 3n) };
  const answer = await chain.executor.answer({ kind: "traceCall", request, trace: calls, maxBytes }, traced.block.hash);
  let depth = 0;
  for (let frame = JSON.parse(answer); frame; frame = frame.calls?.[0]) depth++;
  expect(depth).toBe(4);
});
