import {
  Args,
  type Ctx,
  Flags,
  fromFlag,
  isoTime,
  KomaCommand,
  openKey,
  openRootChain,
  passwordFileFlag,
  resolveCheckpoint,
  waitFor,
} from "../../src/cli/index.ts";
import { EnvironmentError } from "../../src/errors.ts";
import type { CheckpointRecord, RootChain } from "../../src/rootchain/index.ts";

export interface FinalizedCheckpoint {
  /** Newest checkpoint that the contract has written down as final; 0 before the first. */
  readonly number: string;
  readonly state: "final" | "none";
  /** How many this command had written down. */
  readonly count: number;
  /** Null when there was nothing to do. */
  readonly tx: string | null;
}

export default class CheckpointFinalize extends KomaCommand<FinalizedCheckpoint> {
  static override kind = "checkpoint.finalize";
  static override summary = "Have the root chain write down which checkpoints are final; anyone may.";
  static override description =
    `A checkpoint is final by time: when its challenge period is over and no challenge is open, whether or not anybody says so. Submitting the
next one writes it down in passing. This command does it at once, for contracts and tools that wait for the event CheckpointFinalized.
Without NUMBER it goes as far as it can.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    "<%= config.bin %> <%= command.id %> 1 --wait --json",
  ];
  static override args = {
    number: Args.string({ description: "Up to this checkpoint: number, or latest.", ignoreStdin: true }),
  };
  static override flags = {
    wait: Flags.boolean({
      summary: "With NUMBER: wait until nobody can challenge it any more.",
      env: "KOMA_CHECKPOINT_WAIT",
    }),
    from: fromFlag,
    "password-file": passwordFileFlag,
  };

  async execute(ctx: Ctx): Promise<FinalizedCheckpoint> {
    const { args, flags } = await this.parse(CheckpointFinalize);
    const net = await ctx.net();
    const chainId = BigInt(net.chainId);
    const key = await openKey(ctx, net, flags.from, { passwordFile: flags["password-file"] });
    const root = await openRootChain(net, key);
    const before = (await root.checkpoints.head(chainId)).finalizedUpTo;
    const wanted =
      args.number === undefined
        ? await newestFinal(root, chainId)
        : await requireFinal(ctx, root, await resolveCheckpoint(root, chainId, args.number), flags.wait);
    let [upTo, tx] = [before, null as string | null];
    while (upTo < wanted) {
      const max = wanted - upTo < PAGE ? wanted - upTo : PAGE;
      const sent = await root.checkpoints.finalize(chainId, Number(max), ctx.signal);
      tx = sent.hash ?? null;
      const { finalizedUpTo } = await root.checkpoints.head(chainId);
      // What is final stays so: no progress means that somebody else's submission wrote it down meanwhile.
      if (finalizedUpTo <= upTo) break;
      upTo = finalizedUpTo;
    }
    const data: FinalizedCheckpoint = {
      number: upTo.toString(),
      state: upTo > 0n ? "final" : "none",
      count: Number(upTo - before),
      tx,
    };
    const { out } = ctx;
    const which = data.count > 1 ? `checkpoints ${before + 1n} to ${upTo} are` : `checkpoint ${upTo} is`;
    if (data.tx) out.line(`${which} written down as final`);
    else if (upTo === 0n) out.line("No checkpoint is final yet.");
    else out.line(`checkpoint ${data.number} was written down as final before; there is nothing to do`);
    if (data.tx) out.line(`  transaction ${data.tx}`);
    return data;
  }
}

/** Checkpoints of one transaction: far below the gas of a block. */
const PAGE = 200n;

/** Newest checkpoint that is final by time. */
async function newestFinal(root: RootChain, chainId: bigint): Promise<bigint> {
  const { finalizedUpTo, number } = await root.checkpoints.head(chainId);
  let newest = finalizedUpTo;
  while (newest + 1n < number && (await root.checkpoints.isFinal(chainId, newest + 1n))) newest += 1n;
  return newest;
}

async function requireFinal(
  ctx: Ctx,
  root: RootChain,
  { number, challengeEnd, openChallenges }: CheckpointRecord,
  wait: boolean,
): Promise<bigint> {
  const chainId = BigInt((await ctx.net()).chainId);
  const isFinal = () => root.checkpoints.isFinal(chainId, number);
  if (wait) {
    const what = `checkpoint ${number} is final, not before ${isoTime(challengeEnd)}`;
    await waitFor(
      ctx,
      { what, limitMs: 600_000, fix: ["koma checkpoint show latest", "koma proof status"] },
      async () => ((await isFinal()) ? true : undefined),
    );
  } else if (!(await isFinal())) {
    throw new EnvironmentError("KOMA_E_CHECKPOINT_NOT_FINAL", `Checkpoint ${number} is not final yet.`, {
      facts: {
        challengeEnd,
        openChallenges,
        why: `It can be challenged until ${isoTime(challengeEnd)}; ${openChallenges} challenges are open.`,
      },
      fix: [`koma checkpoint finalize ${number} --wait`],
    });
  }
  return number;
}
