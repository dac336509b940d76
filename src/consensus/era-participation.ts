import { BugError } from "../errors.ts";
import {
  type Bytes,
  type Check,
  encodeRlp,
  MalformedRlp,
  numberToBytes,
  readBytes,
  readList,
  readNumber,
  type Timestamp,
  timestamp,
} from "../primitives/index.ts";
import type { Dag } from "./dag.ts";
import type { DagUnit } from "./dag-unit.ts";
import { participationIn } from "./participation.ts";
import type { UnitHash } from "./unit.ts";
import { type CodecRejection, decodeWith } from "./unit-codec.ts";

/** What a round asked of a validator, and whether it came: the record that rewards are made from (KoMaBFT spec 13). */
export type ParticipationMark = "unassigned" | "no" | "yes";

/** One round with a block. */
export interface RoundMarks {
  /** Of its block. */
  readonly height: number;
  /** Its slot. */
  readonly round: Timestamp;
  /** By index in the committee. */
  readonly marks: readonly ParticipationMark[];
}

const MARKS: readonly ParticipationMark[] = ["unassigned", "no", "yes"];
const PER_BYTE = 4;
const MAX_ROUNDS = 65_536;

/**
 * The record of an era, lowest block first: what the panorama of its switch block's unit shows of every round with a block
 * below it. Whoever has that unit has all that it cites, so every node finds the same.
 */
export function eraParticipation(dag: Dag, switchUnit: UnitHash): readonly RoundMarks[] {
  const unit = dag.unit(switchUnit);
  if (unit?.block === undefined) throw new BugError(`the unit ${switchUnit} of a switch block is not in the state`);
  const rounds: RoundMarks[] = [];
  for (let block = unit.block.parent; block !== undefined; block = block.parent) {
    const { roundId } = dag.unit(block.unit) as DagUnit;
    const parts = participationIn(dag.instance, unit.panorama, roundId);
    const marks = parts.map((part): ParticipationMark => (typeof part === "object" ? "yes" : part));
    rounds.push({ height: block.height, round: roundId, marks });
  }
  return rounds.reverse();
}

/** `[size of the committee, [[height, round, marks], …]]` in RLP, four marks to a byte. */
export function encodeParticipation(rounds: readonly RoundMarks[]): Bytes {
  const size = rounds[0]?.marks.length ?? 0;
  return encodeRlp([
    numberToBytes(size),
    rounds.map(({ height, round, marks }) => [numberToBytes(height), numberToBytes(round), packed(marks)]),
  ]);
}

/** Says nothing about whether anybody made it. */
export function decodeParticipation(bytes: Bytes): Check<readonly RoundMarks[], CodecRejection> {
  return decodeWith(bytes, (item) => {
    const fields = readList(item, 2);
    const size = readNumber(fields[0]);
    const rounds = readList(fields[1]);
    if (rounds.length > MAX_ROUNDS) throw new MalformedRlp("too many rounds");
    if (rounds.length === 0 && size !== 0) throw new MalformedRlp("a committee without a round");
    return rounds.map((round) => {
      const parts = readList(round, 3);
      const marks = unpacked(readBytes(parts[2]), size);
      return { height: readNumber(parts[0]), round: timestamp(readNumber(parts[1])), marks };
    });
  });
}

function packed(marks: readonly ParticipationMark[]): Bytes {
  const bytes = new Uint8Array(Math.ceil(marks.length / PER_BYTE));
  for (const [i, mark] of marks.entries()) {
    const at = Math.floor(i / PER_BYTE);
    bytes[at] = (bytes[at] as number) | (MARKS.indexOf(mark) << (2 * (i % PER_BYTE)));
  }
  return bytes;
}

function unpacked(bytes: Bytes, size: number): readonly ParticipationMark[] {
  if (bytes.length !== Math.ceil(size / PER_BYTE)) throw new MalformedRlp("marks of another committee");
  const marks: ParticipationMark[] = [];
  for (let i = 0; i < bytes.length * PER_BYTE; i++) {
    const code = ((bytes[Math.floor(i / PER_BYTE)] as number) >> (2 * (i % PER_BYTE))) & 3;
    const mark = MARKS[code];
    if (mark === undefined || (i >= size && code !== 0)) throw new MalformedRlp("no mark");
    if (i < size) marks.push(mark);
  }
  return marks;
}
