import {
  type Bytes,
  type Check,
  encodeRlp,
  type Hash,
  hexToBytes,
  MalformedRlp,
  numberToBytes,
  type RlpItem,
  readBytes,
  readHash,
  readList,
  readNumber,
  reject,
  type Timestamp,
  timestamp,
} from "../primitives/index.ts";
import type { ValidatorIndex } from "./committee.ts";
import { type Endorsement, endorsementsFromRlp, endorsementsToRlp } from "./endorsement.ts";
import { type Evidence, evidenceFromRlp, evidenceToRlp } from "./evidence.ts";
import type { FinalitySignature } from "./finality-signature.ts";
import type { UnitHash, WireUnit } from "./unit.ts";
import {
  type CodecRejection,
  copyOf,
  decodeWith,
  MAX_UNIT_BYTES,
  readUnitHash,
  unitFromRlp,
  unitToRlp,
} from "./unit-codec.ts";

/** Whoever a message came from or goes to; opaque to consensus. */
export type PeerId = string;

/** Bytes of a block's payload, at most. */
export const MAX_PAYLOAD_BYTES = 2 * 1024 * 1024;
/** Bytes of an encoded message, at most: a unit, its payload and their envelope. */
export const MAX_MESSAGE_BYTES = MAX_PAYLOAD_BYTES + MAX_UNIT_BYTES + 1024;
/** Units that one `getLane` may ask for, and that one lane gives in answer to a `state`. */
export const MAX_LANE_UNITS = 20;

/** A signed sign of life of a validator that makes no units; KoMaBFT spec 8.1 (pause). */
export interface Ping {
  readonly creator: ValidatorIndex;
  readonly t: Timestamp;
  readonly signature: Bytes;
}

/** What a node has of one validator: the sequence number it needs next, or that it knows of its fault. */
export type IndexObservation = number | "faulty";

/** What validators send each other about one instance; KoMaBFT spec 15. */
export type MessageBody =
  | { readonly kind: "unit"; readonly unit: WireUnit; readonly payload: Bytes | undefined }
  | { readonly kind: "evidence"; readonly evidence: Evidence }
  | { readonly kind: "ping"; readonly ping: Ping }
  /** The last block of the instance is final for the sender; gathered by the shell (KoMaBFT spec 13). */
  | { readonly kind: "finality"; readonly signed: FinalitySignature }
  | { readonly kind: "block"; readonly block: UnitHash; readonly payload: Bytes }
  | { readonly kind: "getUnit"; readonly unit: UnitHash }
  /** A unit that came without the hashes of its panorama: answered with the unit and the hashes. */
  | { readonly kind: "getPanorama"; readonly unit: UnitHash }
  /** Units `from` … `to`, both included, of one validator. */
  | { readonly kind: "getLane"; readonly creator: ValidatorIndex; readonly from: number; readonly to: number }
  | { readonly kind: "getEvidence"; readonly creator: ValidatorIndex }
  | { readonly kind: "getBlock"; readonly block: UnitHash }
  /** Endorsements of one unit, at least one. */
  | { readonly kind: "endorsements"; readonly endorsements: readonly Endorsement[] }
  | { readonly kind: "getEndorsements"; readonly unit: UnitHash }
  /** What the sender has; `answer` asks the receiver to say the same of itself. */
  | { readonly kind: "state"; readonly panorama: readonly IndexObservation[]; readonly answer: boolean };

export type ConsensusMessage = MessageBody & { readonly instance: Hash };

const MESSAGE_VERSION = 1;
/** Version, instance, tag and the heads of the lists around a unit and its payload. */
const ENVELOPE_BYTES = 64;

const TAG: Readonly<Record<MessageBody["kind"], number>> = {
  unit: 1,
  evidence: 2,
  ping: 3,
  block: 4,
  getUnit: 5,
  getLane: 6,
  getEvidence: 7,
  getBlock: 8,
  state: 9,
  endorsements: 10,
  getEndorsements: 11,
  getPanorama: 12,
  finality: 20,
};

/** `[1, instance, tag, [fields…]]` in RLP. */
export function encodeMessage(message: ConsensusMessage): Bytes {
  return encodeRlp([
    numberToBytes(MESSAGE_VERSION),
    hexToBytes(message.instance),
    numberToBytes(TAG[message.kind]),
    fieldsOf(message),
  ]);
}

/** The only message that encodes to exactly these bytes. Never throws, whatever the bytes are. */
export function decodeMessage(bytes: Bytes): Check<ConsensusMessage, CodecRejection> {
  if (bytes.length > MAX_MESSAGE_BYTES)
    return reject({ code: "TooLarge", bytes: bytes.length, limit: MAX_MESSAGE_BYTES });
  return decodeWith(bytes, (item): ConsensusMessage => {
    const fields = readList(item, 4);
    if (readNumber(fields[0]) !== MESSAGE_VERSION) throw new MalformedRlp("unknown version of message");
    const body = bodyOf(readNumber(fields[2]), readList(fields[3]));
    // The payload may fill a message; the unit beside it may not.
    const payloadBytes = "payload" in body ? (body.payload?.length ?? 0) : 0;
    if (bytes.length - payloadBytes > MAX_UNIT_BYTES + ENVELOPE_BYTES) throw new MalformedRlp("unit too large");
    return { instance: readHash(fields[1]), ...body };
  });
}

/** As {@link decodeMessage}, for one instance: messages of others are told apart before anything is checked. */
export function decodeMessageOf(
  instance: Hash,
  bytes: Bytes,
): Check<ConsensusMessage, CodecRejection | { readonly code: "InstanceId"; readonly instance: Hash }> {
  const decoded = decodeMessage(bytes);
  if (!decoded.ok || decoded.value.instance === instance) return decoded;
  return reject({ code: "InstanceId", instance: decoded.value.instance });
}

function fieldsOf(message: MessageBody): readonly RlpItem[] {
  switch (message.kind) {
    case "unit":
      return [unitToRlp(message.unit), message.payload === undefined ? [] : [message.payload]];
    case "evidence":
      return [evidenceToRlp(message.evidence)];
    case "ping":
      return [numberToBytes(message.ping.creator), numberToBytes(message.ping.t), message.ping.signature];
    case "finality": {
      const { validator, height, block, unit, signature } = message.signed;
      return [numberToBytes(validator), numberToBytes(height), hexToBytes(block), hexToBytes(unit), signature];
    }
    case "block":
      return [hexToBytes(message.block), message.payload];
    case "endorsements":
      return [endorsementsToRlp(message.endorsements)];
    case "getUnit":
    case "getPanorama":
    case "getEndorsements":
      return [hexToBytes(message.unit)];
    case "getLane":
      return [numberToBytes(message.creator), numberToBytes(message.from), numberToBytes(message.to)];
    case "getEvidence":
      return [numberToBytes(message.creator)];
    case "getBlock":
      return [hexToBytes(message.block)];
    case "state":
      return [
        // Zero is "faulty", so that everything is an integer.
        message.panorama.map((entry) => numberToBytes(entry === "faulty" ? 0 : entry + 1)),
        numberToBytes(message.answer ? 1 : 0),
      ];
  }
}

function bodyOf(tag: number, fields: readonly RlpItem[]): MessageBody {
  switch (tag) {
    case TAG.unit: {
      readList(fields, 2);
      const unit = unitFromRlp(fields[0]);
      const payload = readList(fields[1]);
      if (payload.length > 1) throw new MalformedRlp("more than one payload");
      return { kind: "unit", unit, payload: payload.length === 0 ? undefined : readPayload(payload[0]) };
    }
    case TAG.evidence:
      readList(fields, 1);
      return { kind: "evidence", evidence: evidenceFromRlp(fields[0]) };
    case TAG.ping:
      readList(fields, 3);
      return {
        kind: "ping",
        ping: {
          creator: readNumber(fields[0]),
          t: timestamp(readNumber(fields[1])),
          signature: copyOf(readBytes(fields[2], 65)),
        },
      };
    case TAG.finality:
      readList(fields, 5);
      return {
        kind: "finality",
        signed: {
          validator: readNumber(fields[0]),
          height: readNumber(fields[1]),
          block: readHash(fields[2]),
          unit: readUnitHash(fields[3]),
          signature: copyOf(readBytes(fields[4], 65)),
        },
      };
    case TAG.block:
      readList(fields, 2);
      return { kind: "block", block: readUnitHash(fields[0]), payload: readPayload(fields[1]) };
    case TAG.getUnit:
      readList(fields, 1);
      return { kind: "getUnit", unit: readUnitHash(fields[0]) };
    case TAG.getPanorama:
      readList(fields, 1);
      return { kind: "getPanorama", unit: readUnitHash(fields[0]) };
    case TAG.getLane:
      readList(fields, 3);
      return {
        kind: "getLane",
        creator: readNumber(fields[0]),
        from: readNumber(fields[1]),
        to: readNumber(fields[2]),
      };
    case TAG.getEvidence:
      readList(fields, 1);
      return { kind: "getEvidence", creator: readNumber(fields[0]) };
    case TAG.getBlock:
      readList(fields, 1);
      return { kind: "getBlock", block: readUnitHash(fields[0]) };
    case TAG.endorsements:
      readList(fields, 1);
      return { kind: "endorsements", endorsements: endorsementsFromRlp(fields[0]) };
    case TAG.getEndorsements:
      readList(fields, 1);
      return { kind: "getEndorsements", unit: readUnitHash(fields[0]) };
    case TAG.state:
      readList(fields, 2);
      return {
        kind: "state",
        panorama: readList(fields[0]).map((item) => {
          const next = readNumber(item);
          return next === 0 ? "faulty" : next - 1;
        }),
        answer: readFlag(fields[1]),
      };
    default:
      throw new MalformedRlp(`unknown kind of message ${tag}`);
  }
}

function readPayload(item: RlpItem | undefined): Bytes {
  const payload = readBytes(item);
  if (payload.length > MAX_PAYLOAD_BYTES) throw new MalformedRlp(`payload of ${payload.length} bytes`);
  return copyOf(payload);
}

function readFlag(item: RlpItem | undefined): boolean {
  const value = readNumber(item);
  if (value > 1) throw new MalformedRlp("flag is neither 0 nor 1");
  return value === 1;
}
