import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { hexToBytes, parseAddress } from "../primitives/index.ts";
import { describePhase, type ElectionState, voteBar } from "./election.ts";
import { formatCertificate, packSignatures, parseCertificate } from "./offline-certificate.ts";
import { noSpecs, parseSpecs } from "./producer-specs.ts";

describe("what an election looks like", () => {
  it("draws the share of the ballots, and shows the smallest vote", () => {
    expect(voteBar(0, 4)).toBe("····");
    expect(voteBar(0.001, 4)).toBe("█···");
    expect(voteBar(0.74, 4)).toBe("██··");
    expect(voteBar(0.75, 4)).toBe("███·");
    expect(voteBar(0.99, 4)).toBe("███·");
    expect(voteBar(1, 4)).toBe("████");
  });

  test.each([
    { phase: "not open" as const, now: 100, says: "voting opens in 1 min 40 s" },
    { phase: "open" as const, now: 210, says: "voting is open and closes in 1 min 30 s" },
    { phase: "closed" as const, now: 320, says: "voting is closed, to be settled within 1 min 20 s" },
    { phase: "settled" as const, now: 320, says: "settled, takes effect in 1 min 28 s" },
  ])("says what comes next when the vote is $phase", ({ phase, now, says }) => {
    const times = { opens: 200, closes: 300, starts: 400, ends: 800 };
    // Settled late: notice moves the set past the tenure's start.
    const newest = { from: 408 };
    expect(describePhase({ phase, now, times, newest } as ElectionState)).toBe(says);
  });
});

describe("a producer's specs", () => {
  it("are read with what was declared before", () => {
    const first = parseSpecs('{"uptime": 99.95, "cpuCores": 8, "country": "DE", "url": "https://example.org"}');
    expect(first.criteria).toMatchObject({ declaredUptimeBps: 9_995, cpuCores: 8, country: "DE", ramGiB: 0 });
    const second = parseSpecs('{"ramGiB": 64, "autoScaling": true, "region": 276}', first);
    expect(second.uri).toBe("https://example.org");
    expect(second.criteria).toMatchObject({ declaredUptimeBps: 9_995, cpuCores: 8, ramGiB: 64, regionM49: 276 });
    expect(second.criteria.extraHash).not.toBe(first.criteria.extraHash);
    expect(parseSpecs("{}").criteria).toEqual({ ...noSpecs.criteria, extraHash: expect.any(String) });
  });

  test.each([
    "no JSON",
    "[]",
    '{"cpu": 8}',
    '{"cpuCores": 1.5}',
    '{"cpuCores": 65536}',
    '{"ramGiB": -1}',
    '{"uptime": "99"}',
    '{"uptime": 101}',
    '{"country": "de"}',
    '{"country": "DEU"}',
    '{"region": 1000}',
    '{"autoScaling": 1}',
    '{"url": "ftp://example.org"}',
  ])("are refused when they are %s", (text) => {
    expect(() => parseSpecs(text)).toThrow(expect.objectContaining({ code: "KOMA_E_SPECS_INVALID" }));
  });
});

describe("a certificate of absence", () => {
  const key = parseAddress(`0x${"ab".repeat(20)}`);
  const facts = { chainId: 80401n, key, fromBlock: 1n, toBlock: 30n, missed: 8n };
  const signature = (byte: number) => hexToBytes(`0x${byte.toString(16).padStart(2, "0").repeat(64)}`);

  it("is the same when it is written and read", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 255 }), { maxLength: 20 }), (seats) => {
        const certificate = { facts, tenure: 3n, signatures: new Map(seats.map((seat) => [seat, signature(seat)])) };
        const again = parseCertificate(formatCertificate(certificate));
        expect(again).toEqual({ ...certificate, signatures: expect.any(Map) });
        expect(packSignatures(again.signatures)).toEqual(packSignatures(certificate.signatures));
      }),
    );
  });

  it("hands its signatures over in ascending order of seats", () => {
    const signatures = new Map([5, 0, 2].map((seat) => [seat, signature(seat)]));
    expect(packSignatures(signatures)).toEqual({ bitmap: 0b100101n, signatures: [0, 2, 5].map(signature) });
  });

  const file = JSON.parse(formatCertificate({ facts, tenure: 3n, signatures: new Map([[1, signature(1)]]) })) as object;
  test.each<{ change: object }>([
    { change: { chainId: 80401 } },
    { change: { chainId: "-1" } },
    { change: { producer: "alice" } },
    { change: { tenure: undefined } },
    { change: { signatures: {} } },
    { change: { signatures: Array.from({ length: 257 }, () => ({ seat: 1, signature: "0x" })) } },
    { change: { signatures: [{ seat: 256, signature: `0x${"00".repeat(64)}` }] } },
    { change: { signatures: [{ seat: 1, signature: "0x00" }] } },
    { change: { signatures: [null] } },
  ])("is refused with $change", ({ change }) => {
    expect(() => parseCertificate(JSON.stringify({ ...file, ...change }))).toThrow(
      expect.objectContaining({ code: "KOMA_E_EVIDENCE_INVALID" }),
    );
  });

  it("is refused when it is no JSON at all", () => {
    for (const text of ["", "null", "1", '"a"']) {
      expect(() => parseCertificate(text)).toThrow(expect.objectContaining({ code: "KOMA_E_EVIDENCE_INVALID" }));
    }
  });
});
