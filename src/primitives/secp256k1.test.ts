import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, test, vi } from "vitest";
import { type Bytes, bytesToHex, concatBytes, hexToBytes, utf8 } from "./bytes.ts";
import { bigintToFixedBytes, bytesToBigint } from "./integers.ts";
import { keccak256 } from "./keccak.ts";
import type * as Secp256k1 from "./secp256k1.ts";

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
// Account 0 of the mnemonic "test test … junk".
const key = hexToBytes("0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80");
const address = "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266";
const digest = keccak256(utf8("koma"));

let native: typeof Secp256k1;
let javascript: typeof Secp256k1;

beforeAll(async () => {
  native = await import("./secp256k1.ts");
  vi.resetModules();
  vi.doMock("secp256k1/bindings.js", () => {
    throw new Error("no add-on for this platform");
  });
  javascript = await import("./secp256k1.ts");
});

afterAll(() => {
  vi.doUnmock("secp256k1/bindings.js");
  vi.resetModules();
});

it("takes the native library where it loads, and JavaScript where it does not", () => {
  expect(native.secp256k1Backend).toBe("native");
  expect(javascript.secp256k1Backend).toBe("javascript");
});

describe.each([
  { backend: "native", library: () => native },
  { backend: "javascript", library: () => javascript },
])("with the $backend backend", ({ library }) => {
  const signatureOf = () => library().signDigest(digest, key);

  it("a key has its address", () => {
    expect(library().addressOfKey(key)).toBe(address);
    expect(library().publicKeyOf(key)).toHaveLength(64);
  });

  it("a signature recovers its signer", () => {
    const signature = signatureOf();
    expect(signature).toHaveLength(65);
    expect(library().recoverAddress(digest, signature)).toBe(address);
    expect(library().recoverAddress(keccak256(utf8("other")), signature)).not.toBe(address);
  });

  it("s is in the lower half of the order, and the upper half is nobody's", () => {
    const signature = signatureOf();
    const s = bytesToBigint(signature.subarray(32, 64));
    expect(s <= ORDER / 2n).toBe(true);
    const v = (signature[64] as number) === 27 ? 28 : 27;
    const high = concatBytes(signature.subarray(0, 32), bigintToFixedBytes(ORDER - s, 32), Uint8Array.of(v));
    expect(library().recoverAddress(digest, high)).toBeUndefined();
  });

  test.each<[string, (signature: Bytes) => Bytes]>([
    ["64 bytes", (signature) => signature.subarray(0, 64)],
    ["66 bytes", (signature) => concatBytes(signature, Uint8Array.of(0))],
    ["a v of 0", (signature) => concatBytes(signature.subarray(0, 64), Uint8Array.of(0))],
    ["a v of 29", (signature) => concatBytes(signature.subarray(0, 64), Uint8Array.of(29))],
    ["an r of zero", (signature) => concatBytes(new Uint8Array(32), signature.subarray(32))],
    ["an s of zero", (signature) => concatBytes(signature.subarray(0, 32), new Uint8Array(32), signature.subarray(64))],
    ["an r of the order", (signature) => concatBytes(bigintToFixedBytes(ORDER, 32), signature.subarray(32))],
    ["an r of no point", (signature) => concatBytes(bigintToFixedBytes(5n, 32), signature.subarray(32))],
    ["ones only", () => new Uint8Array(65).fill(0xff)],
  ])("a signature of %s is nobody's", (_, change) => {
    expect(library().recoverAddress(digest, change(signatureOf()))).toBeUndefined();
  });

  test.each([
    ["zero", new Uint8Array(32), false],
    ["the order", bigintToFixedBytes(ORDER, 32), false],
    ["the order less one", bigintToFixedBytes(ORDER - 1n, 32), true],
    ["31 bytes", new Uint8Array(31).fill(1), false],
    ["one", bigintToFixedBytes(1n, 32), true],
  ])("%s is a private key: %s", (_, bytes, isKey) => {
    expect(library().isPrivateKey(bytes)).toBe(isKey);
  });

  it("what is not a digest of 32 bytes is not signed", () => {
    expect(() => library().signDigest(new Uint8Array(31), key)).toThrow("32 bytes");
    expect(library().recoverFromParts(new Uint8Array(31), signatureOf().subarray(0, 64), 0)).toBeUndefined();
  });
});

test("both backends give the same bytes for any key and digest", () => {
  const scalar = fc.bigInt({ min: 1n, max: ORDER - 1n }).map((value) => bigintToFixedBytes(value, 32));
  fc.assert(
    fc.property(scalar, fc.uint8Array({ minLength: 32, maxLength: 32 }), (privateKey, anyDigest) => {
      const signature = native.signDigest(anyDigest, privateKey);
      expect(bytesToHex(javascript.signDigest(anyDigest, privateKey))).toBe(bytesToHex(signature));
      expect(javascript.addressOfKey(privateKey)).toBe(native.addressOfKey(privateKey));
      expect(javascript.recoverAddress(anyDigest, signature)).toBe(native.addressOfKey(privateKey));
    }),
    { numRuns: 40 },
  );
});

test("both backends agree on what anybody's bytes recover", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 64, maxLength: 64 }), fc.constantFrom(0, 1), (rs, parity) => {
      expect(javascript.recoverFromParts(digest, rs, parity)).toBe(native.recoverFromParts(digest, rs, parity));
    }),
    { numRuns: 60 },
  );
});

test("the compact form carries the parity in the top bit of s", () => {
  for (let i = 0; i < 8; i++) {
    const signature = native.signDigest(keccak256(Uint8Array.of(i)), key);
    const compact = native.compactSignature(signature);
    expect(compact).toHaveLength(64);
    expect((compact[32] as number) >> 7).toBe((signature[64] as number) - 27);
    expect(bytesToHex(compact.subarray(33))).toBe(bytesToHex(signature.subarray(33, 64)));
  }
});
