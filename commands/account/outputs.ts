import {
  Args,
  type Ctx,
  childOf,
  Flags,
  KomaCommand,
  openRootChain,
  resolveAddress,
  resolveToken,
} from "../../src/cli/index.ts";

export interface AccountOutput {
  /** `block:transaction:log:side`, of the native coin `block:transaction:n<order>`. */
  readonly id: string;
  readonly block: string;
  readonly final: boolean;
  /** Null when the node has pruned the transaction. */
  readonly tx: string | null;
  /** Position among the logs of the block; null for the native coin, which has no logs. */
  readonly log: number | null;
  /** Output that was spent, in the token's smallest unit. */
  readonly inWei: string;
  /** Output that was made. */
  readonly outWei: string;
  readonly spentBy: string | null;
  /** Whether the input is the output of the entry before it. */
  readonly ok: boolean;
}

interface EntryJson {
  readonly id: string;
  readonly block: string;
  readonly final: boolean;
  readonly transaction: string | null;
  readonly log: number | null;
  readonly input: string;
  readonly output: string;
  readonly spentBy: string | null;
  readonly follows: boolean;
}

export default class AccountOutputs extends KomaCommand<readonly AccountOutput[]> {
  static override kind = "account.outputs";
  static override summary = "Show an account's payments as spent and new outputs.";
  static override description =
    `Each entry spends the output that the account had of the coin or token and makes a new one; the first in the list is the only one that is
not spent, and equals the balance. Of tokens the entries come from their logs, and can be proven; of KMC the node makes them from what each
transaction did to the balance, fees included. The tips of a producer's block are joined.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> alice",
    "<%= config.bin %> <%= command.id %> alice --token dUSD --json",
  ];
  static override args = {
    account: Args.string({ description: "Address, or a name such as alice.", required: true, ignoreStdin: true }),
  };
  static override flags = {
    token: Flags.string({
      summary: "KMC, dUSD, or a token's address.",
      default: "KMC",
      env: "KOMA_ACCOUNT_TOKEN",
      helpValue: "TOKEN",
    }),
    limit: Flags.integer({ summary: "Most entries.", default: 20, min: 1, max: 1_000, env: "KOMA_ACCOUNT_LIMIT" }),
  };

  async execute(ctx: Ctx): Promise<readonly AccountOutput[]> {
    const { args, flags } = await this.parse(AccountOutputs);
    const { openChainClient } = await import("../../src/rpc/index.ts");
    const net = await ctx.net();
    const owner = await resolveAddress(ctx, net, args.account);
    const chain = await openChainClient(net.rpcUrl());
    const native = flags.token.toLowerCase() === "kmc";
    const token = native ? undefined : await resolveToken(net, chain, await openRootChain(net), flags.token);
    const contract = token === undefined || token.native ? null : childOf(token);
    const entries = await chain.rpc.request<readonly EntryJson[]>(
      "koma_getTransferChain",
      [contract, owner, flags.limit],
      ctx.signal,
    );
    const outputs = entries.map((entry) => ({
      id: entry.id,
      block: BigInt(entry.block).toString(),
      final: entry.final,
      tx: entry.transaction,
      log: entry.log,
      inWei: BigInt(entry.input).toString(),
      outWei: BigInt(entry.output).toString(),
      spentBy: entry.spentBy,
      ok: entry.follows,
    }));
    await print(ctx, outputs, token?.symbol ?? "KMC", token?.decimals ?? 18);
    return outputs;
  }
}

async function print({ out }: Ctx, outputs: readonly AccountOutput[], symbol: string, decimals: number): Promise<void> {
  if (outputs.length === 0) return out.line(`no payments of ${symbol}`);
  const { formatAmount } = await import("../../src/primitives/index.ts");
  const amount = (wei: string) => formatAmount(BigInt(wei), decimals);
  out.table(
    [
      { title: "output" },
      { title: "in", align: "right" },
      { title: `out ${symbol}`, align: "right" },
      { title: "transaction" },
      { title: "" },
    ],
    outputs.map(({ id, inWei, outWei, tx, ok, final }) => [
      id,
      amount(inWei),
      amount(outWei),
      tx ?? "pruned",
      ok ? (final ? "" : "not final") : "does not follow",
    ]),
  );
}
