/** When a fault is in force, in ms since the start of the run; without `until` it stays. */
export interface Span {
  readonly from: number;
  readonly until?: number;
}

/** Messages from one of `senders` to one of `receivers`, as committee indices; left out: everybody. */
export interface Links {
  readonly senders?: readonly number[];
  readonly receivers?: readonly number[];
}

/** What happens to machines: nobody means harm. */
export type MachineFault =
  /** Kill -9 at `from`; started again at `until`, from its disk or (`lost`: amnesia) from nothing. */
  | ({ readonly kind: "crash"; readonly validators: readonly number[]; readonly store?: "kept" | "lost" } & Span)
  /** Dies with this chance whenever an own unit has reached the disk and not yet the network; comes back soon. */
  | ({ readonly kind: "crashAfterPersist"; readonly validators: readonly number[]; readonly chance: number } & Span)
  /** Its clock is ahead by so much; negative: behind. */
  | ({ readonly kind: "clockSkew"; readonly validators: readonly number[]; readonly aheadMs: number } & Span)
  /** Its clock jumps once, forwards or back, and stays there. */
  | { readonly kind: "clockJump"; readonly validators: readonly number[]; readonly byMs: number; readonly from: number }
  | ({ readonly kind: "slowExecutor"; readonly validators: readonly number[]; readonly executeMs: number } & Span);

/** What a validator may do against the protocol. */
export type ByzantineFault =
  /** Hears everything, says nothing. */
  | ({ readonly kind: "mute"; readonly validators: readonly number[] } & Span)
  /** Signs two units for every number: everybody gets both, or each half of the committee one. */
  | ({ readonly kind: "equivocate"; readonly validators: readonly number[]; readonly to: "all" | "halves" } & Span)
  /**
   * Two lives with one key that go on from the same units: the first knows only the first group, the second only the other.
   * Across a partition into these groups nobody can tell; at its end both are found out.
   */
  | ({
      readonly kind: "twoLives";
      readonly validators: readonly number[];
      readonly groups: readonly [readonly number[], readonly number[]];
    } & Span)
  /** Says of two blocks that they are the last one of an era, to everybody (evidence E3). */
  | ({ readonly kind: "twoFinalities"; readonly validators: readonly number[] } & Span)
  /** Two blocks for every slot that it leads. */
  | ({
      readonly kind: "equivocatingLeader";
      readonly validators: readonly number[];
      readonly to: "all" | "halves";
    } & Span)
  /** Proposes blocks that no executor accepts. */
  | ({ readonly kind: "invalidBlock"; readonly validators: readonly number[] } & Span)
  /** Proposes, and gives nobody the block's content. */
  | ({ readonly kind: "withholdBody"; readonly validators: readonly number[] } & Span)
  /** Sends only every second unit and answers no question, so that the rest cites what nobody can get. */
  | ({ readonly kind: "withholdDependencies"; readonly validators: readonly number[] } & Span)
  /** A second machine with the same key and an empty disk runs for a while. */
  | ({ readonly kind: "doppelganger"; readonly validators: readonly number[] } & Span)
  /** k conspirators: number i forks once on every unit of number i − 1, so that 2^k units look honest each by itself. */
  | { readonly kind: "forkBomb"; readonly validators: readonly number[]; readonly from: number }
  /** Endorses whatever there is, forks that contradict each other and units that do not exist, so many times a second. */
  | ({ readonly kind: "endorsementFlood"; readonly validators: readonly number[]; readonly perSecond: number } & Span)
  /** Random bytes, spoilt and repeated messages, messages of another instance, so many a second to random peers. */
  | ({ readonly kind: "garbage"; readonly validators: readonly number[]; readonly perSecond: number } & Span);

/** What the network does. */
export type LinkFault =
  /** Instead of the network's own delays: up to Δ is what the protocol bears, more is not. */
  | ({ readonly kind: "delay"; readonly minMs: number; readonly maxMs: number } & Links & Span)
  | ({ readonly kind: "drop"; readonly share: number } & Links & Span)
  | ({ readonly kind: "duplicate"; readonly share: number } & Links & Span)
  /** Some messages come so much later, behind those sent after them. */
  | ({ readonly kind: "reorder"; readonly share: number; readonly byMs: number } & Links & Span)
  /** Senders are not heard by receivers, who are heard by them. */
  | ({ readonly kind: "oneWay" } & Links & Span)
  /** Only members of one group hear each other. Who is in no group hears nobody. */
  | ({ readonly kind: "partition"; readonly groups: readonly (readonly number[])[] } & Span)
  /** All traffic of the slot's leader is late by so much; every so often the attack moves to the next leader. */
  | ({ readonly kind: "ddos"; readonly byMs: number; readonly everyMs: number } & Span);

/** One thing that goes wrong in a run. Plain data: any number of them compose, travel to a worker, and replay. */
export type Fault = MachineFault | ByzantineFault | LinkFault;

const byzantineKinds: ReadonlySet<Fault["kind"]> = new Set<ByzantineFault["kind"]>([
  "mute",
  "equivocate",
  "twoLives",
  "twoFinalities",
  "equivocatingLeader",
  "invalidBlock",
  "withholdBody",
  "withholdDependencies",
  "doppelganger",
  "forkBomb",
  "endorsementFlood",
  "garbage",
]);

/** True for what honest validators never do. */
export function isByzantine(fault: Fault): fault is ByzantineFault {
  return byzantineKinds.has(fault.kind);
}

/**
 * Validators that deviate in some way, if only by being gone for good, or silent because they have lost what they signed:
 * the theorems' f and c are their weights.
 */
export function deviators(faults: readonly Fault[]): {
  readonly byzantine: ReadonlySet<number>;
  readonly crashed: ReadonlySet<number>;
} {
  const byzantine = new Set<number>();
  const crashed = new Set<number>();
  for (const fault of faults) {
    if (isByzantine(fault)) for (const index of fault.validators) byzantine.add(index);
    else if (fault.kind === "crash" && (fault.until === undefined || fault.store === "lost"))
      for (const index of fault.validators) crashed.add(index);
  }
  for (const index of byzantine) crashed.delete(index);
  return { byzantine, crashed };
}
