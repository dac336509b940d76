import { describe, expect, it } from "vitest";
import { type DrawnDag, drawDag } from "../../test/support/draw-dag.ts";
import { type Timestamp, timestamp, utf8 } from "../primitives/index.ts";
import { createKomaBft } from "./create-koma-bft.ts";
import type { DagUnit } from "./dag-unit.ts";
import type { Effect } from "./effects.ts";
import type { KomaBft } from "./koma-bft.ts";
import { LATE_BURST, LATE_PER_ROUND } from "./late-block-budget.ts";

const NOW = timestamp(200_000);
const ROUND = 1_000;
const ROUNDS = 4;
const names = ["alice", "bob", "carol"];

/** Alice leads every second slot, dan those between, who shows none of his units until the others have final blocks. */
function scene() {
  const drawn = drawDag({ alice: 1, bob: 1, carol: 1, dan: 1 });
  const shown: { readonly unit: DagUnit; readonly block?: string }[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const block = `main ${round}`;
    const before = shown.slice(-3).map(({ unit }) => unit);
    const proposal = drawn.unit("alice", { block, cites: before, t: 2 * round * ROUND });
    shown.push({ unit: proposal, block });
    const confirmations = ["bob", "carol"].map((name) => drawn.unit(name, { cites: [proposal] }));
    const witnesses = names.map((name) => drawn.unit(name, { cites: confirmations, t: 2 * round * ROUND + 666 }));
    shown.push(...[...confirmations, ...witnesses].map((unit) => ({ unit })));
  }
  const core = createKomaBft({ instance: drawn.instance, thresholds: [1 / 3] });
  const shell = new Shell(core, drawn);
  for (const { unit, block } of shown) shell.hear(unit, block);
  expect(core.status(NOW).finals[0]?.last?.height).toBeGreaterThan(1);
  return { drawn, core, shell, witness: shown.at(-1)?.unit as DagUnit };
}

/** Runs every block that it is asked to, and turns the clock. */
class Shell {
  readonly #core: KomaBft;
  readonly #drawn: DrawnDag;
  #now: Timestamp = NOW;
  #timers: Extract<Effect, { kind: "schedule" }>[] = [];
  /** Creators of the blocks that were run, in order. */
  readonly ran: number[] = [];
  readonly blamed: Effect[] = [];

  constructor(core: KomaBft, drawn: DrawnDag) {
    this.#core = core;
    this.#drawn = drawn;
  }

  hear(unit: DagUnit, block?: string): void {
    const payload = block === undefined ? undefined : utf8(block);
    const message = {
      instance: this.#core.instance.id,
      kind: "unit",
      unit: this.#drawn.dag.wire(unit),
      payload,
    } as const;
    this.#perform(this.#core.handleMessage(message, "peer", this.#now));
  }

  runFor(ms: number): void {
    const end = timestamp(this.#now + ms);
    for (;;) {
      const next = this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.#now = timestamp(Math.max(this.#now, next.at));
      this.#perform(this.#core.handleTimer(next.timer, this.#now));
    }
    this.#now = end;
  }

  #perform(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.kind === "disconnect" || effect.kind === "reportFault") this.blamed.push(effect);
      if (effect.kind === "schedule") this.#timers.push(effect);
      if (effect.kind !== "validateBlock") continue;
      this.ran.push(effect.block.creator);
      this.#perform(this.#core.resolveBlock(effect.block.unit, "valid", this.#now));
    }
  }
}

const DAN = 3;

/** Dan's own chain upon the key block, in the slots that he led. */
function hide(drawn: DrawnDag, blocks: number): readonly { readonly unit: DagUnit; readonly block: string }[] {
  return Array.from({ length: blocks }, (_, i) => {
    const block = `hidden ${i}`;
    return { block, unit: drawn.unit("dan", { block, t: (2 * i + 1) * ROUND }) };
  });
}

describe("blocks of a producer that were overtaken", () => {
  it("are run at once, all of them, when it was cut off for five rounds", () => {
    const { drawn, core, shell } = scene();
    const before = shell.ran.length;
    for (const { unit, block } of hide(drawn, 5)) shell.hear(unit, block);
    expect(shell.ran.slice(before)).toEqual([DAN, DAN, DAN, DAN, DAN]);
    expect(core.status(NOW).pendingUnits).toBe(0);
    expect(shell.blamed).toEqual([]);
  });

  it("are run eight at once and two a round, however many were hidden, and none is lost", () => {
    const { drawn, core, shell } = scene();
    const hidden = hide(drawn, 30);
    const before = shell.ran.length;
    const finalBefore = core.status(NOW).finals[0]?.last;
    for (const { unit, block } of hidden) shell.hear(unit, block);
    expect(shell.ran.length - before).toBe(LATE_BURST);
    for (let round = 1; round <= 10; round++) {
      shell.runFor(ROUND);
      const bound = LATE_BURST + LATE_PER_ROUND * round;
      expect(shell.ran.length - before).toBeLessThanOrEqual(bound);
      expect(shell.ran.length - before).toBeGreaterThanOrEqual(bound - LATE_PER_ROUND);
    }
    shell.runFor(2 * ROUND);
    expect(shell.ran.length - before).toBe(30);
    expect(core.status(NOW).pendingUnits).toBe(0);
    expect(core.status(NOW).finals[0]?.last).toEqual(finalBefore);
    expect(shell.blamed).toEqual([]);
  });

  it("do not keep out the units of somebody who has run them: its share is used as well", () => {
    const { drawn, core, shell, witness } = scene();
    const hidden = hide(drawn, 2 * LATE_BURST);
    const before = shell.ran.length;
    for (const { unit, block } of hidden) shell.hear(unit, block);
    expect(shell.ran.length - before).toBe(LATE_BURST);
    const top = hidden.at(-1)?.unit as DagUnit;
    const standing = drawn.unit("bob", { cites: [top, witness] });
    shell.hear(standing);
    shell.runFor(ROUND * 2);
    expect(shell.ran.length - before).toBe(2 * LATE_BURST);
    expect(core.status(NOW).validators[1]?.seq).toBe(standing.seq);
    expect(shell.blamed).toEqual([]);
  });
});

describe("a block that takes its time", () => {
  it("keeps what stands on it, however long: nothing of that is missing", () => {
    const drawn = drawDag({ alice: 1, bob: 1, carol: 1, dan: 1 });
    const proposal = drawn.unit("alice", { block: "A" });
    const confirmation = drawn.unit("bob", { cites: [proposal] });
    const witness = drawn.unit("carol", { cites: [confirmation] });
    const missing = drawn.unit("dan", { block: "B", t: ROUND });
    const lost = drawn.unit("dan", { cites: [missing] });
    const core = createKomaBft({ instance: drawn.instance, thresholds: [1 / 3] });
    const hear = (unit: DagUnit, payload?: Uint8Array) =>
      core.handleMessage(
        { instance: core.instance.id, kind: "unit", unit: drawn.dag.wire(unit), payload },
        "peer",
        NOW,
      );
    hear(proposal, utf8("A"));
    for (const unit of [confirmation, witness, lost]) hear(unit);
    expect(core.status(NOW).pendingUnits).toBe(4);
    const later = timestamp(NOW + 60_000);
    core.handleTimer({ kind: "purge" }, later);
    // Dan's waited for something that never came.
    expect(core.status(later).pendingUnits).toBe(3);
    core.resolveBlock(proposal.hash, "valid", later);
    expect(core.status(later)).toMatchObject({ units: 3, pendingUnits: 0 });
  });
});
