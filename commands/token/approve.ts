import {
  Args,
  type Ctx,
  childOf,
  Flags,
  KomaCommand,
  openAnyNet,
  openChainToken,
  openKey,
  openRootChain,
  requestOf,
  resolveAddress,
  resolveToken,
  rootOf,
  sendTransaction,
  sentOnRoot,
  transactionFlags,
  wantsRootChain,
} from "../../src/cli/index.ts";
import { UserError } from "../../src/errors.ts";

export interface TokenApproval {
  readonly tx: string;
  readonly status: "sent" | "success" | "final";
  readonly block: string | null;
  /** l1, or the KOMA chain's name. */
  readonly chain: string;
  readonly symbol: string;
  readonly owner: string;
  readonly spender: string;
  /** In the token's smallest unit. */
  readonly amountWei: string;
}

export default class TokenApprove extends KomaCommand<TokenApproval> {
  static override kind = "token.approve";
  static override summary = "Let another account or contract take tokens.";
  static override description =
    `TOKEN is KMC, dUSD (a devnet's demo token) or an address. The approval replaces the one before; --amount 0 takes it back. --chain l1
approves on the root chain, where KMC is a token and contracts can be named (DepositManager, StakeManager). koma's own commands approve by
themselves what they need, never more.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> KMC --to StakeManager --amount 100 --chain l1",
    "<%= config.bin %> <%= command.id %> dUSD --to bob --amount 0 --chain l1 --json",
    "<%= config.bin %> bridge deposit --token dUSD --amount 1 --wait && <%= config.bin %> <%= command.id %> dUSD --to bob --amount 1",
  ];
  static override args = {
    token: Args.string({ description: "KMC, dUSD, or a token's address.", required: true, ignoreStdin: true }),
  };
  static override flags = {
    to: Flags.string({
      summary: "Who may take them: an address or a name.",
      required: true,
      env: "KOMA_TOKEN_TO",
      helpValue: "ACCOUNT",
    }),
    amount: Flags.string({
      summary: "Whole tokens (1.5), or a number with wei.",
      required: true,
      env: "KOMA_TOKEN_AMOUNT",
      helpValue: "AMOUNT",
    }),
    ...transactionFlags,
  };

  async execute(ctx: Ctx): Promise<TokenApproval> {
    const { args, flags } = await this.parse(TokenApprove);
    const { openChainClient } = await import("../../src/rpc/index.ts");
    const { formatAmount, parseAmount } = await import("../../src/primitives/index.ts");
    const net = await openAnyNet(ctx);
    const key = await openKey(ctx, net, flags.from, { passwordFile: flags["password-file"] });
    const spender = await resolveAddress(ctx, net, flags.to);
    const chain = await openChainClient(net.rpcUrl());
    const root = await openRootChain(net, key);
    const token = await resolveToken(net, chain, root, args.token);
    const onRoot = wantsRootChain(ctx);
    if (token.native && !onRoot) {
      throw new UserError("KOMA_E_ARGUMENT_INVALID", "KMC is this chain's own coin: it is sent, and never approved.", {
        facts: { why: "On the root chain it is a token." },
        fix: [`koma token approve KMC --to ${flags.to} --amount ${flags.amount} --chain l1`],
      });
    }
    const amount = parseAmount(flags.amount, token.decimals);
    const sent = onRoot
      ? sentOnRoot(await root.token(rootOf(token)).approve(spender, amount, ctx.signal))
      : await sendTransaction(
          ctx,
          chain,
          {
            ...requestOf(flags),
            to: childOf(token),
            data: (await openChainToken(chain, childOf(token))).approveData(spender, amount),
          },
          key.privateKey,
          flags,
        );
    const { out } = ctx;
    out.line(`${flags.to} may take ${formatAmount(amount, token.decimals)} ${token.symbol} of ${key.name}`);
    out.line(`transaction ${sent.hash}`);
    if (sent.block !== null) out.line(`${sent.status} in block ${sent.block}`);
    return {
      tx: sent.hash,
      status: sent.status,
      block: sent.block,
      chain: onRoot ? "l1" : net.chain.name,
      symbol: token.symbol,
      owner: key.address,
      spender,
      amountWei: amount.toString(),
    };
  }
}
