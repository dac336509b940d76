import {
  Args,
  type Ctx,
  createTokenAmounts,
  Flags,
  fromFlag,
  KomaCommand,
  type NamedKey,
  openKey,
  openRootChain,
  passwordFileFlag,
  readNetFacts,
  resolveAddress,
  waitFor,
} from "../../src/cli/index.ts";
import { UserError } from "../../src/errors.ts";
import type { DebtSource, HeldBounty } from "../../src/fraud/index.ts";
import type { Address, Hash } from "../../src/primitives/index.ts";
import type { RootChain } from "../../src/rootchain/index.ts";

export interface ClaimedDebt {
  /** `exit`: one whose payment had failed. Bounties are for fraud that was proven, bonds come back from challenges and exits. */
  readonly source: "exit" | DebtSource;
  /** Address of the token on the root chain, or ETH. */
  readonly token: string;
  readonly amountWei: string;
  /** Null for a dry run. */
  readonly tx: string | null;
}

export interface ClaimedData {
  readonly account: string;
  readonly to: string;
  readonly claimed: readonly ClaimedDebt[];
  /** Offences whose bounty this command had assigned. */
  readonly settled: readonly string[];
  /** Bounties that wait until no older commitment can claim them any more: root-chain blocks. */
  readonly held: readonly { readonly offence: string; readonly bountyWei: string; readonly untilBlock: string }[];
}

export default class BridgeClaim extends KomaCommand<ClaimedData> {
  static override kind = "bridge.claim";
  static override summary = "Collect what the root contracts owe: bounties, bonds, an exit whose payment failed.";
  static override description =
    `Without EXIT everything that is owed to the account of --from: bounties for fraud that it proved (those that nobody has assigned yet are
assigned first), and bonds of exits and challenges. With EXIT the tokens of an exit that was due and could not be paid, because its
recipient refused them; only the one who is paid may claim them, to any address.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> --from bob --dry-run",
    "<%= config.bin %> proof challenge --from bob && <%= config.bin %> <%= command.id %> --from bob --wait --json",
    '<%= config.bin %> <%= command.id %> "$EXIT" --from carol --to dave',
  ];
  static override args = {
    exit: Args.string({
      description: "Exit that is claimable: koma bridge exits --state claimable.",
      ignoreStdin: true,
    }),
  };
  static override flags = {
    to: Flags.string({
      summary: "Who gets it: an address or a name; default: the account of --from.",
      env: "KOMA_BRIDGE_TO",
      helpValue: "ACCOUNT",
    }),
    wait: Flags.boolean({ summary: "Wait for bounties that are still held.", env: "KOMA_BRIDGE_WAIT" }),
    "dry-run": Flags.boolean({
      summary: "Show what is owed and send nothing.",
      env: "KOMA_DRY_RUN",
      exclusive: ["wait"],
    }),
    from: fromFlag,
    "password-file": passwordFileFlag,
  };

  async execute(ctx: Ctx): Promise<ClaimedData> {
    const { args, flags } = await this.parse(BridgeClaim);
    const net = await ctx.net();
    const dryRun = flags["dry-run"];
    // A dry run signs nothing: looking must not ask for a password.
    const key = dryRun ? undefined : await openKey(ctx, net, flags.from, { passwordFile: flags["password-file"] });
    const account = key?.address ?? (await resolveAddress(ctx, net, flags.from));
    const to = flags.to === undefined ? account : await resolveAddress(ctx, net, flags.to);
    const root = await openRootChain(net, key);
    const fromBlock = (await readNetFacts(net)).rootStartBlock;
    const data =
      args.exit === undefined
        ? await claimDebts(ctx, root, { account, to, key, fromBlock, wait: flags.wait })
        : { account, to, claimed: [await claimExit(root, args.exit, to, key, ctx.signal)], settled: [], held: [] };
    const { out } = ctx;
    const amounts = createTokenAmounts(net, root);
    for (const { source, token, amountWei, tx } of data.claimed) {
      const amount = token === "ETH" ? `${await ether(amountWei)} ETH` : await amounts.format(token, amountWei);
      out.line(`${amount} for ${NAMES[source]}${tx === null ? "" : `, paid in ${tx}`}`);
    }
    for (const { bountyWei, untilBlock } of data.held) {
      const bounty = await amounts.format(root.contracts.KMC, bountyWei);
      out.line(`a bounty of ${bounty} is held until block ${untilBlock} of the root chain`);
    }
    if (data.claimed.length === 0 && data.held.length === 0) out.line(`Nothing is owed to ${flags.from}.`);
    if (data.held.length > 0 && !dryRun) out.note(`Next: koma bridge claim --from ${flags.from} --wait`);
    return data;
  }
}

const NAMES: Readonly<Record<ClaimedDebt["source"], string>> = {
  exit: "an exit",
  bounty: "fraud that was proven",
  "producer-bounty": "fraud of a producer that was proven",
  "challenge-bond": "bonds of challenges",
  "data-escrow": "data that was demanded",
  "exit-bond": "bonds of exits",
};

async function ether(amountWei: string): Promise<string> {
  const { formatAmount } = await import("../../src/primitives/index.ts");
  return formatAmount(BigInt(amountWei));
}

async function claimDebts(
  ctx: Ctx,
  root: RootChain,
  whose: {
    readonly account: Address;
    readonly to: Address;
    readonly key: NamedKey | undefined;
    readonly fromBlock: bigint;
    readonly wait: boolean;
  },
): Promise<ClaimedData> {
  const { debtsTo, unsettledBounties } = await import("../../src/fraud/index.ts");
  const { account, to, key } = whose;
  const bounties = await unsettledBounties(root, account, whose.fromBlock);
  const held: HeldBounty[] = [];
  const settled: Hash[] = [];
  for (const bounty of bounties) {
    const isFree = async () => (await root.head(ctx.signal)).number > bounty.untilBlock;
    if (whose.wait) {
      const what = `the bounty is free after block ${bounty.untilBlock} of the root chain`;
      await waitFor(ctx, { what, limitMs: 300_000 }, async () => ((await isFree()) ? true : undefined));
    } else if (!key || !(await isFree())) {
      held.push(bounty);
      continue;
    }
    await root.challenges.settleBounty(bounty.offenceId, ctx.signal);
    settled.push(bounty.offenceId);
  }
  const claimed: ClaimedDebt[] = [];
  for (const { source, asset, amount, pay } of await debtsTo(root, account)) {
    const sent = key ? await pay(to, ctx.signal) : undefined;
    const token = asset === "KMC" ? root.contracts.KMC : asset;
    claimed.push({ source, token, amountWei: amount.toString(), tx: sent?.hash ?? null });
  }
  return {
    account,
    to,
    claimed,
    settled,
    held: held.map(({ offenceId, amount, untilBlock }) => {
      return { offence: offenceId, bountyWei: amount.toString(), untilBlock: untilBlock.toString() };
    }),
  };
}

/** The contract's own refusals tell an exit that waits, is paid, or is somebody else's. */
async function claimExit(
  root: RootChain,
  text: string,
  to: Address,
  key: NamedKey | undefined,
  signal: AbortSignal,
): Promise<ClaimedDebt> {
  const { parseHash } = await import("../../src/primitives/index.ts");
  const exit = await root.exits.exit(parseHash(text));
  if (!exit) {
    throw new UserError("KOMA_E_EXIT_NOT_FOUND", `There is no exit ${text}.`, {
      facts: { exit: text },
      fix: ["koma bridge exits"],
    });
  }
  if (exit.status !== "claimable") {
    const next = exit.status === "queued" ? `koma bridge process --exit ${text} --wait` : `koma bridge status ${text}`;
    throw new UserError("KOMA_E_NOT_CLAIMABLE", `Exit ${text} is ${exit.status}: there is nothing to claim.`, {
      facts: { exit: text, status: exit.status },
      fix: [next],
    });
  }
  const sent = key ? await root.exits.claim(exit.exitId, to, signal) : undefined;
  return { source: "exit", token: exit.token, amountWei: exit.amount.toString(), tx: sent?.hash ?? null };
}
