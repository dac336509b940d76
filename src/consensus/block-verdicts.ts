import { BugError } from "../errors.ts";
import { type Timestamp, timestamp } from "../primitives/index.ts";
import { blockRef } from "./block-ref.ts";
import { descendsFrom } from "./block-tree.ts";
import type { Dag, ValidUnit } from "./dag.ts";
import type { BlockRef, Effect } from "./effects.ts";
import type { FinalityDetector } from "./finality.ts";
import { LateBlockBudget } from "./late-block-budget.ts";
import type { PendingUnit } from "./pending-units.ts";
import type { Synchronizer, SyncLimits } from "./synchronizer.ts";
import type { UnitHash } from "./unit.ts";

const RETRY_BLOCK_MS = 500;
/** How often a block that waits for its turn looks for it. */
const LATE_TICK_MS = 250;

interface Judged {
  readonly valid: ValidUnit;
  /** False while it waits for its turn: the shell was not asked. */
  asked: boolean;
}

/**
 * Units that are valid but for their block, which the shell runs.
 *
 * A block whose parent has been overtaken by a final one can change nothing any more, and yet has to be run before its unit
 * counts (decision 0016). Of those only so many are run for each validator; others wait. One share after the other is
 * asked: that of the block's creator, and those of validators without a known fault whose units stand on it. Honest ones
 * have run what they stand on within the same shares, so nobody waits long for their units.
 */
export class BlockVerdicts {
  readonly #dag: Dag;
  readonly #sync: Synchronizer;
  readonly #finality: FinalityDetector;
  readonly #limits: SyncLimits;
  readonly #late: LateBlockBudget;
  readonly #judged = new Map<UnitHash, Judged>();

  constructor(dag: Dag, sync: Synchronizer, finality: FinalityDetector, limits: SyncLimits) {
    this.#dag = dag;
    this.#sync = sync;
    this.#finality = finality;
    this.#limits = limits;
    this.#late = new LateBlockBudget(dag.instance.params.baseRoundMs);
  }

  /** Has the block of a unit run, now or when its turn comes. */
  ask(valid: ValidUnit, entry: PendingUnit, now: Timestamp): readonly Effect[] {
    entry.stage = "validating";
    const judged: Judged = { valid, asked: false };
    this.#judged.set(valid.unit.hash, judged);
    return this.#ask(judged, entry, now);
  }

  /** The shell has a verdict; gives the unit if somebody still wants to know. */
  take(block: UnitHash): ValidUnit | undefined {
    const judged = this.#judged.get(block);
    this.#judged.delete(block);
    return judged?.valid;
  }

  /** The shell could not judge: it is asked again. */
  unavailable(block: UnitHash, now: Timestamp): readonly Effect[] {
    return this.#judged.has(block) ? again(block, now, RETRY_BLOCK_MS) : [];
  }

  /** The time for which a block was put off is over. */
  retry(block: UnitHash, now: Timestamp): readonly Effect[] {
    const judged = this.#judged.get(block);
    if (judged === undefined) return [];
    const entry = this.#sync.pending(block);
    const isOver = judged.asked && entry !== undefined && now - entry.since > this.#limits.pendingTimeoutMs;
    if (entry === undefined || isOver) {
      this.#judged.delete(block);
      this.#sync.forget(block);
      return [];
    }
    return this.#ask(judged, entry, now);
  }

  #ask(judged: Judged, entry: PendingUnit, now: Timestamp): readonly Effect[] {
    const { unit } = judged.valid;
    // Asked once is paid for: what the shell could not judge then does not cost a second time.
    if (!judged.asked && this.#isOvertaken(judged.valid) && !this.#hasTurn(judged.valid, now)) {
      return again(unit.hash, now, LATE_TICK_MS);
    }
    judged.asked = true;
    return [this.#question(judged.valid, entry)];
  }

  /** Whether a block that competes with this one is final at a third. */
  #isOvertaken({ choice }: ValidUnit): boolean {
    const final = this.#finality.finalAtThird;
    return final !== undefined && !descendsFrom(choice, final);
  }

  #hasTurn({ unit }: ValidUnit, now: Timestamp): boolean {
    return (
      this.#late.take(unit.creator, now) ||
      this.#sync.isNeededBy(unit.hash, (creator) => !this.#dag.isFaulty(creator) && this.#late.take(creator, now))
    );
  }

  #question({ unit, choice }: ValidUnit, { payload, senders }: PendingUnit): Effect {
    if (payload === undefined) throw new BugError(`block ${unit.hash} is ready without its payload`);
    const [from] = senders;
    return {
      kind: "validateBlock",
      block: {
        unit: unit.hash,
        parent: choice?.unit,
        height: (choice?.height ?? this.#dag.instance.keyBlock.height) + 1,
        creator: unit.creator,
        t: unit.body.t,
        payloadHash: unit.body.blockHash as BlockRef["payloadHash"],
        payload,
        terminal: this.#dag.isTerminal(choice, unit.body.t),
      },
      parent: choice && blockRef(choice),
      from,
    };
  }
}

function again(block: UnitHash, now: Timestamp, afterMs: number): readonly Effect[] {
  return [{ kind: "schedule", timer: { kind: "retryBlock", block }, at: timestamp(now + afterMs) }];
}
