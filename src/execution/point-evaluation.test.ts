import { describe, expect, it } from "vitest";
import { type Bytes, hexToBytes } from "../primitives/index.ts";
import { verifyPointEvaluation } from "./point-evaluation.ts";

// The vector of go-ethereum's precompile tests (pointEvaluation1), cut into its fields.
const z = hexToBytes("0x564c0a11a0f704f4fc3e8acfe0f8245f0ad1347b378fbf96e206da11a5d36306");
const y = hexToBytes("0x24d25032e67a7e6a4910df5834b8fe70e6bcfeeac0352434196bdf4b2485d5a1");
const commitment = hexToBytes(
  "0x8f59a8d2a1a625a17f3fea0fe5eb8c896db3764f3185481bc22f91b4aaffcca25f26936857bc3a7c2539ea8ec3a952b7",
);
const proof = hexToBytes(
  "0x873033e038326e87ed3e1276fd140253fa08e9fc25fb2d9a98527fc22a2c9612fbeafdad446cbc7bcdbdcd780af2c16a",
);
const infinity = (() => {
  const bytes = new Uint8Array(48);
  bytes[0] = 0xc0;
  return bytes;
})();
const zero = new Uint8Array(32);

function flipped(bytes: Bytes): Bytes {
  const copy = bytes.slice();
  copy[copy.length - 1] = (copy[copy.length - 1] ?? 0) ^ 1;
  return copy;
}

describe("a point evaluation", () => {
  it("holds for a polynomial's value", () => {
    expect(verifyPointEvaluation(commitment, z, y, proof)).toBe(true);
  });

  it("holds for the polynomial that is zero everywhere", () => {
    expect(verifyPointEvaluation(infinity, z, zero, infinity)).toBe(true);
    expect(verifyPointEvaluation(infinity, z, y, infinity)).toBe(false);
  });

  it.each([
    ["another value", () => verifyPointEvaluation(commitment, z, flipped(y), proof)],
    ["another point", () => verifyPointEvaluation(commitment, flipped(z), y, proof)],
    ["a proof that is no point", () => verifyPointEvaluation(commitment, z, y, flipped(proof))],
    ["a commitment that is no point", () => verifyPointEvaluation(flipped(commitment), z, y, proof)],
    ["a value beyond the field", () => verifyPointEvaluation(commitment, z, new Uint8Array(32).fill(0xff), proof)],
  ])("does not hold for %s", (_, verify) => {
    expect(verify()).toBe(false);
  });
});
