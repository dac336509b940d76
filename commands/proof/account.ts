import {
  Args,
  type Ctx,
  checkpointWaitFlag,
  exitCodes,
  Flags,
  KomaCommand,
  openArchive,
  openRootChain,
  outFlag,
  proveState,
  resolveAddress,
  resolveBlock,
  waitForCheckpoint,
  writeProof,
} from "../../src/cli/index.ts";
import { UserError } from "../../src/errors.ts";
import type { Hash } from "../../src/primitives/index.ts";
import type { AccountInclusion } from "../../src/proofs/index.ts";

export interface ProvenAccount {
  readonly address: string;
  readonly block: string;
  readonly checkpoint: string;
  /** Root that stakers signed, and root of the state after the block. */
  readonly root: string;
  readonly stateRoot: string;
  readonly balanceWei: string;
  readonly nonce: string;
  readonly codeHash: string;
  readonly storageRoot: string;
  /** Trie nodes, root first; of an account that does not exist those that show its absence. */
  readonly accountProof: readonly string[];
  readonly storageProof: readonly {
    readonly slot: string;
    /** Word as 32 bytes. */
    readonly value: string;
    readonly proof: readonly string[];
  }[];
  readonly ok: boolean;
  readonly proof: AccountInclusion;
  readonly file: string | null;
}

export default class ProofAccount extends KomaCommand<ProvenAccount> {
  static override kind = "proof.account";
  static override summary = "Prove what an account held after a block under a checkpoint.";
  static override description =
    `From the root that stakers signed down to the account: the block's leaf, its header, the header's state root, the path in the state's
trie (EIP-1186). The node that gives the path is not trusted. With --slot words of a contract's storage are proven too. The root
contracts judge no state yet; the file is for whoever trusts the checkpoint's root (koma proof verify --root).`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> alice --wait",
    "<%= config.bin %> <%= command.id %> alice --block 1 --wait --out account.proof.json --json",
    "<%= config.bin %> <%= command.id %> 0x4b4f4d4100000000000000000000000000000001 --slot 0 --slot 1 --wait",
  ];
  static override args = {
    address: Args.string({ description: "Address, or a name such as alice.", required: true, ignoreStdin: true }),
  };
  static override flags = {
    slot: Flags.string({
      summary: "Prove this slot of its storage too: a number, or 32 bytes as hex. May be given several times.",
      multiple: true,
      multipleNonGreedy: true,
      env: "KOMA_PROOF_SLOT",
      helpValue: "SLOT",
    }),
    block: Flags.string({
      summary: "State after this block; default: the newest one under a checkpoint.",
      env: "KOMA_PROOF_BLOCK",
      helpValue: "BLOCK",
    }),
    out: outFlag,
    wait: checkpointWaitFlag,
  };

  async execute(ctx: Ctx): Promise<ProvenAccount> {
    const { args, flags } = await this.parse(ProofAccount);
    const { openChainClient } = await import("../../src/rpc/index.ts");
    const { serializeInclusion, verifyInclusion } = await import("../../src/fraud/index.ts");
    const { proveBlockInCheckpoint } = await import("../../src/checkpoint/index.ts");
    const { encodeHeader } = await import("../../src/chain/index.ts");
    const { bytesToHex, formatAmount } = await import("../../src/primitives/index.ts");
    const slots = await Promise.all((flags.slot ?? []).map(readSlot));
    const net = await ctx.net();
    const address = await resolveAddress(ctx, net, args.address);
    const root = await openRootChain(net);
    const archive = await openArchive(net, root);
    const chainId = BigInt(net.chainId);
    const newest = async (): Promise<bigint> => {
      const { start } = await root.checkpoints.head(chainId);
      return start === 0n ? 0n : start - 1n;
    };
    const chain = await openChainClient(net.rpcUrl());
    const block = flags.block === undefined ? await newest() : (await resolveBlock(chain, flags.block)).number;
    if (flags.wait) await waitForCheckpoint(ctx, archive, block);
    const { proof: b, opened, archived } = await proveBlockInCheckpoint(archive, block);
    const { header } = archived.block;
    const account = await proveState(net, address, slots, block);
    const proof: AccountInclusion = { b, header: bytesToHex(encodeHeader(header)), account };
    const range = { ...opened.checkpoint, checkpoint: opened.checkpoint.number };
    const inclusion = { type: "account", proof } as const;
    const data: ProvenAccount = {
      address,
      block: block.toString(),
      checkpoint: opened.checkpoint.number.toString(),
      root: opened.checkpoint.rootHash,
      stateRoot: header.stateRoot,
      balanceWei: account.balance.toString(),
      nonce: account.nonce.toString(),
      codeHash: account.codeHash,
      storageRoot: account.storageHash,
      accountProof: account.accountProof,
      storageProof: account.storageProof.map(({ key, value, proof: nodes }) => {
        return { slot: key, value: `0x${value.toString(16).padStart(64, "0")}`, proof: nodes };
      }),
      ok: verifyInclusion(inclusion, range).ok,
      proof,
      file: await writeProof(ctx, flags.out, serializeInclusion(inclusion, [range])),
    };
    if (!data.ok) ctx.exitWith(exitCodes.false);
    const { out } = ctx;
    out.line(`${args.address} after block ${data.block}, under checkpoint ${data.checkpoint}`);
    out.line(`  balance     ${formatAmount(account.balance)} KMC`);
    out.line(`  nonce       ${data.nonce}`);
    out.line(`  code hash   ${data.codeHash}`);
    for (const { slot, value } of data.storageProof) out.line(`  slot        ${slot}\n              ${value}`);
    out.line(`  state root  ${data.stateRoot}`);
    out.line(`  root        ${data.root}`);
    out.line(`  proof       ${data.accountProof.length} nodes${data.ok ? "" : ", which do not lead there"}`);
    return data;
  }
}

/** @throws {UserError} KOMA_E_ARGUMENT_INVALID */
async function readSlot(text: string): Promise<Hash> {
  const word = /^0x[0-9a-fA-F]{1,64}$/.test(text) || /^[0-9]{1,78}$/.test(text) ? BigInt(text) : undefined;
  if (word === undefined || word >= 1n << 256n) {
    throw new UserError("KOMA_E_ARGUMENT_INVALID", `"${text.slice(0, 80)}" is no slot of a storage.`, {
      fix: ["Give a number, or up to 32 bytes as hex."],
    });
  }
  const { parseHash } = await import("../../src/primitives/index.ts");
  return parseHash(`0x${word.toString(16).padStart(64, "0")}`);
}
