import type { SubmittedCheckpoint } from "../../src/checkpoint/index.ts";
import {
  Args,
  type Ctx,
  exitCodes,
  Flags,
  integerFlag,
  KomaCommand,
  type NetClient,
  openArchive,
  openContradictionSources,
  openRootChain,
  pickFraudKind,
  placeOf,
  readNetFacts,
  resolveCheckpoint,
} from "../../src/cli/index.ts";
import type { Challenge, FraudKind, FraudSearch, NamedPlaces } from "../../src/fraud/index.ts";
import { formatAmount } from "../../src/primitives/index.ts";
import type { RootChain } from "../../src/rootchain/index.ts";

export interface BuiltProof {
  readonly type: string;
  /** Null when nothing was found to be proven. */
  readonly file: string | null;
  /** Length of the evidence. */
  readonly bytes: number;
  readonly checkpoint: string | null;
  readonly block: string | null;
  /** What is wrong, in words; null for what was named with --tx or --block. */
  readonly fault: string | null;
  /** Whether the root contracts would convict, or take the claim. */
  readonly valid: boolean;
  readonly offence: string | null;
  /** Wei of Ether that a claim needs beside it; 0 for kinds that one transaction decides. */
  readonly bondWei: string;
  /** Wei of KMC that the finder would get, as stakes are now; null when the root contracts would not convict. */
  readonly bountyWei: string | null;
  /** Why they would not. */
  readonly refusal: { readonly code: string; readonly why: string } | null;
}

/** Flags that say what a proof is to be about. */
export const subjectFlags = {
  tx: Flags.string({
    summary: "Transaction that is said to be wrong; twice for a kind about two.",
    multiple: true,
    multipleNonGreedy: true,
    env: "KOMA_PROOF_TX",
    helpValue: "TX",
    exclusive: ["checkpoint"],
  }),
  block: integerFlag({
    summary: "Block that is said to be wrong, for a kind about blocks.",
    env: "KOMA_PROOF_BLOCK",
    helpValue: "N",
    exclusive: ["checkpoint", "tx"],
  }),
  log: Flags.integer({
    summary: "Which log of the transaction's receipt, from 0.",
    min: 0,
    env: "KOMA_PROOF_LOG",
    helpValue: "I",
    dependsOn: ["tx"],
  }),
  checkpoint: Flags.string({
    summary: "Look only in this checkpoint: its number, or latest.",
    env: "KOMA_PROOF_CHECKPOINT",
    helpValue: "N|latest",
  }),
};

export interface Subject {
  readonly tx?: readonly string[] | undefined;
  readonly block?: bigint | undefined;
  readonly log?: number | undefined;
  readonly checkpoint?: string | undefined;
}

export default class ProofBuild extends KomaCommand<BuiltProof> {
  static override kind = "proof.build";
  static override summary = "Build a fraud proof and write it to a file.";
  static override description =
    `Looks for the kind of fraud in the pending checkpoints and writes the proof of the first that the root contracts would convict. With --tx
or --block nothing is looked for: the proof is about these, and whether it convicts is told, not asked. The file is the same whenever it
is built from the same blocks. Check it with koma proof verify, send it with koma proof submit. The exit code is 6 when nothing is found.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> duplicate-nonce --checkpoint latest --out fraud.json",
    "<%= config.bin %> <%= command.id %> bad-transaction --tx latest --out tx.fraud.json --json",
    "<%= config.bin %> <%= command.id %> block-producer --block 3",
  ];
  static override args = {
    type: Args.string({
      description: "Kind of fraud, by name or number: koma proof types.",
      required: true,
      ignoreStdin: true,
    }),
  };
  static override flags = {
    ...subjectFlags,
    out: Flags.string({
      summary: "File to write; default: TYPE.proof.json.",
      env: "KOMA_PROOF_OUT",
      helpValue: "FILE",
    }),
  };

  async execute(ctx: Ctx): Promise<BuiltProof> {
    const { args, flags } = await this.parse(ProofBuild);
    const { expectedBounty, provableKinds } = await import("../../src/fraud/index.ts");
    const kind = pickFraudKind(args.type, provableKinds);
    const net = await ctx.net();
    const root = await openRootChain(net);
    const built = await lookForFraud(ctx, net, root, kind, flags);
    const { challenge, offence } = built;
    // Of what was found something else may be refused; of what was named that is the answer.
    const refusal = challenge && offence === undefined ? (built.refused[0] ?? null) : null;
    if (!refusal)
      for (const { why, checkpoint } of built.refused)
        ctx.out.note(checkpoint ? `checkpoint ${checkpoint}: ${why}` : why);
    const file = challenge ? (flags.out ?? `${kind.type}.proof.json`) : null;
    if (challenge && file !== null) await writeProof(root, challenge, file);
    const convicts = challenge !== undefined && offence !== undefined;
    const data: BuiltProof = {
      type: kind.type,
      file,
      bytes: challenge ? (challenge.evidence.length - 2) / 2 : 0,
      checkpoint: challenge?.checkpoint ? challenge.checkpoint.toString() : null,
      block: challenge?.checkpoint ? challenge.block.toString() : null,
      fault: built.fault ?? null,
      valid: convicts,
      offence: offence ?? null,
      bondWei: (built.bond ?? 0n).toString(),
      bountyWei: convicts ? (await expectedBounty(root, challenge, built.signers)).toString() : null,
      refusal: refusal && { code: refusal.code, why: refusal.why },
    };
    printBuilt(ctx, data);
    if (!challenge) ctx.exitWith(exitCodes.false);
    return data;
  }
}

function printBuilt({ out }: Ctx, data: BuiltProof): void {
  if (data.file === null) return out.line(`No ${data.type} found that could be proven.`);
  out.line(`${data.type}: ${data.fault ?? "as it was named"}`);
  if (data.checkpoint) out.line(`  checkpoint  ${data.checkpoint}, block ${data.block}`);
  out.line(`  proof       ${data.file}, ${data.bytes} bytes of evidence`);
  if (data.offence) out.line(`  offence     ${data.offence}`);
  if (data.bondWei !== "0") out.line(`  bond        ${formatAmount(BigInt(data.bondWei))} ETH`);
  if (data.bountyWei) out.line(`  bounty      about ${formatAmount(BigInt(data.bountyWei))} KMC`);
  if (data.refusal) out.warn("KOMA_W_PROOF_REFUSED", `The root contracts would not convict: ${data.refusal.why}`);
  else out.note(`Next: koma proof submit ${data.file}`);
}

/** Writes the file of a proof, with the roots that it leads to. */
export async function writeProof(root: RootChain, challenge: Challenge, file: string): Promise<void> {
  const { checkpointsUnder, serializeChallenge } = await import("../../src/fraud/index.ts");
  const { createCheckpointReader } = await import("../../src/checkpoint/index.ts");
  const { writeFileAtomic } = await import("../../src/wallet/index.ts");
  const { checkpoint } = createCheckpointReader(root.checkpoints, challenge.chainId);
  await writeFileAtomic(file, serializeChallenge(challenge, await checkpointsUnder({ challenge }, checkpoint)));
}

/** The proof of what is named, or of what is found; of any kind unless one is wanted. */
export async function lookForFraud(
  ctx: Ctx,
  net: NetClient,
  root: RootChain,
  wanted: FraudKind | undefined,
  subject: Subject,
): Promise<FraudSearch> {
  const { proveNamed, searchDoubleSigners, searchFraud, searchGaps } = await import("../../src/fraud/index.ts");
  const { rootStartBlock: startBlock } = await readNetFacts(net);
  const ground = { root, chainId: BigInt(net.chainId), archive: await openArchive(net, root), startBlock };
  const places = await placesOf(net, subject);
  if (places && wanted && !wanted.interactive) return proveNamed(ground, wanted, { ...places, log: subject.log });
  const checkpoints = await noteCheckpoints(ctx, net, root, subject.checkpoint, places);
  if (wanted?.interactive) return searchGaps(ground, checkpoints, wanted, places);
  const inBlocks = await searchFraud(ground, checkpoints, wanted, places);
  if (inBlocks.offence !== undefined || subject.checkpoint !== undefined || places) return inBlocks;
  const signed = await searchDoubleSigners(ground, () => openContradictionSources(net), wanted);
  if (!signed) return inBlocks;
  return { ...signed, found: inBlocks.found + signed.found, refused: [...inBlocks.refused, ...signed.refused] };
}

/** The transactions and the block that flags name; undefined when they name none. */
export async function placesOf(net: NetClient, { tx, block }: Subject): Promise<NamedPlaces | undefined> {
  if (tx === undefined && block === undefined) return undefined;
  const { openChainClient } = await import("../../src/rpc/index.ts");
  const chain = await openChainClient(net.rpcUrl());
  return { transactions: await Promise.all((tx ?? []).map((text) => placeOf(chain, text))), block };
}

/** The checkpoints to look into: the one that is named, or those that are pending. Says which they are. */
export async function noteCheckpoints(
  { out }: Ctx,
  net: NetClient,
  root: RootChain,
  only: string | undefined,
  places?: NamedPlaces,
): Promise<readonly SubmittedCheckpoint[]> {
  const { checkpointsAbout } = await import("../../src/fraud/index.ts");
  const { describeRecord } = await import("../../src/checkpoint/index.ts");
  const chainId = BigInt(net.chainId);
  const checkpoints =
    only === undefined
      ? await checkpointsAbout({ root, chainId }, places)
      : [describeRecord(chainId, await resolveCheckpoint(root, chainId, only), false)];
  out.note(
    checkpoints.length === 0
      ? "no checkpoint is pending"
      : `scanning checkpoint ${checkpoints.map(({ number }) => number).join(", ")}`,
  );
  return checkpoints;
}
