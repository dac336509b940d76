import { describe, expect, it } from "vitest";
import { alice, bob, testGenesis } from "../../test/support/chain-fixture.ts";
import { utf8 } from "../primitives/index.ts";
import { createDoubleSealWatch } from "./double-seals.ts";
import { createGenesisBlock } from "./genesis-block.ts";
import type { BlockHeader } from "./header.ts";
import { sealHeader } from "./seal.ts";

const { chainId } = testGenesis();

function sealed(fields: Partial<BlockHeader>, { key, address } = alice, chain = chainId): BlockHeader {
  return sealHeader(
    { ...createGenesisBlock(testGenesis()).header, coinbase: address, timestamp: 7n, extraData: utf8(""), ...fields },
    chain,
    key,
  );
}

describe("a watch for double seals", () => {
  it("finds two headers of one second and key, whatever they differ in, and each key once", () => {
    const watch = createDoubleSealWatch(chainId);
    const [first, second] = [sealed({ number: 3n }), sealed({ number: 4n })];
    expect(watch.note(first)).toBeUndefined();
    expect(watch.note(sealed({ number: 3n }, bob))).toBeUndefined();
    expect(watch.note(first)).toBeUndefined();
    expect(watch.note(second)).toEqual({ producer: alice.address, time: 7n, first, second });
    expect(watch.note(sealed({ number: 5n }))).toBeUndefined();
    expect(watch.note(sealed({ number: 6n, timestamp: 9n }))).toBeUndefined();
    expect(watch.found()).toHaveLength(1);
  });

  it("takes no header that its coinbase did not seal for this chain, first or second", () => {
    const watch = createDoubleSealWatch(chainId);
    expect(watch.note(sealed({ coinbase: alice.address, number: 2n }, bob))).toBeUndefined();
    expect(
      watch.note(sealed({ coinbase: alice.address, number: 3n }, { ...bob, address: alice.address })),
    ).toBeUndefined();
    expect(watch.note(sealed({ number: 3n }, alice, chainId + 1n))).toBeUndefined();
    expect(watch.note(sealed({ number: 3n }))).toBeUndefined();
    expect(watch.note(sealed({ number: 4n }, { ...bob, address: alice.address }))).toBeUndefined();
    expect(watch.found()).toEqual([]);
  });

  it("forgets times that are long over", () => {
    const watch = createDoubleSealWatch(chainId);
    for (let time = 1n; time <= 65n; time++) watch.note(sealed({ timestamp: time }));
    expect(watch.note(sealed({ timestamp: 1n, number: 9n }))).toBeUndefined();
    expect(watch.note(sealed({ timestamp: 65n, number: 9n }))?.time).toBe(65n);
  });
});
