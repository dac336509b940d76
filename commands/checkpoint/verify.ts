import type { CheckpointCheck } from "../../src/checkpoint/index.ts";
import {
  Args,
  blockSources,
  type Ctx,
  exitCodes,
  Flags,
  KomaCommand,
  type NetClient,
  openArchive,
  openRootChain,
  readNetFacts,
  resolveCheckpoint,
} from "../../src/cli/index.ts";
import { UserError } from "../../src/errors.ts";
import type { CheckpointRecord, RootChain } from "../../src/rootchain/index.ts";

export interface VerifiedCheckpoint {
  readonly number: string;
  readonly ok: boolean;
  readonly checks: readonly CheckpointCheck[];
}

export default class CheckpointVerify extends KomaCommand<VerifiedCheckpoint> {
  static override kind = "checkpoint.verify";
  static override summary = "Check a checkpoint against the blocks of every node.";
  static override description =
    `Computes the root from each node's blocks, compares it with what stakers signed, and looks at signers, stake and challenges. With
--deep it also looks for fraud that could be proven, and runs every block from the genesis on, for which some node has to have them all: what a
block says of receipts and state has to come out. The exit code is 6 when something does not fit.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> latest",
    "<%= config.bin %> <%= command.id %> 1 --deep --json",
  ];
  static override args = {
    number: Args.string({ description: "Number, or latest.", default: "latest", ignoreStdin: true }),
  };
  static override flags = {
    deep: Flags.boolean({
      summary: "Also execute its blocks, and look for provable fraud in them.",
      env: "KOMA_CHECKPOINT_DEEP",
    }),
  };

  async execute(ctx: Ctx): Promise<VerifiedCheckpoint> {
    const { args, flags } = await this.parse(CheckpointVerify);
    const { inspectCheckpoint } = await import("../../src/checkpoint/index.ts");
    const { zeroHash } = await import("../../src/primitives/index.ts");
    const net = await ctx.net();
    const root = await openRootChain(net);
    const chainId = BigInt(net.chainId);
    const record = await resolveCheckpoint(root, chainId, args.number);
    const [seats, previous] = await Promise.all([
      root.stakes.activeSet(),
      record.number === 1n ? undefined : root.checkpoints.checkpoint(chainId, record.number - 1n),
    ]);
    const signed = seats.filter(({ seat }) => ((record.signerBitmap >> BigInt(seat)) & 1n) === 1n);
    const sum = (entries: typeof seats) => entries.reduce((total, { power }) => total + power, 0n);
    const checks = [
      ...(await inspectCheckpoint(
        {
          chainId,
          record,
          previous: previous?.structHash ?? zeroHash,
          signedPower: sum(signed),
          totalPower: sum(seats),
        },
        blockSources(net),
      )),
      ...(flags.deep ? [await scanForFraud(net, root, record), await execute(ctx, net, root, record)] : []),
    ];
    const data: VerifiedCheckpoint = {
      number: record.number.toString(),
      ok: checks.every(({ ok }) => ok),
      checks,
    };
    const { out } = ctx;
    out.line(`checkpoint ${data.number}: ${data.ok ? "holds" : "does not hold"}`);
    for (const { name, ok, got, want } of checks) {
      out.line(`  ${ok ? out.paint("green", "✔") : out.paint("red", "✖")} ${name}`);
      if (!ok) out.line(`      got ${got ?? "nothing"}${want === undefined ? "" : `, want ${want}`}`);
    }
    if (!data.ok) ctx.exitWith(exitCodes.false);
    return data;
  }
}

async function scanForFraud(net: NetClient, root: RootChain, record: CheckpointRecord): Promise<CheckpointCheck> {
  const { describeRecord } = await import("../../src/checkpoint/index.ts");
  const { describeFault, findFraud, openCase } = await import("../../src/fraud/index.ts");
  const chainId = BigInt(net.chainId);
  const { rootStartBlock } = await readNetFacts(net);
  const fraud = await openCase(root, chainId, await openArchive(net, root), rootStartBlock);
  const { found, unread } = await findFraud(fraud, [describeRecord(chainId, record, false)]);
  const problem = found[0] ? describeFault(found[0].fault) : unread[0]?.why;
  return { name: "no provable fraud", ok: problem === undefined, ...(problem === undefined ? {} : { got: problem }) };
}

/** A state that no execution leaves can be proven to nobody by a few trie nodes: it is found by executing. */
async function execute(ctx: Ctx, net: NetClient, root: RootChain, { end }: CheckpointRecord): Promise<CheckpointCheck> {
  const { executeAnew } = await import("../../src/node/execute-anew.ts");
  const { genesis } = await readNetFacts(net);
  const report = (detail: string) => ctx.out.note(detail);
  report(`executing blocks 1 to ${end}`);
  const open = () => openArchive(net, root);
  const name = "its blocks, and all before them, come out of an execution";
  try {
    const wrong = await executeAnew(genesis, { open, to: end, signal: ctx.signal, report });
    return wrong ? { name, ok: false, got: `block ${wrong.block}: ${wrong.problem}` } : { name, ok: true };
  } catch (error) {
    if (!(error instanceof UserError) || error.code !== "KOMA_E_BLOCK_UNKNOWN") throw error;
    return { name, ok: false, got: error.message };
  }
}
