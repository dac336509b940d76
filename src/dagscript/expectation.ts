/**
 * Does an answer meet an expectation? Of an object only the members that are expected count; lists have the same length
 * and meet entry by entry.
 */
export function meets(actual: unknown, expected: unknown): boolean {
  if (Array.isArray(expected)) {
    return (
      Array.isArray(actual) &&
      actual.length === expected.length &&
      expected.every((value, i) => meets((actual as unknown[])[i], value))
    );
  }
  if (typeof expected === "object" && expected !== null) {
    if (typeof actual !== "object" || actual === null || Array.isArray(actual)) return false;
    return Object.entries(expected).every(
      ([key, value]) => Object.hasOwn(actual, key) && meets((actual as Record<string, unknown>)[key], value),
    );
  }
  return actual === expected;
}
