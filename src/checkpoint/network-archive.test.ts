import { describe, expect, it } from "vitest";
import { chainOf, submit } from "../../test/support/archived-blocks.ts";
import { alice, sign } from "../../test/support/chain-fixture.ts";
import { EnvironmentError } from "../errors.ts";
import { openCheckpoint } from "./archive.ts";
import { type BlockSource, type CheckpointReader, createNetworkArchive } from "./network-archive.ts";

const honest = chainOf(20);
const forged = chainOf(20, "forged");
const checkpoint = submit(honest, 1n, 1n, 8n);

function sourceOf(name: string, blocks: ReturnType<typeof chainOf>): BlockSource & { asked: bigint[] } {
  const asked: bigint[] = [];
  return {
    name,
    asked,
    async block(number) {
      asked.push(number);
      return blocks[Number(number)];
    },
  };
}

const away: BlockSource = {
  name: "away",
  async block() {
    throw new EnvironmentError("KOMA_E_RPC_UNREACHABLE", "Nobody answers.");
  },
};

const reader: CheckpointReader = {
  checkpoint: async (number) => (number === 1n ? checkpoint : undefined),
  checkpointCovering: async (block) => (block >= 1n && block <= 8n ? checkpoint : undefined),
};

describe("an archive over several nodes", () => {
  it("takes the blocks of a checkpoint from the node that has what was signed", async () => {
    const archive = createNetworkArchive([away, sourceOf("liar", forged), sourceOf("honest", honest)], reader);
    expect((await archive.block(3n))?.block.hash).toBe(honest[3]?.block.hash);
    expect((await openCheckpoint(archive, checkpoint)).tree.root).toBe(checkpoint.rootHash);
  });

  it("takes all blocks of a checkpoint from one node, each once", async () => {
    const node = sourceOf("honest", honest);
    const archive = createNetworkArchive([node], reader);
    for (let number = 1n; number <= 8n; number++) await archive.block(number);
    expect(node.asked).toEqual([1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n]);
  });

  it("passes over a node that shows other receipts than its headers commit to", async () => {
    const transactions = [sign(alice, { nonce: 0n, to: alice.address })];
    const whole = chainOf(4, "whole", { 2: { transactions } });
    const signed = submit(whole, 1n, 1n, 3n);
    const bare = whole.map(({ block }) => ({ block, receipts: [] }));
    const altered = whole.map(({ block, receipts }) => ({
      block,
      receipts: receipts.map((receipt) => ({ ...receipt, status: 0 as const })),
    }));
    const covering: CheckpointReader = { checkpoint: async () => signed, checkpointCovering: async () => signed };
    const sources = [sourceOf("bare", bare), sourceOf("altered", altered), sourceOf("whole", whole)];
    expect((await createNetworkArchive(sources, covering).block(2n))?.receipts).toEqual(whole[2]?.receipts);
  });

  it("says that nobody has the blocks when no node gives the root", async () => {
    const archive = createNetworkArchive([sourceOf("liar", forged)], reader);
    await expect(openCheckpoint(archive, checkpoint)).rejects.toMatchObject({ code: "KOMA_E_BLOCKS_DIFFER" });
  });

  it("asks on for blocks that are under no checkpoint", async () => {
    const archive = createNetworkArchive(
      [away, sourceOf("behind", honest.slice(0, 10)), sourceOf("honest", honest)],
      reader,
    );
    expect((await archive.block(15n))?.block.hash).toBe(honest[15]?.block.hash);
    expect(await archive.block(99n)).toBeUndefined();
  });

  it("fails with the reason when no node answers at all", async () => {
    const archive = createNetworkArchive([away], reader);
    await expect(archive.block(15n)).rejects.toMatchObject({ code: "KOMA_E_RPC_UNREACHABLE" });
  });

  it("sees a checkpoint that comes later", async () => {
    let submitted = false;
    const archive = createNetworkArchive([sourceOf("honest", honest)], {
      ...reader,
      checkpointCovering: async () => (submitted ? checkpoint : undefined),
    });
    expect(await archive.checkpointCovering(2n)).toBeUndefined();
    submitted = true;
    expect(await archive.checkpointCovering(2n)).toBe(checkpoint);
  });
});
