import { expect, test } from "vitest";
import { decodeRlp, encodeRlp } from "./rlp.ts";

// A payment has nine to twelve fields; decoding it should not show beside recovering its sender.
const payment = encodeRlp([
  Uint8Array.of(0x01, 0x3a, 0x11),
  Uint8Array.of(3),
  Uint8Array.of(0x3b, 0x9a, 0xca, 0),
  Uint8Array.of(0x77, 0x35, 0x94, 0),
  Uint8Array.of(0x52, 0x08),
  new Uint8Array(20).fill(0xab),
  new Uint8Array(8).fill(1),
  new Uint8Array(0),
  [],
  new Uint8Array(0),
  new Uint8Array(32).fill(2),
  new Uint8Array(32).fill(3),
]);

test("decoding the RLP of a payment", async ({ bench }) => {
  const result = await bench("decode", () => {
    decodeRlp(payment);
  }).run();
  expect(result.latency.mean).toBeLessThan(0.03); // ms; about 0.001
});

test("encoding the RLP of a payment", async ({ bench }) => {
  const decoded = decodeRlp(payment);
  if (!decoded.ok) throw new Error(decoded.rejection.reason);
  const { value } = decoded;
  const result = await bench("encode", () => {
    encodeRlp(value);
  }).run();
  expect(result.latency.mean).toBeLessThan(0.05); // ms; about 0.002
});
