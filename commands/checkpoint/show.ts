import {
  Args,
  type Ctx,
  isoTime,
  KomaCommand,
  nodeNameOf,
  openRootChain,
  percentOf,
  readNetFacts,
  resolveCheckpoint,
  seatsOf,
} from "../../src/cli/index.ts";

export interface ShownCheckpoint {
  readonly number: string;
  readonly chain: number;
  readonly start: string;
  readonly end: string;
  readonly root: string;
  readonly lastBlockHash: string;
  readonly structHash: string;
  readonly proposer: string;
  readonly epoch: string;
  readonly generation: string;
  readonly state: "pending" | "final";
  readonly submittedAt: string | null;
  readonly challengeEndsAt: string | null;
  readonly openChallenges: number;
  readonly signatures: readonly {
    readonly seat: number;
    readonly validator: string;
    readonly signer: string;
    readonly name: string | null;
  }[];
  readonly powerPct: number;
  readonly tx: string | null;
}

export default class CheckpointShow extends KomaCommand<ShownCheckpoint> {
  static override kind = "checkpoint.show";
  static override summary = "Show a checkpoint: its blocks, root, signers and state.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> latest",
    "<%= config.bin %> <%= command.id %> 1 --json",
  ];
  static override args = {
    number: Args.string({ description: "Number, or latest.", default: "latest", ignoreStdin: true }),
  };

  async execute(ctx: Ctx): Promise<ShownCheckpoint> {
    const { args } = await this.parse(CheckpointShow);
    const net = await ctx.net();
    const root = await openRootChain(net);
    const chainId = BigInt(net.chainId);
    const record = await resolveCheckpoint(root, chainId, args.number);
    const fromBlock = (await readNetFacts(net)).rootStartBlock;
    const [final, validators, submissions, power] = await Promise.all([
      root.checkpoints.isFinal(chainId, record.number),
      root.stakes.validators(),
      root.events({ contract: "CheckpointManager", event: "CheckpointSubmitted", fromBlock }),
      root.stakes.totalPower(),
    ]);
    const submission = submissions.findLast(
      (event) => event.args["chainId"] === chainId && event.args["number"] === record.number,
    );
    const shown: ShownCheckpoint = {
      number: record.number.toString(),
      chain: net.chainId,
      start: record.start.toString(),
      end: record.end.toString(),
      root: record.rootHash,
      lastBlockHash: record.lastBlockHash,
      structHash: record.structHash,
      proposer: record.proposer,
      epoch: record.epoch.toString(),
      generation: record.generation.toString(),
      state: final ? "final" : "pending",
      submittedAt: isoTime(record.submittedAt),
      challengeEndsAt: isoTime(record.challengeEnd),
      openChallenges: record.openChallenges,
      signatures: seatsOf(record.signerBitmap).map((seat) => {
        const holder = validators.findLast((validator) => validator.seat === seat);
        const signer = holder?.signer ?? "";
        return { seat, validator: holder?.id.toString() ?? "", signer, name: nodeNameOf(net, signer) };
      }),
      powerPct: percentOf((submission?.args["signedPower"] as bigint | undefined) ?? 0n, power),
      tx: submission?.transactionHash ?? null,
    };
    const { out } = ctx;
    out.line(`checkpoint ${shown.number} of chain ${shown.chain}: blocks ${shown.start}-${shown.end}, ${shown.state}`);
    out.line(`  root         ${shown.root}`);
    out.line(`  last block   ${shown.lastBlockHash}`);
    out.line(`  struct hash  ${shown.structHash}`);
    out.line(`  submitted    ${shown.submittedAt} by ${nodeNameOf(net, shown.proposer) ?? shown.proposer}`);
    out.line(`  challenge    until ${shown.challengeEndsAt}, ${shown.openChallenges} open`);
    out.line(`  signed by    ${shown.powerPct} % of the stake`);
    for (const { seat, name, signer } of shown.signatures)
      out.line(`    seat ${seat}  ${signer}  ${name ?? ""}`.trimEnd());
    if (shown.tx) out.line(`  transaction  ${shown.tx}`);
    return shown;
  }
}
