import { secp256k1 as noble } from "@noble/curves/secp256k1.js";
import { BugError } from "../errors.ts";
import { type Address, addressFromBytes } from "./address.ts";
import type { Branded } from "./branded.ts";
import { type Bytes, compareBytes, concatBytes } from "./bytes.ts";
import { bigintToFixedBytes } from "./integers.ts";
import { keccak256 } from "./keccak.ts";

/** 65 bytes r ‖ s ‖ v with v of 27 or 28 and s in the lower half of the order. */
export type Signature = Branded<Bytes, "Signature">;

/** What this module needs of the native binding (npm `secp256k1`, libsecp256k1): 25 times faster than JavaScript. */
interface NativeSecp256k1 {
  ecdsaSign(digest: Bytes, privateKey: Bytes): { signature: Bytes; recid: number };
  ecdsaRecover(signature: Bytes, recid: number, digest: Bytes, compressed: boolean): Bytes;
  publicKeyCreate(privateKey: Bytes, compressed: boolean): Bytes;
  privateKeyVerify(privateKey: Bytes): boolean;
}

const native: NativeSecp256k1 | undefined = await import("secp256k1/bindings.js").then(
  (module) => module.default as NativeSecp256k1,
  () => undefined,
);

/** `native`, or `javascript` where the binding did not load: correct, but too slow for more than a few validators. */
export const secp256k1Backend: "native" | "javascript" = native ? "native" : "javascript";

const HALF_ORDER = bigintToFixedBytes(0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n, 32);

export function isPrivateKey(bytes: Bytes): boolean {
  return bytes.length === 32 && (native ? native.privateKeyVerify(bytes) : noble.utils.isValidSecretKey(bytes));
}

/** 64 bytes x ‖ y. */
export function publicKeyOf(privateKey: Bytes): Bytes {
  const key = native ? native.publicKeyCreate(privateKey, false) : noble.getPublicKey(privateKey, false);
  return key.subarray(1);
}

export function publicKeyToAddress(publicKey: Bytes): Address {
  return addressFromBytes(keccak256(publicKey).subarray(12));
}

export function addressOfKey(privateKey: Bytes): Address {
  return publicKeyToAddress(publicKeyOf(privateKey));
}

/** Signs a 32-byte digest (RFC 6979, low s). */
export function signDigest(digest: Bytes, privateKey: Bytes): Signature {
  if (digest.length !== 32) throw new BugError(`a digest has 32 bytes, not ${digest.length}`);
  if (native) {
    const { signature, recid } = native.ecdsaSign(digest, privateKey);
    return concatBytes(signature, Uint8Array.of(27 + recid)) as Signature;
  }
  // noble's "recovered" form leads with the recovery id.
  const signed = noble.sign(digest, privateKey, { prehash: false, format: "recovered", lowS: true });
  return concatBytes(signed.subarray(1), Uint8Array.of(27 + (signed[0] as number))) as Signature;
}

/**
 * Address of the key that made `signature` over `digest`; undefined unless the signature is 65 bytes with v of 27 or 28,
 * low s, and recovers a key.
 */
export function recoverAddress(digest: Bytes, signature: Bytes): Address | undefined {
  const v = signature[64];
  if (signature.length !== 65 || (v !== 27 && v !== 28)) return undefined;
  return recoverFromParts(digest, signature.subarray(0, 64), v - 27);
}

/** As {@link recoverAddress}, from r ‖ s (64 bytes) and the parity of y. */
export function recoverFromParts(digest: Bytes, rs: Bytes, parity: number): Address | undefined {
  if (digest.length !== 32 || rs.length !== 64 || (parity !== 0 && parity !== 1)) return undefined;
  if (compareBytes(rs.subarray(32), HALF_ORDER) > 0) return undefined;
  try {
    const key = native ? native.ecdsaRecover(rs, parity, digest, false) : recoverWithNoble(digest, rs, parity);
    return publicKeyToAddress(key.subarray(1));
  } catch {
    // Both libraries throw for r or s of zero, r beyond the order, and points that do not exist: nobody signed this.
    return undefined;
  }
}

function recoverWithNoble(digest: Bytes, rs: Bytes, parity: number): Bytes {
  const signature = noble.Signature.fromBytes(rs, "compact").addRecoveryBit(parity);
  return signature.recoverPublicKey(digest).toBytes(false);
}

/** The 64-byte form of EIP-2098: the parity of y rides in the top bit of s. */
export function compactSignature(signature: Signature): Bytes {
  const compact = signature.slice(0, 64);
  if (signature[64] === 28) compact[32] = (compact[32] as number) | 0x80;
  return compact;
}
