import { expect, test } from "vitest";
import { addressOfKey, keccak256, utf8 } from "../primitives/index.ts";
import { decodeTransaction } from "./transaction-decode.ts";
import { signTransaction } from "./transaction-sign.ts";

const chainId = 80_401n;
const key = keccak256(utf8("ann"));
const sender = addressOfKey(key);
const { raw } = signTransaction(
  { chainId, nonce: 3n, gasLimit: 21_000n, maxFeePerGas: 2_000_000_000n, to: sender, value: 10n ** 18n },
  key,
);

// What does a payment cost a node that has seen it in its pool: decoding, its hash, its signing hash?
test("decoding a payment whose sender is known", async ({ bench }) => {
  const result = await bench("decode", () => {
    decodeTransaction(raw, chainId, () => sender);
  }).run();
  expect(result.latency.mean).toBeLessThan(0.1); // ms; about 0.01
});

test("decoding a payment and recovering its sender", async ({ bench }) => {
  const result = await bench("decode and recover", () => {
    decodeTransaction(raw, chainId);
  }).run();
  expect(result.latency.mean).toBeLessThan(0.5); // ms; about 0.08 with the native library
});
