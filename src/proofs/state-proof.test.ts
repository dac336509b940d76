import { createMerkleProof, createMPT } from "@ethereumjs/mpt";
import { describe, expect, it, test } from "vitest";
import { accountKey, emptyTrieRoot, encodeAccount, encodeSlotValue, slotKey, Trie } from "../chain/index.ts";
import {
  type Address,
  addressFromBytes,
  type Bytes,
  bytesToHex,
  type Hash,
  keccak256,
  keccakHash,
  numberToBytes,
} from "../primitives/index.ts";
import { type AccountProof, absentAccount, verifyAccount, verifyAccountProof, verifySlot } from "./state-proof.ts";
import { nodesToHex } from "./trie-proof.ts";

const addressAt = (n: number): Address => addressFromBytes(keccak256(numberToBytes(n)).subarray(12));
const slotAt = (n: number): Hash => keccakHash(numberToBytes(n));

const slots = Array.from({ length: 50 }, (_, i): readonly [Bytes, Bytes] => [
  slotKey(slotAt(i)),
  encodeSlotValue(numberToBytes(i + 1)),
]);
const storage = Trie.fromEntries(slots);
const contract = { nonce: 1n, balance: 7n, storageRoot: storage.root(), codeHash: keccakHash(Uint8Array.of(0x60)) };
const payer = { ...absentAccount, balance: 10n ** 18n };
const entries = Array.from({ length: 200 }, (_, i): readonly [Bytes, Bytes] => [
  accountKey(addressAt(i)),
  encodeAccount(i === 0 ? contract : payer),
]);
const state = Trie.fromEntries(entries);

function proofOf(address: Address, slotNumbers: readonly number[]): AccountProof {
  return {
    address,
    accountProof: nodesToHex(state.prove(accountKey(address))),
    balance: contract.balance,
    nonce: contract.nonce,
    codeHash: contract.codeHash,
    storageHash: contract.storageRoot,
    storageProof: slotNumbers.map((n) => ({
      key: slotAt(n),
      value: n < 50 ? BigInt(n + 1) : 0n,
      proof: nodesToHex(storage.prove(slotKey(slotAt(n)))),
    })),
  };
}

describe("an account proof", () => {
  it("shows accounts, and their absence", () => {
    expect(verifyAccount(state.root(), addressAt(5), nodesToHex(state.prove(accountKey(addressAt(5)))))).toEqual({
      ok: true,
      value: payer,
    });
    expect(verifyAccount(state.root(), addressAt(999), nodesToHex(state.prove(accountKey(addressAt(999)))))).toEqual({
      ok: true,
      value: absentAccount,
    });
    expect(verifyAccount(emptyTrieRoot, addressAt(5), [])).toEqual({ ok: true, value: absentAccount });
  });

  it("shows slots, and their absence", () => {
    expect(verifyAccountProof(state.root(), proofOf(addressAt(0), [0, 49, 77]))).toEqual({ ok: true, value: contract });
    expect(verifySlot(emptyTrieRoot, slotAt(0), [])).toEqual({ ok: true, value: 0n });
  });

  const sound = proofOf(addressAt(0), [3]);
  const [slot] = sound.storageProof as [AccountProof["storageProof"][0]];
  test.each<[string, AccountProof]>([
    ["balance", { ...sound, balance: 8n }],
    ["nonce", { ...sound, nonce: 2n }],
    ["code hash", { ...sound, codeHash: emptyTrieRoot }],
    ["storage root", { ...sound, storageHash: emptyTrieRoot }],
    ["word", { ...sound, storageProof: [{ ...slot, value: 5n }] }],
    ["slot", { ...sound, storageProof: [{ ...slot, key: slotAt(4) }] }],
    ["address", { ...sound, address: addressAt(1) }],
    ["node", { ...sound, accountProof: ["0x" as const] }],
  ])("with another %s is refused", (_, proof) => {
    expect(verifyAccountProof(state.root(), proof).ok).toBe(false);
  });

  it("is the one that @ethereumjs/mpt makes", async () => {
    const reference = await createMPT();
    for (const [key, leaf] of entries) await reference.put(key, leaf);
    expect(bytesToHex(reference.root())).toBe(state.root());
    for (const n of [0, 5, 999]) {
      const key = accountKey(addressAt(n));
      expect(nodesToHex(await createMerkleProof(reference, key))).toEqual(nodesToHex(state.prove(key)));
    }
  });
});
