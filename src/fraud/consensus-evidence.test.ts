import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { AbiCoder } from "ethers";
import { describe, expect, it } from "vitest";
import {
  consensusDomain,
  type EndorsementEvidence,
  type EquivocationEvidence,
  headerDigest,
  type SignedHeader,
  type UnitHash,
} from "../consensus/index.ts";
import { ProtocolError } from "../errors.ts";
import { bytesToHex, type Hash, type Hex, hexToBytes } from "../primitives/index.ts";
import { type CheckpointLookup, checkChallenge } from "./check-file.ts";
import { craftConsensusChallenge, readTwoUnits } from "./consensus-evidence.ts";
import { parseChallenge, serializeChallenge } from "./proof-file.ts";

interface UnitVector {
  readonly seq: number;
  readonly prev: Hash;
  readonly bodyHash: Hash;
  readonly hash: Hash;
  readonly signature: Hex;
}

// Made by ethers alone (test/vectors/generate-evidence.ts); the Solidity tests read the same file.
const vectors = JSON.parse(
  readFileSync(fileURLToPath(new URL("../../test/vectors/consensus-evidence.json", import.meta.url)), "utf8"),
) as {
  readonly chainId: number;
  readonly signer: string;
  readonly instance: Hash;
  readonly creator: number;
  readonly units: Readonly<Record<"a" | "b" | "first", UnitVector>>;
  readonly twoUnits: Hex;
  readonly twoEndorsements: Hex;
};

function headerOf({ seq, prev, bodyHash, signature }: UnitVector): SignedHeader {
  const { instance, creator } = vectors;
  const before = seq === 0 ? undefined : (prev as Hex as SignedHeader["prev"]);
  return { instance, creator, seq, prev: before, bodyHash, signature: hexToBytes(signature) };
}

const chainId = BigInt(vectors.chainId);
const { a, b, first } = vectors.units;
const pair = (one: UnitVector, two: UnitVector): EquivocationEvidence => ({
  kind: "equivocation",
  first: headerOf(one),
  second: headerOf(two),
});
const noCheckpoints: CheckpointLookup = {
  live: async () => undefined,
  rolledBack: async () => [],
  rootTokenOf: async () => undefined,
  childTokenOf: async () => undefined,
  depositHash: async () => undefined,
};

describe("evidence of a contradiction in consensus", () => {
  it("of two finality signatures is what the contract decodes", () => {
    const half = (unit: Hash, signature: Hex) => ({
      validator: 4,
      height: 32,
      block: first.hash,
      unit: unit as string as UnitHash,
      signature: hexToBytes(signature),
    });
    const challenge = craftConsensusChallenge(chainId, {
      kind: "finality",
      instance: vectors.instance,
      first: half(a.hash, a.signature),
      second: half(b.hash, b.signature),
    });
    const coder = AbiCoder.defaultAbiCoder();
    const [type, inner] = coder.decode(["uint8", "bytes"], challenge.evidence).toArray();
    expect(type).toBe(3n);
    const block = "tuple(bytes32 blockHash,bytes32 unit)";
    const shape = ["uint64", "bytes32", "uint64", block, "bytes", block, "bytes"];
    expect(coder.decode(shape, inner).toArray(true)).toEqual([
      chainId,
      vectors.instance,
      32n,
      [first.hash, a.hash],
      a.signature,
      [first.hash, b.hash],
      b.signature,
    ]);
  });

  it.each([a, b, first])("hashes unit $bodyHash as another implementation does", (unit) => {
    expect(bytesToHex(headerDigest(consensusDomain(chainId), headerOf(unit)))).toBe(unit.hash);
  });

  it("is encoded as another implementation encodes it", () => {
    expect(craftConsensusChallenge(chainId, pair(a, b)).evidence).toBe(vectors.twoUnits);
  });

  it("of two endorsements is encoded as another implementation encodes it", () => {
    const header = "tuple(uint64 seq,bytes32 prev,bytes32 bodyHash)";
    const coder = AbiCoder.defaultAbiCoder();
    const [, inner] = coder.decode(["uint8", "bytes"], vectors.twoEndorsements).toArray();
    const [, instance, endorser, creator, unit, signature, lane, other] = coder
      .decode(["uint64", "bytes32", "uint32", "uint32", header, "bytes", `${header}[]`, "bytes"], inner)
      .toArray(true);
    const headerFrom = ([seq, prev, bodyHash]: [bigint, Hash, Hash]) => ({
      instance,
      creator: Number(creator),
      seq: Number(seq),
      prev: prev as Hex as SignedHeader["prev"],
      bodyHash,
    });
    const firstUnit = headerFrom(unit);
    const units = lane.map(headerFrom) as readonly (typeof firstUnit)[];
    const domain = consensusDomain(chainId);
    const endorsed = (each: typeof firstUnit, bytes: Hex) => ({
      unit: bytesToHex(headerDigest(domain, each)) as UnitHash,
      endorser: Number(endorser),
      signature: hexToBytes(bytes),
    });
    const evidence: EndorsementEvidence = {
      kind: "endorsements",
      first: endorsed(firstUnit, signature),
      second: endorsed(units[0] as typeof firstUnit, other),
      firstUnit,
      lane: units,
    };
    expect(craftConsensusChallenge(chainId, evidence).evidence).toBe(vectors.twoEndorsements);
  });

  it("holds when one key signed two units of one number, without asking for any checkpoint", async () => {
    const challenge = parseChallenge(serializeChallenge(craftConsensusChallenge(chainId, pair(a, b))));
    expect(readTwoUnits(challenge.evidence)?.signers).toEqual([
      vectors.signer.toLowerCase(),
      vectors.signer.toLowerCase(),
    ]);
    expect(await checkChallenge(challenge, noCheckpoints)).toMatchObject({ outcome: "holds" });
  });

  it.each([
    ["one unit twice", pair(a, a)],
    ["units of different numbers", pair(a, first)],
    ["a signature over something else", pair(a, { ...b, bodyHash: a.hash })],
    ["a signature that nobody made", pair(a, { ...b, signature: `0x${"00".repeat(65)}` as Hex })],
  ])("does not hold for %s", async (_, evidence) => {
    const checked = await checkChallenge(craftConsensusChallenge(chainId, evidence), noCheckpoints);
    expect(checked.outcome).toBe("does-not-hold");
  });

  it("is left to the root contracts when it is of another type", async () => {
    expect(readTwoUnits(vectors.twoEndorsements)).toBeUndefined();
  });

  it.each(["0x", "0x1234", vectors.twoUnits.slice(0, 400) as Hex])(
    "is refused when it is cut short: %#",
    (evidence) => {
      expect(() => readTwoUnits(evidence as Hex)).toThrow(ProtocolError);
    },
  );
});
