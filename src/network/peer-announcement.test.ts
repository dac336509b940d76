import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeRlp, hexToBytes, type Timestamp, utf8 } from "../primitives/index.ts";
import { decodeAnnouncement, encodeAnnouncement } from "./peer-announcement.ts";
import { listenAddress, parsePeerAddress, peerAddress, peerIdOf, readPeerAddress } from "./peer-id.ts";

const key = hexToBytes(`0x${"11".repeat(32)}`);
const id = peerIdOf(key);
const other = peerIdOf(hexToBytes(`0x${"22".repeat(32)}`));
const at = 1_700_000_000_000 as Timestamp;

describe("a peer's name and address", () => {
  it("are made from its key, host and port", () => {
    expect(id).toMatch(/^16Uiu2HA/);
    expect(peerAddress("127.0.0.1", 21103, id)).toBe(`/ip4/127.0.0.1/tcp/21103/p2p/${id}`);
    expect(listenAddress("::1", 1)).toBe("/ip6/::1/tcp/1");
    expect(listenAddress("[::1]", 1)).toBe("/ip6/::1/tcp/1");
    expect(listenAddress("node-1.koma", 1)).toBe("/dns/node-1.koma/tcp/1");
    expect(parsePeerAddress(peerAddress("node-1", 5, id))).toEqual({
      peerId: id,
      address: `/dns/node-1/tcp/5/p2p/${id}`,
    });
  });

  it.each(["", "localhost:80", `/ip4/1.2.3.4/tcp/1`, `/ip4/1.2.3.4/udp/1/p2p/${id}`, `/ip4/999.1.1.1/tcp/1/p2p/${id}`])(
    "are refused as %j",
    (text) => {
      expect(() => parsePeerAddress(text)).toThrow(expect.objectContaining({ code: "KOMA_E_PEER_ADDRESS_MALFORMED" }));
    },
  );

  it("need a private key of 32 bytes within the curve", () => {
    for (const bad of [new Uint8Array(32), new Uint8Array(31).fill(1), new Uint8Array(32).fill(255)]) {
      expect(() => peerIdOf(bad)).toThrow(expect.objectContaining({ code: "KOMA_E_NETWORK_KEY_INVALID" }));
    }
  });

  it("never make the reader throw", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(readPeerAddress(`/ip4/1.2.3.4/tcp/1/p2p/${text}`)).toBeUndefined();
      }),
    );
  });
});

describe("an announcement", () => {
  const addresses = [peerAddress("127.0.0.1", 1, id), peerAddress("node", 2, id)];

  it("comes back as it was written", () => {
    const decoded = decodeAnnouncement(encodeAnnouncement({ peerId: id, addresses, at }));
    expect(decoded).toEqual({ ok: true, value: addresses.map((address) => ({ peerId: id, address })) });
  });

  it.each([
    { what: "addresses of someone else", bytes: encodeAnnouncement({ peerId: other, addresses, at }) },
    { what: "no addresses", bytes: encodeAnnouncement({ peerId: id, addresses: [], at }) },
    { what: "more than four", bytes: encodeRlp([utf8(id), Array(5).fill(utf8(addresses[0] as string)), utf8("x")]) },
    { what: "a list too few", bytes: encodeRlp([utf8(id)]) },
    { what: "too many bytes", bytes: new Uint8Array(4_000) },
  ])("with $what is malformed", ({ bytes }) => {
    expect(decodeAnnouncement(bytes)).toEqual({ ok: false, rejection: { code: "Malformed" } });
  });

  it("of arbitrary bytes is malformed, not an exception", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(decodeAnnouncement(bytes).ok).toBe(false);
      }),
    );
  });
});
