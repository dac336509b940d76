import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decodeMessage } from "../../src/consensus/index.ts";
import { identifyUnit } from "../../src/consensus/unit.ts";
import { type Bytes, type Hash, timestamp } from "../../src/primitives/index.ts";
import { openConsensusReader } from "../../src/storage/index.ts";
import {
  beginLife,
  type CrashPoint,
  crashInstance,
  crashPoints,
  eraStart,
  type Life,
} from "../support/crash-points.ts";
import { createPrng } from "../support/prng.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const SEEDS = 200;
const CRASHES = 3;
/** Steps that a life may last at most: some four units. */
const MOST_STEPS = 90;
const VICTIM = 0;

/** Processes that are really killed: each takes a second to start. */
const KILLED_SEEDS = 4;

class Crash extends Error {}

interface Outcome {
  /** Where it died, once for each life that ended. */
  readonly died: readonly CrashPoint[];
  /** Every unit of the victim that left it or stood in its file at a crash, by number. */
  readonly units: ReadonlyMap<number, ReadonlySet<Hash>>;
  /** Units that a peer was sent although they were not in the file. */
  readonly unstored: readonly Hash[];
  /** Numbers signed after the last crash. */
  readonly signedAfterwards: number;
}

describe("I-7, I-8: a validator that is ended at any step between signing, storing and sending", () => {
  let root: string;
  beforeAll(() => {
    // In memory where there is such a folder: thousands of syncs to a disk would test the disk.
    root = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "koma-crash-points-"));
  });
  afterAll(() => rmSync(root, { recursive: true }));

  it(`never signs two units with one number, from the file as it was at that step (${SEEDS} seeds)`, async () => {
    const died = new Map<CrashPoint, number>();
    for (let seed = 1; seed <= SEEDS; seed++) {
      const outcome = runSeed(seed, mkdtempSync(join(root, "seed-")));
      for (const [seq, hashes] of outcome.units) expect(hashes.size, `seed ${seed}, unit ${seq}`).toBe(1);
      expect(outcome.unstored, `seed ${seed}`).toEqual([]);
      expect(outcome.signedAfterwards, `seed ${seed}`).toBeGreaterThan(2);
      expect(outcome.died).toHaveLength(CRASHES);
      for (const label of outcome.died) died.set(label, (died.get(label) ?? 0) + 1);
      // Lets the worker answer its parent meanwhile.
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect([...died.keys()].sort()).toEqual([...crashPoints].sort());
    console.info(`died at: ${[...died].map(([label, times]) => `${label} ${times}`).join(", ")}`);
    // Twenty seconds of work, on a machine that may have other things to do.
  }, 400_000);

  it(`never signs two units with one number, ended by SIGKILL at that step (${KILLED_SEEDS} seeds, ${CRASHES} processes each)`, async () => {
    for (let seed = 1; seed <= KILLED_SEEDS; seed++) {
      const prng = createPrng(1_000 + seed);
      const directory = join(root, `killed-${seed}`);
      const units = new Map<number, Set<string>>();
      const note = (seq: number, hash: string) => units.set(seq, (units.get(seq) ?? new Set()).add(hash));
      for (let life = 0; life < CRASHES; life++) {
        const before = units.size;
        // In the last life enough steps that new units must have come.
        const steps = life === CRASHES - 1 ? MOST_STEPS : prng.between(1, MOST_STEPS);
        const sent = await killedAtStep(directory, steps, life * 7_300);
        const reader = openConsensusReader(directory);
        const stored = [...reader.units(crashInstance([97, 1, 1, 1]).instance.id)];
        reader.close();
        for (const { seq, hash } of stored) note(seq, hash);
        for (const { seq, hash } of sent) {
          note(seq, hash);
          expect(stored.map((unit) => unit.hash)).toContain(hash);
        }
        if (life === CRASHES - 1) expect(units.size).toBeGreaterThan(before);
      }
      for (const [seq, hashes] of units) expect(hashes.size, `seed ${seed}, unit ${seq}`).toBe(1);
    }
  });
});

/** Four validators of equal weight on virtual time; the first dies and comes back, three times. */
function runSeed(seed: number, folder: string): Outcome {
  const prng = createPrng(seed);
  const clock = new VirtualClock(eraStart);
  const setup = crashInstance([1, 1, 1, 1]);
  const { instance } = setup;
  const units = new Map<number, Set<Hash>>();
  const died: CrashPoint[] = [];
  const unstored: Hash[] = [];
  const sent = new Set<Hash>();
  const lives: (Life | undefined)[] = [];
  let directory = mkdtempSync(join(folder, "life-"));
  let stepsLeft = Number.POSITIVE_INFINITY;
  let dead = false;

  const note = (seq: number, hash: Hash) => units.set(seq, (units.get(seq) ?? new Set()).add(hash));

  function noteSent(frame: Bytes): void {
    const message = decodeMessage(frame);
    if (!message.ok || message.value.kind !== "unit" || message.value.unit.creator !== VICTIM) return;
    const { seq, hash } = identifyUnit(instance.domain, message.value.unit);
    note(seq, hash as string as Hash);
    sent.add(hash as string as Hash);
  }

  /** What a process that dies now leaves behind. */
  function takeImage(): string {
    const image = mkdtempSync(join(folder, "life-"));
    for (const file of readdirSync(directory)) copyFileSync(join(directory, file), join(image, file));
    return image;
  }

  function step(label: CrashPoint): void {
    if (!dead && --stepsLeft > 0) return;
    if (!dead) {
      dead = true;
      died.push(label);
      directory = takeImage();
    }
    throw new Crash(label);
  }

  function transmit(from: number, to: number, frame: Bytes): void {
    if (from === VICTIM) {
      if (dead) return;
      noteSent(frame);
    }
    clock.schedule(timestamp(clock.now() + prng.between(3, 40)), () => {
      if (to !== VICTIM || !dead) lives[to]?.receive(frame, `v${from}`);
    });
  }

  function begin(index: number, where: string): void {
    const peers = [0, 1, 2, 3].filter((other) => other !== index).map((other) => `v${other}`);
    lives[index] = beginLife(setup, index, where, {
      clock,
      peers,
      transmit: (to, frame) => transmit(index, Number(to.slice(1)), frame),
      ...(index === VICTIM ? { step } : {}),
      onFatal(error) {
        if (index !== VICTIM || !(error instanceof Crash)) throw error;
      },
    });
  }

  for (const index of [1, 2, 3]) begin(index, mkdtempSync(join(folder, `peer-${index}-`)));
  try {
    for (let crash = 0; crash < CRASHES; crash++) {
      dead = false;
      stepsLeft = prng.between(1, MOST_STEPS);
      const before = directory;
      tolerate(() => begin(VICTIM, before));
      for (let waited = 0; !dead; waited += 50) {
        if (waited > 60_000) throw new Error(`seed ${seed}: no crash within a minute, ${stepsLeft} steps left`);
        tolerate(() => clock.advanceTo(clock.now() + 50));
      }
      lives[VICTIM]?.end();
      lives[VICTIM] = undefined;
      checkImage();
      clock.advanceTo(clock.now() + prng.between(0, 2_500));
    }
    dead = false;
    stepsLeft = Number.POSITIVE_INFINITY;
    const known = units.size;
    begin(VICTIM, directory);
    clock.advanceTo(clock.now() + 6_000);
    checkImage();
    return { died, units, unstored, signedAfterwards: units.size - known };
  } finally {
    for (const life of lives) life?.end();
    rmSync(folder, { recursive: true });
  }

  /** The crash is thrown through whatever called the step. */
  function tolerate(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof Crash)) throw error;
    }
  }

  function checkImage(): void {
    const reader = openConsensusReader(directory);
    try {
      const stored = new Set<Hash>();
      for (const { creator, seq, hash } of reader.units(instance.id)) {
        stored.add(hash);
        if (creator === VICTIM) note(seq, hash);
      }
      unstored.push(...[...sent].filter((hash) => !stored.has(hash)));
    } finally {
      reader.close();
    }
  }
}

/** Units that a process sent before it was killed. */
async function killedAtStep(directory: string, steps: number, afterMs: number) {
  const program = new URL("../support/die-at-step.ts", import.meta.url).pathname;
  const child = spawn(process.execPath, [program, directory, String(steps), String(afterMs)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) lines.push(line);
  await ended;
  expect(child.signalCode).toBe("SIGKILL");
  expect(lines.at(-1)).toMatch(/^died /);
  return lines
    .filter((line) => line.startsWith("unit "))
    .map((line) => ({ seq: Number(line.split(" ")[1]), hash: line.split(" ")[2] as Hash }));
}
