import type { Genesis } from "../chain/index.ts";
import {
  type BlockRef,
  type Committee,
  type Confidence,
  type ConsensusMessage,
  committeeFromStakes,
  createEarlyMessages,
  decodeEraEnd,
  decodeMessage,
  decodeUnit,
  type Era,
  type EraBefore,
  type EraRules,
  type Evidence,
  endOfTail,
  type FinalityEvidence,
  firstEra,
  type Instance,
  instanceOfEra,
  type KomaBft,
  leftBy,
  nextEra,
  recoveryEra,
  type StakedValidator,
  type UnitHash,
} from "../consensus/index.ts";
import { BugError } from "../errors.ts";
import type { ExecutedBlock } from "../execution/index.ts";
import type { PeerId } from "../network/index.ts";
import { type Address, type Bytes, type Hash, timestamp } from "../primitives/index.ts";
import { type EraWork, eraWorkOf } from "../rootset/index.ts";
import type { SyncProgress } from "../rpc/index.ts";
import type { BlockSync } from "./block-sync.ts";
import { tellCommitteeChanges } from "./committee-changes.ts";
import { FINALIZED } from "./config.ts";
import type { EffectLoop } from "./effect-loop.ts";
import { createEndedEra, type EndedEra } from "./ended-era.ts";
import { createEraCatchUp } from "./era-catch-up.ts";
import { createEraExchange } from "./era-exchange.ts";
import { recordParticipation } from "./era-participation.ts";
import { createEraPruning } from "./era-pruning.ts";
import { createEraRecords } from "./era-records.ts";
import { type EraSignatures, gatherFinality } from "./era-signatures.ts";
import { type EraRunPorts, openEra, restoreEndedEra, runEra } from "./running-era.ts";

export interface ConsensusDriverConfig {
  readonly genesis: Genesis;
  readonly genesisHash: Hash;
  /** Shares of the weight at which the chain is watched; read whenever an era opens. */
  readonly thresholds: () => readonly number[];
  readonly signer?: { readonly key: Bytes; readonly address: Address };
  /** Units of eras that nobody asks for any more are deleted from the disk. */
  readonly pruneConsensus: boolean;
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

/**
 * Runs one era after the other, and moves on to the next generation when the root chain orders it. The era before the
 * current one is kept: for those who are not as far yet, and for thresholds that take longer than a third.
 */
export interface ConsensusDriver {
  start(): void;
  stop(): Promise<void>;
  /**
   * Frames that come before the start wait for it: without its stored units an instance would not know its own. Nodes that start
   * together say that they are there a moment before the last of them listens, and would say it again a round later.
   */
  receive(payload: Bytes, from: PeerId): void;
  /** A switch block is final at a third and on disk: the next era begins. Again, or of another era: without effect. */
  endEra(instance: Instance, switchBlock: BlockRef, hash: Hash): void;
  /** Answers a peer that wants to know how eras ended. @throws {ProtocolError} KOMA_E_REQUEST_MALFORMED */
  serveEras(request: Bytes, from: PeerId): Promise<Bytes>;
  /** Closes what runs: it reports nothing more. The next instance comes with {@link rollBack}. */
  halt(): Promise<void>;
  /** Opens the instance of `rollback`, closing those before; the executor must be at `lastGood` already. */
  rollBack(rollback: Rollback): void;
  /** The thresholds have changed. */
  watch(): void;
  /** The last block of this era or the one before that consensus finds final at a threshold. */
  finalAt(fraction: number): BlockRef | undefined;
  /** A block of this era or the one before that is in consensus' state. */
  block(unit: UnitHash): { readonly instance: Hash; readonly block: BlockRef } | undefined;
  /** How strongly a block of this era or the one before is final now; undefined for any other block. */
  confidence(block: UnitHash): Confidence | undefined;
  /** False unless blocks of whole eras are being fetched. */
  syncing(): false | SyncProgress;
  /** Of the current era. */
  readonly core: KomaBft;
  /** Committee of the era after the current one. */
  readonly following: Committee;
}

/** Part of a round in which a leader may propose; its last third belongs to the witnesses. */
const PROPOSAL_WINDOW = 0.3;
/** Where messages come from that this node gives to itself; nobody can be disconnected by this name. */
const SELF = "self";
/** Points charged for a consensus frame that does not decode; ten of them ban the peer for a while. */
const MALFORMED_POINTS = 10;

export interface ConsensusDriverPorts extends EraRunPorts {
  readonly blockSync: BlockSync;
  /** The root chain's validators in the state after a final block; undefined on a chain whose state has none. */
  readonly staked: (block: Hash) => readonly StakedValidator[] | undefined;
  /** An era that this node followed has ended, and this is what everybody did in it. */
  readonly eraEnded: (work: EraWork) => void;
  /** A validator called two switch blocks of one era final. */
  readonly onFinalityConflict: (evidence: FinalityEvidence, instance: Instance) => void;
  /** Switch blocks and what is below them became final here by the word of the validators alone. */
  readonly onVouched: (committed: readonly ExecutedBlock[]) => void;
  /** When everything that consensus called final so far is on disk. */
  readonly settled: () => Promise<void>;
}

export function createConsensusDriver(config: ConsensusDriverConfig, ports: ConsensusDriverPorts): ConsensusDriver {
  const { genesis, genesisHash } = config;
  const { store, clock, network, logger } = ports;
  const rules: EraRules = { chainId: genesis.chainId, genesisHash, params: genesis.consensus };
  const { baseRoundMs } = rules.params;
  const records = createEraRecords(rules, store);
  const early = createEarlyMessages();
  const pruning = createEraPruning({ store, clock, logger, fatal: ports.listener.fatal }, config.pruneConsensus);
  const runConfig = {
    get thresholds() {
      return config.thresholds();
    },
    ...(config.signer ? { signer: config.signer } : {}),
    local: {
      // A leader whose machine is busy may still propose while the others have time to run the block and confirm it.
      proposalWindowMs: Math.floor(baseRoundMs * PROPOSAL_WINDOW),
      // Keys of a devnet stand on one machine, once: nobody has to be listened for before the first unit.
      ...(genesis.devnet ? { listenMs: 0 } : {}),
    },
  };
  const runPorts: EraRunPorts = {
    ...ports,
    listener: {
      ...ports.listener,
      headChanged(head, instance) {
        // The head of an era that is over is its switch block, whatever late units there say.
        if (instance.id === current.core.instance.id) ports.listener.headChanged(head, instance);
      },
      faultReported(effect, instance) {
        ports.listener.faultReported(effect, instance);
        if (!effect.earlier) hearEarlier(effect.evidence, instance);
      },
      finalized(effect, instance) {
        ports.listener.finalized(effect, instance);
        if (effect.block.terminal && ended?.core.instance.id === instance.id) ended.shorten();
      },
    },
  };

  const exchange = createEraExchange(rules, { network, store });
  const catchUp = createEraCatchUp(rules, {
    exchange,
    blockSync: ports.blockSync,
    store,
    clock,
    logger,
    current: () => era,
    async pause() {
      paused = true;
      closeAll();
      await ports.settled();
    },
    vouched: ports.onVouched,
    staked: ports.staked,
    remember: (next) => records.remember(next, instanceOfEra(rules, next)),
    resume(next) {
      paused = false;
      begin(next);
    },
    fatal: ports.listener.fatal,
  });

  let life: "before" | "running" | "over" = "before";
  /** What ran is closed: a rollback is under way, or blocks are fetched. */
  let paused = false;
  let era = records.newest() ?? genesisEra();
  let current = open(era);
  let signatures = signaturesOf(current.core.instance);
  let ended: EndedEra | undefined;

  function signaturesOf(instance: Instance): EraSignatures {
    return gatherFinality(instance, config.signer, { network, store, onConflict: onFinalityConflict });
  }

  function genesisEra(): Era {
    const committee = committeeFromStakes(genesis.validators, rules.params.weightScale);
    return firstEra(genesisHash, committee, timestamp(slotFrom(Number(genesis.timestamp) * 1000, baseRoundMs)));
  }

  function open(next: Era, before?: EraBefore): EffectLoop {
    const instance = instanceOfEra(rules, next);
    records.remember(next, instance);
    return openEra({ instance, previous: instanceBefore(next) }, runConfig, runPorts, before);
  }

  function instanceBefore(next: Era): Instance | undefined {
    const before = records.before(next);
    return before && instanceOfEra(rules, before);
  }

  /** A fault of the era before that its switch block came too early for counts in this one. */
  function hearEarlier(evidence: Evidence, instance: Instance): void {
    if (life !== "running" || paused || !ended || ended.core.instance.id !== instance.id) return;
    current.receive({ instance: current.core.instance.id, kind: "evidence", evidence }, SELF);
  }

  /** Two finality signatures for one height are a fault in consensus too, wherever that stands by now. */
  function onFinalityConflict(evidence: FinalityEvidence, instance: Instance): void {
    ports.onFinalityConflict(evidence, instance);
    if (instance.id !== current.core.instance.id) return hearEarlier(evidence, instance);
    if (life === "running" && !paused) current.receive({ instance: instance.id, kind: "evidence", evidence }, SELF);
  }

  /** Lets the current era run, from what is stored of it and what came before it was open. */
  function run(): void {
    const loop = current;
    runEra(loop, runConfig, runPorts, instanceBefore(era));
    for (const { message, from } of early.take(loop.core.instance.id)) hear(message, from);
    resumeEnd(loop);
  }

  /** A node that stopped between the end of an era and the beginning of the next is not told of the end again. */
  function resumeEnd({ core }: EffectLoop): void {
    for (const { fraction, last } of core.status(timestamp(clock.now())).finals) {
      const hash = last?.terminal && ports.blocks.hashOf(last.unit);
      if (fraction !== FINALIZED || !last || !hash) continue;
      if (store.blocks.numberOf(hash) !== undefined) endEra(core.instance, last, hash);
    }
  }

  /** Opens an era that nothing of this life has led to. */
  function begin(next: Era): void {
    era = next;
    current = open(era);
    signatures = signaturesOf(current.core.instance);
    if (life !== "running") return current.close();
    answerForBefore();
    run();
    pruning.eraBegan(era);
  }

  function answerForBefore(): void {
    const before = records.before(era);
    if (!before) return;
    const instance = instanceOfEra(rules, before);
    const previous = instanceBefore(before);
    const gathering = signaturesOf(instance);
    const stored = store.eras.get(instance.id)?.end;
    const end = stored && decodeEraEnd(stored);
    if (end) gathering.conclude({ switchBlock: end.proof, unit: end.unit, staked: end.staked });
    ended = createEndedEra(restoreEndedEra({ instance, previous }, runConfig, runPorts), gathering, runPorts);
  }

  function endEra(instance: Instance, switchBlock: BlockRef, hash: Hash): void {
    if (paused || life !== "running" || instance.id !== current.core.instance.id) return;
    const unit = switchUnit(instance, switchBlock.unit);
    const { observations } = unit.body;
    const { height, t } = switchBlock;
    const staked = ports.staked(hash);
    const following = nextEra(era, { hash, height, t, observations, staked }, rules);
    const last = current;
    const before = leftBy(last.core, following, timestamp(clock.now()));
    dropEnded();
    const until = timestamp(endOfTail(timestamp(clock.now()), t, rules.params));
    ended = createEndedEra(last.core, signatures, runPorts, { loop: last, until });
    signatures.conclude({ switchBlock: { height, block: hash, unit: switchBlock.unit }, unit, staked });
    const members = recordParticipation(store.eras, last.core, switchBlock.unit);
    const range = { firstBlock: BigInt(era.keyBlock.height) + 1n, lastBlock: BigInt(height), lastBlockHash: hash };
    ports.eraEnded(eraWorkOf(range, members));
    era = following;
    current = open(era, before);
    signatures = signaturesOf(current.core.instance);
    catchUp.eraBegan();
    pruning.eraBegan(era);
    logger.info({ era: era.number, keyBlock: height, banned: era.banned, excluded: era.excluded }, "a new era begins");
    tellCommitteeChanges(era, staked, rules, logger);
    run();
  }

  function switchUnit(instance: Instance, unit: UnitHash) {
    const row = store.units.unit(instance.id, unit as string as Hash);
    const decoded = row && decodeUnit(row.bytes);
    if (!decoded?.ok) throw new BugError(`the unit ${unit} of a final switch block is not stored`);
    return decoded.value;
  }

  function dropEnded(): void {
    ended?.close();
    ended = undefined;
  }

  /** Those that still know their units, the current one first. */
  const cores = () => [current.core, ...(ended ? [ended.core] : [])];

  function closeAll(): void {
    current.close();
    dropEnded();
    early.take(current.core.instance.id);
  }

  /** A message of the current era. */
  function hear(message: ConsensusMessage, from: PeerId): void {
    if (message.kind === "finality") signatures.receive(message.signed, from);
    else current.receive(message, from);
  }

  function receive(payload: Bytes, from: PeerId): void {
    if (life === "over" || paused) return;
    const decoded = decodeMessage(payload);
    if (!decoded.ok) return network.penalize(from, MALFORMED_POINTS, `consensus message: ${decoded.rejection.code}`);
    const message: ConsensusMessage = decoded.value;
    if (life === "before") return early.keep(message, from, payload.length);
    if (message.instance === current.core.instance.id) return hear(message, from);
    if (message.instance === ended?.core.instance.id) return ended.receive(message, from);
    // An older era, the other side of a rollback, or an era that is not open here yet. No fault of the peer's.
    if (store.eras.get(message.instance)) return;
    early.keep(message, from, payload.length);
    catchUp.strangerSpoke(from);
  }

  return {
    start() {
      life = "running";
      answerForBefore();
      run();
      pruning.eraBegan(era);
    },
    async stop() {
      life = "over";
      pruning.stop();
      await catchUp.stop();
      closeAll();
    },
    receive,
    endEra,
    serveEras: (request, from) => exchange.serve(request, from),
    async halt() {
      paused = true;
      await catchUp.interrupt();
      closeAll();
    },
    rollBack({ generation, lastGood, start, ejected }) {
      const hash = store.blocks.hashOf(lastGood);
      if (!hash) throw new BugError(`block ${lastGood} of the last good checkpoint is not here`);
      closeAll();
      store.instances.close(current.core.instance.id);
      const keyBlock = { hash, height: Number(lastGood) };
      const recovery = { generation: Number(generation), keyBlock, start: timestamp(start), ejected };
      const next = recoveryEra(genesisEra().committee, { ...recovery, staked: ports.staked(hash) }, rules);
      ports.blocks.forgetUnits();
      paused = false;
      // A node that is stopping finds the new instance in its store at its next start.
      begin(next);
    },
    watch() {
      const thresholds = config.thresholds();
      current.perform(current.core.watch(thresholds));
      ended?.watch(thresholds);
    },
    finalAt(fraction) {
      const finals = cores().flatMap((core) => core.status(timestamp(clock.now())).finals);
      return finals.find((final) => final.fraction === fraction && final.last)?.last;
    },
    block(unit) {
      for (const core of cores()) {
        const block = core.block(unit);
        if (block) return { instance: core.instance.id, block };
      }
      return undefined;
    },
    syncing: () => catchUp.progress(),
    confidence: (block) => current.core.confidence(block) ?? ended?.core.confidence(block),
    get core() {
      return current.core;
    },
    get following() {
      return era.following;
    },
  };
}

/** First slot at or after `milliseconds`. */
export function slotFrom(milliseconds: number, baseRoundMs: number): number {
  return Math.ceil(milliseconds / baseRoundMs) * baseRoundMs;
}
