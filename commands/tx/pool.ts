import { type Ctx, Flags, KomaCommand, resolveAddress } from "../../src/cli/index.ts";
import type { ChainClient } from "../../src/rpc/index.ts";

export interface ShownPool {
  readonly pending: number;
  readonly queued: number;
  readonly bytes: number;
  /** First those that could be in the next block, by sender and nonce. */
  readonly transactions: readonly {
    readonly hash: string;
    readonly place: "pending" | "queued";
    readonly sender: string;
    readonly nonce: string;
    readonly to: string | null;
    readonly valueWei: string;
    readonly maxFeePerGasWei: string;
    readonly maxPriorityFeePerGasWei: string;
  }[];
  /** The newest first. */
  readonly dropped: readonly ShownDrop[];
  /** With --rules. */
  readonly rules: readonly ShownRule[] | null;
  /** With --why. */
  readonly why: ShownVerdict | null;
}

interface ShownDrop {
  readonly hash: string;
  readonly sender: string;
  readonly nonce: string;
  readonly rule: string;
  readonly code: string | null;
  readonly reason: string;
}

interface ShownRule {
  readonly rule: string;
  readonly code: string | null;
  /** What is refused or dropped. */
  readonly refuses: string;
  /** How often since the node started. */
  readonly dropped: number;
}

interface ShownVerdict {
  readonly hash: string;
  /** `unknown`: never seen here, or so long ago that it is forgotten. */
  readonly state: "pending" | "queued" | "included" | "dropped" | "unknown";
  readonly block: string | null;
  readonly drop: ShownDrop | null;
}

export default class TxPool extends KomaCommand<ShownPool> {
  static override kind = "tx.pool";
  static override summary = "Show the transactions that wait, and why others were dropped.";
  static override description =
    `Each node has a pool of its own. Its rules against spam are policy: they decide what this node takes and passes on, and no block is invalid
because of them.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    "<%= config.bin %> <%= command.id %> --sender alice",
    "<%= config.bin %> <%= command.id %> --rules",
    "<%= config.bin %> <%= command.id %> --why 0x6b175474e89094c44da98b954eedeac495271d0f6b175474e89094c44da98b95",
  ];
  static override flags = {
    sender: Flags.string({
      summary: "Only transactions of this account: an address, or a name such as alice.",
      env: "KOMA_TX_SENDER",
      helpValue: "ACCOUNT",
    }),
    rules: Flags.boolean({ summary: "List the rules, and how often each was broken.", env: "KOMA_TX_RULES" }),
    why: Flags.string({
      summary: "What became of this transaction, and by which rule.",
      env: "KOMA_TX_WHY",
      helpValue: "HASH",
      exclusive: ["rules"],
    }),
    limit: Flags.integer({
      summary: "Most transactions, and drops, to show.",
      default: 20,
      min: 1,
      max: 1_000,
      env: "KOMA_TX_LIMIT",
    }),
  };

  async execute(ctx: Ctx): Promise<ShownPool> {
    const { flags } = await this.parse(TxPool);
    const { openChainClient } = await import("../../src/rpc/index.ts");
    const { parseHash } = await import("../../src/primitives/index.ts");
    const hash = flags.why === undefined ? undefined : parseHash(flags.why);
    const net = await ctx.net();
    const sender = flags.sender === undefined ? undefined : await resolveAddress(ctx, net, flags.sender);
    const chain = await openChainClient(net.rpcUrl());
    const query = { limit: flags.limit, ...(sender === undefined ? {} : { sender }) };
    const content = shownContent(await chain.rpc.request<PoolJson>("koma_getPool", [query], ctx.signal));
    const rules = flags.rules
      ? await chain.rpc.request<readonly ShownRule[]>("koma_getPoolRules", [], ctx.signal)
      : null;
    const why = hash === undefined ? null : await readVerdict(chain, hash, ctx.signal);
    const shown = { ...content, rules, why };
    if (why) printVerdict(ctx, why);
    else if (rules) printRules(ctx, rules);
    else await printContent(ctx, content);
    return shown;
  }
}

interface DropJson extends Omit<ShownDrop, "nonce"> {
  readonly nonce: string;
}

interface PoolJson extends Pick<ShownPool, "pending" | "queued" | "bytes"> {
  readonly transactions: readonly (Pick<ShownPool["transactions"][number], "hash" | "place" | "sender" | "to"> &
    Readonly<Record<"nonce" | "value" | "maxFeePerGas" | "maxPriorityFeePerGas", string>>)[];
  readonly dropped: readonly DropJson[];
}

/** JSON-RPC's quantities in decimal. */
const decimal = (quantity: string) => BigInt(quantity).toString();

function shownDrop(drop: DropJson): ShownDrop {
  return { ...drop, nonce: decimal(drop.nonce) };
}

function shownContent({ transactions, dropped, ...counts }: PoolJson): Omit<ShownPool, "rules" | "why"> {
  return {
    ...counts,
    transactions: transactions.map(({ nonce, value, maxFeePerGas, maxPriorityFeePerGas, ...rest }) => ({
      ...rest,
      nonce: decimal(nonce),
      valueWei: decimal(value),
      maxFeePerGasWei: decimal(maxFeePerGas),
      maxPriorityFeePerGasWei: decimal(maxPriorityFeePerGas),
    })),
    dropped: dropped.map(shownDrop),
  };
}

async function readVerdict({ rpc }: ChainClient, hash: string, signal: AbortSignal): Promise<ShownVerdict> {
  const { state, block, drop } = await rpc.request<{
    readonly state: ShownVerdict["state"];
    readonly block?: string | null;
    readonly drop?: DropJson;
  }>("koma_getPoolVerdict", [hash], signal);
  return { hash, state, block: block ? decimal(block) : null, drop: drop ? shownDrop(drop) : null };
}

function printVerdict({ out }: Ctx, { hash, state, block, drop }: ShownVerdict): void {
  out.line(`transaction ${hash}`);
  const places = {
    included: `in block ${block ?? "?"}`,
    pending: "in the pool, and could be in the next block",
    queued: "in the pool, and waits for an earlier nonce of its sender",
    unknown: "not known to this node",
    dropped: "not in the pool",
  };
  out.line(`  ${places[state]}`);
  if (!drop) return;
  out.line(`  rule    ${drop.rule}${drop.code === null ? "" : `  (${drop.code})`}`);
  out.line(`  why     ${drop.reason}`);
  out.line(`  sender  ${drop.sender}, nonce ${drop.nonce}`);
}

function printRules({ out }: Ctx, rules: readonly ShownRule[]): void {
  out.table(
    [{ title: "rule" }, { title: "dropped", align: "right" }, { title: "what is refused or dropped" }],
    rules.map(({ rule, dropped, refuses }) => [rule, dropped.toString(), refuses]),
  );
}

async function printContent({ out }: Ctx, pool: Omit<ShownPool, "rules" | "why">): Promise<void> {
  const { formatAmount } = await import("../../src/primitives/index.ts");
  out.line(`${pool.pending} ready, ${pool.queued} wait for an earlier nonce, ${pool.bytes} bytes`);
  if (pool.transactions.length > 0) {
    out.table(
      [
        { title: "transaction" },
        { title: "sender" },
        { title: "nonce", align: "right" },
        { title: "KMC", align: "right" },
      ],
      pool.transactions.map((tx) => [tx.hash, tx.sender, tx.nonce, formatAmount(BigInt(tx.valueWei))]),
    );
  }
  if (pool.dropped.length > 0) out.line("dropped, the newest first:");
  for (const { hash, rule, reason } of pool.dropped) out.line(`  ${hash}  ${rule}: ${reason}`);
}
