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
import { type Address, type Hash, hashToBytes, keccakHash, timestamp, utf8 } from "../primitives/index.ts";
import { createTxPool, devnetPoolRules } from "../txpool/index.ts";
import { type BlockService, createBlockService } from "./block-service.ts";
import { createSealingKeys } from "./sealing-keys.ts";

const genesis = testGenesis();
/** Another key of the same producer. */
const sealer = account("sealer");
const unitOf = (name: string) => keccakHash(utf8(name)) as string as UnitHash;

describe("a proposed block", () => {
  const directories = temporaryDirectories();
  let chain: TestChain;
  let service: BlockService;
  let banned: Hash | undefined;
  /** Key block of the only era here. */
  let key: Hash;
  /** What consensus has in its state. */
  const known = new Map<UnitHash, BlockRef>();
  beforeEach(async () => {
    chain = await openTestChain({ directory: directories.create(), genesis, executor: { sideLayers: 3 } });
    const { executor, store } = chain;
    banned = undefined;
    known.clear();
    service = createBlockService(genesis, {
      executor,
      sealing: createSealingKeys({ signer: producer, producers: [sealer] }, { meta: store.meta, logger: silentLogger }),
      pool: createTxPool(devnetPoolRules(genesis.gasLimit)),
      deposits: createDepositRelay({ deposit: () => undefined }),
      rootSetDue: () => undefined,
      workDue: () => undefined,
      isFinal: (block) => store.blocks.numberOf(block) !== undefined,
      block: (unit) => known.get(unit),
      isBanned: (block) => block === banned,
      faults: () => undefined,
      proposed: () => {},
      now: () => 0,
      logger: silentLogger,
    });
    key = executor.finalHead.hash;
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
    service.validate(
      { unit: unitOf(name), t: slotOf(block), payload: encodeBlock(block) },
      parent,
      producer.address,
      key,
    );

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
    const busy = createBlockService(genesis, {
      executor,
      sealing: createSealingKeys({ signer: producer }, { meta: chain.store.meta, logger: silentLogger }),
      pool,
      deposits: createDepositRelay({ deposit: () => undefined }),
      rootSetDue: () => undefined,
      workDue: () => undefined,
      isFinal: () => false,
      block: () => undefined,
      isBanned: () => false,
      faults: () => undefined,
      proposed: () => {},
      now: () => clock++,
      logger: silentLogger,
    });
    const slot = (Number(head.timestamp) + 1) * 1000;
    const payload = await busy.build(slot, {
      parent: undefined,
      key: executor.finalHead.hash,
      sealer: producer.address,
      deadline: 100,
    });
    const built = decodeBlock(payload as Uint8Array, genesis.chainId);
    const count = built.ok ? built.value.transactions.length : 0;
    expect(count).toBeGreaterThan(0);
    expect(count).toBeLessThanOrEqual(20);
  });

  it("is sealed with the key that its slot asks for, once a second, and only valid with that", async () => {
    const { hash, header } = genesisBlock();
    const slot = (Number(header.timestamp) + 1) * 1000;
    const order = { parent: undefined, key: hash, deadline: Number.MAX_SAFE_INTEGER };
    const payload = (await service.build(slot, { ...order, sealer: sealer.address })) as Uint8Array;
    const built = decodeBlock(payload, genesis.chainId);
    expect(built.ok && built.value.header.coinbase).toBe(sealer.address);
    const judge = (by: Address) =>
      service.validate({ unit: unitOf("sealed"), t: timestamp(slot), payload }, undefined, by, hash);
    expect(await judge(producer.address)).toBe("invalid");
    expect(await judge(sealer.address)).toBe("valid");

    // Neither the same second again nor one before it; the other key has a record of its own.
    expect(await service.build(slot, { ...order, sealer: sealer.address })).toBeUndefined();
    expect(await service.build(slot, { ...order, sealer: producer.address })).toBeDefined();
    expect(await service.build(slot + 1000, { ...order, sealer: sealer.address })).toBeDefined();
    expect(await service.build(slot + 2000, { ...order, sealer: account("not ours").address })).toBeUndefined();
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
    expect(await service.validate(late, undefined, producer.address, key)).toBe("invalid");
    expect(
      await service.validate({ ...late, t: slotOf(a1), payload: utf8("nonsense") }, undefined, producer.address, key),
    ).toBe("invalid");
    banned = a1.hash;
    expect(await validate(a1, "a1")).toBe("invalid");
  });

  describe("that comes after another one of its height was final", () => {
    //   genesis ── a1 ── a2      final: a2
    //         \── b1 ── b2       late
    let root: Block;
    let a2: Block;
    let b1: Block;
    let b2: Block;
    beforeEach(async () => {
      root = genesisBlock();
      const a1 = await blockOn(root, 1n);
      a2 = await blockOn(a1, 1n);
      await validate(a1, "a1");
      await validate(a2, "a2", refOf(a1, "a1"));
      await chain.executor.finalize(a2.hash);
      b1 = await blockOn(root, 2n);
      b2 = await blockOn(b1, 1n);
    });

    it("is valid when it runs, and so are those on top of it", async () => {
      expect(await validate(b1, "b1")).toBe("valid");
      expect(await validate(b2, "b2", refOf(b1, "b1"))).toBe("valid");
      expect(service.hashOf(unitOf("b2"))).toBe(b2.hash);
      expect(chain.executor.block(b1.hash)).toBeUndefined();
    });

    it("is waited for by those on top of it, and by nobody else", async () => {
      const verdicts: string[] = [];
      const ask = async (block: Block, name: string, parent?: BlockRef) => {
        verdicts.push(`${name} ${await validate(block, name, parent)}`);
      };
      const a3 = await blockOn(a2, 1n);
      await Promise.all([
        ask(b1, "b1"),
        ask(b2, "b2", refOf(b1, "b1")),
        ask(a3, "a3", refOf(a2, "a2")),
        ask(await blockOn(a3, 1n), "a4", refOf(a3, "a3")),
      ]);
      expect([...verdicts].sort()).toEqual(["a3 valid", "a4 valid", "b1 valid", "b2 valid"]);
      expect(verdicts[0]).toBe("a3 valid");
    });

    it("is run again for those on top of it when it was forgotten, after a restart for one", async () => {
      expect(await validate(b1, "b1")).toBe("valid");
      expect(await validate(b2, "b2", refOf(b1, "b1"))).toBe("valid");
      const b3 = await blockOn(b2, 1n);
      const onB2 = { ...refOf(b2, "b2"), parent: unitOf("b1") };
      service.forgetUnits();
      chain.executor.discard(b1.hash);
      expect(await validate(b3, "b3", onB2)).toBe("unavailable");
      known.set(unitOf("b1"), { ...refOf(b1, "b1"), payload: encodeBlock(b1) });
      known.set(unitOf("b2"), { ...onB2, payload: encodeBlock(b2) });
      expect(await validate(b3, "b3", onB2)).toBe("valid");
      // Nor does a restart forget which block a unit that is final carries.
      service.forgetUnits();
      known.set(unitOf("a2"), { ...refOf(a2, "a2"), payload: encodeBlock(a2) });
      expect(await validate(await blockOn(a2, 1n), "a3", refOf(a2, "a2"))).toBe("valid");
    });

    it("is unavailable, not invalid, when the state that it needs is not kept", async () => {
      chain.store.state.pruneHistory(1n, 10);
      expect(await validate(b1, "b1")).toBe("unavailable");
      expect(service.hashOf(unitOf("b1"))).toBeUndefined();
    });

    it("is unavailable, not invalid, at the end of a chain that is too long to be kept", async () => {
      let parent: { readonly block: Block; readonly name: string } | undefined;
      const verdicts: string[] = [];
      for (let i = 1; i <= 4; i++) {
        const block = await blockOn(parent?.block ?? root, 2n);
        verdicts.push(await validate(block, `b${i}`, parent && refOf(parent.block, parent.name)));
        parent = { block, name: `b${i}` };
      }
      expect(verdicts).toEqual(["valid", "valid", "valid", "unavailable"]);
    });

    it("counts the same when it had been executed before that", async () => {
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
      { what: "another state root", change: { stateRoot: keccakHash(utf8("richer")) } },
      { what: "another receipts root", change: { receiptsRoot: keccakHash(utf8("others")) } },
      { what: "more gas used", change: { gasUsed: 21_000n } },
      { what: "transactions that it does not have", change: { transactionsRoot: keccakHash(utf8("others")) } },
    ])("is invalid all the same with $what", async ({ change }) => {
      expect(await validate(await blockOn(root, 2n, change), "bad")).toBe("invalid");
    });
  });
});
