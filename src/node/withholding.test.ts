import { describe, expect, it } from "vitest";
import { chainOf } from "../../test/support/archived-blocks.ts";
import { alice, sign } from "../../test/support/chain-fixture.ts";
import type { Hash } from "../primitives/index.ts";
import type { ChainView, KnownBlock } from "./chain-view.ts";
import { shownChain } from "./withholding.ts";

const transactions = [sign(alice, { nonce: 0n, to: alice.address })];
const blocks: readonly KnownBlock[] = chainOf(4, "", { 2: { transactions } }).map((block) => ({
  ...block,
  results: [],
}));
const find = (hash: Hash) => blocks.find(({ block }) => block.hash === hash);
const hashes = blocks.map(({ block }) => block.hash);
const chain = {
  head: { hash: hashes[3] },
  header: (hash: Hash) => find(hash)?.block.header,
  block: (hash: Hash) => find(hash)?.block,
  known: find,
  hashAt: (number: bigint) => hashes[Number(number)],
} as unknown as ChainView;

describe("a chain of which something is withheld", () => {
  it("has no trace of a block that is, and all others", () => {
    const shown = shownChain(chain, (number) => (number === 2n ? "block" : undefined));
    const [, , hidden, other] = hashes as [Hash, Hash, Hash, Hash];
    expect([shown.header(hidden), shown.block(hidden), shown.known(hidden)]).toEqual([undefined, undefined, undefined]);
    expect(shown.known(other)).toBe(blocks[3]);
    expect(shown.head.hash).toBe(other);
    expect(shown.hashAt(2n)).toBe(hidden);
  });

  it("has a block without its receipts", () => {
    const shown = shownChain(chain, () => "receipts");
    const hash = hashes[2] as Hash;
    expect(shown.block(hash)).toBe(blocks[2]?.block);
    expect(shown.known(hash)).toMatchObject({ block: { hash }, receipts: [] });
    expect(blocks[2]?.receipts.length).toBe(1);
  });
});
