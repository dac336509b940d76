import {
  createEraCore,
  createKomaBft,
  decodeEndorsement,
  decodeEvidence,
  decodeUnit,
  type Endorsement,
  type EraBefore,
  type EraInstances,
  type EraRunConfig,
  type Evidence,
  type Instance,
  indexOfSigner,
  type KomaBft,
  type StoredUnit,
  thresholdFromFraction,
  type UnitHash,
} from "../consensus/index.ts";
import { BugError } from "../errors.ts";
import { type Hash, timestamp } from "../primitives/index.ts";
import type { Store } from "../storage/index.ts";
import { hasAmnesia } from "./amnesia.ts";
import { FINALIZED } from "./config.ts";
import { createEffectLoop, type EffectLoop, type EffectPorts } from "./effect-loop.ts";
import type { FinalUnits } from "./final-units.ts";

export interface EraRunPorts extends EffectPorts {
  readonly store: Store;
  readonly finalUnits: FinalUnits;
}

/** An era that this node takes part in, or follows when it is not in the committee. */
export function openEra(
  { instance, previous }: EraInstances,
  config: EraRunConfig,
  ports: EraRunPorts,
  before?: EraBefore,
): EffectLoop {
  return createEffectLoop(createEraCore({ instance, previous }, config, before), ports);
}

/** Brings back what was stored before a restart, then lets the era run. */
export function runEra(
  loop: EffectLoop,
  { thresholds, signer }: EraRunConfig,
  ports: EraRunPorts,
  previous?: Instance,
): void {
  const { store, finalUnits, clock, logger } = ports;
  const { core } = loop;
  const { instance } = core;
  const head = store.units.ownHead(instance.id);
  const executed = executedUnit(instance, ports);
  const units = storedUnits(instance, store, executed);
  const finals = thresholds.flatMap((fraction) => {
    const final = finalUnits.newest(instance.id, fraction);
    return final ? [{ threshold: thresholdFromFraction(fraction, instance.committee.total), block: final.unit }] : [];
  });
  const member = signer !== undefined && indexOfSigner(instance.committee, signer.address) !== undefined;
  const amnesia = member && hasAmnesia(instance, signer.address, store);
  if (amnesia) {
    logger.warn({ era: instance.era }, "this database is younger than the era: nothing is signed before the next one");
  }
  logger.info(
    {
      instance: instance.id,
      generation: instance.generation,
      era: instance.era,
      keyBlock: instance.keyBlock.height,
      units: units.length,
      ownSeq: head?.seq ?? -1,
    },
    "consensus instance opened",
  );
  loop.perform(
    core.restore({
      units,
      evidence: storedEvidence({ instance, previous }, store),
      endorsements: storedEndorsements(instance, store),
      ownEndorsed: storedOwnEndorsed(instance, store),
      finals,
      amnesia,
      ...(head ? { ownHead: { seq: head.seq, hash: head.hash as string as UnitHash } } : {}),
      ...(executed ? { executed } : {}),
    }),
  );
  loop.perform(core.start(timestamp(clock.now())));
}

/** The state of an ended era as it was stored, to answer from; nothing of it is executed, signed or reported again. */
export function restoreEndedEra(
  { instance, previous }: EraInstances,
  { thresholds, local }: EraRunConfig,
  { store }: EraRunPorts,
): KomaBft {
  const core = createKomaBft({ instance, previous, thresholds, local });
  const units = storedUnits(instance, store, undefined).map(({ unit }) => ({ unit }));
  core.restore({
    units,
    evidence: storedEvidence({ instance, previous }, store),
    endorsements: storedEndorsements(instance, store),
  });
  return core;
}

/** Unit of the newest block whose execution is on disk. Without one every block is asked about again, which is slower. */
function executedUnit(instance: Instance, { finalUnits, store, blocks }: EraRunPorts): UnitHash | undefined {
  const final = finalUnits.newest(instance.id, FINALIZED);
  // A crash in the middle of a rollback leaves the mark of a block that was taken back.
  if (!final || store.blocks.numberOf(final.block) === undefined) return undefined;
  if (!store.units.unit(instance.id, final.unit as string as Hash)) return undefined;
  blocks.link(final.unit, final.block);
  return final.unit;
}

/** In the order of insertion. Blocks up to `executed` are on disk: their payloads stay there. */
function storedUnits(instance: Instance, store: Store, executed: UnitHash | undefined): StoredUnit[] {
  const units: StoredUnit[] = [];
  let wanted = executed === undefined;
  for (const row of store.units.units(instance.id)) {
    const unit = decodeUnit(row.bytes);
    if (!unit.ok) {
      throw new BugError(`stored unit ${row.hash} does not decode`, { facts: { code: unit.rejection.code } });
    }
    units.push({ unit: unit.value, ...(wanted && row.payload ? { payload: row.payload } : {}) });
    wanted ||= (row.hash as string) === executed;
  }
  return units;
}

/** Of the era, and of the one before it: what came too late there counts here. */
function storedEvidence({ instance, previous }: EraInstances, store: Store): readonly Evidence[] {
  return [...evidenceOf(instance, store), ...(previous ? evidenceOf(previous, store) : [])];
}

function evidenceOf(instance: Instance, store: Store): readonly Evidence[] {
  return store.units.evidence(instance.id).map((row) => {
    const evidence = decodeEvidence(row.bytes);
    if (!evidence.ok) throw new BugError(`stored evidence against validator ${row.creator} does not decode`);
    return evidence.value;
  });
}

function storedEndorsements(instance: Instance, store: Store): readonly Endorsement[] {
  return store.units.endorsements(instance.id).map((row) => {
    const endorsement = decodeEndorsement(row.bytes);
    if (!endorsement.ok) throw new BugError(`stored endorsement of unit ${row.unit} does not decode`);
    return endorsement.value;
  });
}

/** Up to which unit of each validator this node has endorsed: it must never endorse beside it. */
function storedOwnEndorsed(instance: Instance, store: Store) {
  return instance.committee.validators.flatMap((_, creator) => {
    const unit = store.signatures.endorsed(instance.id, creator);
    return unit === undefined ? [] : [{ creator, unit: unit as string as UnitHash }];
  });
}
