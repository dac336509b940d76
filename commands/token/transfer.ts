import {
  Args,
  type Ctx,
  childOf,
  Flags,
  type KnownToken,
  KomaCommand,
  type NamedKey,
  openAnyNet,
  openChainToken,
  openKey,
  openRootChain,
  requestOf,
  requireRootBalance,
  resolveAddress,
  resolveToken,
  rootOf,
  sendTransaction,
  sentOnRoot,
  transactionFlags,
  wantsRootChain,
} from "../../src/cli/index.ts";
import type { Address } from "../../src/primitives/index.ts";
import type { RootChain, SentTransaction as RootTransaction } from "../../src/rootchain/index.ts";

export interface TokenTransferData {
  readonly tx: string;
  readonly status: "sent" | "success" | "final";
  readonly block: string | null;
  readonly symbol: string;
  readonly from: string;
  readonly to: string;
  /** In the token's smallest unit. */
  readonly amountWei: string;
}

export default class TokenTransfer extends KomaCommand<TokenTransferData> {
  static override kind = "token.transfer";
  static override summary = "Send tokens on the KOMA chain, or on the root chain.";
  static override description =
    `TOKEN is KMC, dUSD (a devnet's demo token) or an address. Waits for the block; with --finality until it is final. --chain l1 sends on the
root chain, where KMC is a token; from one chain to the other tokens go by koma bridge.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> KMC --to bob --amount 1.5",
    "<%= config.bin %> <%= command.id %> KMC --to bob --amount 7wei --from carol --finality 1/3 --json",
    "<%= config.bin %> <%= command.id %> KMC --to bob --amount 1 --chain l1",
  ];
  static override args = {
    token: Args.string({ description: "KMC, dUSD, or a token's address.", required: true, ignoreStdin: true }),
  };
  static override flags = {
    to: Flags.string({ summary: "Recipient: an address or a name.", required: true, env: "KOMA_TOKEN_TO" }),
    amount: Flags.string({
      summary: "Whole tokens (1.5), or a number with wei.",
      required: true,
      env: "KOMA_TOKEN_AMOUNT",
      helpValue: "AMOUNT",
    }),
    ...transactionFlags,
  };

  async execute(ctx: Ctx): Promise<TokenTransferData> {
    const { args, flags } = await this.parse(TokenTransfer);
    const { openChainClient } = await import("../../src/rpc/index.ts");
    const { formatAmount, parseAmount } = await import("../../src/primitives/index.ts");
    const net = await openAnyNet(ctx);
    const key = await openKey(ctx, net, flags.from, { passwordFile: flags["password-file"] });
    const to = await resolveAddress(ctx, net, flags.to);
    const chain = await openChainClient(net.rpcUrl());
    const onRoot = wantsRootChain(ctx);
    const root = await openRootChain(net, onRoot ? key : undefined);
    const token = await resolveToken(net, chain, root, args.token);
    const amount = parseAmount(flags.amount, token.decimals);
    const send = async () => {
      const request = token.native
        ? { to, value: amount }
        : { to: childOf(token), data: (await openChainToken(chain, childOf(token))).transferData(to, amount) };
      return sendTransaction(ctx, chain, { ...requestOf(flags), ...request }, key.privateKey, flags);
    };
    const sent = onRoot ? sentOnRoot(await transferOnRoot(ctx, root, token, key, to, amount)) : await send();
    ctx.out.line(`${formatAmount(amount, token.decimals)} ${token.symbol} from ${key.name} to ${flags.to}`);
    ctx.out.line(`transaction ${sent.hash}`);
    if (sent.block !== null) ctx.out.line(`${sent.status} in block ${sent.block}`);
    return {
      tx: sent.hash,
      status: sent.status,
      block: sent.block,
      symbol: token.symbol,
      from: key.address,
      to,
      amountWei: amount.toString(),
    };
  }
}

async function transferOnRoot(
  ctx: Ctx,
  root: RootChain,
  token: KnownToken,
  owner: NamedKey,
  to: Address,
  amount: bigint,
): Promise<RootTransaction> {
  const contract = rootOf(token);
  await requireRootBalance(root, { ...token, root: contract }, owner, amount);
  return root.token(contract).transfer(to, amount, ctx.signal);
}
