import { join } from "node:path";
import type { SubmittedCheckpoint } from "../../src/checkpoint/index.ts";
import {
  Args,
  type Ctx,
  createScanMemory,
  exitCodes,
  Flags,
  fromFlag,
  integerFlag,
  KomaCommand,
  type NetClient,
  openArchive,
  openContradictionSources,
  openKey,
  openRootChain,
  openScanMemory,
  passwordFileFlag,
  pickFraudKind,
  readNetFacts,
  resolveCheckpoint,
  restUntil,
} from "../../src/cli/index.ts";
import type { FraudKind, WatchEvent, WatchedFault, WatchPorts } from "../../src/fraud/index.ts";
import type { RootChain } from "../../src/rootchain/index.ts";

export interface ScannedChallenge {
  /** As koma proof respond and koma proof status take it. */
  readonly id: string;
  readonly type: string;
  /** Block whose data is demanded. */
  readonly block: string | null;
  readonly missing: string;
  /** Unix time until which answers are taken. */
  readonly deadline: number;
}

export interface ScannedFault {
  readonly type: string;
  /** Null for a contradiction, in consensus or between two votes, which needs no checkpoint. */
  readonly checkpoint: string | null;
  readonly block: string | null;
  readonly reason: string;
  /** Offence that the root contracts would convict of; null when they would not. */
  readonly offence: string | null;
  readonly refusal: { readonly code: string; readonly why: string } | null;
}

/** One line of `--follow`. */
export interface ScanItem {
  /** Seconds since the Unix epoch. */
  readonly at: number;
  /**
   * `scanned`: a checkpoint was looked into. `unread`: no node shows its blocks. `fault`: one was found and judged.
   * `punished`: the guilty were charged. `refused`: a challenge came too late. `challenge`: somebody says that something is missing, and waits
   * for an answer. `finished`: seats were charged that an earlier sentence had left. `trouble`: an endpoint does not answer.
   * `watching` is the first line, whatever comes.
   */
  readonly event: WatchEvent["event"] | "watching";
  readonly checkpoint: string | null;
  /** Of a scanned checkpoint. */
  readonly faults: number | null;
  readonly fault: ScannedFault | null;
  readonly challenge: ScannedChallenge | null;
  /** Of a punished fault. */
  readonly tx: string | null;
  readonly slashedWei: string | null;
  readonly bountyWei: string | null;
  readonly code: string | null;
  readonly why: string | null;
}

export interface ScanData {
  readonly checkpoints: readonly {
    readonly number: string;
    readonly start: string;
    readonly end: string;
    readonly state: "clean" | "fraud" | "unread";
  }[];
  readonly found: readonly ScannedFault[];
  /** Offences that were charged, with --slash. */
  readonly punished: readonly { readonly offence: string; readonly tx: string; readonly bountyWei: string }[];
}

export default class ProofScan extends KomaCommand<ScanData, ScanItem> {
  static override kind = "proof.scan";
  static override summary = "Look for fraud in every pending checkpoint, once or for as long as it runs.";
  static override description =
    `Runs everything that finds fraud over every checkpoint that can still be rolled back and asks the nodes who contradicted itself in
consensus; the root contracts judge what is found, without anything being sent. --slash sends it. --follow goes on with every new checkpoint
until Ctrl-C, finishes what it has begun, and remembers in a file what it has looked into. Challenges that wait for an answer are named, too, as
are demands for data (unavailable). TYPE limits the search to one kind (koma
proof types), --checkpoint or --from-block to checkpoints, which may be final: for a while fraud still costs stake then. The exit code is 6 when a fault was found, without --follow.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    "<%= config.bin %> <%= command.id %> bad-receipt --json",
    "<%= config.bin %> <%= command.id %> --from-block 1 --to-block 40",
    "<%= config.bin %> <%= command.id %> --follow --slash --from carol --json",
  ];
  static override args = {
    type: Args.string({ description: "Kind of fraud, by name or number; default: any.", ignoreStdin: true }),
  };
  static override flags = {
    follow: Flags.boolean({ char: "f", summary: "Go on with what comes, until Ctrl-C.", env: "KOMA_PROOF_FOLLOW" }),
    checkpoint: Flags.string({
      summary: "Only this checkpoint, also one that is final: its number, or latest.",
      env: "KOMA_PROOF_CHECKPOINT",
      helpValue: "N|latest",
      exclusive: ["follow", "from-block", "to-block"],
    }),
    "from-block": integerFlag({
      summary: "Only checkpoints that hold blocks from this one on, also those that are final.",
      env: "KOMA_PROOF_FROM_BLOCK",
      exclusive: ["follow"],
    }),
    "to-block": integerFlag({
      summary: "… up to this one; default: the newest under a checkpoint.",
      env: "KOMA_PROOF_TO_BLOCK",
      dependsOn: ["from-block"],
    }),
    slash: Flags.boolean({
      summary: "Send the proof of what is found, and have the guilty charged.",
      aliases: ["submit"],
      env: "KOMA_PROOF_SLASH",
    }),
    state: Flags.string({
      summary: "File that remembers what was looked into; default: in the network's folder.",
      env: "KOMA_PROOF_STATE",
      helpValue: "FILE",
      dependsOn: ["follow"],
    }),
    from: fromFlag,
    "password-file": passwordFileFlag,
  };

  async execute(ctx: Ctx<ScanItem>): Promise<ScanData> {
    const { args, flags } = await this.parse(ProofScan);
    const { fraudKinds, watchFraud, watchRound } = await import("../../src/fraud/index.ts");
    const wanted = args.type === undefined ? undefined : pickFraudKind(args.type, fraudKinds);
    const net = await ctx.net();
    // Looking signs nothing: it must not ask for a password.
    const key = flags.slash ? await openKey(ctx, net, flags.from, { passwordFile: flags["password-file"] }) : undefined;
    const chainId = BigInt(net.chainId);
    const memory = flags.follow
      ? await openScanMemory(flags.state ?? join(net.dir, `scan-${chainId}.json`), chainId)
      : createScanMemory();
    const root = await openRootChain(net, key);
    const chosen = await chooseCheckpoints(root, chainId, flags);
    const { contradictions, challenges, ...ofBlocks } = await portsOf(net, root, wanted, flags.slash);
    // What was chosen is blocks: who contradicted itself in consensus is not asked then.
    const others = { ...(contradictions ? { contradictions } : {}), ...(challenges ? { challenges } : {}) };
    const sources = chosen ? { pending: async () => chosen } : others;
    const ports = { ...ofBlocks, ...sources, memory };
    const tally = createTally();
    const events = flags.follow
      ? watchFraud(ports, wanted, ctx.signal, () => restUntil(ctx.signal, REST_MS))
      : watchRound(ports, wanted, new Set(), () => ctx.signal.aborted);
    if (flags.follow) ctx.out.record(beginning(), "watching; Ctrl-C ends it");
    for await (const event of events) {
      tally.note(event);
      if (flags.follow) ctx.out.record(itemOf(event), sentenceOf(event));
      else ctx.out.line(sentenceOf(event));
    }
    if (flags.follow) return tally.data();
    ctx.signal.throwIfAborted();
    const data = tally.data();
    if (data.checkpoints.length === 0)
      ctx.out.line(chosen ? "No checkpoint holds these blocks." : "No checkpoint is pending.");
    if (data.found.length > 0) ctx.exitWith(exitCodes.false);
    return data;
  }
}

/** Checkpoints that the flags name; undefined for those that are pending. */
async function chooseCheckpoints(
  root: RootChain,
  chainId: bigint,
  flags: {
    readonly checkpoint?: string | undefined;
    readonly "from-block"?: bigint | undefined;
    readonly "to-block"?: bigint | undefined;
  },
): Promise<readonly SubmittedCheckpoint[] | undefined> {
  const { createCheckpointReader, describeRecord } = await import("../../src/checkpoint/index.ts");
  if (flags.checkpoint !== undefined) {
    const record = await resolveCheckpoint(root, chainId, flags.checkpoint);
    return [describeRecord(chainId, record, await root.checkpoints.isFinal(chainId, record.number))];
  }
  const from = flags["from-block"];
  if (from === undefined) return undefined;
  const reader = createCheckpointReader(root.checkpoints, chainId);
  const chosen: SubmittedCheckpoint[] = [];
  let next = await reader.checkpointCovering(from);
  while (next && next.start <= (flags["to-block"] ?? next.start)) {
    chosen.push(next);
    next = await reader.checkpoint(next.number + 1n);
  }
  return chosen;
}

/** Between two looks; a new checkpoint has its whole challenge period to be found. */
const REST_MS = 1_000;

/** How long a challenge may take that was begun: it is not left half done by Ctrl-C. */
const PUNISH_MS = 120_000;

async function portsOf(
  net: NetClient,
  root: RootChain,
  wanted: FraudKind | undefined,
  slash: boolean,
): Promise<Omit<WatchPorts, "memory">> {
  const { contradictionTypes, finishSentence, openCase, pendingChallenges, pendingCheckpoints, punish, ...fraud } =
    await import("../../src/fraud/index.ts");
  const chainId = BigInt(net.chainId);
  const { rootStartBlock } = await readNetFacts(net);
  const nodes = await openContradictionSources(net);
  return {
    pending: () => pendingCheckpoints(root, chainId),
    openCase: async () => openCase(root, chainId, await openArchive(net, root), rootStartBlock),
    judge: root.challenges.judge,
    ...(wanted && !contradictionTypes.includes(wanted.type)
      ? {}
      : { contradictions: () => fraud.searchContradictions(chainId, nodes, root.challenges, wanted?.type) }),
    challenges: () => pendingChallenges(root, chainId, rootStartBlock),
    ...(slash
      ? {
          punish: (challenge) => punish(root, challenge, AbortSignal.timeout(PUNISH_MS)),
          sentences: {
            open: () => root.stakes.openOffences(),
            finish: (offence) => finishSentence(root, offence, AbortSignal.timeout(PUNISH_MS)),
          },
        }
      : {}),
  };
}

function createTally() {
  const checkpoints = new Map<string, ScanData["checkpoints"][number]>();
  const found: ScannedFault[] = [];
  const punished: ScanData["punished"][number][] = [];
  return {
    note(event: WatchEvent): void {
      if (event.event === "scanned" || event.event === "unread") {
        const { number, start, end, rootHash } = event.checkpoint;
        const state = event.event === "unread" ? "unread" : event.faults > 0 ? "fraud" : "clean";
        const numbers = { number: number.toString(), start: start.toString(), end: end.toString() };
        checkpoints.set(rootHash, { ...numbers, state });
      }
      if (event.event === "fault") found.push(plainFault(event.fault));
      if (event.event === "punished") {
        const { offenceId, transaction, bounty } = event.punishment;
        punished.push({ offence: offenceId, tx: transaction, bountyWei: bounty.toString() });
      }
    },
    data: (): ScanData => ({ checkpoints: [...checkpoints.values()], found, punished }),
  };
}

function plainFault({ type, checkpoint, block, reason, offence, refusal }: WatchedFault): ScannedFault {
  return {
    type,
    checkpoint: checkpoint?.toString() ?? null,
    block: block?.toString() ?? null,
    reason,
    offence: offence ?? null,
    refusal: refusal ?? null,
  };
}

const NOTHING = {
  checkpoint: null,
  faults: null,
  fault: null,
  challenge: null,
  tx: null,
  slashedWei: null,
  bountyWei: null,
} as const;

function beginning(): ScanItem {
  return { at: Math.floor(Date.now() / 1000), event: "watching", ...NOTHING, code: null, why: null };
}

function itemOf(event: WatchEvent): ScanItem {
  const fault = "fault" in event ? plainFault(event.fault) : null;
  const punishment = event.event === "punished" ? event.punishment : undefined;
  const challenge = event.event === "challenge" ? event.challenge : undefined;
  return {
    at: Math.floor(Date.now() / 1000),
    event: event.event,
    checkpoint:
      "checkpoint" in event
        ? event.checkpoint.number.toString()
        : (fault?.checkpoint ?? challenge?.checkpoint.toString() ?? null),
    faults: event.event === "scanned" ? event.faults : null,
    fault,
    challenge: challenge
      ? {
          id: challenge.id,
          type: challenge.type,
          block: challenge.block?.toString() ?? null,
          missing: challenge.missing,
          deadline: Number(challenge.deadline),
        }
      : null,
    tx: punishment?.transaction ?? null,
    slashedWei: punishment?.slashed.reduce((sum, { amount }) => sum + amount, 0n).toString() ?? null,
    bountyWei: punishment?.bounty.toString() ?? null,
    code: "code" in event ? event.code : null,
    why: "why" in event ? event.why : event.event === "finished" ? `offence ${event.offence}` : null,
  };
}

function sentenceOf(event: WatchEvent): string {
  switch (event.event) {
    case "scanned": {
      const { number, start, end } = event.checkpoint;
      return `checkpoint ${number}, blocks ${start}-${end}: ${event.faults === 0 ? "clean" : `${event.faults} faults`}`;
    }
    case "unread":
      return `checkpoint ${event.checkpoint.number}: ${event.why}`;
    case "fault": {
      const { type, reason, refusal } = event.fault;
      return `${type}: ${reason}${refusal ? `; the root contracts would not convict: ${refusal.why}` : ""}`;
    }
    case "punished":
      return `${event.fault.type}: ${event.punishment.slashed.length} seats charged in ${event.punishment.transaction}`;
    case "refused":
      return `${event.fault.type}: ${event.why}`;
    case "challenge": {
      const { id, type, missing, checkpoint, deadline } = event.challenge;
      const until = new Date(Number(deadline) * 1000).toISOString();
      return `${type}: ${missing}, under checkpoint ${checkpoint}, is waited for until ${until}; who has it: koma proof respond ${id}`;
    }
    case "finished":
      return `the seats were charged that the sentence of offence ${event.offence} had left`;
    case "trouble":
      return `${event.why} Trying on.`;
  }
}
