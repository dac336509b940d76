import { type BlockHeader, decodeHeader, encodeHeader, hashHeader, recoverSealer } from "../chain/index.ts";
import { ProtocolError } from "../errors.ts";
import { type Address, bytesToHex, type Hex, hexToBytes, isHex } from "../primitives/index.ts";
import { type Challenge, coder } from "./evidence.ts";

/** Type of evidence inside kind 21: two headers of one second, sealed with one key. */
const TWO_SEALED_HEADERS = 4n;
const SHAPE = ["uint64", "bytes", "bytes"];

/** Longest header, bytes: its fields need some 650. */
const MAX_HEADER_BYTES = 2_048;

/** Two headers as a node shows them; whether they convict is for the root contracts to say. */
export interface ShownDoubleSeal {
  readonly first: BlockHeader;
  readonly second: BlockHeader;
}

/** One entry of `koma_getDoubleSeals`; undefined for what is none. */
export function readDoubleSeal(entry: unknown): ShownDoubleSeal | undefined {
  const headers = (entry as { readonly headers?: unknown } | null)?.headers;
  if (!Array.isArray(headers) || headers.length !== 2) return undefined;
  const [first, second] = headers.map(readHeader);
  return first && second && { first, second };
}

function readHeader(hex: unknown): BlockHeader | undefined {
  if (!isHex(hex) || hex.length > 2 + 2 * MAX_HEADER_BYTES) return undefined;
  const decoded = decodeHeader(hexToBytes(hex));
  return decoded.ok ? decoded.value : undefined;
}

/**
 * The challenge that has a producer charged for sealing two blocks of one second. No checkpoint falls with it.
 *
 * @see KOMA root contracts, 10.21 (type 4); `ConsensusFraud.validateConsensusEquivocation`
 */
export function craftDoubleSeal(chainId: bigint, { first, second }: ShownDoubleSeal): Challenge {
  const inner = coder.encode(SHAPE, [chainId, ...[first, second].map((header) => bytesToHex(encodeHeader(header)))]);
  return {
    kind: 21,
    type: "consensus-equivocation",
    chainId,
    checkpoint: 0n,
    block: 0n,
    evidence: coder.encode(["uint8", "bytes"], [TWO_SEALED_HEADERS, inner]) as Hex,
  };
}

/** What kind-21 evidence of two headers says, judged without the root chain, which knows whose key is a producer's. */
export interface TwoSeals {
  /** Seconds. */
  readonly times: readonly [bigint, bigint];
  readonly sameHeader: boolean;
  /** Undefined for a header that its coinbase did not seal. */
  readonly sealers: readonly [Address | undefined, Address | undefined];
}

/**
 * Reads evidence of kind 21; undefined for its other types.
 *
 * @throws {ProtocolError} KOMA_E_PROOF_MALFORMED
 */
export function readTwoSeals(evidence: Hex): TwoSeals | undefined {
  try {
    const [type, inner] = coder.decode(["uint8", "bytes"], evidence).toArray(true) as [bigint, string];
    if (type !== TWO_SEALED_HEADERS) return undefined;
    const [chainId, ...encoded] = coder.decode(SHAPE, inner).toArray(true) as [bigint, Hex, Hex];
    const [a, b] = encoded.map(readHeader);
    if (!a || !b) throw new RangeError("these are no headers");
    const sealer = (header: BlockHeader) => {
      const found = recoverSealer(header, chainId);
      return found === header.coinbase ? found : undefined;
    };
    return {
      times: [a.timestamp, b.timestamp],
      sameHeader: hashHeader(a) === hashHeader(b),
      sealers: [sealer(a), sealer(b)],
    };
  } catch (cause) {
    throw new ProtocolError("KOMA_E_PROOF_MALFORMED", "The evidence is not encoded as its kind asks.", {
      facts: { type: "consensus-equivocation" },
      cause,
    });
  }
}
