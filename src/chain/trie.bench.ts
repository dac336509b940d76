import { expect, test } from "vitest";
import { type Bytes, keccak256, numberToBytes } from "../primitives/index.ts";
import { Trie } from "./trie.ts";

// What does the state root cost after a block that changes 10,000 of 100,000 accounts?
function entry(index: number, salt: number): readonly [Bytes, Bytes] {
  const value = new Uint8Array(70).fill(salt);
  return [keccak256(numberToBytes(index)), value];
}

const accounts = Array.from({ length: 100_000 }, (_, i) => entry(i, 1));
const changes = Array.from({ length: 10_000 }, (_, i) => entry(i * 7, 2));

test("a root after 10,000 changes over 100,000 keys", async ({ bench }) => {
  const trie = Trie.fromEntries(accounts);
  trie.root();
  const result = await bench("update and root", () => {
    trie.update(changes).root();
  }).run();
  expect(result.latency.mean).toBeLessThan(400); // ms; about 100 on an idle core
});

test("building a trie of 100,000 keys", async ({ bench }) => {
  const result = await bench("fromEntries and root", () => {
    Trie.fromEntries(accounts).root();
  }).run({ iterations: 3, warmupIterations: 1, time: 1_000 });
  expect(result.latency.mean).toBeLessThan(3_000); // ms
});
