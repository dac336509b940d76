import { setTimeout as after } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import type { Hex } from "../src/primitives/index.ts";
import { createRpcClient } from "../src/rpc/index.ts";
import { drive, measureIdle } from "./drive.ts";
import type { Measure, Subject } from "./figures.ts";
import { loneUser } from "./lone-user.ts";
import { measureStartup } from "./startup-sample.ts";
import { type Target, withKoma } from "./target.ts";
import type { LoadKind } from "./workload.ts";
import { ROOMY, withYardstick, type Yardstick } from "./yardsticks.ts";

/** Takes down a sample. */
export type Note = (subject: Subject, measure: Measure, value: number) => void;

/** Something that is measured on its own; when it fails the others still count. */
export interface Step {
  readonly name: string;
  readonly run: (note: Note) => Promise<void>;
}

const STEADY_RATE = 200;
const IDLE_S = 20;
const FIRST_BLOCK_LIMIT_MS = 30_000;

/** What is measured in every round, in turns, so that a busy minute of the machine meets all of them. */
export function roundSteps(count: number): readonly Step[] {
  return [
    { name: "starting koma", run: startKoma },
    { name: "koma, 1 validator", run: (note) => oneValidator(note, count) },
    { name: "anvil", run: (note) => withYardstick("anvil", (target) => anvil(target, note, count)) },
    { name: "hardhat", run: (note) => instant("hardhat", note, count) },
    { name: "koma, 4 validators", run: (note) => fourValidators(note, count) },
    // A tenth as fast as the others: a smaller load takes as long.
    { name: "ganache", run: (note) => instant("ganache", note, Math.ceil(count / 5)) },
  ];
}

/** What is measured once, because it is a ratio of koma to itself. */
export function onceSteps(count: number): readonly Step[] {
  return [
    { name: `memory after ${4 * count} transfers`, run: (note) => memoryUnderLoad(note, count) },
    { name: "koma, 7 validators", run: (note) => sevenValidators(note, count) },
    { name: `${20 * count} transfers in a row`, run: (note) => longRun(note, count) },
    { name: "many accounts", run: manyAccounts },
  ];
}

async function startKoma(note: Note): Promise<void> {
  note("koma1", "answerMs", (await measureStartup(1)).answerMs);
  const four = await measureStartup(4);
  note("koma4", "answerMs", four.answerMs);
  note("koma4", "allAnswerMs", four.allAnswerMs);
  note("koma4", "firstFinalMs", four.finalMs);
}

function oneValidator(note: Note, count: number): Promise<void> {
  return withKoma(
    1,
    async (target) => {
      await steady(target, "koma1", note, count);
      await fast(target, "koma1", note, count);
      await contracts(target, "koma1", note, count);
      note("koma1", "loneMs", await loneUser(target));
    },
    ROOMY,
  );
}

function fourValidators(note: Note, count: number): Promise<void> {
  return withKoma(
    4,
    async (target) => {
      const idle = await measureIdle(target, IDLE_S);
      note("koma4", "blockMs", idle.blockMs.mean);
      note("koma4", "idleMib", idle.pssMib);
      note("koma4", "idleCpu", idle.cpuPercentPerNode / 100);
      await steady(target, "koma4", note, count);
      await fast(target, "koma4", note, count);
      note("koma4", "erc20Tps", (await full(target, "erc20", count * 0.4)).minedTps);
    },
    ROOMY,
  );
}

async function anvil(target: Target, note: Note, count: number): Promise<void> {
  note("anvil", "answerMs", target.answerMs);
  note("anvil", "firstBlockMs", await firstBlock(target));
  await steady(target, "anvil", note, count);
  await fast(target, "anvil", note, count);
}

/** A tool that mines a block for every transaction. */
function instant(tool: Yardstick & ("hardhat" | "ganache"), note: Note, count: number): Promise<void> {
  return withYardstick(tool, async (target) => {
    note(tool, "answerMs", target.answerMs);
    note(tool, "idleMib", (await measureIdle(target, 1)).pssMib);
    await steady(target, tool, note, count);
    await fast(target, tool, note, count);
    if (tool === "hardhat") await contracts(target, tool, note, count);
    note(tool, "loneMs", await loneUser(target));
  });
}

async function steady(target: Target, subject: Subject, note: Note, count: number): Promise<void> {
  const result = await drive(target, { kind: "transfer", rate: STEADY_RATE, count });
  note(subject, "steadyP50Ms", result.inclusionMs.p50);
  note(subject, "steadyP95Ms", result.inclusionMs.p95);
  note(subject, "steadyCpuMsPerNode", result.cpuMsPerTx / target.pids.length);
  if (result.finalLagMs !== undefined) note(subject, "finalLagMs", result.finalLagMs);
}

async function fast(target: Target, subject: Subject, note: Note, count: number): Promise<void> {
  const result = await full(target, "transfer", count);
  note(subject, "transferTps", result.minedTps);
  note(subject, "transferCpuMs", result.cpuMsPerTx);
}

async function contracts(target: Target, subject: Subject, note: Note, count: number): Promise<void> {
  note(subject, "erc20Tps", (await full(target, "erc20", count * 0.4)).minedTps);
  note(subject, "storageTps", (await full(target, "storage", count * 0.1)).minedTps);
  note(subject, "computeGasPerCpuS", (await full(target, "compute", count * 0.02)).gasPerCpuS);
}

function full(target: Target, kind: LoadKind, count: number) {
  return drive(target, { kind, rate: "max", count: Math.max(10, Math.round(count)) });
}

async function firstBlock(target: Target): Promise<number> {
  const rpc = createRpcClient(target.url);
  const end = performance.now() + FIRST_BLOCK_LIMIT_MS;
  while (performance.now() < end) {
    if (BigInt(await rpc.request<Hex>("eth_blockNumber")) >= 1n) return performance.now() - target.begin;
    await after(5);
  }
  throw new Error(`${target.name} made no block in time`);
}

function memoryUnderLoad(note: Note, count: number): Promise<void> {
  return withKoma(
    4,
    async (target) => {
      let pssMib = 0;
      for (let part = 0; part < 4; part++) pssMib = (await full(target, "transfer", count)).pssMib;
      note("koma4", "loadedMib", pssMib);
    },
    ROOMY,
  );
}

function sevenValidators(note: Note, count: number): Promise<void> {
  return withKoma(7, (target) => steady(target, "koma7", note, count), ROOMY);
}

/** Ten times the same load, as much as the pool holds: a chain that slows down shows it between the first and the last. */
function longRun(note: Note, count: number): Promise<void> {
  return withKoma(
    1,
    async (target) => {
      const rates: number[] = [];
      for (let part = 0; part < 10; part++) rates.push((await full(target, "transfer", 2 * count)).minedTps);
      note("koma1", "firstTps", rates[0] as number);
      note("koma1", "lastTps", rates[9] as number);
    },
    ROOMY,
  );
}

interface Growth {
  readonly lines: readonly { readonly old: { readonly p50: number }; readonly accounts: number }[];
}

const GROWTH_BLOCK = 100;
/** Enough for 100,000 accounts, the payments to old ones taken off. */
const GROWTH_TRANSACTIONS = 112_000;

/** One node's executor and database alone: a devnet begins with as many accounts as it is given, and no more. */
async function manyAccounts(note: Note): Promise<void> {
  const driver = fileURLToPath(new URL("./growth.ts", import.meta.url));
  const options = ["--json", "--block", String(GROWTH_BLOCK), "--transactions", String(GROWTH_TRANSACTIONS)];
  const { stdout } = await execa(process.execPath, [driver, ...options]);
  const { lines } = JSON.parse(stdout) as Growth;
  const tps = lines.map(({ old }) => (GROWTH_BLOCK * 1_000) / old.p50);
  note("koma1", "fewAccountsTps", tps[0] as number);
  note("koma1", "manyAccountsTps", tps.at(-1) as number);
}
