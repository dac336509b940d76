import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  alice,
  bob,
  openTestChain,
  producer,
  sign,
  type TestChain,
  temporaryDirectories,
} from "../../test/support/chain-fixture.ts";
import { type Block, createBlock, sealHeader } from "../chain/index.ts";
import type { ArchivedBlock } from "../checkpoint/index.ts";
import { findFaults } from "../fraud/index.ts";
import { keccakHash, utf8 } from "../primitives/index.ts";
import { executeAnew } from "./execute-anew.ts";

const directories = temporaryDirectories();
let chain: TestChain;
let blocks: ArchivedBlock[];

beforeEach(async () => {
  chain = await openTestChain({ directory: directories.create() });
  blocks = [{ block: chain.store.blocks.block(0n) as Block, receipts: [] }];
  for (let nonce = 0n; nonce < 4n; nonce++) {
    blocks.push(await chain.extend([sign(alice, { nonce, to: bob.address, value: 1n })]));
  }
});
afterEach(() => {
  chain.close();
  directories.cleanUp();
});

const open = async () => ({ block: async (number: bigint) => blocks[Number(number)] });
const signal = AbortSignal.timeout(30_000);
const run = (to = 4n) => executeAnew(chain.genesis, { open, to, signal });

/** A block of the producer's that claims another state; transactions and receipts are right. */
function claimState(number: number): void {
  const { block, receipts } = blocks[number] as ArchivedBlock;
  const header = { ...block.header, stateRoot: keccakHash(utf8("a better state")), extraData: new Uint8Array(0) };
  const sealed = sealHeader(header, chain.genesis.chainId, producer.key);
  blocks[number] = { block: createBlock(sealed, block.transactions), receipts };
}

describe("blocks that are executed anew", () => {
  it("come out as they say, up to the last one that is asked for", async () => {
    expect(await run()).toBeUndefined();
    claimState(4);
    expect(await run(3n)).toBeUndefined();
  });

  it("show a state that no execution leaves, which no proof of fraud can show", async () => {
    claimState(4);
    const last = (blocks[4] as ArchivedBlock).block;
    const [start, end] = [1n, 4n];
    const checkpoint = { number: 1n, start, end, lastBlockHash: last.hash, submittedAt: last.header.timestamp };
    const rules = { chainId: chain.genesis.chainId, banned: () => false, rootTokenOf: () => undefined };
    expect(findFaults({ blocks, checkpoint, rules })).toEqual([]);
    expect(await run()).toMatchObject({ block: 4n, problem: expect.stringContaining("StateRoot") });
  });

  it("are not another chain's, and are all there", async () => {
    const [first] = blocks;
    blocks[0] = blocks[1] as ArchivedBlock;
    expect(await run()).toMatchObject({ block: 0n });
    blocks = [first as ArchivedBlock];
    await expect(run()).rejects.toMatchObject({ code: "KOMA_E_BLOCK_UNKNOWN" });
  });
});
