import type { Collection, Interval, Staker } from "../../src/checkpoint/index.ts";
import {
  type Ctx,
  Flags,
  fromFlag,
  integerFlag,
  isoTime,
  KomaCommand,
  type NetClient,
  openKey,
  openRootChain,
  passwordFileFlag,
  percentOf,
  stakersAtHand,
  waitFor,
} from "../../src/cli/index.ts";
import { KomaError, ProtocolError, UserError } from "../../src/errors.ts";
import type { RootChain, SentTransaction } from "../../src/rootchain/index.ts";

export interface SubmittedCheckpointData {
  readonly number: string;
  readonly chain: number;
  readonly start: string;
  readonly end: string;
  readonly root: string;
  readonly proposer: string;
  readonly signers: readonly { readonly name: string; readonly signer: string; readonly powerWei: string }[];
  /** Stakers at hand that did not sign, and why. */
  readonly abstained: readonly { readonly name: string; readonly why: string }[];
  readonly powerPct: number;
  /** Null for a dry run. */
  readonly tx: string | null;
  readonly gasUsed: string;
  readonly challengeEndsAt: string | null;
}

export default class CheckpointSubmit extends KomaCommand<SubmittedCheckpointData> {
  static override kind = "checkpoint.submit";
  static override summary = "Submit the chain's next checkpoint to the root chain now.";
  static override description =
    `The nodes of a devnet submit checkpoints by themselves, at intervals. This command does it at once: it builds the next checkpoint
up to the newest final block, has every staker sign whose key stands in the devnet's folder and whose own node has those blocks
final, and submits it when more than two thirds of the stake signed. --dry-run shows it without sending.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> --dry-run",
    "<%= config.bin %> <%= command.id %>",
    "<%= config.bin %> <%= command.id %> --from bob --json",
  ];
  static override flags = {
    end: integerFlag({
      summary: "Last block to include; default: the newest one that two thirds of the stake have final.",
      env: "KOMA_CHECKPOINT_END",
    }),
    "dry-run": Flags.boolean({ summary: "Build, sign and judge it, but send nothing.", env: "KOMA_DRY_RUN" }),
    from: fromFlag,
    "password-file": passwordFileFlag,
  };

  async execute(ctx: Ctx): Promise<SubmittedCheckpointData> {
    const { flags } = await this.parse(CheckpointSubmit);
    const net = await ctx.net();
    const key = await openKey(ctx, net, flags.from, { passwordFile: flags["password-file"] });
    const root = await openRootChain(net, key);
    const stakers = await stakersAtHand(net);
    const { collection, sent } = await submitNext(ctx, net, root, stakers, flags);
    const { checkpoint } = collection;
    const stored = sent.hash ? await root.checkpoints.checkpoint(BigInt(net.chainId), checkpoint.number) : undefined;
    const data: SubmittedCheckpointData = {
      number: checkpoint.number.toString(),
      chain: net.chainId,
      start: checkpoint.start.toString(),
      end: checkpoint.end.toString(),
      root: checkpoint.rootHash,
      proposer: checkpoint.proposer,
      signers: collection.signers.map(({ name, signer, power }) => ({ name, signer, powerWei: power.toString() })),
      abstained: collection.abstained,
      powerPct: percentOf(collection.signedPower, collection.totalPower),
      tx: sent.hash ?? null,
      gasUsed: sent.gasUsed.toString(),
      challengeEndsAt: stored ? isoTime(stored.challengeEnd) : null,
    };
    const { out } = ctx;
    const verb = flags["dry-run"] ? "would be accepted" : "submitted";
    out.line(`checkpoint ${data.number} ${verb}: blocks ${data.start}-${data.end}, gas ${data.gasUsed}`);
    out.line(`  root         ${data.root}`);
    out.line(`  signed by    ${data.signers.map(({ name }) => name).join(", ")}: ${data.powerPct} % of the stake`);
    if (data.tx) out.line(`  transaction  ${data.tx}`);
    if (data.challengeEndsAt) out.line(`  challengeable until ${data.challengeEndsAt}`);
    return data;
  }
}

interface Submission {
  readonly collection: Collection;
  readonly sent: SentTransaction;
}

/** A node may be faster with a checkpoint of its own: then the one after it is built. */
const ATTEMPTS = 4;
const OVERTAKEN: ReadonlySet<string> = new Set(["KOMA_E_CHECKPOINT_STALE", "KOMA_E_CHECKPOINT_EARLY"]);

async function submitNext(
  ctx: Ctx,
  net: NetClient,
  root: RootChain,
  stakers: readonly Staker[],
  flags: { readonly end?: bigint | undefined; readonly "dry-run": boolean },
): Promise<Submission> {
  for (let attempt = 1; ; attempt++) {
    const collection = await collectNext(ctx, net, root, stakers, flags.end);
    const { certificate, checkpoint } = collection;
    if (!certificate) throw noQuorum(collection.signedPower, collection.totalPower);
    const compact = Array.from({ length: certificate.signatures.length / 64 }, (_, index) =>
      certificate.signatures.subarray(64 * index, 64 * index + 64),
    );
    const { checkpoints } = flags["dry-run"] ? root.dryRun : root;
    try {
      const sent = await checkpoints.submit(checkpoint, certificate.bitmap, compact, ctx.signal);
      return { collection, sent };
    } catch (error) {
      const overtaken = error instanceof KomaError && OVERTAKEN.has(error.code);
      if (!overtaken || attempt === ATTEMPTS) throw error;
      ctx.out.note("a node was faster; building the checkpoint after its own");
    }
  }
}

async function collectNext(
  ctx: Ctx,
  net: NetClient,
  root: RootChain,
  stakers: readonly Staker[],
  end: bigint | undefined,
): Promise<Collection> {
  const { collectCheckpoint } = await import("../../src/checkpoint/index.ts");
  const chainId = BigInt(net.chainId);
  // The root chain takes no checkpoint right after another; its clock is that of its blocks.
  await waitFor(ctx, { what: "the root chain takes the next checkpoint", limitMs: 60_000 }, async () => {
    const [{ notBefore }, { timestamp }] = await Promise.all([root.checkpoints.head(chainId), root.head(ctx.signal)]);
    return timestamp >= notBefore ? true : undefined;
  });
  const [head, seats] = await Promise.all([root.checkpoints.head(chainId), root.stakes.activeSet()]);
  const interval = await chooseInterval(root, stakers, { start: head.start, seats, end });
  const plan = {
    slot: { ...head, chainId },
    interval,
    domain: { rootChainId: BigInt(net.l1ChainId), contract: root.checkpoints.address },
    seats,
    scheduled: head.proposer,
  };
  const collection = await collectCheckpoint(plan, stakers);
  for (const { name, why } of collection?.abstained ?? []) ctx.out.note(`${name} does not sign: it ${why}`);
  if (!collection)
    throw noQuorum(
      0n,
      seats.reduce((sum, { power }) => sum + power, 0n),
    );
  return collection;
}

async function chooseInterval(
  root: RootChain,
  stakers: readonly Staker[],
  wanted: {
    readonly start: bigint;
    readonly seats: Awaited<ReturnType<RootChain["stakes"]["activeSet"]>>;
    readonly end: bigint | undefined;
  },
): Promise<Interval> {
  const { quorumHeight } = await import("../../src/checkpoint/index.ts");
  const { start, seats, end } = wanted;
  const [quorum, { maxLength }] = await Promise.all([quorumHeight(stakers, seats), root.checkpoints.params()]);
  const finalized = quorum.height;
  if (finalized === undefined) throw noQuorum(quorum.power, quorum.totalPower);
  if (end === undefined) {
    if (finalized < start) {
      throw new UserError("KOMA_E_CHECKPOINT_NOT_DUE", "There is no final block after the last checkpoint yet.", {
        facts: { start, finalized, why: `It begins with block ${start}; block ${finalized} is the newest final one.` },
        fix: ["Try again in a few seconds."],
      });
    }
    const last = start + BigInt(maxLength) - 1n;
    return { start, end: finalized < last ? finalized : last };
  }
  if (end < start || end > finalized || end - start >= BigInt(maxLength)) {
    throw new UserError("KOMA_E_CHECKPOINT_RANGE", `The next checkpoint cannot end with block ${end}.`, {
      facts: {
        start,
        finalized,
        maxLength,
        why: `It begins with block ${start}; block ${finalized} is the newest final one; at most ${maxLength} blocks fit.`,
      },
    });
  }
  return { start, end };
}

function noQuorum(power: bigint, total: bigint): ProtocolError {
  const share = percentOf(power, total);
  return new ProtocolError("KOMA_E_NO_QUORUM", "The stakers at hand do not hold more than two thirds of the stake.", {
    facts: { powerPct: share, why: `${share} % of the stake would sign; more than 66.66 % is needed.` },
    fix: ["koma devnet status", "Start the validators that are down: koma devnet start validator-0"],
  });
}
