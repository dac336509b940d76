import { type DoubleSeal, encodeBlock, encodeHeader, encodeReceipt } from "../chain/index.ts";
import { type CheckpointedBlock, type DoubleVote, encodeVote, type Interval } from "../checkpoint/index.ts";
import type { Clock } from "../clock.ts";
import { producerOf } from "../consensus/index.ts";
import { ProtocolError } from "../errors.ts";
import { type Address, bytesToHex, type Hash, timestamp } from "../primitives/index.ts";
import { blockLeafOf, maxCheckpointLength } from "../proofs/index.ts";
import { type ExtraMethod, invalidParams, isAbsent, quantity, readHash, readQuantity } from "../rpc/index.ts";
import type { Store } from "../storage/index.ts";
import type { ChainView, KnownBlock } from "./chain-view.ts";
import type { ConsensusDriver } from "./consensus-driver.ts";
import { participationOf } from "./era-participation.ts";
import { storedEvidence } from "./evidence-view.ts";
import { describeMembers } from "./member-view.ts";
import { type PaymentMethodParts, paymentMethods } from "./payment-methods.ts";
import { type PoolMethodParts, poolMethods } from "./pool-methods.ts";
import { type ProducerPolicy, policyMethods } from "./producer-policy.ts";
import { type SelfDescriptionParts, selfDescription } from "./self-description.ts";
import type { WatchedThresholds } from "./watched-thresholds.ts";

export interface KomaMethodParts extends PoolMethodParts, PaymentMethodParts, SelfDescriptionParts {
  readonly chain: ChainView;
  readonly driver: ConsensusDriver;
  readonly policy: ProducerPolicy;
  /** Newest block final at a threshold, over all eras. */
  readonly finalAt: (fraction: number) => Hash;
  readonly clock: Clock;
  /** Votes of stakers for checkpoints that contradict each other. */
  readonly doubleVotes: () => readonly DoubleVote[];
  /** Headers of one second that one producer sealed. */
  readonly doubleSeals: () => readonly DoubleSeal[];
  /** Final blocks of an interval as this node signs them; undefined while it does not hold them all. */
  readonly signedBlocks: (interval: Interval) => readonly CheckpointedBlock[] | undefined;
  readonly store: Pick<Store, "instances" | "units" | "eras" | "blocks" | "state">;
}

/** Bounds of `koma_getUnits`. */
const MAX_ROUNDS = 64;
const MAX_UNITS = 1_000;
/** Bound of `koma_getLeaders`. */
const MAX_SLOTS = 256;
/** Citations in one answer, some 3 MB: large committees get fewer units. */
const MAX_CITATIONS = 40_000;

/**
 * Methods beyond Ethereum's standard set: raw bytes for provers (`debug_getRaw…`, as go-ethereum names them) and what consensus
 * knows of itself.
 */
export function komaMethods(parts: KomaMethodParts): Readonly<Record<string, ExtraMethod>> {
  const { chain, driver, finalAt, clock, store } = parts;

  function blockOf(param: unknown): KnownBlock {
    const hash = hashOf(param);
    const known = hash && chain.known(hash);
    if (!known) throw new ProtocolError("KOMA_E_BLOCK_UNKNOWN", "unknown block", { facts: { block: String(param) } });
    return known;
  }

  function hashOf(param: unknown): Hash | undefined {
    if (isAbsent(param) || param === "latest") return chain.head.hash;
    if (typeof param !== "string") throw invalidParams("block", "expected a number, a hash or latest");
    return param.length === 66 ? readHash(param, "block") : chain.hashAt(readQuantity(param, "block"));
  }

  return {
    ...poolMethods(parts),
    ...paymentMethods(parts),
    ...selfDescription(parts),
    ...policyMethods(() => parts.policy),
    debug_getRawBlock: ([block]) => bytesToHex(encodeBlock(blockOf(block).block)),
    debug_getRawHeader: ([block]) => bytesToHex(encodeHeader(blockOf(block).block.header)),
    debug_getRawReceipts: ([block]) => blockOf(block).receipts.map((receipt) => bytesToHex(encodeReceipt(receipt))),
    koma_getUnits([asked]) {
      const { rounds, limit } = readRecentUnits(asked);
      const { core } = driver;
      const { committee, params, id, era, generation } = core.instance;
      return {
        instance: id,
        era,
        generation,
        baseRoundMs: params.baseRoundMs,
        validators: committee.validators.map(({ signer, weight }) => ({ signer, weight })),
        units: core
          .units({ rounds, limit: Math.min(limit, Math.floor(MAX_CITATIONS / committee.validators.length)) })
          .map((unit) => ({
            ...unit,
            cites: unit.cites.map((cited) => cited ?? null),
            block: unit.block ? { height: unit.block.height, parent: unit.block.parent ?? null } : null,
            vote: unit.vote ?? null,
          })),
      };
    },
    koma_getLeaders([asked]) {
      const count = isAbsent(asked) ? 10 : readCount(asked, "count", MAX_SLOTS);
      const { instance } = driver.core;
      const { baseRoundMs } = instance.params;
      const next = (Math.floor(clock.now() / baseRoundMs) + 1) * baseRoundMs;
      const slots = Array.from({ length: count }, (_, index) => timestamp(next + index * baseRoundMs));
      return {
        era: instance.era,
        slots: slots.map((slot) => {
          const member = instance.committee.validators[producerOf(instance, slot)];
          return { slot, leader: member?.signer, sealer: member?.producerKey ?? member?.signer };
        }),
      };
    },
    koma_getParticipation([asked]) {
      const { generation, era } = driver.core.instance;
      return participationOf(store.eras, generation, isAbsent(asked) ? era - 1 : Number(readQuantity(asked, "era")));
    },
    koma_getEvidence: () => storedEvidence(store, driver.core.instance.domain),
    koma_getDoubleVotes: () => parts.doubleVotes().map(describeDoubleVote),
    koma_getDoubleSeals: () => parts.doubleSeals().map(describeDoubleSeal),
    koma_getCheckpointLeaves: ([from, to]) => parts.signedBlocks(intervalOf(from, to))?.map(describeLeaf) ?? null,
    koma_getCheckpointHeaders: ([from, to]) =>
      parts.signedBlocks(intervalOf(from, to))?.map(({ header }) => bytesToHex(encodeHeader(header))) ?? null,
    koma_consensus() {
      const status = driver.core.status(timestamp(clock.now()));
      const { committee, keyBlock, id, params } = status.instance;
      return {
        instance: id,
        generation: status.generation,
        era: status.era,
        keyBlock: keyBlock.height,
        eraBlocks: params.eraMinBlocks,
        baseRoundMs: params.baseRoundMs,
        slot: status.slot,
        round: status.round,
        leader: committee.validators[status.leader]?.signer,
        units: status.units,
        pendingUnits: status.pendingUnits,
        onlineWeight: status.onlineWeight,
        faultyWeight: status.faultyWeight,
        totalWeight: status.totalWeight,
        paused: status.paused,
        synced: status.synced,
        observing: status.observing,
        head: status.head && { height: status.head.height, unit: status.head.unit },
        finality: status.finals.map(({ threshold, fraction, violated }) => ({
          threshold,
          fraction,
          violated,
          height: Number(chain.header(finalAt(fraction))?.number ?? 0n),
        })),
        validators: describeMembers(status.instance, status.validators, appointedIn(parts.genesis)),
        following: driver.following.validators,
      };
    },
  };
}

/** Producers of the genesis. */
function appointedIn({ validators }: KomaMethodParts["genesis"]): ReadonlySet<Address> {
  return new Set(validators.filter(({ producer }) => producer).map(({ signer }) => signer));
}

function describeDoubleVote({ signer, first, second }: DoubleVote): object {
  const { generation, start, end } = first.checkpoint;
  return {
    signer,
    generation: Number(generation),
    start: quantity(start),
    end: quantity(end),
    votes: [first, second].map((vote) => bytesToHex(encodeVote(vote))),
  };
}

function describeDoubleSeal({ producer, time, first, second }: DoubleSeal): object {
  return { producer, time: quantity(time), headers: [first, second].map((header) => bytesToHex(encodeHeader(header))) };
}

function describeLeaf(block: CheckpointedBlock): object {
  const { number, timestamp: time, ...roots } = blockLeafOf(block);
  return { number: quantity(number), timestamp: quantity(time), ...roots };
}

function readRecentUnits(asked: unknown): { readonly rounds: number; readonly limit: number } {
  if (isAbsent(asked)) return { rounds: 4, limit: 200 };
  if (typeof asked !== "object" || asked === null || Array.isArray(asked))
    throw invalidParams("units", "expected an object");
  const { rounds = 4, limit = 200, ...others } = asked as Record<string, unknown>;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw invalidParams("units", `"${unknown.slice(0, 80)}" is neither rounds nor limit`);
  return { rounds: readCount(rounds, "rounds", MAX_ROUNDS), limit: readCount(limit, "limit", MAX_UNITS) };
}

/** Methods that change the node; the server keeps them for programs on its own machine. */
export function komaLocalMethods(thresholds: Pick<WatchedThresholds, "set">): Readonly<Record<string, ExtraMethod>> {
  return { koma_setFinality: ([given]) => thresholds.set(readShares(given)) };
}

/** Bounded by whoever takes them. */
function readShares(value: unknown): readonly number[] {
  if (Array.isArray(value) && value.length <= 1_000 && value.every((each) => typeof each === "number")) return value;
  throw invalidParams("thresholds", "expected a list of numbers between 0 and 1");
}

function readCount(value: unknown, name: string, most: number): number {
  if (Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= most) return value as number;
  throw invalidParams(name, `expected a whole number from 1 to ${most}`);
}

/** @throws invalid params */
function intervalOf(from: unknown, to: unknown): Interval {
  const interval = { start: readQuantity(from, "start"), end: readQuantity(to, "end") };
  const length = interval.end - interval.start + 1n;
  if (length < 1n || length > BigInt(maxCheckpointLength)) {
    throw invalidParams("end", `expected 1 to ${maxCheckpointLength} blocks`);
  }
  return interval;
}
