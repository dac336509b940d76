import { afterEach, expect, it } from "vitest";
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
import { encodeContinuity } from "../fraud/index.ts";
import { type Address, zeroHash } from "../primitives/index.ts";
import { blockLeafOf, createBlockTree, verifyLogProof } from "../proofs/index.ts";
import { createChainView } from "./chain-view.ts";
import { createPaymentView } from "./payment-view.ts";
import { createTransferLinks } from "./transfer-links.ts";

const directories = temporaryDirectories();
afterEach(directories.cleanUp);

const token = `0x${"70".repeat(20)}` as Address;
const genesis = testGenesis({ [token]: { balance: 0n, code: logEmitter } });

/** Alice gives Bob one of what she says that she has. */
function tokenTransfer(nonce: bigint, has: bigint, seq = nonce + 1n) {
  const from = { account: alice.address, input: has, output: has - 1n, seq };
  const to = { account: bob.address, input: 10n - has, output: 11n - has, seq };
  const data = transferLog(token, 1n, from, to);
  return sign(alice, { nonce, to: token, value: 0n, data, gasLimit: 120_000n });
}

it("proves two outputs of a token with both logs under their checkpoints, and says how they are linked", async () => {
  const { executor, store, ...chain } = await openTestChain({ directory: directories.create(), genesis });
  const payments = createPaymentView(createChainView(executor, store.blocks), store);
  const links = createTransferLinks({ chainId: testChainId, payments, store });
  // Ten, nine, eight; then she says that she has five; the fifth is under no checkpoint.
  await chain.extend([tokenTransfer(0n, 10n)]);
  await chain.extend([tokenTransfer(1n, 9n), tokenTransfer(2n, 8n)]);
  await chain.extend([tokenTransfer(3n, 5n)]);
  const blocks = [1n, 2n, 3n].map((number) => store.blocks.block(number) as never);
  const tree = createBlockTree(blocks.map(blockLeafOf));
  const range = { number: 1n, start: 1n, end: 3n, rootHash: tree.root };
  const opaque = { generation: 0n, lastBlockHash: zeroHash, structHash: zeroHash, seenAt: 0n, body: new Uint8Array(0) };
  store.checkpoints.put({ ...range, ...opaque, status: "pending" });
  await chain.extend([tokenTransfer(4n, 4n)]);

  const next = links.prove("2:0:0:0", "1:0:0:0");
  expect(next).toMatchObject({ token, account: alice.address, link: "follows", reason: null });
  expect([next.first.b.number, next.second.b.number]).toEqual([1n, 2n]);
  for (const proof of [next.first, next.second]) {
    expect(verifyLogProof(proof, { chainId: testChainId, checkpoint: 1n, ...range }).ok).toBe(true);
  }
  // Whether that is what the root contract takes, test/contracts/honest-chain.test.ts tells.
  expect(next.evidence).toBe(encodeContinuity(next.first, next.second, alice.address, next.header));
  // The second log of a block is the first one of its own receipt.
  expect(links.prove("2:0:0:0", "2:1:1:0").second).toMatchObject({ txIndex: 1, logIndex: 0 });
  expect(links.prove("1:0:0:0", "2:1:1:0").link).toBe("apart");
  expect(links.prove("2:1:1:0", "3:0:0:0")).toMatchObject({
    link: "breaks",
    reason: "it begins with 5 where the one before ended with 7",
  });

  for (const [a, b, code] of [
    ["1:0:0:0", "1:0:0:0", "KOMA_E_RPC_PARAMS_INVALID"],
    ["1:0:0:0", "1:0:0:1", "KOMA_E_RPC_PARAMS_INVALID"],
    ["1:0:n0", "2:0:n0", "KOMA_E_RPC_PARAMS_INVALID"],
    ["1:0:0:0", "2:0:7:0", "KOMA_E_SPAM_OUTPUT_MISSING"],
    ["3:0:0:0", "4:0:0:0", "KOMA_E_NOT_CHECKPOINTED"],
  ] as const) {
    expect(() => links.prove(a, b), `${a} ${b}`).toThrow(expect.objectContaining({ code }));
  }
  // The root chain has a root that these blocks do not give.
  const other = { ...range, number: 2n, start: 4n, end: 4n, rootHash: zeroHash };
  store.checkpoints.put({ ...other, ...opaque, status: "pending" });
  expect(() => links.prove("3:0:0:0", "4:0:0:0")).toThrow(expect.objectContaining({ code: "KOMA_E_BLOCKS_DIFFER" }));
  chain.close();
});
