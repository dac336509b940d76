import { privateKeyFromRaw } from "@libp2p/crypto/keys";
import { peerIdFromPrivateKey, peerIdFromString } from "@libp2p/peer-id";
import { multiaddr } from "@multiformats/multiaddr";
import { UserError } from "../errors.ts";
import { type Bytes, isPrivateKey } from "../primitives/index.ts";

/** Identity of a node on the network: the base58 text of libp2p's id, which contains the node's public key. */
export type PeerId = string;

/** Name libp2p gives a node with this secp256k1 key of 32 bytes. @throws {UserError} KOMA_E_NETWORK_KEY_INVALID */
export function peerIdOf(privateKey: Bytes): PeerId {
  return peerIdFromPrivateKey(libp2pKey(privateKey)).toString();
}

export function libp2pKey(privateKey: Bytes): ReturnType<typeof privateKeyFromRaw> {
  if (privateKey.length !== 32 || !isPrivateKey(privateKey)) {
    throw new UserError("KOMA_E_NETWORK_KEY_INVALID", "The node's network key is not a secp256k1 private key.", {
      facts: { bytes: privateKey.length },
      fix: ["Give 32 bytes, or remove the key file to have a new one made."],
    });
  }
  return privateKeyFromRaw(privateKey);
}

/**
 * Address other nodes dial.
 *
 * @param host  IPv4 or IPv6 address, or a DNS name
 *
 * @example
 * peerAddress("127.0.0.1", 21103, id) // "/ip4/127.0.0.1/tcp/21103/p2p/16Uiu2HA…"
 */
export function peerAddress(host: string, port: number, peerId: PeerId): string {
  return `${listenAddress(host, port)}/p2p/${peerId}`;
}

export function listenAddress(host: string, port: number): string {
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(host)) return `/ip4/${host}/tcp/${port}`;
  return host.includes(":") ? `/ip6/${host.replace(/^\[|\]$/g, "")}/tcp/${port}` : `/dns/${host}/tcp/${port}`;
}

export interface PeerAddress {
  readonly peerId: PeerId;
  /** The whole address in canonical form. */
  readonly address: string;
}

const dialable = /^\/(?:ip4|ip6|dns|dns4|dns6)\/[^/]+\/tcp\/\d+\/p2p\/[^/]+$/;

/**
 * Reads an address of the form `/ip4/…/tcp/…/p2p/<id>` (ip6 and dns as well). Only these can be dialled here: no relays,
 * no transports this node does not have.
 */
export function readPeerAddress(text: string): PeerAddress | undefined {
  if (text.length > 256 || !dialable.test(text)) return undefined;
  try {
    const address = multiaddr(text).toString();
    const peerId = peerIdFromString(text.slice(text.lastIndexOf("/") + 1)).toString();
    return { peerId, address };
  } catch {
    // The parsers say what they dislike in words of their own; for the caller the text is simply not an address.
    return undefined;
  }
}

/** @throws {UserError} KOMA_E_PEER_ADDRESS_MALFORMED */
export function parsePeerAddress(text: string): PeerAddress {
  const parsed = readPeerAddress(text);
  if (parsed !== undefined) return parsed;
  throw new UserError("KOMA_E_PEER_ADDRESS_MALFORMED", `"${text.slice(0, 120)}" is not the address of a peer.`, {
    fix: ["Give it as /ip4/HOST/tcp/PORT/p2p/ID; `koma node status` prints a node's own."],
  });
}
