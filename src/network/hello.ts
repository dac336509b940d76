import {
  accept,
  type Bytes,
  type Check,
  concatBytes,
  equalBytes,
  type Hash,
  hashToBytes,
  reject,
} from "../primitives/index.ts";

/** Version of frames and hello; a node of another version is told so and left alone. */
export const frameVersion = 1;

/** Largest description of itself a node may send with its hello. */
export const maxHelloBytes = 4 * 1024;

export type HelloRejection =
  | { readonly code: "Malformed" }
  | { readonly code: "Version"; readonly found: number }
  | { readonly code: "Network" };

/** First frame on every stream: u8 version, 32 bytes network id (the genesis hash), then what the shell says of itself. */
export function encodeHello(networkId: Hash, payload: Bytes): Bytes {
  return concatBytes(Uint8Array.of(frameVersion), hashToBytes(networkId), payload);
}

/** @returns the shell's payload, when the peer is on the same chain */
export function decodeHello(bytes: Bytes, networkId: Hash): Check<Bytes, HelloRejection> {
  if (bytes.length < 33 || bytes.length > 33 + maxHelloBytes) return reject({ code: "Malformed" });
  if (bytes[0] !== frameVersion) return reject({ code: "Version", found: bytes[0] as number });
  if (!equalBytes(bytes.subarray(1, 33), hashToBytes(networkId))) return reject({ code: "Network" });
  return accept(bytes.slice(33));
}

/** Protocol name of the frame streams: two chains on one machine do not even open a stream to each other. */
export function frameProtocol(networkId: Hash): string {
  return `/koma/${networkId.slice(2, 18)}/frames/${frameVersion}`;
}
