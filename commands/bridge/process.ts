import {
  type Ctx,
  createTokenAmounts,
  Flags,
  fromFlag,
  isoTime,
  KomaCommand,
  type NamedKey,
  type NetClient,
  openKey,
  openRootChain,
  passwordFileFlag,
  readNetFacts,
  resolveToken,
  rootOf,
  waitFor,
} from "../../src/cli/index.ts";
import type { Address, Hash } from "../../src/primitives/index.ts";
import type { RootChain, SentTransaction } from "../../src/rootchain/index.ts";

export interface ProcessedExits {
  readonly processed: readonly {
    readonly exitId: string;
    readonly state: "paid" | "claimable" | "deferred" | "voided";
    readonly to: string | null;
    readonly amountWei: string | null;
  }[];
  /** Null when nothing was due. */
  readonly tx: string | null;
  /** When the next exit of the queue is due; null for an empty queue. */
  readonly nextDue: string | null;
}

export default class BridgeProcess extends KomaCommand<ProcessedExits> {
  static override kind = "bridge.process";
  static override summary = "Have due exits paid on the root chain; anyone may.";
  static override description =
    "Exits are paid in the order of their queue. --exit pays one ahead of earlier ones that still wait for finality.";
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    "<%= config.bin %> <%= command.id %> --token KMC --max 5 --json",
    "<%= config.bin %> bridge withdraw --amount 1 && <%= config.bin %> bridge exit --last --wait && <%= config.bin %> <%= command.id %> --last --wait",
  ];
  static override flags = {
    token: Flags.string({
      summary: "Queue of this token: KMC, dUSD, or an address.",
      default: "KMC",
      env: "KOMA_BRIDGE_TOKEN",
    }),
    max: Flags.integer({ summary: "How many at most.", default: 20, min: 1, max: 100, env: "KOMA_BRIDGE_MAX" }),
    exit: Flags.string({
      summary: "Only this exit.",
      env: "KOMA_BRIDGE_EXIT",
      helpValue: "EXIT",
      exclusive: ["token", "last"],
    }),
    last: Flags.boolean({
      summary: "Only the newest exit of the account --from names.",
      env: "KOMA_BRIDGE_LAST",
      exclusive: ["token"],
    }),
    wait: Flags.boolean({
      summary: "With --exit or --last: wait until it can be paid.",
      env: "KOMA_BRIDGE_WAIT",
    }),
    from: fromFlag,
    "password-file": passwordFileFlag,
  };

  async execute(ctx: Ctx): Promise<ProcessedExits> {
    const { flags } = await this.parse(BridgeProcess);
    const { openChainClient } = await import("../../src/rpc/index.ts");
    const net = await ctx.net();
    const key = await openKey(ctx, net, flags.from, { passwordFile: flags["password-file"] });
    const root = await openRootChain(net, key);
    const chainId = BigInt(net.chainId);
    let sent: SentTransaction | undefined;
    let token: Address;
    const exitId = await wantedExit(net, root, key, flags);
    if (exitId !== undefined) {
      token = await tokenOfExit(root, exitId);
      if (flags.wait) await waitUntilReady(ctx, root, exitId);
      sent = await root.exits.processOne(exitId, ctx.signal);
    } else {
      token = rootOf(await resolveToken(net, await openChainClient(net.rpcUrl()), root, flags.token));
      const due = await root.exits.nextDue(chainId, token);
      const { timestamp } = await root.head();
      if (due !== undefined && due <= timestamp) sent = await root.exits.process(chainId, token, flags.max, ctx.signal);
    }
    const nextDue = await root.exits.nextDue(chainId, token);
    const data: ProcessedExits = {
      processed: sent ? await outcomesOf(root, sent) : [],
      tx: sent?.hash ?? null,
      nextDue: nextDue === undefined ? null : isoTime(nextDue),
    };
    const { out } = ctx;
    const amounts = createTokenAmounts(net, root);
    for (const { exitId, state, to, amountWei } of data.processed) {
      const paid = amountWei === null ? "" : ` ${await amounts.format(token, amountWei)}`;
      out.line(`exit ${exitId} ${state}${to === null ? "" : `:${paid} to ${to}`}`);
    }
    if (data.processed.length === 0) out.line("No exit is due.");
    if (data.tx) out.line(`  transaction ${data.tx}`);
    if (data.nextDue) out.note(`the next exit is due at ${data.nextDue}`);
    return data;
  }
}

/** Undefined: whatever is due in the token's queue. */
async function wantedExit(
  net: NetClient,
  root: RootChain,
  key: NamedKey,
  flags: { readonly exit?: string | undefined; readonly last?: boolean },
): Promise<Hash | undefined> {
  const { parseHash } = await import("../../src/primitives/index.ts");
  if (flags.exit !== undefined) return parseHash(flags.exit);
  if (!flags.last) return undefined;
  const exits = await root.exits.exitsOf(key.address, (await readNetFacts(net)).rootStartBlock);
  const newest = exits.findLast(({ chainId }) => chainId === BigInt(net.chainId));
  if (newest) return newest.exitId;
  const { UserError } = await import("../../src/errors.ts");
  throw new UserError("KOMA_E_EXIT_NOT_FOUND", `${key.name} has started no exit.`, {
    facts: { account: key.address },
    fix: [`koma bridge exit --last --from ${key.name}`, "koma bridge exits"],
  });
}

async function tokenOfExit(root: RootChain, exitId: Hash): Promise<Address> {
  const { UserError } = await import("../../src/errors.ts");
  const exit = await root.exits.exit(exitId);
  if (exit) return exit.token;
  throw new UserError("KOMA_E_EXIT_NOT_FOUND", `There is no exit ${exitId}.`, {
    facts: { exit: exitId },
    fix: ["koma bridge exits"],
  });
}

/** Due by time, and its checkpoint final: only then the contract pays. */
async function waitUntilReady(ctx: Ctx, root: RootChain, exitId: Hash): Promise<void> {
  await waitFor(ctx, { what: `exit ${exitId} can be paid`, limitMs: 300_000 }, async () => {
    const exit = await root.exits.exit(exitId);
    if (exit?.status !== "queued") return true;
    const { timestamp } = await root.head();
    if (timestamp < exit.exitableAt) return undefined;
    return (await root.checkpoints.isFinal(exit.chainId, exit.checkpoint)) ? true : undefined;
  });
}

const OUTCOMES = {
  ExitPaid: "paid",
  ExitClaimable: "claimable",
  ExitDeferred: "deferred",
  ExitVoided: "voided",
} as const;

async function outcomesOf(root: RootChain, sent: SentTransaction): Promise<ProcessedExits["processed"]> {
  const fromBlock = sent.blockNumber ?? 0n;
  const names = Object.keys(OUTCOMES) as (keyof typeof OUTCOMES)[];
  const events = await Promise.all(
    names.map((event) => root.events({ contract: "WithdrawManager", event, fromBlock })),
  );
  return events
    .flat()
    .filter(({ transactionHash }) => transactionHash === sent.hash)
    .sort((a, b) => a.logIndex - b.logIndex)
    .map(({ event, args }) => ({
      exitId: String(args["exitId"]),
      state: OUTCOMES[event as keyof typeof OUTCOMES],
      to: (args["to"] ?? args["payee"] ?? null) as string | null,
      amountWei: args["amount"] === undefined ? null : String(args["amount"]),
    }));
}
