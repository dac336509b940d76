import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  account,
  alice,
  openTestChain,
  producer,
  sign,
  type TestChain,
  temporaryDirectories,
  testGenesis,
} from "../../test/support/chain-fixture.ts";
import { createDepositRelay } from "../bridge/index.ts";
import {
  type Block,
  type BlockHeader,
  createBlock,
  decodeBlock,
  encodeBlock,
  nextBaseFee,
  sealHeader,
} from "../chain/index.ts";
import type { BlockRef, Slot, UnitHash } from "../consensus/index.ts";
import { silentLogger } from "../logger.ts";
import { type Hash, hashToBytes, keccakHash, timestamp, utf8 } from "../primitives/index.ts";
import { createTxPool, devnetPoolRules } from "../txpool/index.ts";
import { type BlockService, createBlockService } from "./block-service.ts";

const genesis = testGenesis();
const unitOf = (name: string) => keccakHash(utf8(name)) as string as UnitHash;

describe("a proposed block", () => {
  const directories = temporaryDirectories();
  let chain: TestChain;
  let service: BlockService;
  let banned: Hash | undefined;
  beforeEach(async () => {
    chain = await openTestChain({ directory: directories.create(), genesis });
    const { executor, store } = chain;
    banned = undefined;
    service = createBlockService(
      { genesis, signer: producer },
      {
        executor,
        pool: createTxPool(devnetPoolRules(genesis.gasLimit)),
        deposits: createDepositRelay({ deposit: () => undefined }),
        isFinal: (block) => store.blocks.numberOf(block) !== undefined,
        header: (block) => executor.block(block)?.block.header ?? store.blocks.header(block),
        isBanned: (block) => block === banned,
        faults: () => undefined,
        proposed: () => {},
        now: () => 0,
        logger: silentLogger,
      },
    );
    service.openInstance(executor.finalHead.hash);
  });
  afterEach(() => {
    chain.close();
    directories.cleanUp();
  });

  /** An empty block on `parent`, `seconds` after it; a change to its header is sealed with it. */
  async function blockOn(parent: Block, seconds: bigint, change: Partial<BlockHeader> = {}): Promise<Block> {
    const header: BlockHeader = {
      ...parent.header,
      parentHash: parent.hash,
      number: parent.header.number + 1n,
      timestamp: parent.header.timestamp + seconds,
      coinbase: producer.address,
      prevRandao: keccakHash(hashToBytes(parent.hash)),
      baseFeePerGas: nextBaseFee(parent.header),
      gasUsed: 0n,
      extraData: new Uint8Array(0),
      ...change,
    };
    return createBlock(sealHeader(header, genesis.chainId, producer.key), []);
  }

  const refOf = (block: Block, name: string): BlockRef => ({
    unit: unitOf(name),
    parent: undefined,
    height: Number(block.header.number),
    creator: 0,
    t: slotOf(block),
    payloadHash: keccakHash(encodeBlock(block)),
    payload: undefined,
    terminal: false,
  });

  const slotOf = (block: Block): Slot => timestamp(Number(block.header.timestamp) * 1000) as Slot;

  const validate = (block: Block, name: string, parent?: BlockRef) =>
    service.validate({ unit: unitOf(name), t: slotOf(block), payload: encodeBlock(block) }, parent, producer.address);

  const genesisBlock = (): Block => chain.store.blocks.block(chain.executor.finalHead.hash) as Block;

  it("is finished before its deadline, however much the pool holds", async () => {
    const { executor } = chain;
    const pool = createTxPool(devnetPoolRules(genesis.gasLimit));
    const head = executor.headerAt(executor.finalHead.hash);
    const baseFee = nextBaseFee(head);
    for (let nonce = 0n; nonce < 50n; nonce++) {
      const transfer = sign(alice, { nonce, to: producer.address, value: 1n, gasLimit: 21_000n });
      const added = pool.add(
        transfer,
        { nonce: 0n, balance: executor.stateAt(executor.finalHead.hash).account(alice.address)?.balance ?? 0n },
        { baseFee, hasCode: () => false, now: timestamp(0) },
      );
      expect(added.ok).toBe(true);
    }
    // A clock that ticks each time it is looked at: once before each transaction.
    let clock = 0;
    const busy = createBlockService(
      { genesis, signer: producer },
      {
        executor,
        pool,
        deposits: createDepositRelay({ deposit: () => undefined }),
        isFinal: () => false,
        header: (block) => executor.headerAt(block),
        isBanned: () => false,
        faults: () => undefined,
        proposed: () => {},
        now: () => clock++,
        logger: silentLogger,
      },
    );
    busy.openInstance(executor.finalHead.hash);
    const slot = (Number(head.timestamp) + 1) * 1000;
    const payload = await busy.build(slot, undefined, 100);
    const built = decodeBlock(payload as Uint8Array, genesis.chainId);
    const count = built.ok ? built.value.transactions.length : 0;
    expect(count).toBeGreaterThan(0);
    expect(count).toBeLessThanOrEqual(20);
  });

  it("is valid when it runs, and its unit then stands for it", async () => {
    const a1 = await blockOn(genesisBlock(), 1n);
    expect(await validate(a1, "a1")).toBe("valid");
    expect(service.hashOf(unitOf("a1"))).toBe(a1.hash);
    expect(service.unitOf(a1.hash)).toBe(unitOf("a1"));
    expect(await validate(await blockOn(a1, 1n), "a2", refOf(a1, "a1"))).toBe("valid");
  });

  it("waits for its parent to be executed", async () => {
    const a1 = await blockOn(genesisBlock(), 1n);
    expect(await validate(await blockOn(a1, 1n), "a2", refOf(a1, "a1"))).toBe("unavailable");
  });

  it("is invalid when the chain's parent is not the one of consensus", async () => {
    const root = genesisBlock();
    const a1 = await blockOn(root, 1n);
    const b1 = await blockOn(root, 2n);
    expect(await validate(a1, "a1")).toBe("valid");
    expect(await validate(b1, "b1")).toBe("valid");
    // Runs well on b1, but its unit says a1: were a1 final, the chain could not go on with it.
    const b2 = await blockOn(b1, 1n, { prevRandao: keccakHash(hashToBytes(a1.hash)) });
    expect(await validate(b2, "b2", refOf(a1, "a1"))).toBe("invalid");
  });

  it.each<{ what: string; change: Partial<BlockHeader> }>([
    { what: "another coinbase", change: { coinbase: account("somebody").address } },
    { what: "another random value", change: { prevRandao: keccakHash(utf8("chosen")) } },
    { what: "another state root", change: { stateRoot: keccakHash(utf8("richer")) } },
    { what: "another gas limit", change: { gasLimit: 60_000_000n } },
    { what: "a gap before it", change: { number: 2n } },
  ])("is invalid with $what", async ({ change }) => {
    expect(await validate(await blockOn(genesisBlock(), 1n, change), "a1")).toBe("invalid");
  });

  it("is invalid when its time is not its slot's, when it is no block, and when the root chain banned it", async () => {
    const a1 = await blockOn(genesisBlock(), 1n);
    const late = { unit: unitOf("a1"), t: timestamp(slotOf(a1) + 1_000), payload: encodeBlock(a1) };
    expect(await service.validate(late, undefined, producer.address)).toBe("invalid");
    expect(
      await service.validate({ ...late, t: slotOf(a1), payload: utf8("nonsense") }, undefined, producer.address),
    ).toBe("invalid");
    banned = a1.hash;
    expect(await validate(a1, "a1")).toBe("invalid");
  });

  describe("that comes after another one of its height was final", () => {
    //   genesis ── a1 ── a2      final: a2
    //         \── b1 ── b2       late
    let root: Block;
    let b1: Block;
    beforeEach(async () => {
      root = genesisBlock();
      const a1 = await blockOn(root, 1n);
      const a2 = await blockOn(a1, 1n);
      await validate(a1, "a1");
      await validate(a2, "a2", refOf(a1, "a1"));
      await chain.executor.finalize(a2.hash);
      b1 = await blockOn(root, 2n);
    });

    it("is not held against its producer, nor are those on top of it", async () => {
      expect(await validate(b1, "b1")).toBe("valid");
      const b2 = await blockOn(b1, 1n);
      expect(await validate(b2, "b2", refOf(b1, "b1"))).toBe("valid");
      expect(chain.executor.block(b1.hash)).toBeUndefined();
    });

    it("counts the same when it had been executed before that", async () => {
      const a2 = genesisBlock();
      const c3 = await blockOn(a2, 1n);
      const d3 = await blockOn(a2, 2n);
      await validate(c3, "c3", refOf(a2, "a2"));
      await validate(d3, "d3", refOf(a2, "a2"));
      await chain.executor.finalize(c3.hash);
      expect(await validate(await blockOn(d3, 1n), "d4", refOf(d3, "d3"))).toBe("valid");
    });

    it.each<{ what: string; change: Partial<BlockHeader> }>([
      { what: "an old time", change: { timestamp: genesis.timestamp } },
      { what: "another gas limit", change: { gasLimit: 60_000_000n } },
      { what: "another base fee", change: { baseFeePerGas: 1n } },
      { what: "transactions that it does not have", change: { transactionsRoot: keccakHash(utf8("others")) } },
    ])("is invalid all the same with $what", async ({ change }) => {
      expect(await validate(await blockOn(root, 2n, change), "bad")).toBe("invalid");
    });
  });
});
