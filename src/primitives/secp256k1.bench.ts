import { expect, test } from "vitest";
import { utf8 } from "./bytes.ts";
import { keccak256 } from "./keccak.ts";
import { recoverAddress, secp256k1Backend, signDigest } from "./secp256k1.ts";

// The largest honest cost of a payment, and that of every unit of consensus.
const digest = keccak256(utf8("digest"));
const key = keccak256(utf8("key"));
const signature = signDigest(digest, key);
const slowdown = secp256k1Backend === "native" ? 1 : 30;

test("recovering a signer", async ({ bench }) => {
  const result = await bench("recover", () => {
    recoverAddress(digest, signature);
  }).run();
  expect(result.latency.mean).toBeLessThan(0.5 * slowdown); // ms; about 0.07 with the native library
});

test("signing", async ({ bench }) => {
  const result = await bench("sign", () => {
    signDigest(digest, key);
  }).run();
  expect(result.latency.mean).toBeLessThan(0.5 * slowdown); // ms; about 0.05 with the native library
});
