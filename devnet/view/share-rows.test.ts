import fc from "fast-check";
import { expect, test } from "vitest";
import { shareRows } from "./share-rows.ts";

test("everything is shown on a screen that is tall enough", () => {
  const needs = { nodes: 4, blocks: 8, notes: 1 };
  expect(shareRows(needs, 24)).toEqual(needs);
});

test("blocks give way before notes, and notes before nodes", () => {
  const needs = { nodes: 4, blocks: 8, notes: 4 };
  expect(shareRows(needs, 20)).toEqual({ nodes: 4, blocks: 5, notes: 4 });
  expect(shareRows(needs, 17)).toEqual({ nodes: 4, blocks: 3, notes: 3 });
  expect(shareRows(needs, 15)).toEqual({ nodes: 2, blocks: 3, notes: 2 });
});

test("no screen of eight rows or more overflows", () => {
  const needs = fc.record({ nodes: fc.nat(16), blocks: fc.nat(8), notes: fc.nat(20) });
  fc.assert(
    fc.property(needs, fc.integer({ min: 8, max: 60 }), (wanted, rows) => {
      const share = shareRows(wanted, rows);
      const drawn =
        4 +
        share.nodes +
        (share.nodes < wanted.nodes ? 1 : 0) +
        (share.blocks > 0 ? 2 + share.blocks : 0) +
        (share.notes > 0 ? 1 + share.notes : 0);
      expect(drawn).toBeLessThanOrEqual(rows);
    }),
  );
});
