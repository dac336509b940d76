import { afterEach, describe, expect, it } from "vitest";
import {
  alice,
  bob,
  openTestChain,
  sign,
  temporaryDirectories,
  testChainId,
  testGenesis,
} from "../../test/support/chain-fixture.ts";
import { logEmitter, transferLog } from "../../test/support/token-logs.ts";
import { type Address, type Bytes, keccakHash } from "../primitives/index.ts";
import { createChainView } from "./chain-view.ts";
import { paymentMethods } from "./payment-methods.ts";
import { createPaymentView } from "./payment-view.ts";
import { createTransferLinks } from "./transfer-links.ts";

const directories = temporaryDirectories();
afterEach(directories.cleanUp);

const token = `0x${"70".repeat(20)}` as Address;
const genesis = testGenesis({ [token]: { balance: 0n, code: logEmitter } });

/** Alice gives Bob one of the ten, or fewer, that she has left. */
function tokenTransfer(nonce: bigint, left: bigint) {
  const from = { account: alice.address, input: left, output: left - 1n, seq: nonce + 1n };
  const to = { account: bob.address, input: 10n - left, output: 11n - left, seq: nonce + 1n };
  const data = transferLog(token, 1n, from, to);
  return sign(alice, { nonce, to: token, value: 0n, data, gasLimit: 120_000n });
}

describe("the view of payments", () => {
  it("puts the entries of blocks that are not final before those on disk, and follows the head", async () => {
    const { executor, store, ...chain } = await openTestChain({ directory: directories.create(), genesis });
    const view = createChainView(executor, store.blocks);
    const payments = createPaymentView(view, store);
    expect(payments.output(undefined, alice.address)).toBeUndefined();
    expect(payments.tokenOutput(token, bob.address)).toBeUndefined();

    await chain.extend([tokenTransfer(0n, 10n)]);
    view.moveHead(executor.finalHead.hash);
    const left = await chain.build([tokenTransfer(1n, 9n), tokenTransfer(2n, 8n)]);
    const right = await chain.build([sign(alice, { nonce: 1n, to: bob.address, value: 7n })]);
    view.moveHead(left.block.hash);
    const stranger = `0x${"99".repeat(20)}` as Address;
    expect([alice.address, bob.address, stranger].map((each) => payments.tokenOutput(token, each))).toEqual([
      7n,
      3n,
      0n,
    ]);
    expect(payments.find("2:1:1:1")).toMatchObject({ made: { output: 3n, owner: bob.address }, newest: { index: 1 } });
    const outputs = () => payments.history(token, alice.address, 9).map(({ output, final }) => [output, final]);
    expect(outputs()).toEqual([
      [7n, false],
      [8n, false],
      [9n, true],
    ]);
    expect(payments.history(token, alice.address, 2)).toHaveLength(2);
    expect(payments.output(token, bob.address)).toMatchObject({ output: 3n, log: 1, side: 1, index: 1 });
    const balance = () => executor.stateAt(view.head.hash).account(alice.address)?.balance;
    expect(payments.output(undefined, alice.address)?.output).toBe(balance());

    view.moveHead(right.block.hash);
    expect(outputs()).toEqual([[9n, true]]);
    expect(payments.output(undefined, alice.address)).toMatchObject({ output: balance(), final: false });
    await executor.finalize(right.block.hash);
    expect(payments.output(undefined, alice.address)).toMatchObject({ output: balance(), final: true });
    chain.close();
  });

  it("answers clients with a chain of outputs in which each spends the one before", async () => {
    const { executor, store, ...chain } = await openTestChain({ directory: directories.create(), genesis });
    const view = createChainView(executor, store.blocks);
    const submit = (raw: Bytes) => keccakHash(raw);
    const payments = createPaymentView(view, store);
    const links = createTransferLinks({ chainId: testChainId, payments, store });
    const methods = paymentMethods({ payments, chain: view, executor, submit, links });
    const ask = (name: string, ...params: unknown[]) => methods[name]?.(params);
    expect(ask("koma_getOutput", token, alice.address)).toBeNull();
    expect(ask("koma_getOutput", null, alice.address)).toMatchObject({ id: null, value: 10n ** 24n });
    await chain.extend([tokenTransfer(0n, 10n)]);
    await chain.extend([tokenTransfer(1n, 9n)]);
    view.moveHead(executor.finalHead.hash);
    const last = { id: "2:0:0:0", input: 9n, output: 8n, spends: "1:0:0:0", spentBy: null, follows: true, final: true };
    expect(ask("koma_getTransferChain", token, alice.address)).toMatchObject([
      last,
      { id: "1:0:0:0", input: 10n, output: 9n, spends: null, spentBy: "2:0:0:0", follows: true },
    ]);
    // Cut off, it still knows what the last one shown spends.
    expect(ask("koma_getTransferChain", token, alice.address, 1)).toMatchObject([last]);
    expect(ask("koma_getOutput", token, alice.address)).toMatchObject({
      id: "2:0:0:0",
      value: 8n,
      owner: alice.address,
    });
    expect(ask("koma_sendExpecting", "0x12", ["2:0:0:0", "2:0:n0"])).toBe(keccakHash(Uint8Array.of(0x12)));
    for (const [id, code] of [
      ["1:0:0:0", "KOMA_E_SPAM_OUTPUT_SPENT"],
      ["2:0:7:0", "KOMA_E_SPAM_OUTPUT_MISSING"],
      ["9:0:n0", "KOMA_E_SPAM_OUTPUT_MISSING"],
      ["2:0", "KOMA_E_RPC_PARAMS_INVALID"],
    ]) {
      expect(() => ask("koma_sendExpecting", "0x12", [id]), id).toThrow(expect.objectContaining({ code }));
    }
    // A log that does not follow what was there before: a token that lies about itself.
    await chain.extend([tokenTransfer(2n, 5n)]);
    view.moveHead(executor.finalHead.hash);
    expect(ask("koma_getTransferChain", token, alice.address, 1)).toMatchObject([{ input: 5n, follows: false }]);
    for (const params of [[token], [token, "0x12"], ["alice", alice.address], [token, alice.address, 0]]) {
      expect(() => ask("koma_getTransferChain", ...params)).toThrow(
        expect.objectContaining({ code: "KOMA_E_RPC_PARAMS_INVALID" }),
      );
    }
    chain.close();
  });
});
