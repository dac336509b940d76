import { afterEach, describe, expect, it } from "vitest";
import {
  alice,
  bob,
  openTestChain,
  sign,
  temporaryDirectories,
  testGenesis,
} from "../../test/support/chain-fixture.ts";
import { VirtualClock } from "../../test/support/virtual-clock.ts";
import { silentLogger } from "../logger.ts";
import { hashFromBytes, keccak256, utf8 } from "../primitives/index.ts";
import { openStore } from "./open-store.ts";

const directories = temporaryDirectories();
afterEach(directories.cleanUp);

const hash = (text: string) => hashFromBytes(keccak256(utf8(text)));
const instance = {
  hash: hash("instance"),
  generation: 0n,
  era: 0n,
  keyBlock: hash("key"),
  start: 0,
  body: utf8("{}"),
};

describe("a disk without room", () => {
  it("refuses a block as a whole, says so to who can stop the node, and takes the block when there is room", async () => {
    const directory = directories.create();
    const told: string[] = [];
    // SQLite's own bound: its writes fail as they do on a full disk. The schema takes some 30 pages.
    let chain = await openTestChain({
      directory,
      store: { maxPages: 48, onFull: ({ code }) => told.push(code) },
    });
    let nonce = 0n;
    const block = () =>
      chain.build(Array.from({ length: 20 }, () => sign(alice, { nonce: nonce++, to: bob.address, value: 1n })));
    let lost = await block();
    for (;;) {
      const refused = await chain.executor.finalize(lost.block.hash).then(
        () => undefined,
        (error: unknown) => error,
      );
      if (refused) {
        expect(refused).toMatchObject({ code: "KOMA_E_STORE_FULL" });
        break;
      }
      lost = await block();
    }
    expect(told).toContain("KOMA_E_STORE_FULL");
    const head = lost.block.header.number - 1n;
    expect(head).toBeGreaterThan(0n);
    // Nothing of it is there, neither on the disk nor in memory, and what is there can still be read.
    expect(chain.executor.finalHead.number).toBe(head);
    expect(chain.store.blocks.head()?.number).toBe(head);
    expect(chain.executor.stateAt(head).account(alice.address)?.nonce).toBe(head * 20n);
    chain.close();

    chain = await openTestChain({ directory });
    expect(chain.executor.finalHead.number).toBe(head);
    expect((await chain.executor.executeBlock(lost.block)).ok).toBe(true);
    await chain.executor.finalize(lost.block.hash);
    expect(chain.store.blocks.receipts(lost.block.hash)).toHaveLength(20);
    chain.close();
  });

  it("leaves nothing to be tried after the store is closed", () => {
    const clock = new VirtualClock(0);
    const said: string[] = [];
    const logger = { ...silentLogger, error: (_: object, sentence: string) => said.push(sentence) };
    const store = openStore(directories.create(), { chainId: 1n, logger: logger as never, clock, maxPages: 40 });
    const unit = (seq: number) => ({ hash: hash(`unit ${seq}`), creator: 1, seq, bytes: new Uint8Array(100_000) });
    store.instances.open(instance);
    for (const seq of [0, 1]) store.units.appendUnit(instance.hash, unit(seq));
    expect(() => store.close()).toThrowError(expect.objectContaining({ code: "KOMA_E_STORE_FULL" }));
    clock.advanceTo(60_000);
    expect(said).toEqual([]);
  });

  it("keeps our head where it is when our unit does not fit", () => {
    const directory = directories.create();
    const told: string[] = [];
    const { chainId } = testGenesis();
    const options = { chainId, logger: silentLogger };
    const unit = (seq: number) => ({ hash: hash(`unit ${seq}`), creator: 0, seq, bytes: new Uint8Array(1_000) });
    let store = openStore(directory, { ...options, maxPages: 40, onFull: ({ code }) => told.push(code) });
    store.instances.open(instance);
    let seq = 0;
    const signUntilFull = () => {
      for (; seq < 200; seq++) store.units.appendOwnUnit(instance.hash, unit(seq));
    };
    expect(signUntilFull).toThrowError(expect.objectContaining({ code: "KOMA_E_STORE_FULL" }));
    expect(told).toContain("KOMA_E_STORE_FULL");
    expect(store.units.ownHead(instance.hash)?.seq).toBe(seq - 1);
    store.close();

    store = openStore(directory, options);
    expect(store.units.ownHead(instance.hash)?.seq).toBe(seq - 1);
    expect([...store.units.units(instance.hash)]).toHaveLength(seq);
    store.units.appendOwnUnit(instance.hash, unit(seq));
    store.close();
  });
});
