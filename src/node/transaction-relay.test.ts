import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { alice, bob, sign } from "../../test/support/chain-fixture.ts";
import { VirtualClock } from "../../test/support/virtual-clock.ts";
import type { BlockHeader } from "../chain/index.ts";
import { silentLogger } from "../logger.ts";
import type { Bytes, Hash } from "../primitives/index.ts";
import { createTxPool, devnetPoolRules } from "../txpool/index.ts";
import { createNodeEventBus } from "./events.ts";
import { openPoolJournal } from "./pool-journal.ts";
import { readFrame } from "./transaction-frames.ts";
import { createTransactionRelay, type TransactionRelayPorts } from "./transaction-relay.ts";

const PEERS = Array.from({ length: 9 }, (_, index) => `peer ${index}`);
const START = 1_700_000_000_000;

describe("the relay of transactions", () => {
  let dataDir: string;
  let clock: VirtualClock;
  let sent: { readonly peer: string; readonly payload: Bytes }[];
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), "koma-relay-"));
    clock = new VirtualClock(START);
    sent = [];
  });
  afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

  const balances = new Map([[alice.address, 10n ** 24n]]);
  function relayWith(change: Partial<TransactionRelayPorts> = {}) {
    const pool = createTxPool(devnetPoolRules(30_000_000n));
    const header = { number: 1n, gasLimit: 30_000_000n, gasUsed: 0n, baseFeePerGas: 7n } as BlockHeader;
    const state = {
      account: (address: typeof alice.address) => ({ nonce: 0n, balance: balances.get(address) ?? 0n }),
      code: () => new Uint8Array(0),
    };
    const network = {
      peers: () => PEERS.map((id) => ({ id })),
      send: (peer: string, _channel: string, payload: Bytes) => void sent.push({ peer, payload }),
      subscribe: () => () => {},
      handle: () => {},
      events: { on: () => () => {} },
    };
    const ports = {
      chainId: 80_401n,
      pool,
      journal: openPoolJournal(dataDir, pool.rules, silentLogger),
      payments: { tokenOutput: () => undefined },
      chain: { head: { hash: "0x" as Hash, header } },
      executor: { stateAt: () => state },
      network,
      clock,
      events: createNodeEventBus(),
      publish: () => {},
      ...change,
    } as unknown as TransactionRelayPorts;
    return { pool, relay: createTransactionRelay(ports) };
  }

  const payment = (nonce: bigint, from = alice) => sign(from, { nonce, to: bob.address, value: 1n + nonce });
  /** Peers that got bodies, and peers that got hashes. */
  function split() {
    const frames = sent.map(({ peer, payload }) => ({ peer, frame: readFrame(payload) }));
    const withBodies = frames.filter(({ frame }) => (frame?.bodies.length ?? 0) > 0).map(({ peer }) => peer);
    const withHashes = frames.filter(({ frame }) => (frame?.announced.length ?? 0) > 0).map(({ peer }) => peer);
    return { withBodies, withHashes };
  }

  it("sends small transactions to everybody while the pool is small", async () => {
    const { relay } = relayWith();
    relay.submit(payment(0n).raw);
    clock.advanceTo(START + 10);
    expect(split()).toEqual({ withBodies: PEERS, withHashes: [] });
    await relay.stop();
  });

  it("sends them to some and announces them to the others when it is large, each time to other ones", async () => {
    const { relay } = relayWith({ announceAbove: 0 });
    const direct: string[][] = [];
    for (const round of [0n, 1n, 2n]) {
      sent = [];
      relay.submit(payment(round).raw);
      clock.advanceTo(START + 10 * (Number(round) + 1));
      const { withBodies, withHashes } = split();
      expect(withBodies).toHaveLength(3);
      expect([...withBodies, ...withHashes].sort()).toEqual(PEERS);
      direct.push(withBodies);
    }
    expect(new Set(direct.map((peers) => peers.join())).size).toBe(3);
    await relay.stop();
  });

  it("brings back what the last process had, and waits with what the head does not allow yet", async () => {
    const first = relayWith();
    first.relay.submit(payment(0n).raw);
    balances.set(bob.address, 10n ** 24n);
    first.relay.submit(payment(0n, bob).raw);
    await first.relay.stop();
    // The blocks that paid Bob are not final: after the restart they are not there at first.
    balances.delete(bob.address);
    const next = relayWith();
    await next.relay.start();
    expect([next.pool.has(payment(0n).hash), next.pool.has(payment(0n, bob).hash)]).toEqual([true, false]);
    next.relay.headMoved();
    expect(next.pool.has(payment(0n, bob).hash)).toBe(false);
    balances.set(bob.address, 10n ** 24n);
    next.relay.headMoved();
    expect(next.pool.has(payment(0n, bob).hash)).toBe(true);
    balances.delete(bob.address);
    await next.relay.stop();
  });
});
