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
  openKey,
  openRootChain,
  passwordFileFlag,
  pickFraudKind,
  readNetFacts,
  readTextFile,
  withLimit,
} from "../../src/cli/index.ts";
import type { FraudSearch, SentChallenge } from "../../src/fraud/index.ts";
import { formatAmount } from "../../src/primitives/index.ts";
import type { BlockPart, RootChain } from "../../src/rootchain/index.ts";
import { lookForFraud, noteCheckpoints, placesOf, type Subject, subjectFlags, writeProof } from "./build.ts";

export interface ChallengeData {
  /** Offence under which slashing and bounty are settled; null when nothing was proven. */
  readonly id: string | null;
  readonly type: string | null;
  /**
   * `accepted`: sent, and convicted. `proven`: a dry run that would be. `refused`: faults were found, none convicts.
   * `opened`: a claim that something is missing was put before the root contracts, which wait for an answer. `claimable`: a
   * dry run of that. `claimed`: somebody else's challenge came first, and the bounty is this account's by its older commitment.
   * `none`: nothing was found.
   */
  readonly state: "accepted" | "proven" | "opened" | "claimable" | "claimed" | "refused" | "none";
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
  /** Transaction that noted a commitment, with --commit. */
  readonly commitTx: string | null;
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
limits the search to one kind (koma proof types), --tx or --block to faults of that transaction or block. A TYPE with one of them is the
proof of what is named: nothing is looked for. Kinds that something is missing (nonce-gap, utxo-gap, deposit-skipped) are
looked for only when they are named: a bond is put beside the claim, and whoever shows the missing thing in time takes it.
unavailable demands what nobody shows of a block, of the first such one unless --block names it, and pays whoever shows it.
When nobody has by the deadline, koma proof conclude convicts. --commit notes a commitment first, as koma proof submit does. The
exit code is 6 when nothing is found.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> --dry-run",
    "<%= config.bin %> <%= command.id %> duplicate-nonce --checkpoint latest --from bob --dry-run --json",
    "<%= config.bin %> <%= command.id %> --tx latest --dry-run",
    "<%= config.bin %> <%= command.id %> consensus-equivocation --from bob",
    "<%= config.bin %> <%= command.id %> nonce-gap --from bob",
    "<%= config.bin %> <%= command.id %> unavailable --block 17 --part receipts --from bob",
    "<%= config.bin %> <%= command.id %> --from carol --wait",
  ];
  static override args = {
    type: Args.string({ description: "Kind of fraud, by name or number; default: any.", ignoreStdin: true }),
  };
  static override flags = {
    ...subjectFlags,
    evidence: Flags.string({
      summary: "Challenge with the proof in this file instead of scanning.",
      env: "KOMA_PROOF_EVIDENCE",
      helpValue: "FILE",
      exclusive: ["checkpoint", "tx", "block"],
    }),
    part: Flags.option({ options: ["header", "txs", "receipts"] as const })({
      summary: "With unavailable: this part of it; default: the first that was not demanded yet.",
      env: "KOMA_PROOF_PART",
    }),
    out: Flags.string({ summary: "Write the proof to this file.", env: "KOMA_PROOF_OUT", helpValue: "FILE" }),
    commit: Flags.boolean({
      summary: "Note a commitment first, so that nobody who copies the challenge gains by it.",
      env: "KOMA_PROOF_COMMIT",
    }),
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
export interface ChallengeFlags extends Subject {
  readonly part?: BlockPart | undefined;
  readonly evidence?: string | undefined;
  readonly out?: string | undefined;
  readonly commit: boolean;
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
    flags.evidence === undefined
      ? await lookForFraud(ctx, net, root, wanted, flags)
      : await readEvidence(net, root, flags.evidence);
  const data = await finishChallenge(ctx, net, root, key, search, flags);
  printChallenge(ctx, data);
  if (data.state === "none" || data.state === "refused") ctx.exitWith(exitCodes.false);
  return data;
}

/** Data that nobody shows, or that somebody named. */
async function demandUnavailable(ctx: Ctx, net: NetClient, root: RootChain, flags: ChallengeFlags) {
  const { demandData, describeDemand } = await import("../../src/fraud/index.ts");
  const checkpoints = await noteCheckpoints(ctx, net, root, flags.checkpoint);
  const block = flags.block ?? (await placesOf(net, flags))?.transactions[0]?.block;
  const wanted = { block, part: flags.part, send: !flags["dry-run"] };
  const made = await demandData(root, await openArchive(net, root), checkpoints, wanted, ctx.signal);
  const data: ChallengeData = { ...UNSENT, ...describeDemand(made), file: null, refused: [] };
  printChallenge(ctx, data);
  if (data.state === "none") ctx.exitWith(exitCodes.false);
  return data;
}

const UNSENT = {
  challenge: null,
  deadline: null,
  tx: null,
  commitTx: null,
  gasUsed: null,
  slashed: [],
  bountyWei: null,
  burnedWei: null,
  bountyTx: null,
} as const;

/** The challenge in a file. */
export async function readEvidence(net: NetClient, root: RootChain, file: string): Promise<FraudSearch> {
  const { openEvidence } = await import("../../src/fraud/index.ts");
  return openEvidence({ root, startBlock: (await readNetFacts(net)).rootStartBlock }, await readTextFile(file));
}

/** Writes down and sends what was found, as the flags ask. Without a key nothing is sent. */
export async function finishChallenge(
  ctx: Ctx,
  net: NetClient,
  root: RootChain,
  key: NamedKey | undefined,
  search: FraudSearch,
  flags: Pick<ChallengeFlags, "commit" | "wait" | "out">,
): Promise<ChallengeData> {
  const { found, fault, challenge, offence } = search;
  const base: ChallengeData = {
    ...UNSENT,
    found,
    fault: fault ?? null,
    refused: search.refused.map((refusal) => ({ ...refusal, checkpoint: refusal.checkpoint?.toString() ?? null })),
    type: challenge?.type ?? null,
    checkpoint: challenge?.checkpoint ? challenge.checkpoint.toString() : null,
    block: challenge?.checkpoint ? challenge.block.toString() : null,
    bondWei: (search.bond ?? 0n).toString(),
    file: challenge && offence && flags.out !== undefined ? flags.out : null,
    id: offence ?? null,
    state: "refused",
  };
  if (!challenge || offence === undefined) return { ...base, state: found === 0 ? "none" : "refused" };
  if (base.file !== null) await writeProof(root, challenge, base.file);
  if (!key) return { ...base, state: search.bond === undefined ? "proven" : "claimable" };
  const { collectBounty, sendChallenge } = await import("../../src/fraud/index.ts");
  const { commit } = flags;
  const noted = ({ hash }: { readonly hash: string | undefined }) => ctx.out.note(`commitment noted in ${hash}`);
  const sent = await sendChallenge(root, key, search, { commit, noted }, ctx.signal);
  const outcome = { ...base, ...(await toldOf(net, root, sent)) };
  if (sent.state !== "accepted" || !flags.wait) return outcome;
  const payment = await withLimit(ctx, { what: "the bounty can be settled", limitMs: 300_000 }, (signal) =>
    collectBounty(root, sent.punishment.offenceId, key.address, signal),
  );
  return { ...outcome, bountyTx: payment?.hash ?? null };
}

async function toldOf(net: NetClient, root: RootChain, sent: SentChallenge): Promise<Partial<ChallengeData>> {
  if (sent.state === "opened") {
    return {
      state: "opened",
      challenge: sent.id?.toString() ?? null,
      deadline: sent.deadline === undefined ? null : Number(sent.deadline),
      tx: sent.sent.hash ?? null,
      gasUsed: sent.sent.gasUsed.toString(),
    };
  }
  const commitTx = sent.commitTx ?? null;
  if (sent.state === "claimed") {
    const { hash, gasUsed } = sent.sent;
    return {
      state: "claimed",
      commitTx,
      tx: hash ?? null,
      gasUsed: gasUsed.toString(),
      bountyWei: sent.bounty.toString(),
    };
  }
  const { offenceId, transaction, gasUsed, slashed, bounty, burned } = sent.punishment;
  const validators = await root.stakes.validators();
  return {
    state: "accepted",
    id: offenceId,
    commitTx,
    tx: transaction,
    gasUsed: gasUsed.toString(),
    slashed: slashed.map(({ seat, validatorId, amount }) => ({
      seat,
      validator: validatorId.toString(),
      name: nodeNameOf(net, validators.find(({ id }) => id === validatorId)?.signer ?? ""),
      amountWei: amount.toString(),
    })),
    bountyWei: bounty.toString(),
    burnedWei: burned.toString(),
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
  if (data.state === "claimed") {
    out.line(`  transaction ${data.tx}`);
    out.line("Somebody else proved it first; the bounty is this account's by its older commitment.");
    return out.note("Next: koma bridge claim --wait");
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
