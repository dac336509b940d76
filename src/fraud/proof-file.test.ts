import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { bytesToHex } from "../primitives/index.ts";
import type { Challenge } from "./evidence.ts";
import { fraudKinds } from "./kinds.ts";
import { parseChallenge, serializeChallenge } from "./proof-file.ts";

const challenge: Challenge = {
  kind: 5,
  type: "duplicate-nonce",
  chainId: 80_401n,
  checkpoint: 3n,
  block: 41n,
  evidence: "0x0102",
};
const fields = JSON.parse(serializeChallenge(challenge)) as Record<string, unknown>;

describe("a proof file", () => {
  test("survives being written and read", () => {
    const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
    fc.assert(
      fc.property(
        fc.constantFrom(...fraudKinds),
        fc.record({ chainId: uint64, checkpoint: uint64, block: uint64 }),
        fc.uint8Array({ maxLength: 300 }),
        ({ kind, type }, place, evidence) => {
          const written: Challenge = { kind, type, ...place, evidence: bytesToHex(evidence) };
          expect(parseChallenge(serializeChallenge(written))).toEqual(written);
        },
      ),
    );
  });

  test.each<[string, string]>([
    ["nothing", ""],
    ["no JSON", "{"],
    ["a list", "[]"],
    ["null", "null"],
    ["a number", "7"],
    ["a later version", JSON.stringify({ ...fields, version: 2 })],
    ["no version", JSON.stringify({ ...fields, version: undefined })],
    ["an unknown type", JSON.stringify({ ...fields, type: "treason" })],
    ["a type and a kind that differ", JSON.stringify({ ...fields, kind: 6 })],
    ["a type by its number", JSON.stringify({ ...fields, type: "5" })],
    ["evidence that is no hex", JSON.stringify({ ...fields, evidence: "0x0g" })],
    ["half a byte of evidence", JSON.stringify({ ...fields, evidence: "0x123" })],
    ["no evidence", JSON.stringify({ ...fields, evidence: undefined })],
    ["too much evidence", JSON.stringify({ ...fields, evidence: `0x${"00".repeat(1024 * 1024 + 1)}` })],
    ["a block that is a number", JSON.stringify({ ...fields, block: 41 })],
    ["a negative block", JSON.stringify({ ...fields, block: "-1" })],
    ["a block in hex", JSON.stringify({ ...fields, block: "0x29" })],
    ["a block of many digits", JSON.stringify({ ...fields, block: "9".repeat(21) })],
    ["no chain", JSON.stringify({ ...fields, chainId: undefined })],
    ["a checkpoint that is an object", JSON.stringify({ ...fields, checkpoint: {} })],
  ])("that holds %s is malformed", (_, text) => {
    expect(() => parseChallenge(text)).toThrow(expect.objectContaining({ code: "KOMA_E_PROOF_MALFORMED" }));
  });

  it("is malformed or a challenge, whatever it holds", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        try {
          parseChallenge(text);
        } catch (error) {
          expect(error).toMatchObject({ code: "KOMA_E_PROOF_MALFORMED" });
        }
      }),
    );
  });
});
