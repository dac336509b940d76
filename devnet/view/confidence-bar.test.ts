import fc from "fast-check";
import { expect, test } from "vitest";
import { confidenceBar, reachedMark } from "./confidence-bar.ts";

test.each([
  { confidence: 0, bar: "····│·┆··┆┆·", mark: "" },
  { confidence: 0.25, bar: "███·│·┆··┆┆·", mark: "" },
  { confidence: 1 / 3, bar: "████│·┆··┆┆·", mark: "final" },
  { confidence: 0.375, bar: "████▌·┆··┆┆·", mark: "final" },
  { confidence: 0.5, bar: "██████┆··┆┆·", mark: "final, ≥ 50 %" },
  { confidence: 0.75, bar: "█████████┆┆·", mark: "final, ≥ 75 %" },
  { confidence: 0.875, bar: "██████████▌·", mark: "final, ≥ 87.5 %" },
  { confidence: 0.9375, bar: "███████████▎", mark: "final, ≥ 93.7 %" },
  { confidence: 1, bar: "████████████", mark: "final, ≥ 96.8 %" },
])("a block of confidence $confidence is drawn as $bar", ({ confidence, bar, mark }) => {
  expect(confidenceBar(confidence, 12)).toBe(bar);
  expect(reachedMark(confidence)).toBe(mark);
});

test("a bar is as wide as it is told, and never looks fuller than it is", () => {
  const confidence = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(confidence, fc.integer({ min: 4, max: 60 }), (share, width) => {
      const bar = confidenceBar(share, width);
      expect(bar).toHaveLength(width);
      expect([...bar].filter((each) => each === "█").length).toBeLessThanOrEqual(share * width + 1e-6);
    }),
  );
});
