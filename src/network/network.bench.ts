import { expect, test } from "vitest";
import { systemClock } from "../clock.ts";
import { silentLogger } from "../logger.ts";
import { keccak256, keccakHash, utf8 } from "../primitives/index.ts";
import { createNetwork } from "./create-network.ts";
import type { Network } from "./network.ts";

const networkId = keccakHash(utf8("bench"));

async function start(name: string, peers: readonly string[]): Promise<Network> {
  const limits = {
    inboundConnectionsPerSecond: 100,
    channels: {
      consensus: { messagesPerSecond: 1e7, bytesPerSecond: 1e10 },
      blocks: { messagesPerSecond: 1e6, bytesPerSecond: 1e10 },
    },
  };
  const privateKey = keccak256(utf8(name));
  const network = createNetwork({ privateKey, networkId, peers, limits, logger: silentLogger, clock: systemClock });
  await network.start();
  return network;
}

const a = await start("a", []);
const b = await start("b", a.addresses);
await new Promise<void>((resolve) => {
  if (a.peers().length > 0) resolve();
  else a.events.on("peerConnected", () => resolve());
});

let awaited = 0;
let done: () => void = () => {};
for (const channel of ["consensus", "blocks"] as const) {
  b.subscribe(channel, () => {
    awaited -= 1;
    if (awaited === 0) done();
  });
}
b.handle("status", async (payload) => payload);

function arrivalOf(count: number): Promise<void> {
  awaited = count;
  return new Promise((resolve) => {
    done = resolve;
  });
}

// What does a delivery cost when both ends share this process and its core? The frames to beat cost 154 µs of CPU each.
test("1,000 units of 300 bytes in one burst", async ({ bench }) => {
  const unit = new Uint8Array(300);
  const result = await bench("broadcast until all have arrived", async () => {
    const arrived = arrivalOf(1_000);
    for (let i = 0; i < 1_000; i++) a.broadcast("consensus", unit);
    await arrived;
  }).run();
  expect(result.latency.mean).toBeLessThan(150); // ms; about 10 on an idle core
});

test("one unit at a time", async ({ bench }) => {
  const unit = new Uint8Array(300);
  const result = await bench("broadcast until it has arrived", async () => {
    const arrived = arrivalOf(1);
    a.broadcast("consensus", unit);
    await arrived;
  }).run();
  expect(result.latency.mean).toBeLessThan(10); // ms; the wait for companions is part of it
});

test("16 MiB in blocks of 1 MiB", async ({ bench }) => {
  const block = new Uint8Array(1024 * 1024);
  const result = await bench("broadcast until all have arrived", async () => {
    const arrived = arrivalOf(16);
    for (let i = 0; i < 16; i++) a.broadcast("blocks", block);
    await arrived;
  }).run();
  expect(result.latency.mean).toBeLessThan(2_000); // ms; about 200 on an idle core
});

test("one request and its answer", async ({ bench }) => {
  const payload = new Uint8Array(300);
  const result = await bench("request", async () => {
    await a.request(b.peerId, "status", payload);
  }).run();
  expect(result.latency.mean).toBeLessThan(20); // ms
});
