import { hkdfSync } from "node:crypto";
import { encodeBase58 } from "ethers/utils";
import { type Bytes, concatBytes, isPrivateKey, publicKeyOf } from "../primitives/index.ts";

/**
 * What a node's key is for: consensus and checkpoints, blocks when the validator is nominated with it, the stake's owner, the
 * libp2p identity.
 */
export type KeyPurpose = "signer" | "producer" | "owner" | "p2p" | "deployer";

/**
 * Key of a devnet node: HKDF-SHA256(seed, info = `koma/v1/<network>/<node>/<purpose>`), so that the same seed gives the
 * same network everywhere. Public knowledge for whoever knows the seed.
 */
export function deriveNodeKey(seed: string, network: string, node: string, purpose: KeyPurpose): Bytes {
  for (let attempt = 0; ; attempt++) {
    // 2^-128 of all outputs are no keys; the next attempt has another info text.
    const suffix = attempt === 0 ? "" : `/${attempt}`;
    const info = `koma/v1/${network}/${node}/${purpose}${suffix}`;
    const key = new Uint8Array(hkdfSync("sha256", seed, new Uint8Array(0), info, 32));
    if (isPrivateKey(key)) return key;
  }
}

/**
 * libp2p's peer id of a secp256k1 key: base58btc of the identity multihash of the public key's protobuf.
 *
 * @see libp2p specs, peer-ids: keys of up to 42 bytes are not hashed
 */
export function peerIdOfKey(privateKey: Bytes): string {
  const point = publicKeyOf(privateKey);
  const parity = ((point[63] as number) & 1) === 0 ? 2 : 3;
  const compressed = concatBytes(Uint8Array.of(parity), point.subarray(0, 32));
  // KeyType Secp256k1 (2), then the data field of 33 bytes.
  const protobuf = concatBytes(Uint8Array.of(0x08, 0x02, 0x12, compressed.length), compressed);
  const multihash = concatBytes(Uint8Array.of(0x00, protobuf.length), protobuf);
  return encodeBase58(multihash);
}
