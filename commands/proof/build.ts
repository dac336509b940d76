import {
  Args,
  type Ctx,
  exitCodes,
  Flags,
  integerFlag,
  KomaCommand,
  type NetClient,
  openArchive,
  openRootChain,
  pickFraudKind,
  placeOf,
  readNetFacts,
} from "../../src/cli/index.ts";
import { ProtocolError } from "../../src/errors.ts";
import type { FraudKind } from "../../src/fraud/index.ts";
import { formatAmount } from "../../src/primitives/index.ts";
import type { RootChain } from "../../src/rootchain/index.ts";
import { type Search, searchFraud, searchGaps } from "./challenge.ts";

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
    summary: "Transaction that is said to be wrong; twice for a kind about two. Nothing is looked for.",
    multiple: true,
    multipleNonGreedy: true,
    env: "KOMA_PROOF_TX",
    helpValue: "TX",
    exclusive: ["checkpoint"],
  }),
  block: integerFlag({
    summary: "Block that is said to be wrong, for a kind about blocks. Nothing is looked for.",
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
    const { checkpointsUnder, expectedBounty, provableKinds, serializeChallenge } = await import(
      "../../src/fraud/index.ts"
    );
    const { createCheckpointReader } = await import("../../src/checkpoint/index.ts");
    const { writeFileAtomic } = await import("../../src/wallet/index.ts");
    const kind = pickFraudKind(args.type, provableKinds);
    const net = await ctx.net();
    const root = await openRootChain(net);
    const built = await buildProof(ctx, net, root, kind, flags);
    const { challenge } = built;
    const file = challenge ? (flags.out ?? `${kind.type}.proof.json`) : null;
    if (challenge && file !== null) {
      const { checkpoint } = createCheckpointReader(root.checkpoints, challenge.chainId);
      await writeFileAtomic(file, serializeChallenge(challenge, await checkpointsUnder({ challenge }, checkpoint)));
    }
    const convicts = challenge !== undefined && built.refusal === null;
    const data: BuiltProof = {
      type: kind.type,
      file,
      bytes: challenge ? (challenge.evidence.length - 2) / 2 : 0,
      checkpoint: challenge?.checkpoint ? challenge.checkpoint.toString() : null,
      block: challenge?.checkpoint ? challenge.block.toString() : null,
      fault: built.fault,
      valid: convicts,
      offence: built.offence,
      bondWei: (built.bond ?? 0n).toString(),
      bountyWei: convicts ? (await expectedBounty(root, challenge, built.signers)).toString() : null,
      refusal: built.refusal,
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

/** A proof that was built, and what the root contracts would make of it. */
export interface Built extends Pick<Search, "found" | "fault" | "challenge" | "offence" | "bond"> {
  /** Seats that a verdict charges instead of the checkpoint's signers, else zero. */
  readonly signers: bigint;
  readonly refusal: BuiltProof["refusal"];
}

/** Builds the proof of what is named, or of what is found. */
export async function buildProof(
  ctx: Ctx,
  net: NetClient,
  root: RootChain,
  kind: FraudKind,
  subject: Subject,
): Promise<Built> {
  if (subject.tx !== undefined || subject.block !== undefined) return buildNamed(net, root, kind, subject);
  const search = kind.interactive
    ? await searchGaps(ctx, net, root, kind, subject.checkpoint)
    : await searchFraud(ctx, net, root, kind, subject.checkpoint);
  for (const { why, checkpoint } of search.refused) ctx.out.note(checkpoint ? `checkpoint ${checkpoint}: ${why}` : why);
  const { challenge } = search;
  const judged =
    challenge && !kind.interactive ? await root.challenges.judge(challenge.kind, challenge.evidence) : undefined;
  return { ...search, signers: judged?.signers ?? 0n, refusal: null };
}

async function buildNamed(net: NetClient, root: RootChain, kind: FraudKind, subject: Subject): Promise<Built> {
  const { claimedFault, craftChallenge, openCase } = await import("../../src/fraud/index.ts");
  const { openChainClient } = await import("../../src/rpc/index.ts");
  const archive = await openArchive(net, root);
  const chain = await openChainClient(net.rpcUrl());
  const transactions = await Promise.all((subject.tx ?? []).map((text) => placeOf(chain, text)));
  const fault = await claimedFault(archive, kind, { transactions, block: subject.block, log: subject.log });
  const fromBlock = (await readNetFacts(net)).rootStartBlock;
  const { graceBlocks } = await openCase(root, BigInt(net.chainId), archive, fromBlock);
  const challenge = await craftChallenge(archive, fault, graceBlocks);
  const built = { found: 1, fault: null, challenge } as const;
  try {
    const { offenceId, signers } = await root.challenges.judge(challenge.kind, challenge.evidence);
    return { ...built, offence: offenceId, signers, refusal: null };
  } catch (error) {
    // The contracts' own answer; an endpoint that is away is none.
    if (!(error instanceof ProtocolError)) throw error;
    return { ...built, offence: null, signers: 0n, refusal: { code: error.code, why: error.message } };
  }
}
