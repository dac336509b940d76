import { describe, expect, it } from "vitest";
import { chainOf, submit } from "../../test/support/archived-blocks.ts";
import { account, sign, testChainId } from "../../test/support/chain-fixture.ts";
import { accountKey, encodeAccount, encodeHeader, encodeSlotValue, slotKey, Trie } from "../chain/index.ts";
import { bytesToHex, type Hex, zeroHash } from "../primitives/index.ts";
import {
  type AccountProof,
  absentAccount,
  blockLeafOf,
  createBlockTree,
  createTxProof,
  nodesToHex,
  proveBlock,
  proveLog,
  proveReceipt,
} from "../proofs/index.ts";
import { checkInclusion } from "./check-file.ts";
import { type Inclusion, looksLikeInclusion, parseInclusion, serializeInclusion } from "./inclusion-file.ts";

const bob = account("bob");
const log = { address: bob.address, topics: [], data: Uint8Array.of(7) };
const transactions = [0n, 1n].map((nonce) => sign(account("alice"), { nonce, to: bob.address, value: 1n }));
const word = Uint8Array.of(9);
const slot = zeroHash;
const storage = Trie.fromEntries([[slotKey(slot), encodeSlotValue(word)]]);
const held = { ...absentAccount, balance: 7n, nonce: 2n, storageRoot: storage.root() };
const state = Trie.fromEntries([[accountKey(bob.address), encodeAccount(held)]]);
const contents = { 3: { transactions, logs: [[], [log]], stateRoot: state.root() } };
const blocks = chainOf(8, "main", contents);
const checkpoint = submit(blocks, 1n, 0n, 7n);
const { block, receipts } = blocks[3] as (typeof blocks)[number];
const tree = createBlockTree(blocks.map(({ block: each }) => blockLeafOf(each)));
const b = proveBlock({ chainId: testChainId, checkpoint: 1n }, tree, 3n);
const claims: AccountProof = {
  address: bob.address,
  accountProof: nodesToHex(state.prove(accountKey(bob.address))),
  balance: 7n,
  nonce: 2n,
  codeHash: held.codeHash,
  storageHash: held.storageRoot,
  storageProof: [{ key: slot, value: 9n, proof: nodesToHex(storage.prove(slotKey(slot))) }],
};
const header = bytesToHex(encodeHeader(block.header));
const inclusions: readonly Inclusion[] = [
  { type: "block", proof: b },
  { type: "transaction", proof: createTxProof(b, block, 1) },
  { type: "receipt", proof: { b, txIndex: 1, receiptNodes: proveReceipt(receipts, 1) } },
  { type: "log", proof: proveLog(b, receipts, 1, 0) },
  { type: "account", proof: { b, header, account: claims } },
];
const lookup = { live: async () => checkpoint, rolledBack: async () => [] };

describe.each(inclusions)("the file of a $type proof", (inclusion) => {
  it("holds after having been written and read", async () => {
    const text = serializeInclusion(inclusion);
    expect(looksLikeInclusion(text)).toBe(true);
    expect(parseInclusion(text)).toEqual(inclusion);
    expect((await checkInclusion(parseInclusion(text), lookup)).outcome).toBe("holds");
  });

  it("does not hold against another root, and is stale when its checkpoint is gone", async () => {
    const other = submit(chainOf(8, "other"), 1n, 0n, 7n);
    expect((await checkInclusion(inclusion, { ...lookup, live: async () => other })).outcome).toBe("does-not-hold");
    expect((await checkInclusion(inclusion, { ...lookup, live: async () => undefined })).outcome).toBe("stale");
    const { start, end, rootHash } = checkpoint;
    const rolledBack = async () => [{ checkpoint: 1n, start, end, rootHash }];
    expect((await checkInclusion(inclusion, { live: async () => other, rolledBack })).outcome).toBe("stale");
  });

  it("is refused with the place of what is wrong", () => {
    const file = JSON.parse(serializeInclusion(inclusion)) as { proof: Record<string, unknown> };
    const broken = (change: object) => JSON.stringify({ ...file, ...change });
    const place = inclusion.type === "block" ? "proof.number" : "proof.b";
    const proof = { ...file.proof, ...(inclusion.type === "block" ? { number: 3 } : { b: 3 }) };
    expect(() => parseInclusion(broken({ proof }))).toThrow(place);
    expect(() => parseInclusion(broken({ version: 2 }))).toThrow("version");
  });
});

describe("the file of an account proof", () => {
  const outcomeWith = async (change: { readonly header?: Hex; readonly account?: Partial<AccountProof> }) => {
    const account = { ...claims, ...change.account };
    const proof = { b, header: change.header ?? header, account };
    return (await checkInclusion({ type: "account", proof }, lookup)).outcome;
  };

  it.each<[string, Partial<AccountProof>]>([
    ["another balance", { balance: 8n }],
    ["another account", { address: account("carol").address }],
    ["another word", { storageProof: claims.storageProof.map((each) => ({ ...each, value: 10n })) }],
    ["an account that is not there", { accountProof: [] }],
  ])("does not hold with %s", async (_, change) => {
    expect(await outcomeWith({ account: change })).toBe("does-not-hold");
  });

  it("does not hold with another block's header", async () => {
    const other = bytesToHex(encodeHeader((blocks[4] as (typeof blocks)[number]).block.header));
    expect(await outcomeWith({ header: other })).toBe("does-not-hold");
    expect(await outcomeWith({ header: "0x" })).toBe("does-not-hold");
  });
});

it.each([
  ["nothing", ""],
  ["another thing", "[]"],
  ["a kind that there is not", '{"version":1,"type":"wish","proof":{}}'],
  ["a proof that is no object", '{"version":1,"type":"block","proof":7}'],
  ["too much", " ".repeat(9 * 1024 * 1024)],
])("a file with %s is no proof", (_, text) => {
  expect(() => parseInclusion(text)).toThrow(expect.objectContaining({ code: "KOMA_E_PROOF_MALFORMED" }));
});
