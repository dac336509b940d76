import {
  type Ctx,
  createTokenAmounts,
  Flags,
  isoTime,
  KomaCommand,
  openRootChain,
  readNetFacts,
  resolveAddress,
  shortHex,
} from "../../src/cli/index.ts";

const STATES = ["queued", "paid", "claimable", "cancelled"] as const;

export interface ListedExit {
  readonly exitId: string;
  readonly owner: string;
  readonly token: string;
  readonly amountWei: string;
  readonly checkpoint: string;
  /** Place in the queue: when it is due, seconds, then the burn's block. */
  readonly priority: string;
  readonly readyAt: string | null;
  readonly state: (typeof STATES)[number];
}

export default class BridgeExits extends KomaCommand<readonly ListedExit[]> {
  static override kind = "bridge.exits";
  static override summary = "List exits on the root chain.";
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    "<%= config.bin %> <%= command.id %> --owner alice --state queued --json",
  ];
  static override flags = {
    state: Flags.option({ options: STATES })({ summary: "Only those in this state.", env: "KOMA_BRIDGE_STATE" }),
    owner: Flags.string({ summary: "Only those of this account: who burned, or is paid.", env: "KOMA_BRIDGE_OWNER" }),
  };

  async execute(ctx: Ctx): Promise<readonly ListedExit[]> {
    const { flags } = await this.parse(BridgeExits);
    const net = await ctx.net();
    const root = await openRootChain(net);
    const fromBlock = (await readNetFacts(net)).rootStartBlock;
    const account = flags.owner === undefined ? undefined : await resolveAddress(ctx, net, flags.owner);
    const exits = await root.exits.exitsOf(account, fromBlock);
    const listed = exits
      .filter(({ chainId, status }) => chainId === BigInt(net.chainId) && status !== "none")
      .filter(({ status }) => flags.state === undefined || status === flags.state)
      .map((exit) => ({
        exitId: exit.exitId,
        owner: exit.payee ?? exit.account,
        token: exit.token,
        amountWei: exit.amount.toString(),
        checkpoint: exit.checkpoint.toString(),
        priority: `${exit.exitableAt}-${exit.blockNumber}`,
        readyAt: isoTime(exit.exitableAt),
        state: exit.status as ListedExit["state"],
      }));
    const amounts = createTokenAmounts(net, root);
    if (listed.length === 0) ctx.out.line("No exits.");
    else
      ctx.out.table(
        [
          { title: "exit" },
          { title: "owner" },
          { title: "amount", align: "right" },
          { title: "ready at" },
          { title: "state" },
        ],
        await Promise.all(
          listed.map(async (exit) => [
            exit.exitId,
            shortHex(exit.owner),
            await amounts.format(exit.token, exit.amountWei),
            exit.readyAt ?? "",
            exit.state,
          ]),
        ),
      );
    return listed;
  }
}
