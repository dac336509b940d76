import type { Genesis } from "../chain/index.ts";
import type { Clock } from "../clock.ts";
import {
  committeeFromStakes,
  createKomaBft,
  decodeEndorsement,
  decodeEvidence,
  decodeUnit,
  type Instance,
  indexOfSigner,
  type KomaBft,
  type StoredUnit,
  thresholdFromFraction,
  type UnitHash,
} from "../consensus/index.ts";
import { BugError } from "../errors.ts";
import type { Logger } from "../logger.ts";
import type { Network, PeerId } from "../network/index.ts";
import { type Address, type Bytes, type Hash, timestamp, utf8 } from "../primitives/index.ts";
import type { Store } from "../storage/index.ts";
import type { BlockService } from "./block-service.ts";
import { FINALIZED } from "./config.ts";
import { createEffectLoop, type EffectListener, type EffectLoop } from "./effect-loop.ts";
import type { FinalUnits } from "./final-units.ts";
import { createInstances, type InstanceBody } from "./stored-instance.ts";

export interface ConsensusDriverConfig {
  readonly genesis: Genesis;
  readonly genesisHash: Hash;
  readonly thresholds: readonly number[];
  readonly signer?: { readonly key: Bytes; readonly address: Address };
}

export interface ConsensusDriverPorts {
  readonly clock: Clock;
  readonly network: Network;
  readonly store: Store;
  readonly blocks: BlockService;
  readonly finalUnits: FinalUnits;
  readonly listener: EffectListener;
  readonly logger: Logger;
}

/** A rejected checkpoint as consensus needs to know it; equal on every node, because the root chain says it. */
export interface Rollback {
  readonly generation: bigint;
  /** Last block of the last good checkpoint: what the recovery instance builds upon. */
  readonly lastGood: bigint;
  /** When the recovery instance begins, ms since the epoch; a slot. */
  readonly start: number;
  /** Producers that lost their office before or with this rejection. */
  readonly ejected: readonly Address[];
}

/** Runs one consensus instance at a time, and moves on to the next generation when the root chain orders it. */
export interface ConsensusDriver {
  start(): void;
  stop(): void;
  /** Frames that come before the start are dropped: without its stored units an instance would not know its own. */
  receive(payload: Bytes, from: PeerId): void;
  /** Closes the running instance: it reports nothing more. The next one comes with {@link rollBack}. */
  halt(): void;
  /** Opens the instance of `rollback`, closing the one before; the executor must be at `lastGood` already. */
  rollBack(rollback: Rollback): void;
  readonly core: KomaBft;
}

/** Part of a round in which a leader may propose; its last third belongs to the witnesses. */
const PROPOSAL_WINDOW = 0.3;

export function createConsensusDriver(config: ConsensusDriverConfig, ports: ConsensusDriverPorts): ConsensusDriver {
  const { genesis, genesisHash } = config;
  const { store, clock, logger } = ports;
  const { consensus } = genesis;
  const committee = committeeFromStakes(genesis.validators, consensus.weightScale);
  const own = config.signer && indexOfSigner(committee, config.signer.address);

  const { instanceOf, storedInstance } = createInstances(genesis, genesisHash);

  function remember(instance: Instance, body: InstanceBody): void {
    store.instances.open({
      hash: instance.id,
      generation: BigInt(instance.generation),
      era: BigInt(instance.era),
      keyBlock: instance.keyBlock.hash,
      start: instance.eraStart,
      body: utf8(JSON.stringify(body)),
    });
  }

  function firstInstance(): Instance {
    const body = { keyHeight: 0, excluded: [] };
    const start = slotFrom(Number(genesis.timestamp) * 1000, consensus.baseRoundMs);
    const instance = instanceOf(0n, start, genesisHash, body);
    remember(instance, body);
    return instance;
  }

  function open(instance: Instance): EffectLoop {
    ports.blocks.openInstance(instance.keyBlock.hash);
    const core = createKomaBft({
      instance,
      thresholds: config.thresholds,
      ...(own !== undefined && config.signer ? { own: { index: own, privateKey: config.signer.key } } : {}),
      local: {
        // A leader whose machine is busy may still propose while the others have time to run the block and confirm it.
        proposalWindowMs: Math.floor(consensus.baseRoundMs * PROPOSAL_WINDOW),
        // Keys of a devnet stand on one machine, once: nobody has to be listened for before the first unit.
        ...(genesis.devnet ? { listenMs: 0 } : {}),
      },
    });
    return createEffectLoop(core, {
      clock,
      network: ports.network,
      units: store.units,
      signatures: store.signatures,
      blocks: ports.blocks,
      listener: ports.listener,
      logger,
    });
  }

  /** Brings back what was stored before a restart, then lets the instance run. */
  function run(started: EffectLoop): void {
    const { core } = started;
    const { instance } = core;
    const head = store.units.ownHead(instance.id);
    const executed = executedUnit(instance);
    const units = storedUnits(instance, executed);
    const finals = config.thresholds.flatMap((fraction) => {
      const final = ports.finalUnits.newest(instance.id, fraction);
      return final ? [{ threshold: thresholdFromFraction(fraction, instance.committee.total), block: final.unit }] : [];
    });
    logger.info(
      { instance: instance.id, generation: instance.generation, units: units.length, ownSeq: head?.seq ?? -1 },
      "consensus instance opened",
    );
    started.perform(
      core.restore({
        units,
        evidence: storedEvidence(instance),
        endorsements: storedEndorsements(instance),
        ownEndorsed: storedOwnEndorsed(instance),
        finals,
        ...(head ? { ownHead: { seq: head.seq, hash: head.hash as string as UnitHash } } : {}),
        ...(executed ? { executed } : {}),
      }),
    );
    started.perform(core.start(timestamp(clock.now())));
  }

  /** Unit of the newest block whose execution is on disk. Without one every block is asked about again, which is slower. */
  function executedUnit(instance: Instance): UnitHash | undefined {
    const final = ports.finalUnits.newest(instance.id, FINALIZED);
    // A crash in the middle of a rollback leaves the mark of a block that was taken back.
    if (!final || store.blocks.numberOf(final.block) === undefined) return undefined;
    if (!store.units.unit(instance.id, final.unit as string as Hash)) return undefined;
    ports.blocks.link(final.unit, final.block);
    return final.unit;
  }

  /** In the order of insertion. Blocks up to `executed` are on disk: their payloads stay there. */
  function storedUnits(instance: Instance, executed: UnitHash | undefined): StoredUnit[] {
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

  function storedEvidence(instance: Instance) {
    return store.units.evidence(instance.id).map((row) => {
      const evidence = decodeEvidence(row.bytes);
      if (!evidence.ok) throw new BugError(`stored evidence against validator ${row.creator} does not decode`);
      return evidence.value;
    });
  }

  function storedEndorsements(instance: Instance) {
    return store.units.endorsements(instance.id).map((row) => {
      const endorsement = decodeEndorsement(row.bytes);
      if (!endorsement.ok) throw new BugError(`stored endorsement of unit ${row.unit} does not decode`);
      return endorsement.value;
    });
  }

  /** Up to which unit of each validator this node has endorsed: it must never endorse beside it. */
  function storedOwnEndorsed(instance: Instance) {
    return instance.committee.validators.flatMap((_, creator) => {
      const unit = store.signatures.endorsed(instance.id, creator);
      return unit === undefined ? [] : [{ creator, unit: unit as string as UnitHash }];
    });
  }

  const newest = store.instances.newest();
  let loop = open(newest ? storedInstance(newest) : firstInstance());
  let life: "before" | "running" | "over" = "before";

  return {
    start() {
      life = "running";
      run(loop);
    },
    stop() {
      life = "over";
      loop.close();
    },
    receive(payload, from) {
      if (life === "running") loop.receive(payload, from);
    },
    halt: () => loop.close(),
    rollBack({ generation, lastGood, start, ejected }) {
      const hash = store.blocks.hashOf(lastGood);
      if (!hash) throw new BugError(`block ${lastGood} of the last good checkpoint is not here`);
      const producers = committee.validators.filter((validator) => validator.producer).length;
      const out = ejected.map((key) => indexOfSigner(committee, key)).filter((index) => index !== undefined);
      // A chain without any producer would depend on open slots alone: the last ones stay until others are elected.
      const body = { keyHeight: Number(lastGood), excluded: out.length < producers ? out : [] };
      loop.close();
      store.instances.close(loop.core.instance.id);
      const next = instanceOf(generation, start, hash, body);
      remember(next, body);
      loop = open(next);
      // A node that is stopping finds the new instance in its store at its next start.
      if (life === "running") run(loop);
      else loop.close();
    },
    get core() {
      return loop.core;
    },
  };
}

/** First slot at or after `milliseconds`. */
export function slotFrom(milliseconds: number, baseRoundMs: number): number {
  return Math.ceil(milliseconds / baseRoundMs) * baseRoundMs;
}
