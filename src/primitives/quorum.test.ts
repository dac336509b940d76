import { expect, test } from "vitest";
import { exceedsTwoThirds } from "./quorum.ts";

test.each([
  { rule: "4 of 7 is not enough", part: 4n, whole: 7n, enough: false },
  { rule: "5 of 7 is enough", part: 5n, whole: 7n, enough: true },
  { rule: "exactly two thirds is not enough", part: 6n, whole: 9n, enough: false },
  { rule: "a wei more is enough", part: 6n * 10n ** 18n + 1n, whole: 9n * 10n ** 18n, enough: true },
  { rule: "nothing of nothing is not enough", part: 0n, whole: 0n, enough: false },
])("$rule", ({ part, whole, enough }) => {
  expect(exceedsTwoThirds(part, whole)).toBe(enough);
});
