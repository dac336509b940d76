import { BugError } from "../errors.ts";
import {
  type Address,
  type Bytes,
  concatBytes,
  type Hash,
  hashFromBytes,
  hashToBytes,
  keccak256,
  recoverAddress,
  signDigest,
  utf8,
  wordOf,
} from "../primitives/index.ts";
import { type BlockHeader, encodeHeader } from "./header.ts";
import { maxFreeExtraData, sealBytes } from "./limits.ts";

const SEAL_DOMAIN = utf8("KOMA seal v1");

/**
 * What a producer signs to seal a header: keccak256("KOMA seal v1" ‖ chain id as a word ‖ hash of the header without the
 * seal). The header may be sealed or not yet; a sealed one is told by an `extraData` of 65 bytes or more.
 *
 * @see KOMA root contracts, proof rule P10
 */
export function sealingHash(header: BlockHeader, chainId: bigint): Hash {
  const free = header.extraData.subarray(0, Math.max(0, header.extraData.length - sealBytes));
  return sealingHashOf({ ...header, extraData: isSealed(header) ? free : header.extraData }, chainId);
}

/**
 * Appends the producer's signature to `extraData`, which must hold free bytes only (at most 32).
 *
 * @throws {BugError} when the header is sealed already
 */
export function sealHeader(header: BlockHeader, chainId: bigint, privateKey: Bytes): BlockHeader {
  if (header.extraData.length > maxFreeExtraData) {
    throw new BugError(`${header.extraData.length} bytes of extraData leave no room for a seal`);
  }
  const seal = signDigest(hashToBytes(sealingHashOf(header, chainId)), privateKey);
  return { ...header, extraData: concatBytes(header.extraData, seal) };
}

/** Address whose key sealed the header; undefined when there is no seal or nobody can have made it. */
export function recoverSealer(header: BlockHeader, chainId: bigint): Address | undefined {
  if (!isSealed(header)) return undefined;
  const seal = header.extraData.subarray(header.extraData.length - sealBytes);
  return recoverAddress(hashToBytes(sealingHash(header, chainId)), seal);
}

function isSealed(header: BlockHeader): boolean {
  return header.extraData.length >= sealBytes;
}

function sealingHashOf(unsealed: BlockHeader, chainId: bigint): Hash {
  const headerHash = keccak256(encodeHeader(unsealed));
  return hashFromBytes(keccak256(concatBytes(SEAL_DOMAIN, wordOf(chainId), headerHash)));
}
