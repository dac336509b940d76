import {
  Args,
  type Ctx,
  childOf,
  KomaCommand,
  openAnyNet,
  openChainToken,
  openRootChain,
  resolveAddress,
  resolveToken,
  rootOf,
  wantsRootChain,
} from "../../src/cli/index.ts";

export interface TokenBalance {
  readonly account: string;
  /** l1, or the KOMA chain's name. */
  readonly chain: string;
  readonly symbol: string;
  readonly decimals: number;
  /** Contract asked; null for the chain's own coin. */
  readonly token: string | null;
  /** In the token's smallest unit. */
  readonly amountWei: string;
}

export default class TokenBalanceCommand extends KomaCommand<TokenBalance> {
  static override kind = "token.balance";
  static override summary = "Show how much of a token an account has.";
  static override description =
    "TOKEN is KMC, dUSD (a devnet's demo token) or an address. --chain l1 asks the root chain instead of the KOMA chain.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> KMC alice",
    "<%= config.bin %> <%= command.id %> dUSD alice --chain l1",
    "<%= config.bin %> <%= command.id %> dUSD bob --json",
  ];
  static override args = {
    token: Args.string({ description: "KMC, dUSD, or a token's address.", required: true, ignoreStdin: true }),
    account: Args.string({ description: "Address or name.", default: "alice", ignoreStdin: true }),
  };

  async execute(ctx: Ctx): Promise<TokenBalance> {
    const { args } = await this.parse(TokenBalanceCommand);
    const { openChainClient } = await import("../../src/rpc/index.ts");
    const { formatAmount } = await import("../../src/primitives/index.ts");
    const net = await openAnyNet(ctx);
    const account = await resolveAddress(ctx, net, args.account);
    const root = await openRootChain(net);
    const chain = await openChainClient(net.rpcUrl());
    const token = await resolveToken(net, chain, root, args.token);
    const onRoot = wantsRootChain(ctx);
    const contract = onRoot ? rootOf(token) : token.native ? null : childOf(token);
    const amount = onRoot
      ? await root.token(rootOf(token)).balanceOf(account)
      : contract
        ? await (await openChainToken(chain, contract)).balanceOf(account)
        : await chain.balance(account);
    ctx.out.line(`${formatAmount(amount, token.decimals)} ${token.symbol}`);
    return {
      account,
      chain: onRoot ? "l1" : net.chain.name,
      symbol: token.symbol,
      decimals: token.decimals,
      token: contract,
      amountWei: amount.toString(),
    };
  }
}
