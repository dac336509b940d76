import { describe, expect, it } from "vitest";
import { type Address, emptyBytes, type Hash, keccakHash, utf8, zeroHash } from "../primitives/index.ts";
import type { Checkpoint } from "../rootchain/index.ts";
import { createDoubleVoteWatch } from "./double-votes.ts";

const address = (digit: string) => `0x${digit.repeat(40)}` as Address;
const root = (name: string): Hash => keccakHash(utf8(name));
const ann = address("a");
const bob = address("b");

function vote(fields: Partial<Checkpoint> = {}) {
  const checkpoint: Checkpoint = {
    chainId: 80_401n,
    epoch: 3n,
    number: 7n,
    proposer: ann,
    start: 97n,
    end: 112n,
    rootHash: root("blocks"),
    lastBlockHash: root("last"),
    accountHash: zeroHash,
    prevCheckpoint: root("before"),
    generation: 0n,
    ...fields,
  };
  return { round: 0, checkpoint, signature: emptyBytes };
}

describe("votes of one staker for the same blocks", () => {
  it.each<{ what: string; fields: Partial<Checkpoint> }>([
    { what: "root", fields: { rootHash: root("others") } },
    { what: "last block", fields: { lastBlockHash: root("others") } },
    { what: "accounts", fields: { accountHash: root("others") } },
  ])("contradict each other when the $what differs", ({ fields }) => {
    const watch = createDoubleVoteWatch();
    expect(watch.note(ann, vote())).toBeUndefined();
    expect(watch.note(ann, vote(fields))).toEqual({ signer: ann, first: vote(), second: vote(fields) });
    expect(watch.found()).toHaveLength(1);
  });

  // What an honest staker signs after a failed round, and after a rollback.
  it.each<{ what: string; fields: Partial<Checkpoint> }>([
    { what: "proposer", fields: { proposer: bob } },
    { what: "epoch", fields: { epoch: 4n } },
    { what: "number", fields: { number: 8n } },
    { what: "predecessor", fields: { prevCheckpoint: root("another") } },
    { what: "generation and content", fields: { generation: 1n, rootHash: root("others") } },
    { what: "range and content", fields: { end: 111n, rootHash: root("others") } },
    { what: "chain and content", fields: { chainId: 80_402n, rootHash: root("others") } },
  ])("do not when they differ in $what", ({ fields }) => {
    const watch = createDoubleVoteWatch();
    watch.note(ann, vote());
    expect(watch.note(ann, vote(fields))).toBeUndefined();
    expect(watch.found()).toEqual([]);
  });

  it("are no contradiction when two stakers differ", () => {
    const watch = createDoubleVoteWatch();
    watch.note(ann, vote());
    expect(watch.note(bob, vote({ rootHash: root("others") }))).toBeUndefined();
  });

  it("are told once for a range, and bounded for a staker that contradicts itself without end", () => {
    const watch = createDoubleVoteWatch();
    for (let n = 0n; n < 100n; n++) {
      watch.note(ann, vote({ start: n }));
      for (const name of ["one", "two"]) watch.note(ann, vote({ start: n, rootHash: root(name) }));
    }
    expect(watch.found()).toHaveLength(4);
    expect(watch.note(bob, vote())).toBeUndefined();
    expect(watch.note(bob, vote({ rootHash: root("others") }))).toBeDefined();
  });

  it("are remembered for the newest ranges only", () => {
    const watch = createDoubleVoteWatch();
    for (let n = 0n; n < 65n; n++) watch.note(ann, vote({ start: n }));
    expect(watch.note(ann, vote({ start: 0n, rootHash: root("others") }))).toBeUndefined();
    expect(watch.note(ann, vote({ start: 64n, rootHash: root("others") }))).toBeDefined();
  });
});
