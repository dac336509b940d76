import {
  Args,
  amountFlag,
  type Ctx,
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
  resolveValidator,
  undelegationsOf,
  waitFor,
} from "../../src/cli/index.ts";
import { UserError } from "../../src/errors.ts";
import type { RootChain } from "../../src/rootchain/index.ts";

export interface UndelegatedStake {
  readonly id: string;
  readonly account: string;
  readonly amountWei: string;
  readonly shares: string;
  /** Null when it was paid by this command. */
  readonly readyAt: string | null;
  /** Validator that it goes on to. */
  readonly to: string | null;
  /** Numbers of what is on its way out, or was paid. */
  readonly undelegations: readonly string[];
  readonly tx: string | null;
}

export default class ValidatorUndelegate extends KomaCommand<UndelegatedStake> {
  static override kind = "validator.undelegate";
  static override summary = "Take delegated stake back, or move it to another validator.";
  static override description =
    `Its power ends with the next epoch. The coins are free after the unbonding time, in which they can still be slashed for what
they backed; then --claim pays them out. With --to they go on to another validator at that time.`;
  static override examples = [
    "<%= config.bin %> validator delegate 1 --amount 50 --from dave && <%= config.bin %> <%= command.id %> 1 --amount 20 --from dave",
    "<%= config.bin %> validator delegate 1 --amount 50 --from erin && <%= config.bin %> <%= command.id %> 1 --all --to 2 --from erin --json",
    "<%= config.bin %> validator delegate 1 --amount 5 --from frank && <%= config.bin %> <%= command.id %> 1 --all --from frank && <%= config.bin %> <%= command.id %> 1 --claim --wait --from frank --timeout 10m",
  ];
  static override args = {
    validator: Args.string({ description: "Id, or name of the node.", required: true, ignoreStdin: true }),
  };
  static override flags = {
    amount: amountFlag({
      summary: "KMC to take back.",
      env: "KOMA_VALIDATOR_AMOUNT",
      exclusive: ["all", "claim"],
    }),
    all: Flags.boolean({
      summary: "Take back everything.",
      env: "KOMA_VALIDATOR_ALL",
      exclusive: ["amount", "claim"],
    }),
    to: Flags.string({
      summary: "Validator that the stake goes on to when it is free.",
      env: "KOMA_VALIDATOR_TO",
      helpValue: "VALIDATOR",
      exclusive: ["claim"],
    }),
    claim: Flags.boolean({ summary: "Pay out what is free of earlier ones.", env: "KOMA_VALIDATOR_CLAIM" }),
    wait: Flags.boolean({
      summary: "With --claim: wait until it is free.",
      env: "KOMA_VALIDATOR_WAIT",
      dependsOn: ["claim"],
    }),
    from: fromFlag,
    "password-file": passwordFileFlag,
  };

  async execute(ctx: Ctx): Promise<UndelegatedStake> {
    const { args, flags } = await this.parse(ValidatorUndelegate);
    const net = await ctx.net();
    const key = await openKey(ctx, net, flags.from, { passwordFile: flags["password-file"] });
    const root = await openRootChain(net, key);
    const { id } = await resolveValidator(ctx, net, root, { text: args.validator });
    if (flags.claim) return await claim(ctx, net, root, key, id, flags.wait);
    if (flags.amount === undefined && !flags.all) {
      throw new UserError("KOMA_E_ARGUMENT_INVALID", "How much is to be taken back?", {
        fix: ["Name it with --amount, or take everything with --all.", "--claim pays out what is free."],
      });
    }
    const to = flags.to === undefined ? undefined : (await resolveValidator(ctx, net, root, { text: flags.to })).id;
    return await begin(ctx, root, key, { id, to, amount: flags.amount });
  }
}

async function begin(
  ctx: Ctx,
  root: RootChain,
  key: NamedKey,
  wish: { readonly id: bigint; readonly to: bigint | undefined; readonly amount: bigint | undefined },
): Promise<UndelegatedStake> {
  const { formatAmount } = await import("../../src/primitives/index.ts");
  const { id, to, amount } = wish;
  const held = await root.delegations.delegation(id, key.address);
  if (held.shares === 0n || (amount !== undefined && amount > held.amount)) {
    throw new UserError("KOMA_E_DELEGATION_LOW", `${key.name} has not delegated that much to validator ${id}.`, {
      facts: { delegatedWei: held.amount, why: `${formatAmount(held.amount)} KMC are delegated.` },
      fix: ["koma validator list"],
    });
  }
  const shares = amount === undefined ? held.shares : await root.delegations.sharesFor(id, key.address, amount);
  const sent =
    to === undefined
      ? await root.delegations.undelegate(id, shares, ctx.signal)
      : await root.delegations.redelegate(id, to, shares, ctx.signal);
  const leaving = sent.leaving;
  const data: UndelegatedStake = {
    id: id.toString(),
    account: key.address,
    amountWei: (leaving?.amount ?? 0n).toString(),
    shares: shares.toString(),
    readyAt: isoTime(leaving?.readyAt ?? 0),
    to: to?.toString() ?? null,
    undelegations: leaving ? [leaving.nonce.toString()] : [],
    tx: sent.hash ?? null,
  };
  ctx.out.line(`validator ${id}: ${formatAmount(leaving?.amount ?? 0n)} KMC of ${key.name} leave`);
  ctx.out.line(`  transaction ${data.tx}`);
  ctx.out.line(`  free        ${data.readyAt}${to === undefined ? "" : `, then on to validator ${to}`}`);
  ctx.out.note(`Next, then: koma validator undelegate ${id} --claim --from ${key.name}`);
  return data;
}

async function claim(
  ctx: Ctx,
  net: NetClient,
  root: RootChain,
  key: NamedKey,
  id: bigint,
  wait: boolean,
): Promise<UndelegatedStake> {
  const { formatAmount } = await import("../../src/primitives/index.ts");
  const fromBlock = (await readNetFacts(net)).rootStartBlock;
  const mine = (await undelegationsOf(root, key.address, fromBlock)).filter((leaving) => leaving.id === id);
  const [first] = mine;
  if (!first) {
    throw new UserError("KOMA_E_UNDELEGATION_UNKNOWN", `No stake of ${key.name} is leaving validator ${id}.`, {
      fix: [`koma validator undelegate ${id} --all --from ${key.name}`],
    });
  }
  const now = async () => (await root.head()).timestamp;
  if (wait) {
    const options = { what: `the stake is free at ${isoTime(first.readyAt)}`, limitMs: 600_000 };
    await waitFor(ctx, options, async () => ((await now()) >= first.readyAt ? true : undefined));
  }
  const free = await now();
  const due = mine.filter(({ readyAt }) => readyAt <= free);
  if (due.length === 0) {
    throw new UserError("KOMA_E_STILL_BONDED", `The stake of ${key.name} is still bonded.`, {
      facts: { readyAt: first.readyAt, why: `It is free from ${isoTime(first.readyAt)} on.` },
      fix: [`koma validator undelegate ${id} --claim --wait --from ${key.name} --timeout 10m`],
    });
  }
  const paid: { amount: bigint; tx: string | undefined }[] = [];
  for (const { nonce } of due) {
    const sent = await root.delegations.claimUndelegated(nonce, ctx.signal);
    paid.push({ amount: sent.amount, tx: sent.hash });
  }
  const amount = paid.reduce((sum, one) => sum + one.amount, 0n);
  ctx.out.line(`validator ${id}: ${formatAmount(amount)} KMC paid out to ${key.name}, or delegated on`);
  for (const { tx } of paid) ctx.out.line(`  transaction ${tx}`);
  return {
    id: id.toString(),
    account: key.address,
    amountWei: amount.toString(),
    shares: "0",
    readyAt: null,
    to: due[0]?.toId?.toString() ?? null,
    undelegations: due.map(({ nonce }) => nonce.toString()),
    tx: paid.at(-1)?.tx ?? null,
  };
}
