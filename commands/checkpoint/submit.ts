import { join } from "node:path";
import type { Interval, Staker } from "../../src/checkpoint/index.ts";
import {
  blockSources,
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
  readNetFacts,
} from "../../src/cli/index.ts";
import { ProtocolError, UserError } from "../../src/errors.ts";
import type { RootChain } from "../../src/rootchain/index.ts";

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
  static override summary = "Submit the chain's next checkpoint to the root chain.";
  static override description =
    `The nodes of a devnet submit checkpoints by themselves. This command does the same by hand: it builds the next checkpoint, has
every staker sign whose key stands in the devnet's folder and whose own node has the blocks final, and submits it when more
than two thirds of the stake signed. --end takes more or fewer blocks than are due; --dry-run shows it without sending.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> --end 1 --dry-run",
    "<%= config.bin %> <%= command.id %> --dry-run --json",
    "<%= config.bin %> <%= command.id %>",
  ];
  static override flags = {
    end: integerFlag({ summary: "Last block to include; default: as many as are due.", env: "KOMA_CHECKPOINT_END" }),
    "dry-run": Flags.boolean({ summary: "Build, sign and judge it, but send nothing.", env: "KOMA_DRY_RUN" }),
    from: fromFlag,
    "password-file": passwordFileFlag,
  };

  async execute(ctx: Ctx): Promise<SubmittedCheckpointData> {
    const { flags } = await this.parse(CheckpointSubmit);
    const { collectCheckpoint } = await import("../../src/checkpoint/index.ts");
    const net = await ctx.net();
    const key = await openKey(ctx, net, flags.from, { passwordFile: flags["password-file"] });
    const root = await openRootChain(net, key);
    const chainId = BigInt(net.chainId);
    const [head, seats, stakers] = await Promise.all([
      root.checkpoints.head(chainId),
      root.stakes.activeSet(),
      stakersAtHand(net),
    ]);
    const interval = await chooseInterval(net, root, head.start, flags.end);
    const collection = await collectCheckpoint(
      {
        slot: { ...head, chainId },
        interval,
        domain: { rootChainId: BigInt(net.l1ChainId), contract: root.checkpoints.address },
        seats,
        scheduled: head.proposer,
      },
      stakers,
    );
    for (const { name, why } of collection?.abstained ?? []) ctx.out.note(`${name} does not sign: it ${why}`);
    if (!collection?.certificate) throw noQuorum(collection, stakers.length);
    const { checkpoint, certificate } = collection;
    const compact = Array.from({ length: certificate.signatures.length / 64 }, (_, index) =>
      certificate.signatures.subarray(64 * index, 64 * index + 64),
    );
    const groups = flags["dry-run"] ? root.dryRun : root;
    const sent = await groups.checkpoints.submit(checkpoint, certificate.bitmap, compact, ctx.signal);
    const stored = sent.hash ? await root.checkpoints.checkpoint(chainId, checkpoint.number) : undefined;
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
    out.line(`  root       ${data.root}`);
    out.line(`  signed by  ${data.signers.map(({ name }) => name).join(", ")}: ${data.powerPct} % of the stake`);
    if (data.tx) out.line(`  transaction ${data.tx}`);
    if (data.challengeEndsAt) out.line(`  challengeable until ${data.challengeEndsAt}`);
    return data;
  }
}

/** The devnet's validators: their signer keys are in its folder, and each has a node of its own to ask. */
async function stakersAtHand(net: NetClient): Promise<readonly Staker[]> {
  const { readKeyFile } = await import("../../src/wallet/index.ts");
  const { openChainClient } = await import("../../src/rpc/index.ts");
  const sources = blockSources(net);
  const source = (node: string) => sources.find(({ name }) => name === node);
  const validators = net.manifest.nodes.filter(({ roles }) => roles.includes("validator"));
  return Promise.all(
    validators.map(async ({ name, rpcUrl }) => ({
      name,
      key: await readKeyFile(join(net.dir, "keys", `${name}.signer`)),
      finalizedHeight: async () => (await openChainClient(rpcUrl)).blockNumber("finalized"),
      block: async (number: bigint) => source(name)?.block(number),
    })),
  );
}

async function chooseInterval(
  net: NetClient,
  root: RootChain,
  start: bigint,
  end: bigint | undefined,
): Promise<Interval> {
  const { planInterval } = await import("../../src/checkpoint/index.ts");
  const { openChainClient } = await import("../../src/rpc/index.ts");
  const [finalized, { maxLength }, { checkpointEvery }] = await Promise.all([
    openChainClient(net.rpcUrl()).then((chain) => chain.blockNumber("finalized")),
    root.checkpoints.params(),
    readNetFacts(net),
  ]);
  if (end === undefined) {
    const due = planInterval(start, finalized, { every: checkpointEvery, maxLength });
    if (due) return due;
    const ready = finalized - start + 1n;
    throw new UserError("KOMA_E_CHECKPOINT_NOT_DUE", "No checkpoint is due.", {
      facts: { start, finalized, every: checkpointEvery, why: `${ready} of ${checkpointEvery} blocks are final.` },
      fix: [`Wait for block ${start + BigInt(checkpointEvery) - 1n} to be final.`, `Add --end ${finalized}.`],
    });
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

function noQuorum(
  collection: { readonly signedPower: bigint; readonly totalPower: bigint } | undefined,
  stakers: number,
): ProtocolError {
  const share = collection ? percentOf(collection.signedPower, collection.totalPower) : 0;
  return new ProtocolError("KOMA_E_NO_QUORUM", "The signatures at hand are not more than two thirds of the stake.", {
    facts: { powerPct: share, stakers, why: `${share} % of the stake signed; more than 66.66 % is needed.` },
    fix: ["koma devnet status", "Start the validators that are down: koma devnet start validator-0"],
  });
}
