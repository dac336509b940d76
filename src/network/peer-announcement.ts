import {
  accept,
  type Bytes,
  bigintToBytes,
  type Check,
  decodeRlp,
  encodeRlp,
  MalformedRlp,
  readBigint,
  readBytes,
  readList,
  reject,
  type Timestamp,
  utf8,
} from "../primitives/index.ts";
import { type PeerAddress, type PeerId, readPeerAddress } from "./peer-id.ts";

/** Where a node can be dialled. Not signed: an address names the key that must answer there, so a lie costs one dial. */
export interface PeerAnnouncement {
  readonly peerId: PeerId;
  readonly addresses: readonly string[];
  /** Makes each announcement another message, so that gossip does not take the repetition for a duplicate. */
  readonly at: Timestamp;
}

export const maxAnnouncementBytes = 2 * 1024;
const maxAddresses = 4;

export function encodeAnnouncement(announcement: PeerAnnouncement): Bytes {
  const addresses = announcement.addresses.slice(0, maxAddresses).map(utf8);
  return encodeRlp([utf8(announcement.peerId), addresses, bigintToBytes(BigInt(announcement.at))]);
}

/** @returns the addresses in it that this node could dial, all of the announced peer */
export function decodeAnnouncement(bytes: Bytes): Check<readonly PeerAddress[], { readonly code: "Malformed" }> {
  const malformed = reject({ code: "Malformed" } as const);
  if (bytes.length > maxAnnouncementBytes) return malformed;
  const decoded = decodeRlp(bytes);
  if (!decoded.ok) return malformed;
  try {
    const [peer, list, at] = readList(decoded.value, 3);
    readBigint(at, 7);
    const peerId = text(readBytes(peer));
    const items = readList(list);
    if (items.length === 0 || items.length > maxAddresses) return malformed;
    const addresses: PeerAddress[] = [];
    for (const item of items) {
      const address = readPeerAddress(text(readBytes(item)));
      if (address === undefined || address.peerId !== peerId) return malformed;
      addresses.push(address);
    }
    return accept(addresses);
  } catch (error) {
    if (error instanceof MalformedRlp) return malformed;
    throw error;
  }
}

function text(bytes: Bytes): string {
  return new TextDecoder().decode(bytes);
}
