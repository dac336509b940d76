import {
  bridgeFlags,
  type Ctx,
  Flags,
  findNewestLog,
  fromFlag,
  KomaCommand,
  openKey,
  openRootChain,
  passwordFileFlag,
  requireRootBalance,
  resolveAddress,
  resolveToken,
  rootOf,
  waitFor,
} from "../../src/cli/index.ts";
import type { ChainClient } from "../../src/rpc/index.ts";

export interface DepositData {
  /** Number in the chain's stream of deposits; null for a dry run. */
  readonly depositId: string | null;
  readonly symbol: string;
  readonly amountWei: string;
  readonly to: string;
  readonly l1Tx: string | null;
  /** Delivery on the KOMA chain, with --wait. */
  readonly l2Tx: string | null;
  readonly l2Block: string | null;
  readonly state: "dry-run" | "deposited" | "credited" | "parked";
  readonly gasUsed: string;
}

export default class BridgeDeposit extends KomaCommand<DepositData> {
  static override kind = "bridge.deposit";
  static override summary = "Bring tokens from the root chain to the KOMA chain.";
  static override description =
    `Approves and deposits. The tokens arrive a few blocks later, when the root chain has confirmed the deposit and a leader has
delivered it; --wait waits for that.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> --token KMC --amount 5 --wait",
    "<%= config.bin %> <%= command.id %> --token dUSD --amount 10 --from alice --to bob --wait --json",
    "<%= config.bin %> <%= command.id %> --amount 1 --dry-run",
  ];
  static override flags = {
    ...bridgeFlags,
    wait: Flags.boolean({ summary: "Wait until the tokens have arrived.", env: "KOMA_BRIDGE_WAIT" }),
    "dry-run": Flags.boolean({
      summary: "Ask the root chain whether it would work; send nothing.",
      env: "KOMA_DRY_RUN",
    }),
    from: fromFlag,
    "password-file": passwordFileFlag,
  };

  async execute(ctx: Ctx): Promise<DepositData> {
    const { flags } = await this.parse(BridgeDeposit);
    const { openChainClient } = await import("../../src/rpc/index.ts");
    const { formatAmount, parseAmount } = await import("../../src/primitives/index.ts");
    const net = await ctx.net();
    const key = await openKey(ctx, net, flags.from, { passwordFile: flags["password-file"] });
    const root = await openRootChain(net, key);
    const chain = await openChainClient(net.rpcUrl());
    const token = await resolveToken(net, chain, root, flags.token);
    const amount = parseAmount(flags.amount, token.decimals);
    const recipient = flags.to === undefined ? key.address : await resolveAddress(ctx, net, flags.to);
    const request = { chainId: BigInt(net.chainId), recipient, amount };
    await requireRootBalance(root, { ...token, root: rootOf(token) }, key, amount);
    const { deposits } = flags["dry-run"] ? root.dryRun : root;
    const sent = token.native
      ? await deposits.depositKmc(request, ctx.signal)
      : await deposits.depositToken({ ...request, token: rootOf(token) }, ctx.signal);
    const { out } = ctx;
    const what = `${formatAmount(amount, token.decimals)} ${token.symbol}`;
    if (sent.hash) out.line(`deposit ${sent.id}: ${what} for ${flags.to ?? key.name}\n  root chain ${sent.hash}`);
    else out.line(`${what} could be deposited, gas ${sent.gasUsed}`);
    const delivery = flags.wait && sent.id !== undefined ? await waitForDelivery(ctx, chain, sent.id) : undefined;
    if (delivery) {
      const verb = delivery.credited ? "credited" : "parked";
      out.line(`  ${verb} in block ${delivery.block} by ${delivery.transaction}`);
    } else if (sent.id !== undefined) {
      out.note(`Follow it with: koma bridge status ${sent.id}`);
    }
    return {
      depositId: sent.id?.toString() ?? null,
      symbol: token.symbol,
      amountWei: amount.toString(),
      to: recipient,
      l1Tx: sent.hash ?? null,
      l2Tx: delivery?.transaction ?? null,
      l2Block: delivery?.block.toString() ?? null,
      state: !sent.hash ? "dry-run" : !delivery ? "deposited" : delivery.credited ? "credited" : "parked",
      gasUsed: sent.gasUsed.toString(),
    };
  }
}

async function waitForDelivery(ctx: Ctx, chain: ChainClient, id: bigint) {
  const { findDelivery } = await import("../../src/bridge/index.ts");
  const options = {
    what: `deposit ${id} is delivered`,
    limitMs: 180_000,
    fix: [`koma bridge status ${id}`, "koma devnet status"],
  };
  return waitFor(ctx, options, () => findDelivery((search) => findNewestLog(chain, search), id));
}
