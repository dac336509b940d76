import {
  Args,
  type Ctx,
  checkpointWaitFlag,
  KomaCommand,
  openArchive,
  openRootChain,
  outFlag,
  resolveBlock,
  waitForCheckpoint,
  writeProof,
} from "../../src/cli/index.ts";
import type { BlockProof } from "../../src/proofs/index.ts";

export interface ProvenBlock {
  readonly block: string;
  readonly hash: string;
  readonly checkpoint: string;
  /** Root that stakers signed. */
  readonly root: string;
  readonly leaf: string;
  /** Siblings of the leaf, lowest first. */
  readonly branch: readonly string[];
  readonly index: number;
  readonly ok: boolean;
  readonly proof: BlockProof;
  readonly file: string | null;
}

export default class ProofBlock extends KomaCommand<ProvenBlock> {
  static override kind = "proof.block";
  static override summary = "Prove that a block is under a checkpoint.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> 1 --wait",
    "<%= config.bin %> <%= command.id %> 2 --wait --out block.proof.json --json",
  ];
  static override args = {
    block: Args.string({ description: "Number or hash of the block.", required: true, ignoreStdin: true }),
  };
  static override flags = { out: outFlag, wait: checkpointWaitFlag };

  async execute(ctx: Ctx): Promise<ProvenBlock> {
    const { args, flags } = await this.parse(ProofBlock);
    const { openChainClient } = await import("../../src/rpc/index.ts");
    const { proveBlockInCheckpoint } = await import("../../src/checkpoint/index.ts");
    const { serializeInclusion, verifyInclusion } = await import("../../src/fraud/index.ts");
    const { leafOf, leafOfProof } = await import("../../src/proofs/index.ts");
    const { bytesToHex } = await import("../../src/primitives/index.ts");
    const net = await ctx.net();
    const { number, hash } = await resolveBlock(await openChainClient(net.rpcUrl()), args.block);
    const archive = await openArchive(net, await openRootChain(net));
    if (flags.wait) await waitForCheckpoint(ctx, archive, number);
    const { proof, opened } = await proveBlockInCheckpoint(archive, number);
    const { checkpoint } = opened;
    const range = { ...checkpoint, checkpoint: checkpoint.number };
    const verified = verifyInclusion({ type: "block", proof }, range);
    const data: ProvenBlock = {
      block: number.toString(),
      hash,
      checkpoint: checkpoint.number.toString(),
      root: checkpoint.rootHash,
      leaf: bytesToHex(leafOf(leafOfProof(proof))),
      branch: proof.siblings,
      index: Number(number - checkpoint.start),
      ok: verified.ok && proof.blockHash === hash,
      proof,
      file: await writeProof(ctx, flags.out, serializeInclusion({ type: "block", proof }, [range])),
    };
    const { out } = ctx;
    out.line(`block ${data.block} is leaf ${data.index} of checkpoint ${data.checkpoint}`);
    out.line(`  root    ${data.root}`);
    out.line(`  leaf    ${data.leaf}`);
    for (const sibling of data.branch) out.line(`  sibling ${sibling}`);
    return data;
  }
}
