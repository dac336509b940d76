import { describe, expect, test } from "vitest";
import { account } from "../../test/support/chain-fixture.ts";
import type { Fault } from "./find-faults.ts";
import type { Gap } from "./find-gaps.ts";
import { isAbout, type NamedPlaces } from "./named-places.ts";

const { address: sender } = account("alice");
const at = (block: bigint, index: number) => ({ block, index });

const faults: Readonly<Record<string, Fault | Gap>> = {
  pair: {
    type: "duplicate-nonce",
    sender,
    first: at(3n, 0),
    second: at(9n, 2),
    firstNonce: 0n,
    secondNonce: 0n,
  },
  block: { type: "block-sequence", block: 9n, reason: "" },
  transaction: { type: "bad-transaction", block: 9n, index: 2, reason: "" },
  delivery: { type: "deposit-mismatch", at: { ...at(9n, 2), log: 1 }, id: 1n, reason: "" },
  gap: { type: "nonce-gap", sender, nonce: 0n, first: undefined, second: at(9n, 2) },
};

const rows: readonly {
  readonly what: string;
  readonly named: Partial<NamedPlaces>;
  readonly about: readonly string[];
}[] = [
  {
    what: "a transaction",
    named: { transactions: [at(9n, 2)] },
    about: ["pair", "block", "transaction", "delivery", "gap"],
  },
  { what: "another one of its block", named: { transactions: [at(9n, 1)] }, about: ["block"] },
  { what: "the earlier of two", named: { transactions: [at(3n, 0)] }, about: ["pair"] },
  { what: "both of two", named: { transactions: [at(3n, 0), at(9n, 2)] }, about: ["pair"] },
  { what: "one of two and a stranger", named: { transactions: [at(4n, 0), at(9n, 2)] }, about: [] },
  { what: "a block", named: { block: 9n }, about: ["pair", "block", "transaction", "delivery", "gap"] },
  { what: "the earlier block", named: { block: 3n }, about: ["pair"] },
  { what: "another block", named: { block: 4n }, about: [] },
];

describe("a search among named places", () => {
  test.each(rows)("takes what has to do with $what", ({ named, about }) => {
    const places: NamedPlaces = { transactions: [], block: undefined, ...named };
    const taken = Object.keys(faults).filter((name) => isAbout(faults[name] as Fault, places));
    expect(taken).toEqual(about);
  });
});
