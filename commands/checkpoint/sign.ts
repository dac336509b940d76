import type { Staker } from "../../src/checkpoint/index.ts";
import {
  Args,
  blockSources,
  type Ctx,
  Flags,
  KomaCommand,
  latePlan,
  type NetClient,
  noStaker,
  openKey,
  openRootChain,
  passwordFileFlag,
  resolveCheckpoint,
  stakersAtHand,
} from "../../src/cli/index.ts";
import { ProtocolError, UserError } from "../../src/errors.ts";
import type { CheckpointRecord, RootChain } from "../../src/rootchain/index.ts";

export interface SignedCheckpoint {
  readonly number: string;
  readonly root: string;
  readonly structHash: string;
  readonly seat: number;
  readonly signer: string;
  /** 65 bytes over the EIP-712 digest, for koma checkpoint attest --signature. */
  readonly signature: string;
}

export default class CheckpointSign extends KomaCommand<SignedCheckpoint> {
  static override kind = "checkpoint.sign";
  static override summary = "Sign a submitted checkpoint with a validator's key, and send nothing.";
  static override description =
    `For a validator whose node does not reach the root chain, or whose key is kept elsewhere: the signature is handed in by anybody with koma
checkpoint attest --signature. It is made only if the validator's own node has exactly these blocks final, because who signs two
contents for the same blocks loses stake. A checkpoint takes signatures until it is final.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> latest --key validator-0",
    "<%= config.bin %> <%= command.id %> latest --key validator-0 --json",
  ];
  static override args = {
    checkpoint: Args.string({
      description: "Number or root of a checkpoint, or latest.",
      default: "latest",
      ignoreStdin: true,
    }),
  };
  static override flags = {
    key: Flags.string({
      summary: "Validator whose key is in the devnet's folder, or its signer key in the keystore (with --node).",
      required: true,
      env: "KOMA_CHECKPOINT_KEY",
      helpValue: "KEY",
    }),
    node: Flags.string({
      summary: "The validator's own node, for a key of the keystore.",
      env: "KOMA_CHECKPOINT_NODE",
      helpValue: "NODE",
    }),
    "password-file": passwordFileFlag,
  };

  async execute(ctx: Ctx): Promise<SignedCheckpoint> {
    const { args, flags } = await this.parse(CheckpointSign);
    const { signLate } = await import("../../src/checkpoint/index.ts");
    const { bytesToHex } = await import("../../src/primitives/index.ts");
    const net = await ctx.net();
    const root = await openRootChain(net);
    const record = await findCheckpoint(root, BigInt(net.chainId), args.checkpoint);
    const staker = await stakerOf(ctx, net, flags);
    const { plan, pending } = await latePlan(net, root, record);
    const made = await signLate(plan, pending, staker);
    if (typeof made === "string") {
      throw new ProtocolError(
        "KOMA_E_CHECKPOINT_UNSIGNED",
        `${staker.name} does not sign checkpoint ${record.number}.`,
        {
          facts: { checkpoint: record.number, why: `It ${made}.` },
          fix: [`koma checkpoint verify ${record.number}`],
        },
      );
    }
    const data: SignedCheckpoint = {
      number: record.number.toString(),
      root: record.rootHash,
      structHash: record.structHash,
      seat: made.seat,
      signer: made.signer,
      signature: bytesToHex(made.signature),
    };
    const { out } = ctx;
    out.line(`checkpoint ${data.number}, blocks ${record.start}-${record.end}, signed by ${staker.name}`);
    out.line(`  root       ${data.root}`);
    out.line(`  signer     ${data.signer}, seat ${data.seat}`);
    out.line(`  signature  ${data.signature}`);
    out.note(`Next: koma checkpoint attest ${data.number} --signature SIGNATURE`);
    return data;
  }
}

async function findCheckpoint(root: RootChain, chainId: bigint, text: string): Promise<CheckpointRecord> {
  const { isHash } = await import("../../src/primitives/index.ts");
  if (!isHash(text.toLowerCase())) return resolveCheckpoint(root, chainId, text);
  const { number, finalizedUpTo } = await root.checkpoints.head(chainId);
  const pending = await root.checkpoints.list(chainId, finalizedUpTo + 1n, Number(number - 1n - finalizedUpTo));
  const found = pending.find(({ rootHash }) => rootHash === text.toLowerCase());
  if (found) return found;
  throw new UserError("KOMA_E_CHECKPOINT_NOT_FOUND", "No pending checkpoint has that root.", {
    facts: { root: text },
    fix: ["koma checkpoint list --state pending"],
  });
}

async function stakerOf(
  ctx: Ctx,
  net: NetClient,
  flags: {
    readonly key: string;
    readonly node?: string | undefined;
    readonly "password-file"?: string | undefined;
  },
): Promise<Staker> {
  const all = await stakersAtHand(net);
  const found = all.find(({ name }) => name === flags.key);
  if (found) return found;
  if (flags.node === undefined) throw noStaker(flags.key, all);
  const { name, rpcUrl } = net.node(flags.node);
  const { openChainClient } = await import("../../src/rpc/index.ts");
  const { privateKey } = await openKey(ctx, net, flags.key, { passwordFile: flags["password-file"] });
  return {
    name: flags.key,
    key: privateKey,
    finalizedHeight: async () => (await openChainClient(rpcUrl)).blockNumber("finalized"),
    block: async (number) =>
      blockSources(net)
        .find((source) => source.name === name)
        ?.block(number),
  };
}
