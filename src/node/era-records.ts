import {
  type Committee,
  createCommittee,
  type Era,
  type EraRules,
  type Instance,
  instanceOfEra,
  type Validator,
} from "../consensus/index.ts";
import { BugError } from "../errors.ts";
import { type Address, type Bytes, type Hash, timestamp, utf8 } from "../primitives/index.ts";
import type { Store, StoredEra, StoredInstance } from "../storage/index.ts";

/** Eras as they are stored: those that consensus still runs or answers for, and all that the chain has seen. */
export interface EraRecords {
  /** The newest era whose key block is on this disk; undefined on a new node. */
  newest(): Era | undefined;
  /** The era before, if it is of the same generation and its units are still here. */
  before(era: Era): Era | undefined;
  remember(era: Era, instance: Instance): void;
}

/** What a row keeps beside its indexed columns. */
interface EraBody {
  readonly keyHeight: number;
  readonly start: number;
  readonly seed: Hash;
  readonly committee: readonly Validator[];
  readonly following: readonly Validator[];
  readonly leftOut: readonly Address[];
  readonly banned: readonly number[];
  readonly excluded: readonly number[];
}

/** The era of a stored instance. @throws {BugError} when the row does not follow from this genesis */
export function storedEra(rules: EraRules, row: StoredInstance): Era {
  return checked(rules, decodeEra(row.keyBlock, Number(row.generation), Number(row.era), row.body), row.hash);
}

/** The same of the record that the chain keeps. @throws as {@link storedEra} */
export function eraOfRecord(rules: EraRules, { keyBlock, generation, number, body, instance }: StoredEra): Era {
  return checked(rules, decodeEra(keyBlock, Number(generation), Number(number), body), instance);
}

function checked(rules: EraRules, era: Era, stored: Hash): Era {
  const { id } = instanceOfEra(rules, era);
  if (id === stored) return era;
  throw new BugError("the stored consensus instance does not follow from this genesis", {
    facts: { stored, computed: id },
  });
}

export function createEraRecords(rules: EraRules, store: Store): EraRecords {
  const stored = (row: StoredInstance) => storedEra(rules, row);

  return {
    newest() {
      const rows = store.instances.list();
      // A power cut may take the last final blocks along and leave the era that began upon them: it comes again with them.
      const row = rows.findLast(({ keyBlock }) => store.blocks.numberOf(keyBlock) !== undefined);
      return row && stored(row);
    },
    before({ generation, number }) {
      const row = store.instances
        .list()
        .find((known) => known.generation === BigInt(generation) && known.era === BigInt(number - 1));
      return row && stored(row);
    },
    remember(era, instance) {
      const { keyBlock } = era;
      const body = encodeEra(era);
      const generation = BigInt(era.generation);
      store.instances.open({
        hash: instance.id,
        generation,
        era: BigInt(era.number),
        keyBlock: keyBlock.hash,
        start: era.start,
        body,
      });
      store.eras.put({
        instance: instance.id,
        generation,
        number: BigInt(era.number),
        keyBlock: keyBlock.hash,
        keyHeight: BigInt(keyBlock.height),
        body,
      });
    },
  };
}

/** The validators of a stored era. */
export function committeeOf({ keyBlock, generation, number, body }: StoredEra): Committee {
  return decodeEra(keyBlock, Number(generation), Number(number), body).committee;
}

function encodeEra({ keyBlock, start, seed, committee, following, leftOut, banned, excluded }: Era): Bytes {
  const body: EraBody = {
    keyHeight: keyBlock.height,
    start,
    seed,
    committee: committee.validators,
    following: following.validators,
    leftOut,
    banned,
    excluded,
  };
  return utf8(JSON.stringify(body));
}

function decodeEra(keyBlock: Hash, generation: number, number: number, bytes: Bytes): Era {
  const body = JSON.parse(new TextDecoder().decode(bytes)) as EraBody;
  return {
    generation,
    number,
    keyBlock: { hash: keyBlock, height: body.keyHeight },
    start: timestamp(body.start),
    seed: body.seed,
    committee: createCommittee(body.committee),
    following: createCommittee(body.following),
    leftOut: body.leftOut,
    banned: body.banned,
    excluded: body.excluded,
  };
}
