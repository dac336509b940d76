import type { Timestamp } from "../primitives/index.ts";
import { blockRef } from "./block-ref.ts";
import type { BlockNode } from "./block-tree.ts";
import type { Dag } from "./dag.ts";
import type { FinalityDetector } from "./finality.ts";
import type { KomaBftStatus } from "./koma-bft.ts";
import { leaderOf } from "./leader.ts";
import type { Presence } from "./presence.ts";
import { roundIdOf } from "./rounds.ts";
import type { Schedule } from "./schedule.ts";
import type { StateExchange } from "./state-exchange.ts";
import type { Synchronizer } from "./synchronizer.ts";
import type { UnitIntake } from "./unit-intake.ts";

/** The parts of a running instance that its status is read from. */
export interface StatusParts {
  readonly dag: Dag;
  readonly sync: Synchronizer;
  readonly intake: UnitIntake;
  readonly exchange: StateExchange;
  readonly presence: Presence;
  /** Undefined: an observer. */
  readonly schedule: Schedule | undefined;
  readonly finality: FinalityDetector;
  readonly head: BlockNode | undefined;
}

/** Everything that people and dashboards ask of a node's consensus, at one moment. */
export function describeStatus(parts: StatusParts, now: Timestamp): KomaBftStatus {
  const { dag, sync, intake, exchange, presence, schedule, finality, head } = parts;
  const { instance } = dag;
  const slot = roundIdOf(instance.params, now, 0);
  return {
    instance,
    generation: instance.generation,
    era: instance.era,
    slot,
    round: roundIdOf(instance.params, now, schedule?.roundExp ?? 0),
    roundExp: schedule?.roundExp,
    roundLength: schedule?.roundLength,
    leader: leaderOf(instance, slot, head),
    units: dag.order.length,
    pendingUnits: sync.pendingUnits + intake.waiting,
    evidence: dag.evidence(),
    faultyWeight: dag.faultyWeight,
    onlineWeight: presence.onlineWeight(now),
    totalWeight: instance.committee.total,
    paused: presence.isBelowHalf(now),
    synced: exchange.synced,
    stopped: schedule?.stopped ?? false,
    observing: schedule?.observing ?? false,
    head: head && blockRef(head),
    finals: finality.status().map(({ threshold, last, violated }) => ({
      threshold: threshold.t,
      fraction: threshold.fraction,
      violated,
      last: last && blockRef(last),
    })),
    validators: instance.committee.validators.map((_, index) => {
      const latest = dag.latest[index];
      return {
        index,
        online: presence.isOnline(index, now),
        faulty: latest === "faulty",
        lastHeard: presence.lastHeard(index),
        seq: typeof latest === "object" ? latest.seq : undefined,
      };
    }),
  };
}
