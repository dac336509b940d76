import {
  Args,
  type Ctx,
  exitCodes,
  Flags,
  fromFlag,
  KomaCommand,
  type NamedKey,
  type NetClient,
  nodeNameOf,
  openArchive,
  openContradictionSources,
  openKey,
  openRootChain,
  passwordFileFlag,
  pickFraudKind,
  readNetFacts,
  readTextFile,
  resolveCheckpoint,
  withLimit,
} from "../../src/cli/index.ts";
import { UserError } from "../../src/errors.ts";
import type { Challenge, FraudKind, RefusedFault, UnreadCheckpoint } from "../../src/fraud/index.ts";
import { formatAmount } from "../../src/primitives/index.ts";
import type { BlockPart, RootChain } from "../../src/rootchain/index.ts";

export interface ChallengeData {
  /** Offence under which slashing and bounty are settled; null when nothing was proven. */
  readonly id: string | null;
  readonly type: string | null;
  /**
   * `accepted`: sent, and convicted. `proven`: a dry run that would be. `refused`: faults were found, none convicts.
   * `opened`: a claim that something is missing was put before the root contracts, which wait for an answer. `claimable`: a
   * dry run of that. `none`: nothing was found.
   */
  readonly state: "accepted" | "proven" | "opened" | "claimable" | "refused" | "none";
  /** Number of the challenge that was opened, for proof conclude. */
  readonly challenge: string | null;
  /** Provable faults that scanning found; 1 for evidence from a file. */
  readonly found: number;
  readonly fault: string | null;
  /** Checkpoint that falls; null also when none does, as with contradictions in consensus. */
  readonly checkpoint: string | null;
  readonly block: string | null;
  /** Wei of Ether beside a claim; 0 for kinds that one transaction decides. */
  readonly bondWei: string;
  /** Unix time until which answers to a claim are taken. */
  readonly deadline: number | null;
  readonly tx: string | null;
  readonly gasUsed: string | null;
  readonly slashed: readonly {
    readonly seat: number;
    readonly validator: string;
    readonly name: string | null;
    readonly amountWei: string;
  }[];
  readonly bountyWei: string | null;
  readonly burnedWei: string | null;
  /** Transaction that paid the bounty, with --wait. */
  readonly bountyTx: string | null;
  readonly file: string | null;
  /** Faults that the root contracts would not convict, and checkpoints that could not be read. */
  readonly refused: readonly { readonly checkpoint: string | null; readonly why: string; readonly code: string }[];
}

export default class ProofChallenge extends KomaCommand<ChallengeData> {
  static override kind = "proof.challenge";
  static override summary = "Look for fraud in pending checkpoints and have the guilty slashed.";
  static override description =
    `Reads the blocks of every checkpoint that can still be rolled back, from whichever node has what was signed, and asks the nodes who
contradicted itself in consensus. For the first fault that the root contracts convict it builds the proof, has it judged without sending, sends it, and carries the slashing out. TYPE
limits the search to one kind (koma proof types). Kinds that something is missing (nonce-gap, utxo-gap, deposit-skipped) are
looked for only when they are named: a bond is put beside the claim, and whoever shows the missing thing in time takes it.
unavailable demands what nobody shows of a block, of the first such one unless --block names it, and pays whoever shows it.
When nobody has by the deadline, koma proof conclude convicts. The exit code is 6 when nothing is found.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> --dry-run",
    "<%= config.bin %> <%= command.id %> duplicate-nonce --checkpoint latest --from bob --dry-run --json",
    "<%= config.bin %> <%= command.id %> consensus-equivocation --from bob",
    "<%= config.bin %> <%= command.id %> nonce-gap --from bob",
    "<%= config.bin %> <%= command.id %> unavailable --block 17 --part receipts --from bob",
    "<%= config.bin %> <%= command.id %> --from carol --wait",
  ];
  static override args = {
    type: Args.string({ description: "Kind of fraud, by name or number; default: any.", ignoreStdin: true }),
  };
  static override flags = {
    checkpoint: Flags.string({
      summary: "Only this checkpoint: its number, or latest.",
      env: "KOMA_PROOF_CHECKPOINT",
      helpValue: "N|latest",
    }),
    evidence: Flags.string({
      summary: "Challenge with the proof in this file instead of scanning.",
      env: "KOMA_PROOF_EVIDENCE",
      helpValue: "FILE",
      exclusive: ["checkpoint"],
    }),
    block: Flags.integer({ summary: "With unavailable: this block.", min: 0, env: "KOMA_PROOF_BLOCK", helpValue: "N" }),
    part: Flags.option({ options: ["header", "txs", "receipts"] as const })({
      summary: "With unavailable: this part of it; default: the first that was not demanded yet.",
      env: "KOMA_PROOF_PART",
    }),
    out: Flags.string({ summary: "Write the proof to this file.", env: "KOMA_PROOF_OUT", helpValue: "FILE" }),
    "dry-run": Flags.boolean({ summary: "Have it judged, but send nothing.", env: "KOMA_DRY_RUN" }),
    wait: Flags.boolean({
      summary: "Wait until the bounty can be settled, and have it paid out.",
      env: "KOMA_PROOF_WAIT",
      exclusive: ["dry-run"],
    }),
    from: fromFlag,
    "password-file": passwordFileFlag,
  };

  async execute(ctx: Ctx): Promise<ChallengeData> {
    const { args, flags } = await this.parse(ProofChallenge);
    return challengeFraud(ctx, args.type, flags);
  }
}

/** What a challenge is asked for with. */
export interface ChallengeFlags {
  readonly block?: number | undefined;
  readonly part?: BlockPart | undefined;
  readonly checkpoint?: string | undefined;
  readonly evidence?: string | undefined;
  readonly out?: string | undefined;
  readonly "dry-run": boolean;
  readonly wait: boolean;
  readonly from: string;
  readonly "password-file"?: string | undefined;
}

/** The whole of a challenge, by whichever command it was asked for. */
export async function challengeFraud(
  ctx: Ctx,
  type: string | undefined,
  flags: ChallengeFlags,
): Promise<ChallengeData> {
  const net = await ctx.net();
  const wanted =
    type === undefined ? undefined : pickFraudKind(type, (await import("../../src/fraud/index.ts")).fraudKinds);
  // A dry run signs nothing: looking must not ask for a password.
  const key = flags["dry-run"]
    ? undefined
    : await openKey(ctx, net, flags.from, { passwordFile: flags["password-file"] });
  const root = await openRootChain(net, key);
  if (wanted?.type === "unavailable") return demandUnavailable(ctx, net, root, flags);
  const search =
    flags.evidence !== undefined
      ? await readEvidence(net, root, flags.evidence)
      : wanted?.interactive
        ? await searchGaps(ctx, net, root, wanted, flags.checkpoint)
        : await searchFraud(ctx, net, root, wanted, flags.checkpoint);
  const data = await finishChallenge(ctx, net, root, key, search, flags);
  printChallenge(ctx, data);
  if (data.state === "none" || data.state === "refused") ctx.exitWith(exitCodes.false);
  return data;
}

/** Data that nobody shows, or that somebody named. */
async function demandUnavailable(ctx: Ctx, net: NetClient, root: RootChain, flags: ChallengeFlags) {
  const { demandData, describeDemand } = await import("../../src/fraud/index.ts");
  const checkpoints = await checkpointsToScan(ctx, net, root, flags.checkpoint);
  const block = flags.block === undefined ? undefined : BigInt(flags.block);
  const wanted = { block, part: flags.part, send: !flags["dry-run"] };
  const made = await demandData(root, await openArchive(net, root), checkpoints, wanted, ctx.signal);
  const data: ChallengeData = { ...UNSENT, ...describeDemand(made), file: null, refused: [] };
  printChallenge(ctx, data);
  if (data.state === "none") ctx.exitWith(exitCodes.false);
  return data;
}

const UNSENT = {
  tx: null,
  gasUsed: null,
  slashed: [],
  bountyWei: null,
  burnedWei: null,
  bountyTx: null,
} as const;

export interface Search {
  readonly found: number;
  readonly fault: string | null;
  readonly challenge: Challenge | undefined;
  readonly offence: string | null;
  readonly refused: ChallengeData["refused"];
  /** A claim that something is missing, with the bond that it needs. */
  readonly bond?: bigint;
}

async function checkpointsToScan(ctx: Ctx, net: NetClient, root: RootChain, only: string | undefined) {
  const { pendingCheckpoints } = await import("../../src/fraud/index.ts");
  const { describeRecord } = await import("../../src/checkpoint/index.ts");
  const chainId = BigInt(net.chainId);
  const checkpoints =
    only === undefined
      ? await pendingCheckpoints(root, chainId)
      : [describeRecord(chainId, await resolveCheckpoint(root, chainId, only), false)];
  ctx.out.note(
    checkpoints.length === 0
      ? "no checkpoint is pending"
      : `scanning checkpoint ${checkpoints.map(({ number }) => number).join(", ")}`,
  );
  return checkpoints;
}

/** Something missing: the first gap that the root contracts take a claim about. */
export async function searchGaps(
  ctx: Ctx,
  net: NetClient,
  root: RootChain,
  wanted: FraudKind,
  only: string | undefined,
): Promise<Search> {
  const { describeGap, openCase, proveGap } = await import("../../src/fraud/index.ts");
  const chainId = BigInt(net.chainId);
  const fraud = await openCase(root, chainId, await openArchive(net, root), (await readNetFacts(net)).rootStartBlock);
  const interactive = root.interactive();
  const checkpoints = await checkpointsToScan(ctx, net, root, only);
  const { found, proven, refused, unread } = await proveGap(fraud, checkpoints, wanted, interactive);
  return {
    found,
    fault: proven ? describeGap(proven.gap) : null,
    challenge: proven?.challenge,
    offence: proven?.claim.offenceId ?? null,
    refused: [...refused.map(plainRefusal), ...unread.map(plainUnread)],
    ...(proven ? { bond: await interactive.bondFor(chainId, proven.claim.number) } : {}),
  };
}

export async function searchFraud(
  ctx: Ctx,
  net: NetClient,
  root: RootChain,
  wanted: FraudKind | undefined,
  only: string | undefined,
): Promise<Search> {
  const { contradictionTypes, describeFault, findFraud, openCase, proveFraud, searchContradictions } = await import(
    "../../src/fraud/index.ts"
  );
  const chainId = BigInt(net.chainId);
  const fraud = await openCase(root, chainId, await openArchive(net, root), (await readNetFacts(net)).rootStartBlock);
  const checkpoints = await checkpointsToScan(ctx, net, root, only);
  const { found, unread } = await findFraud(fraud, checkpoints, wanted);
  const { proven, refused } = await proveFraud(fraud, found, root.challenges.judge);
  const inBlocks = {
    found: found.length,
    fault: proven ? describeFault(proven.fault) : null,
    challenge: proven?.challenge,
    offence: proven?.verdict.offenceId ?? null,
    refused: [...refused.map(plainRefusal), ...unread.map(plainUnread)],
  };
  if (proven || only !== undefined || (wanted && !contradictionTypes.includes(wanted.type))) return inBlocks;
  const nodes = await openContradictionSources(net);
  const contradictions = await searchContradictions(chainId, nodes, root.challenges, wanted?.type);
  return {
    found: inBlocks.found + contradictions.found,
    fault: contradictions.proven?.fault ?? null,
    challenge: contradictions.proven?.challenge,
    offence: contradictions.proven?.verdict.offenceId ?? null,
    refused: [...inBlocks.refused, ...contradictions.refused.map((refusal) => ({ ...refusal, checkpoint: null }))],
  };
}

const plainRefusal = ({ checkpoint, why, code }: Pick<RefusedFault, "checkpoint" | "why" | "code">) => ({
  checkpoint: checkpoint.toString(),
  why,
  code,
});
const plainUnread = ({ checkpoint, why }: UnreadCheckpoint) => {
  return { checkpoint: checkpoint.toString(), why, code: "KOMA_E_BLOCKS_DIFFER" };
};

/** What the root contracts say of it comes as their own error: a file is one claim, not a search. */
export async function readEvidence(net: NetClient, root: RootChain, file: string): Promise<Search> {
  const { checkChallenge, openLookup, parseChallenge } = await import("../../src/fraud/index.ts");
  const challenge = parseChallenge(await readTextFile(file));
  const lookup = openLookup(root, challenge.chainId, (await readNetFacts(net)).rootStartBlock);
  if ((await checkChallenge(challenge, lookup)).outcome === "stale") {
    throw new UserError("KOMA_E_PROOF_TOO_OLD", "The checkpoint that the proof was made for was rolled back.", {
      facts: { checkpoint: challenge.checkpoint, why: "It was proven wrong before: there is nothing left to charge." },
      fix: ["koma checkpoint list", "koma proof challenge"],
    });
  }
  const { fraudKindOf } = await import("../../src/fraud/index.ts");
  if (fraudKindOf(challenge.type)?.interactive) {
    const interactive = root.interactive();
    const claim = await interactive.claimOf(challenge.kind, challenge.evidence);
    const bond = await interactive.bondFor(claim.chainId, claim.number);
    return { found: 1, fault: null, challenge, offence: claim.offenceId, refused: [], bond };
  }
  const verdict = await root.challenges.judge(challenge.kind, challenge.evidence);
  return { found: 1, fault: null, challenge, offence: verdict.offenceId, refused: [] };
}

export async function finishChallenge(
  ctx: Ctx,
  net: NetClient,
  root: RootChain,
  key: NamedKey | undefined,
  search: Search,
  flags: { readonly out?: string | undefined; readonly wait: boolean },
): Promise<ChallengeData> {
  const { found, fault, challenge, offence, refused } = search;
  const { checkpointsUnder, collectBounty, punish, serializeChallenge } = await import("../../src/fraud/index.ts");
  const { createCheckpointReader } = await import("../../src/checkpoint/index.ts");
  const base = {
    found,
    fault,
    refused,
    type: challenge?.type ?? null,
    checkpoint: challenge?.checkpoint ? challenge.checkpoint.toString() : null,
    block: challenge?.checkpoint ? challenge.block.toString() : null,
    challenge: null,
    bondWei: (search.bond ?? 0n).toString(),
    deadline: null,
    file: challenge && flags.out !== undefined ? flags.out : null,
  } as const;
  const unsent = { ...UNSENT, id: offence } as const;
  if (!challenge) return { ...base, ...unsent, state: found === 0 ? "none" : "refused" };
  if (flags.out !== undefined) {
    const { writeFileAtomic } = await import("../../src/wallet/index.ts");
    const { checkpoint } = createCheckpointReader(root.checkpoints, challenge.chainId);
    await writeFileAtomic(flags.out, serializeChallenge(challenge, await checkpointsUnder({ challenge }, checkpoint)));
  }
  if (!key) return { ...base, ...unsent, state: search.bond === undefined ? "proven" : "claimable" };
  if (search.bond !== undefined) {
    const sent = await root.interactive().open(challenge.kind, challenge.evidence, search.bond, ctx.signal);
    return {
      ...base,
      ...unsent,
      state: "opened",
      challenge: sent.opened?.id.toString() ?? null,
      deadline: sent.opened ? Number(sent.opened.claim.deadline) : null,
      tx: sent.hash ?? null,
      gasUsed: sent.gasUsed.toString(),
    };
  }
  const punishment = await punish(root, challenge, ctx.signal);
  const payment = flags.wait
    ? await withLimit(ctx, { what: "the bounty can be settled", limitMs: 300_000 }, (signal) =>
        collectBounty(root, punishment.offenceId, key.address, signal),
      )
    : undefined;
  const validators = await root.stakes.validators();
  return {
    ...base,
    state: "accepted",
    id: punishment.offenceId,
    tx: punishment.transaction,
    gasUsed: punishment.gasUsed.toString(),
    slashed: punishment.slashed.map(({ seat, validatorId, amount }) => ({
      seat,
      validator: validatorId.toString(),
      name: nodeNameOf(net, validators.find(({ id }) => id === validatorId)?.signer ?? ""),
      amountWei: amount.toString(),
    })),
    bountyWei: punishment.bounty.toString(),
    burnedWei: punishment.burned.toString(),
    bountyTx: payment?.hash ?? null,
  };
}

export function printChallenge({ out }: Ctx, data: ChallengeData): void {
  const kmc = (wei: string) => `${Number(BigInt(wei) / 10n ** 12n) / 1e6} KMC`;
  for (const { checkpoint, why } of data.refused)
    out.note(`${checkpoint ? `checkpoint ${checkpoint}` : "consensus"}: ${why}`);
  if (data.state === "none") return out.line("No provable fraud found.");
  if (data.state === "refused") return out.line(`${data.found} faults found, none of which convicts anybody.`);
  out.line(`${data.type}: ${data.fault ?? "as the file says"}`);
  if (data.checkpoint) out.line(`  checkpoint  ${data.checkpoint}, block ${data.block}`);
  out.line(`  offence     ${data.id}`);
  if (data.file) out.line(`  proof       ${data.file}`);
  if (data.state === "opened") {
    out.line(`  bond        ${formatAmount(BigInt(data.bondWei))} ETH`);
    out.line(`  transaction ${data.tx}, gas ${data.gasUsed}`);
    out.line(`Challenge ${data.challenge} is open until ${new Date((data.deadline ?? 0) * 1000).toISOString()}.`);
    return out.note(`Unless somebody answers: koma proof conclude ${data.challenge}`);
  }
  if (data.state === "claimable") {
    return out.line(
      `The root contracts would take the claim, for a bond of ${formatAmount(BigInt(data.bondWei))} ETH.`,
    );
  }
  if (data.state === "proven") return out.line("The root contracts would convict; nothing was sent.");
  out.line(`  transaction ${data.tx}, gas ${data.gasUsed}`);
  for (const { name, validator, amountWei } of data.slashed) {
    out.line(`  slashed     ${name ?? `validator ${validator}`}: ${kmc(amountWei)}`);
  }
  out.line(`  bounty      ${kmc(data.bountyWei ?? "0")}${data.bountyTx ? `, paid in ${data.bountyTx}` : ""}`);
  if (!data.bountyTx)
    out.note("The bounty can be collected when nobody can claim it by an older commitment: koma bridge claim --wait");
}
