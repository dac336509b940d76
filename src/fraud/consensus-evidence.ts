import { AbiCoder } from "ethers";
import {
  consensusDomain,
  type EndorsementEvidence,
  type EquivocationEvidence,
  type Evidence,
  type FinalityEvidence,
  headerDigest,
  type SignedHeader,
  type UnitHeader,
} from "../consensus/index.ts";
import { ProtocolError } from "../errors.ts";
import {
  type Address,
  bytesToHex,
  equalBytes,
  type Hash,
  type Hex,
  hexToBytes,
  recoverAddress,
} from "../primitives/index.ts";
import type { Challenge } from "./evidence.ts";

/** Type of evidence inside kind 21: two units of one sequence number. */
const TWO_UNITS = 1;
/** Two endorsements of units of one creator, neither of which sees the other. */
const TWO_ENDORSEMENTS = 2;
/** Two finality signatures for one height. */
const TWO_FINALITY_SIGNATURES = 3;

const UNIT_HEADER = "tuple(uint64 seq,bytes32 prev,bytes32 bodyHash)";
const TWO_UNITS_SHAPE = ["uint64", "bytes32", "uint32", UNIT_HEADER, "bytes", UNIT_HEADER, "bytes"];
const TWO_ENDORSEMENTS_SHAPE = [
  "uint64",
  "bytes32",
  "uint32",
  "uint32",
  UNIT_HEADER,
  "bytes",
  `${UNIT_HEADER}[]`,
  "bytes",
];
const SIGNED_BLOCK = "tuple(bytes32 blockHash,bytes32 unit)";
const TWO_FINALITY_SIGNATURES_SHAPE = ["uint64", "bytes32", "uint64", SIGNED_BLOCK, "bytes", SIGNED_BLOCK, "bytes"];
const NO_UNIT: Hex = `0x${"0".repeat(64)}`;

const coder = AbiCoder.defaultAbiCoder();

/**
 * The challenge that has a validator charged for contradicting itself in consensus. No checkpoint falls with it.
 *
 * @see KOMA root contracts, 10.21; `ConsensusFraud.validateConsensusEquivocation`
 */
export function craftConsensusChallenge(chainId: bigint, evidence: Evidence): Challenge {
  const [type, inner] = encodeByType(chainId, evidence);
  return {
    kind: 21,
    type: "consensus-equivocation",
    chainId,
    checkpoint: 0n,
    block: 0n,
    evidence: coder.encode(["uint8", "bytes"], [type, inner]) as Hex,
  };
}

function encodeByType(chainId: bigint, evidence: Evidence): readonly [number, string] {
  switch (evidence.kind) {
    case "equivocation":
      return [TWO_UNITS, encodeTwoUnits(chainId, evidence)];
    case "endorsements":
      return [TWO_ENDORSEMENTS, encodeTwoEndorsements(chainId, evidence)];
    case "finality":
      return [TWO_FINALITY_SIGNATURES, encodeTwoFinalitySignatures(chainId, evidence)];
  }
}

function encodeTwoFinalitySignatures(chainId: bigint, { instance, first, second }: FinalityEvidence): string {
  return coder.encode(TWO_FINALITY_SIGNATURES_SHAPE, [
    chainId,
    instance,
    first.height,
    [first.block, first.unit],
    bytesToHex(first.signature),
    [second.block, second.unit],
    bytesToHex(second.signature),
  ]);
}

function encodeTwoUnits(chainId: bigint, { first, second }: EquivocationEvidence): string {
  return coder.encode(TWO_UNITS_SHAPE, [
    chainId,
    first.instance,
    first.creator,
    headerTuple(first),
    bytesToHex(first.signature),
    headerTuple(second),
    bytesToHex(second.signature),
  ]);
}

function encodeTwoEndorsements(chainId: bigint, { first, second, firstUnit, lane }: EndorsementEvidence): string {
  return coder.encode(TWO_ENDORSEMENTS_SHAPE, [
    chainId,
    firstUnit.instance,
    first.endorser,
    firstUnit.creator,
    headerTuple(firstUnit),
    bytesToHex(first.signature),
    lane.map(headerTuple),
    bytesToHex(second.signature),
  ]);
}

function headerTuple({ seq, prev, bodyHash }: UnitHeader): readonly [number, Hex, Hash] {
  return [seq, prev ?? NO_UNIT, bodyHash];
}

/** What kind-21 evidence of two units says, judged without the root chain. */
export interface TwoUnits {
  readonly seqs: readonly [number, number];
  readonly sameUnit: boolean;
  /** Who signed each of them; undefined for a signature that nobody made. */
  readonly signers: readonly [Address | undefined, Address | undefined];
}

/**
 * Reads evidence of kind 21; undefined for types that only the root contracts judge.
 *
 * @throws {ProtocolError} KOMA_E_PROOF_MALFORMED
 */
export function readTwoUnits(evidence: Hex): TwoUnits | undefined {
  try {
    const [type, inner] = coder.decode(["uint8", "bytes"], evidence).toArray(true) as [bigint, string];
    if (type !== BigInt(TWO_UNITS)) return undefined;
    const [chainId, instance, creator, a, sigA, b, sigB] = coder.decode([...TWO_UNITS_SHAPE], inner).toArray(true) as [
      bigint,
      Hash,
      bigint,
      HeaderFields,
      Hex,
      HeaderFields,
      Hex,
    ];
    const domain = consensusDomain(chainId);
    const header = ([seq, prev, bodyHash]: HeaderFields, signature: Hex) =>
      ({
        instance,
        creator: Number(creator),
        seq: Number(seq),
        prev: prev === NO_UNIT ? undefined : prev,
        bodyHash,
        signature: hexToBytes(signature),
      }) as SignedHeader;
    const [first, second] = [header(a, sigA), header(b, sigB)];
    const digests = [headerDigest(domain, first), headerDigest(domain, second)] as const;
    return {
      seqs: [first.seq, second.seq],
      sameUnit: equalBytes(...digests),
      signers: [recoverAddress(digests[0], first.signature), recoverAddress(digests[1], second.signature)],
    };
  } catch (cause) {
    throw new ProtocolError("KOMA_E_PROOF_MALFORMED", "The evidence is not encoded as its kind asks.", {
      facts: { type: "consensus-equivocation" },
      cause,
    });
  }
}

type HeaderFields = readonly [bigint, Hash, Hash];
