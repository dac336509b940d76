import { type Bytes, concatBytes, type Hash, utf8 } from "../primitives/index.ts";

const AGAIN = utf8(" again");

/** A block whose content says what it builds on, by its hash: enough to notice a wrong parent, and to follow a chain. */
export function payloadFor(parent: Hash, slot: number, creator: number): Bytes {
  return utf8(`${parent} ${slot} ${creator}`);
}

/** Hash of the block that a block says it builds on. */
export function parentOf(payload: Bytes): string | undefined {
  return new TextDecoder().decode(payload).split(" ")[0];
}

/** A second block for the same slot that is as good as the first. */
export function otherPayload(payload: Bytes): Bytes {
  return concatBytes(payload, AGAIN);
}

/** A block that nobody's executor accepts. */
export function invalidPayload(payload: Bytes): Bytes {
  return concatBytes(utf8("invalid "), payload);
}

/** The executor's judgement. */
export function judge(payload: Bytes, parent: Hash, slot: number, creator: number): "valid" | "invalid" {
  const expected = payloadFor(parent, slot, creator);
  return isSame(payload, expected) || isSame(payload, otherPayload(expected)) ? "valid" : "invalid";
}

function isSame(a: Bytes, b: Bytes): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
