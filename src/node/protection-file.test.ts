import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { type Address, bytesToHex, type Hash } from "../primitives/index.ts";
import { type ProtectionFile, parseProtectionFile, serializeProtectionFile } from "./protection-file.ts";

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const hash = bytes(32).map((value) => bytesToHex(value) as Hash);
const whole = fc.nat({ max: 2 ** 40 });
const height = fc.bigInt({ min: 0n, max: 10n ** 15n });
const signature = bytes(65).map((value) => Uint8Array.from(value));

const exportedAt = 1_700_000_000_000;
const anyFile: fc.Arbitrary<ProtectionFile> = fc.record({
  chainId: fc.bigInt({ min: 1n, max: 2n ** 48n }),
  genesisHash: hash,
  signer: bytes(20).map((value) => bytesToHex(value) as Address),
  exportedAt: fc.constant(exportedAt),
  record: fc.record({
    covered: fc.array(
      fc.record({
        from: fc.nat({ max: 1_000 }),
        to: fc.option(fc.integer({ min: 1_000, max: 2_000 }), { nil: undefined }),
      }),
      { maxLength: 3 },
    ),
    heads: fc.array(fc.record({ instance: hash, seq: whole, hash }), { maxLength: 4 }),
    endorsed: fc.array(fc.record({ instance: hash, creator: fc.nat({ max: 149 }), unit: hash }), { maxLength: 4 }),
    finality: fc.array(fc.record({ instance: hash, height, block: hash, unit: hash, signature }), { maxLength: 4 }),
    checkpoints: fc.array(fc.record({ generation: height, start: height, end: height, structHash: hash, signature }), {
      maxLength: 4,
    }),
  }),
});

describe("a protection file", () => {
  test("gives back what was written, with an end to the time it covers", () => {
    fc.assert(
      fc.property(anyFile, (file) => {
        const covered = file.record.covered.map(({ from, to }) => ({ from, to: to ?? exportedAt }));
        expect(parseProtectionFile(serializeProtectionFile(file))).toEqual({
          ...file,
          record: { ...file.record, covered },
        });
      }),
    );
  });

  test("never throws anything but its own error, whatever the text", () => {
    const isOurs = (text: string) => {
      try {
        parseProtectionFile(text);
        return true;
      } catch (error) {
        return (error as { code?: string }).code === "KOMA_E_PROTECTION_INVALID";
      }
    };
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), isOurs));
    // One value of a sound file, anywhere in it, replaced by anything.
    fc.assert(
      fc.property(anyFile, fc.nat(), fc.jsonValue(), (file, at, value) => {
        const places: (() => void)[] = [];
        const json: unknown = JSON.parse(serializeProtectionFile(file));
        const visit = (node: unknown) => {
          if (typeof node !== "object" || node === null) return;
          for (const key of Object.keys(node)) {
            const owner = node as Record<string, unknown>;
            places.push(() => {
              owner[key] = value;
            });
            visit(owner[key]);
          }
        };
        visit(json);
        places[at % places.length]?.();
        return isOurs(JSON.stringify(json));
      }),
    );
  });

  const sound = () =>
    JSON.parse(
      serializeProtectionFile({
        chainId: 80_401n,
        genesisHash: `0x${"ab".repeat(32)}` as Hash,
        signer: `0x${"cd".repeat(20)}` as Address,
        exportedAt,
        record: {
          covered: [{ from: 5, to: undefined }],
          heads: [{ instance: `0x${"01".repeat(32)}` as Hash, seq: 3, hash: `0x${"02".repeat(32)}` as Hash }],
          endorsed: [],
          finality: [],
          checkpoints: [],
        },
      }),
    ) as Record<string, unknown> & { heads: Record<string, unknown>[]; covered: Record<string, unknown>[] };

  it.each([
    { what: "another format", change: (file: ReturnType<typeof sound>) => (file["format"] = "eip-3076") },
    { what: "a later version", change: (file: ReturnType<typeof sound>) => (file["version"] = 3) },
    { what: "an unknown field", change: (file: ReturnType<typeof sound>) => (file["more"] = 1) },
    { what: "a missing list", change: (file: ReturnType<typeof sound>) => delete file["finality"] },
    { what: "a negative number", change: (file: ReturnType<typeof sound>) => ((file.heads[0] ?? {})["seq"] = -1) },
    {
      what: "a number that is not whole",
      change: (file: ReturnType<typeof sound>) => ((file.heads[0] ?? {})["seq"] = 1.5),
    },
    { what: "capital hex", change: (file: ReturnType<typeof sound>) => (file["genesisHash"] = `0x${"AB".repeat(32)}`) },
    {
      what: "a time without an end",
      change: (file: ReturnType<typeof sound>) => ((file.covered[0] ?? {})["to"] = null),
    },
    {
      what: "a time that goes on after the export",
      change: (file: ReturnType<typeof sound>) => ((file.covered[0] ?? {})["to"] = exportedAt + 1),
    },
    {
      what: "a time that ends before it begins",
      change: (file: ReturnType<typeof sound>) => ((file.covered[0] ?? {})["to"] = 4),
    },
    {
      what: "too many times",
      change: (file: ReturnType<typeof sound>) => (file["covered"] = Array(1_025).fill({ from: 1, to: 2 })),
    },
  ])("is refused with $what", ({ change }) => {
    const file = sound();
    parseProtectionFile(JSON.stringify(file));
    change(file);
    expect(() => parseProtectionFile(JSON.stringify(file))).toThrowError(
      expect.objectContaining({ code: "KOMA_E_PROTECTION_INVALID" }),
    );
  });
});
