import {
  Args,
  blockParameter,
  type Ctx,
  Flags,
  KomaCommand,
  openAnyNet,
  openRootChain,
  resolveAddress,
  resolveBlock,
  wantsRootChain,
} from "../../src/cli/index.ts";
import type { Address } from "../../src/primitives/index.ts";

export interface ShownAccount {
  readonly address: string;
  /** Chain asked: l1, or the KOMA chain's name. */
  readonly chain: string;
  /** Of the chain's own coin: KMC, on the root chain Ether. */
  readonly balanceWei: string;
  /** KMC tokens on the root chain; null elsewhere. */
  readonly kmcWei: string | null;
  readonly nonce: string;
  readonly codeHash: string;
  readonly storageRoot: string | null;
  readonly isContract: boolean;
  readonly block: string;
}

/** keccak256 of nothing: what an account without code has. */
const NO_CODE = "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470";

export default class AccountShow extends KomaCommand<ShownAccount> {
  static override kind = "account.show";
  static override summary = "Show an account: balance, nonce, code.";
  static override description =
    "On a KOMA chain the balance is native KMC; with --chain l1 it is Ether, and the KMC tokens are shown beside it.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> alice",
    "<%= config.bin %> <%= command.id %> 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 --block finalized --json",
    "<%= config.bin %> <%= command.id %> bob --chain l1",
  ];
  static override args = {
    account: Args.string({ description: "Address, or a name such as alice.", required: true, ignoreStdin: true }),
  };
  static override flags = {
    block: Flags.string({
      summary: "State after this block: a number, a hash, latest, safe or finalized.",
      default: "latest",
      env: "KOMA_ACCOUNT_BLOCK",
      helpValue: "BLOCK",
    }),
  };

  async execute(ctx: Ctx): Promise<ShownAccount> {
    const { args, flags } = await this.parse(AccountShow);
    const net = await openAnyNet(ctx);
    const address = await resolveAddress(ctx, net, args.account);
    const onRoot = wantsRootChain(ctx);
    const shown = onRoot
      ? await readRootAccount(ctx, address, flags.block)
      : await readAccount(ctx, net.rpcUrl(), net.chain.name, address, flags.block);
    const { checksumAddress, formatAmount } = await import("../../src/primitives/index.ts");
    const { out } = ctx;
    out.line(`${checksumAddress(address)}${args.account === address ? "" : `  ${args.account}`}`);
    out.line(`  balance  ${formatAmount(BigInt(shown.balanceWei))} ${onRoot ? "ETH" : "KMC"}`);
    if (shown.kmcWei !== null) out.line(`  tokens   ${formatAmount(BigInt(shown.kmcWei))} KMC`);
    out.line(`  nonce    ${shown.nonce}`);
    out.line(`  code     ${shown.isContract ? shown.codeHash : "none"}`);
    out.line(`  at block ${shown.block} of ${shown.chain}`);
    return shown;
  }
}

async function readAccount(
  ctx: Ctx,
  url: string,
  chainName: string,
  address: Address,
  at: string,
): Promise<ShownAccount> {
  const { openChainClient } = await import("../../src/rpc/index.ts");
  const chain = await openChainClient(url);
  const block = await resolveBlock(chain, at);
  const proof = await chain.rpc.request<Record<"balance" | "nonce" | "codeHash" | "storageHash", string>>(
    "eth_getProof",
    [address, [], blockParameter(block.number)],
    ctx.signal,
  );
  return {
    address,
    chain: chainName,
    balanceWei: BigInt(proof.balance).toString(),
    kmcWei: null,
    nonce: BigInt(proof.nonce).toString(),
    codeHash: proof.codeHash,
    storageRoot: proof.storageHash,
    isContract: proof.codeHash !== NO_CODE && !/^0x0+$/.test(proof.codeHash),
    block: block.number.toString(),
  };
}

async function readRootAccount(ctx: Ctx, address: Address, at: string): Promise<ShownAccount> {
  const { createRpcClient, parseBlockSelector } = await import("../../src/rpc/index.ts");
  const { hexToBytes, keccakHash } = await import("../../src/primitives/index.ts");
  const net = await openAnyNet(ctx);
  const rpc = createRpcClient(net.l1Url);
  const block = blockParameter(parseBlockSelector(at));
  const ask = (method: string) => rpc.request<string>(method, [address, block], ctx.signal);
  const [balance, nonce, code, head, kmc] = await Promise.all([
    ask("eth_getBalance"),
    ask("eth_getTransactionCount"),
    ask("eth_getCode"),
    rpc.request<{ readonly number: string } | null>("eth_getBlockByNumber", [block, false], ctx.signal),
    (await openRootChain(net)).kmc.balanceOf(address),
  ]);
  return {
    address,
    chain: "l1",
    balanceWei: BigInt(balance).toString(),
    kmcWei: kmc.toString(),
    nonce: BigInt(nonce).toString(),
    codeHash: keccakHash(hexToBytes(code)),
    storageRoot: null,
    isContract: code !== "0x",
    block: BigInt(head?.number ?? 0).toString(),
  };
}
