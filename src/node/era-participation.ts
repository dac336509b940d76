import {
  decodeParticipation,
  encodeParticipation,
  type KomaBft,
  type ParticipationMark,
  type UnitHash,
  type Validator,
} from "../consensus/index.ts";
import { BugError, ProtocolError } from "../errors.ts";
import type { Address, Hash } from "../primitives/index.ts";
import type { SignerWork } from "../rootset/index.ts";
import type { EraStore } from "../storage/index.ts";
import { committeeOf } from "./era-records.ts";

/** One validator's part in an era, as `koma_getParticipation` shows it. */
export interface MemberParticipation {
  readonly index: number;
  readonly signer: Address;
  readonly weight: number;
  /** Rounds with a block that asked it for a unit, and those in which one came. */
  readonly assigned: number;
  readonly participated: number;
  /** One letter a round: `y` it came, `n` it did not, `-` nothing was asked. */
  readonly marks: string;
}

export interface EraParticipationView {
  readonly generation: number;
  readonly era: number;
  readonly instance: Hash;
  /** Heights of the first and the last block whose round is judged: all of the era but its switch block. */
  readonly from: number | null;
  readonly to: number | null;
  readonly validators: readonly MemberParticipation[];
}

const LETTER: Readonly<Record<ParticipationMark, string>> = { yes: "y", no: "n", unassigned: "-" };

/** Keeps what the switch block's unit says of the era that it ends; answers what everybody did in it. */
export function recordParticipation(
  eras: Pick<EraStore, "setParticipation">,
  core: KomaBft,
  unit: UnitHash,
): readonly SignerWork[] {
  const rounds = core.participation(unit);
  eras.setParticipation(core.instance.id, encodeParticipation(rounds));
  const { validators } = core.instance.committee;
  return core.work(unit, rounds).map((work, i) => ({ ...work, signer: (validators[i] as Validator).signer }));
}

/**
 * The record of an ended era.
 *
 * @throws {ProtocolError} KOMA_E_ERA_UNKNOWN for an era that is not here, still runs, or was not followed by this node
 */
export function participationOf(
  eras: Pick<EraStore, "find">,
  generation: number,
  number: number,
): EraParticipationView {
  const row = !Number.isSafeInteger(number) || number < 0 ? undefined : eras.find(BigInt(generation), BigInt(number));
  if (!row?.participation) {
    const why = row ? "this node has not seen its end as it happened" : "it has not begun here";
    throw new ProtocolError("KOMA_E_ERA_UNKNOWN", `no record of era ${number}: ${why}`, {
      facts: { generation, era: number },
    });
  }
  const rounds = decodeParticipation(row.participation);
  if (!rounds.ok) throw new BugError(`the stored record of era ${number} does not decode`);
  const { validators } = committeeOf(row);
  return {
    generation,
    era: number,
    instance: row.instance,
    from: rounds.value[0]?.height ?? null,
    to: rounds.value.at(-1)?.height ?? null,
    validators: validators.map(({ signer, weight }, index) => {
      const marks = rounds.value.map((round) => LETTER[round.marks[index] as ParticipationMark]).join("");
      const participated = marks.split("y").length - 1;
      return { index, signer, weight, assigned: participated + marks.split("n").length - 1, participated, marks };
    }),
  };
}
