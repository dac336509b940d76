import type { CampaignProgress, CampaignSum } from "../../src/campaign/index.ts";
import {
  type Ctx,
  durationFlag,
  exitCodes,
  Flags,
  formatDuration,
  KomaCommand,
  percent,
  ratioFlag,
} from "../../src/cli/index.ts";
import type { Disturbance, Misdeed, ScenarioPlan } from "../../src/simulation/index.ts";

export interface ConsensusSimulateData extends Omit<CampaignSum, "thresholds"> {
  readonly seed: number;
  readonly validators: number;
  readonly weights: readonly number[];
  readonly thresholds: CampaignSum["thresholds"];
  /** To the first threshold: what most people mean by final. */
  readonly latencyMs: { readonly p50: number | null; readonly p99: number | null };
  /** What Theorem 2 asks for, per threshold: the drawn weights may cheat and be gone up to this. */
  readonly bounds: readonly { readonly threshold: number; readonly maxByzantine: number; readonly maxCrash: number }[];
  /** Runs one of the bad seeds, or the only one, again. */
  readonly replay: string;
  readonly dumps: readonly string[];
}

export default class ConsensusSimulate extends KomaCommand<ConsensusSimulateData> {
  static override kind = "consensus.simulate";
  static override summary = "Run KoMaBFT many times on virtual time, with faults, and check its two theorems.";
  static override description =
    `Every validator is the consensus object that nodes run, with real secp256k1 signatures; time and network are simulated, so a
minute takes a second or two. A run depends on its seed alone. Faults begin in the first half; what was split, lost or restarted is
mended in its second. With --eras validators join, leave and change their stakes, too. Safety: competing final blocks take more equivocating weight than the smaller of their thresholds. Liveness:
blocks go on becoming final where that is promised, which is for f ≤ t, t < N/3 and c < (N − 3t)/2; it is judged in runs of 30 s and
more. The exit code is 6 when a promise was broken; then the DAG (dot) and the events of the first such runs are written down.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    "<%= config.bin %> <%= command.id %> --runs 100 --validators 10 --byzantine 3 --partition 10s --loss 0.1",
    "<%= config.bin %> <%= command.id %> --runs 20 --byzantine 2 --eras 5 --era-blocks 6 --partition 8s --disturb amnesia",
    "<%= config.bin %> <%= command.id %> --validators 50 --producers 7 --weights pareto --duration 20s --runs 1 --json",
  ];
  static override flags = {
    runs: Flags.integer({ summary: "How many.", default: 10, min: 1, max: 1_000_000, env: "KOMA_CONSENSUS_RUNS" }),
    validators: Flags.integer({
      summary: "Committee.",
      default: 7,
      min: 1,
      max: 150,
      env: "KOMA_CONSENSUS_VALIDATORS",
    }),
    producers: Flags.integer({
      summary: "How many of them lead; default: 7, or all if fewer.",
      min: 1,
      env: "KOMA_CONSENSUS_PRODUCERS",
    }),
    weights: Flags.string({
      summary: "Stake: equal, pareto (1, 1/2, 1/3 …), or a number for each, with commas.",
      default: "equal",
      helpValue: "equal|pareto|W,W,…",
      env: "KOMA_CONSENSUS_WEIGHTS",
    }),
    threshold: ratioFlag({
      summary: "Confidence to watch, may be given more than once; default 1/3, 0.5 and 0.8.",
      multiple: true,
      multipleNonGreedy: true,
      env: "KOMA_CONSENSUS_THRESHOLD",
    }),
    byzantine: Flags.integer({
      summary: "Validators that break the rules.",
      default: 0,
      min: 0,
      env: "KOMA_CONSENSUS_BYZANTINE",
    }),
    misdeed: Flags.string({
      summary: "What they may do; default: each one of all.",
      multiple: true,
      multipleNonGreedy: true,
      // Kept in step with the simulation's own list by a test.
      options: [
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
      ],
      env: "KOMA_CONSENSUS_MISDEED",
    }),
    crash: Flags.integer({ summary: "Validators that die for good.", default: 0, min: 0, env: "KOMA_CONSENSUS_CRASH" }),
    restart: Flags.integer({
      summary: "Kill -9s between storing and sending.",
      default: 0,
      min: 0,
      env: "KOMA_CONSENSUS_RESTART",
    }),
    delay: durationFlag({ summary: "Greatest delay of a message; default 60ms.", env: "KOMA_CONSENSUS_DELAY" }),
    loss: ratioFlag({ summary: "Share of messages lost in the first half.", env: "KOMA_CONSENSUS_LOSS" }),
    partition: durationFlag({ summary: "Split the network in two for so long.", env: "KOMA_CONSENSUS_PARTITION" }),
    disturb: Flags.string({
      summary: "What else befalls machines and network in the first half; may be given more than once.",
      multiple: true,
      multipleNonGreedy: true,
      // Kept in step with the simulation's own list by a test.
      options: ["amnesia", "clockSkew", "clockJump", "slowExecutor", "delay", "duplicate", "reorder", "oneWay", "ddos"],
      env: "KOMA_CONSENSUS_DISTURB",
    }),
    eras: Flags.integer({
      summary: "Eras, with stakes that come and go; a run ends when all are through. Default: one era without end.",
      default: 0,
      min: 0,
      max: 1_000,
      env: "KOMA_CONSENSUS_ERAS",
    }),
    "era-blocks": Flags.integer({
      summary: "Least number of blocks of an era; with --eras.",
      default: 8,
      min: 1,
      max: 100_000,
      env: "KOMA_CONSENSUS_ERA_BLOCKS",
    }),
    duration: durationFlag({ summary: "Virtual time of a run, at most; default 60s.", env: "KOMA_CONSENSUS_DURATION" }),
    seed: Flags.integer({
      summary: "Of the first run, the next has one more; default: drawn.",
      min: 0,
      max: 2 ** 31,
      env: "KOMA_CONSENSUS_SEED",
    }),
    workers: Flags.integer({
      summary: "Threads; default: one per core.",
      min: 1,
      max: 256,
      env: "KOMA_CONSENSUS_WORKERS",
    }),
    dump: Flags.string({
      summary: "Folder for DAG and events of bad runs; default: here.",
      default: ".",
      helpValue: "FOLDER",
      env: "KOMA_CONSENSUS_DUMP",
    }),
  };

  async execute(ctx: Ctx): Promise<ConsensusSimulateData> {
    const { flags } = await this.parse(ConsensusSimulate);
    const { UserError } = await import("../../src/errors.ts");
    const refuse = (message: string, fix: string): never => {
      throw new UserError("KOMA_E_ARGUMENT_INVALID", message, { fix: [fix] });
    };
    const { validators } = flags;
    const producers = flags.producers ?? Math.min(7, validators);
    if (producers > validators)
      refuse(`${producers} of ${validators} validators cannot lead.`, `--producers ${validators}`);
    if (flags.byzantine + flags.crash >= validators) {
      refuse(
        `Of ${validators} validators ${flags.byzantine + flags.crash} fail: nobody is left to ask.`,
        "Lower --byzantine or --crash.",
      );
    }
    const thresholds = flags.threshold ?? [1 / 3, 0.5, 0.8];
    const durationMs = flags.duration ?? 60_000;
    if (durationMs < 10_000) refuse("A run of less than 10 s shows nothing.", "--duration 60s");
    const { misdeeds, parseWeights, planWeights, isLivenessPromised } = await import("../../src/simulation/index.ts");
    const weights = parseWeights(flags.weights, validators);
    if (weights === undefined) {
      return refuse(
        `"${flags.weights.slice(0, 80)}" is not a whole number from 1 to 1000000 for each of ${validators}.`,
        "--weights equal",
      );
    }
    const plan: ScenarioPlan = {
      validators,
      producers,
      weights,
      thresholds: [...new Set(thresholds)].sort((a, b) => a - b),
      durationMs,
      delayMs: flags.delay ?? 60,
      loss: flags.loss ?? 0,
      byzantine: flags.byzantine,
      misdeeds: (flags.misdeed as readonly Misdeed[] | undefined) ?? misdeeds,
      crash: flags.crash,
      restart: flags.restart,
      partitionMs: flags.partition ?? 0,
      disturbances: (flags.disturb as readonly Disturbance[] | undefined) ?? [],
      eras: flags.eras,
      eraBlocks: flags["era-blocks"],
    };
    const { availableParallelism } = await import("node:os");
    const { randomInt } = await import("node:crypto");
    const { replayCommand, runCampaign, sumUp, writeDumps } = await import("../../src/campaign/index.ts");
    const seed = flags.seed ?? randomInt(2 ** 31);
    ctx.out.note(`${flags.runs} runs of ${formatDuration(durationMs)}, ${validators} validators, seed ${seed}`);
    const progress = drawProgress(ctx);
    const campaign = await runCampaign({
      plan,
      seed,
      runs: flags.runs,
      workers: flags.workers ?? availableParallelism(),
      signal: ctx.signal,
      onProgress: progress.draw,
    }).finally(progress.clear);
    const sum = sumUp(campaign.reports);
    const total = planWeights(weights, validators).reduce((all, weight) => all + weight, 0);
    const dumps = await writeDumps(flags.dump, campaign.dumps);
    const data: ConsensusSimulateData = {
      ...sum,
      seed,
      validators,
      weights: planWeights(weights, validators),
      latencyMs: { p50: sum.thresholds[0]?.latencyMs.p50 ?? null, p99: sum.thresholds[0]?.latencyMs.p99 ?? null },
      bounds: sum.thresholds.map(({ threshold }) => {
        const isLive = isLivenessPromised(threshold, { total, byzantine: 0, crashed: 0 });
        return {
          threshold,
          maxByzantine: isLive ? threshold : 0,
          maxCrash: isLive ? Math.ceil((total - 3 * threshold) / 2) - 1 : 0,
        };
      }),
      replay: `${this.config.bin} ${replayCommand(plan, sum.badSeeds[0] ?? seed)}`,
      dumps,
    };
    print(ctx, data);
    if (data.badSeeds.length > 0) ctx.exitWith(exitCodes.false);
    return data;
  }
}

/** One line on stderr that is written over, where somebody looks; nothing elsewhere. */
function drawProgress({ cfg }: Ctx): {
  readonly draw: (progress: CampaignProgress) => void;
  readonly clear: () => void;
} {
  const isSeen = process.stderr.isTTY === true && !cfg.json && !cfg.quiet;
  let shown = "";
  const show = (text: string): void => {
    if (!isSeen || text === shown) return;
    shown = text;
    process.stderr.write(`\r\u001b[2K${text}`);
  };
  return {
    draw: ({ done, bad, runs, share }) =>
      show(`${percent(share)}  ${done} of ${runs} runs${bad > 0 ? `, ${bad} bad` : ""}`),
    clear: () => show(""),
  };
}

function print({ out }: Ctx, data: ConsensusSimulateData): void {
  const ms = (value: number | null) => (value === null ? "-" : `${value} ms`);
  out.table(
    [
      { title: "confidence", align: "right" },
      { title: "t", align: "right" },
      { title: "p50", align: "right" },
      { title: "p95", align: "right" },
      { title: "p99", align: "right" },
      { title: "finals", align: "right" },
      { title: "growth promised", align: "right" },
      { title: "kept", align: "right" },
      { title: "grew anyway", align: "right" },
    ],
    data.thresholds.map(({ fraction, threshold, latencyMs, samples, promisedRuns, keptRuns, liveRuns }) => [
      percent(fraction),
      String(threshold),
      ms(latencyMs.p50),
      ms(latencyMs.p95),
      ms(latencyMs.p99),
      String(samples),
      `${promisedRuns} runs`,
      String(keptRuns),
      String(liveRuns - keptRuns),
    ]),
  );
  out.line();
  out.line(
    `Safety    ${data.safe ? "held" : "BROKEN"} in ${data.runs} runs; blocks competed in ${data.runsWithConflicts}, as so much equivocation allows`,
  );
  if (data.eras > 0)
    out.line(`Eras      ${data.eras} in all; ${data.adopted} times somebody came in by the signatures of others`);
  out.line(`Liveness  ${data.live ? "kept" : "BROKEN"} wherever it was promised`);
  for (const what of data.broken) out.line(`Broken    ${what}`);
  if (data.badSeeds.length > 0) out.line(`Bad seeds ${data.badSeeds.slice(0, 20).join(", ")}`);
  for (const path of data.dumps) out.line(`Written   ${path}`);
  out.line(`Replay    ${data.replay}`);
}
