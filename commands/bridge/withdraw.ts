import {
  bridgeFlags,
  type Ctx,
  childOf,
  KomaCommand,
  openKey,
  openRootChain,
  requestOf,
  resolveAddress,
  resolveToken,
  sendTransaction,
  transactionFlags,
} from "../../src/cli/index.ts";

export interface WithdrawData {
  readonly burnTx: string;
  readonly block: string | null;
  readonly symbol: string;
  readonly amountWei: string;
  readonly to: string;
  /** Number of the checkpoint that will most likely cover the burn. */
  readonly expectedCheckpoint: string;
  readonly state: "sent" | "burned" | "final";
}

export default class BridgeWithdraw extends KomaCommand<WithdrawData> {
  static override kind = "bridge.withdraw";
  static override summary = "Burn tokens on the KOMA chain, so that they can leave to the root chain.";
  static override description =
    "The first half of leaving. When a checkpoint covers the burn, koma bridge exit starts the exit on the root chain.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> --token KMC --amount 1",
    "<%= config.bin %> <%= command.id %> --token KMC --amount 2.5 --from bob --to carol --json",
  ];
  static override flags = { ...bridgeFlags, ...transactionFlags };

  async execute(ctx: Ctx): Promise<WithdrawData> {
    const { flags } = await this.parse(BridgeWithdraw);
    const { openChainClient } = await import("../../src/rpc/index.ts");
    const { burnNativeCalldata, burnTokenCalldata, komaNativeAddress } = await import("../../src/bridge/index.ts");
    const { formatAmount, parseAmount } = await import("../../src/primitives/index.ts");
    const net = await ctx.net();
    const key = await openKey(ctx, net, flags.from, { passwordFile: flags["password-file"] });
    const root = await openRootChain(net);
    const chain = await openChainClient(net.rpcUrl());
    const token = await resolveToken(net, chain, root, flags.token);
    const amount = parseAmount(flags.amount, token.decimals);
    const recipient = flags.to === undefined ? key.address : await resolveAddress(ctx, net, flags.to);
    const burn = token.native
      ? { to: komaNativeAddress, value: amount, data: burnNativeCalldata(recipient) }
      : { to: childOf(token), data: burnTokenCalldata(recipient, amount) };
    const sent = await sendTransaction(ctx, chain, { ...requestOf(flags), ...burn }, key.privateKey, flags);
    const { number } = await root.checkpoints.head(BigInt(net.chainId));
    const { out } = ctx;
    out.line(
      `burned ${formatAmount(amount, token.decimals)} ${token.symbol} of ${key.name} for ${flags.to ?? key.name}`,
    );
    out.line(`  transaction ${sent.hash}${sent.block === null ? "" : ` in block ${sent.block}`}`);
    out.note(`Next: koma bridge exit ${sent.hash} --wait`);
    return {
      burnTx: sent.hash,
      block: sent.block,
      symbol: token.symbol,
      amountWei: amount.toString(),
      to: recipient,
      expectedCheckpoint: number.toString(),
      state: sent.status === "success" ? "burned" : sent.status,
    };
  }
}
