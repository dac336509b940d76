import type { Timestamp } from "../primitives/index.ts";
import type { BlockNode } from "./block-tree.ts";
import type { Dag } from "./dag.ts";
import { requiredQuorum } from "./quorum.ts";
import { roundLengthMs } from "./rounds.ts";
import { SummitSearch } from "./summit.ts";

/** What a validator has learnt about its round length; it goes along into the next era. */
export interface RoundLengthState {
  /** Exponent of its next rounds. */
  readonly roundExp: number;
  /** Whether the last rounds of this length succeeded, oldest first; at most 40. */
  readonly rounds: readonly boolean[];
}

/** Rounds that are remembered; also the grid on which rounds become shorter, so that honest validators do it together. */
const WINDOW = 40;
/** More failures in the window make rounds longer. */
const MAX_FAILURES = 29;
/** Fewer failures in a full window make rounds shorter. */
const FAILURES_TO_ACCELERATE = 8;

/** A round that has ended, and the rounds between it and the one that begins now, in which nothing was done. */
export interface EndedRounds {
  readonly success: boolean;
  readonly skipped: number;
  /** Number of the round that begins, counted in rounds of this length since the Unix epoch. */
  readonly nextIndex: number;
}

/**
 * What follows from a round: longer rounds when most fail, shorter ones when almost all succeed.
 *
 * @see KoMaBFT spec 10; casper-node protocols/highway/round_success_meter.rs
 */
export function afterRounds(state: RoundLengthState, ended: EndedRounds, maxRoundExp: number): RoundLengthState {
  const skipped = new Array<boolean>(Math.min(ended.skipped, WINDOW)).fill(false);
  const rounds = [...state.rounds, ended.success, ...skipped].slice(-WINDOW);
  const failures = rounds.filter((success) => !success).length;
  if (failures > MAX_FAILURES && state.roundExp < maxRoundExp) return { roundExp: state.roundExp + 1, rounds: [] };
  const isGood = rounds.length === WINDOW && failures < FAILURES_TO_ACCELERATE;
  if (isGood && ended.nextIndex % WINDOW === 0 && state.roundExp > 0) {
    return { roundExp: state.roundExp - 1, rounds: [] };
  }
  return { roundExp: state.roundExp, rounds };
}

/** Judges the rounds of one validator and chooses the length of the next. Private: nothing of it needs to be agreed on. */
export class RoundLengthController {
  readonly #dag: Dag;
  #state: RoundLengthState;
  #round: { readonly start: Timestamp; readonly roundExp: number; readonly proposals: BlockNode[] } | undefined;

  constructor(dag: Dag, state: RoundLengthState) {
    this.#dag = dag;
    const { maxRoundExp } = dag.instance.params;
    // The era before may have allowed longer rounds.
    this.#state =
      state.roundExp <= maxRoundExp
        ? { roundExp: state.roundExp, rounds: state.rounds.slice(-WINDOW) }
        : { roundExp: maxRoundExp, rounds: [] };
  }

  get state(): RoundLengthState {
    return this.#state;
  }

  /** A block of the state; only those of the current round count. */
  noteProposal(block: BlockNode): void {
    const round = this.#round;
    if (round === undefined || block.t < round.start) return;
    const end = round.start + roundLengthMs(this.#dag.instance.params, round.roundExp);
    if (block.t < end) round.proposals.push(block);
  }

  /** Blocks proposed in the running round. */
  proposals(): readonly BlockNode[] {
    return this.#round?.proposals ?? [];
  }

  /** Judges the round that was begun last. Call before anything of the round from `slot` on is in the state. */
  end(slot: Timestamp): void {
    const round = this.#round;
    this.#round = undefined;
    // While a new length waits for its first boundary, a round of the old one says nothing about it.
    if (round === undefined || round.roundExp !== this.#state.roundExp) return;
    const { params } = this.#dag.instance;
    const lengthMs = roundLengthMs(params, round.roundExp);
    const rounds = Math.floor((slot - round.start) / lengthMs);
    if (rounds < 1) return;
    this.#state = afterRounds(
      this.#state,
      { success: this.#succeeded(round.proposals), skipped: rounds - 1, nextIndex: Math.floor(slot / lengthMs) },
      params.maxRoundExp,
    );
  }

  begin(slot: Timestamp, roundExp: number): void {
    this.#round = { start: slot, roundExp, proposals: [] };
  }

  /** Some proposal of the round has a level-1 summit at a hundredth of the weight. */
  #succeeded(proposals: readonly BlockNode[]): boolean {
    const { total } = this.#dag.instance.committee;
    const quorum = requiredQuorum(1, Math.floor(total / 100), total);
    return proposals.some((block) => {
      const search = new SummitSearch(this.#dag, block);
      return search.refresh() >= quorum && search.levels(quorum) >= 1;
    });
  }
}
