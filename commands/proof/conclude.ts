import {
  Args,
  type Ctx,
  fromFlag,
  KomaCommand,
  nodeNameOf,
  openArchive,
  openKey,
  openRootChain,
  passwordFileFlag,
  readNetFacts,
} from "../../src/cli/index.ts";
import { formatAmount } from "../../src/primitives/index.ts";

export interface ConcludedChallenge {
  readonly id: string;
  /** `convicted`: nobody answered, and the guilty are slashed. `void`: its checkpoint had fallen before. */
  readonly state: "convicted" | "void";
  readonly offence: string | null;
  readonly tx: string;
  readonly gasUsed: string;
  readonly slashed: readonly {
    readonly seat: number;
    readonly validator: string;
    readonly name: string | null;
    readonly amountWei: string;
  }[];
  readonly bountyWei: string | null;
  /** Transaction that paid what bonds left to the sender; null when nothing was owed to it. */
  readonly bondTx: string | null;
}

export default class ProofConclude extends KomaCommand<ConcludedChallenge> {
  static override kind = "proof.conclude";
  static override summary = "Close a challenge that nobody answered in time, and have the guilty slashed.";
  static override description =
    `Anyone may. The checkpoint falls, the signers and the producer of the block are charged, and the bond returns to whoever opened the
challenge. A challenge whose checkpoint is gone already is closed with nothing but the bond's return.`;
  static override examples = ["<%= config.bin %> <%= command.id %> 1 --from bob"];
  static override args = {
    challenge: Args.string({ description: "Number of the challenge.", required: true, ignoreStdin: true }),
  };
  static override flags = { from: fromFlag, "password-file": passwordFileFlag };

  async execute(ctx: Ctx): Promise<ConcludedChallenge> {
    const { args, flags } = await this.parse(ProofConclude);
    const net = await ctx.net();
    const { carryOut, findChallenge, headerOfClaim } = await import("../../src/fraud/index.ts");
    const key = await openKey(ctx, net, flags.from, { passwordFile: flags["password-file"] });
    const root = await openRootChain(net, key);
    const chainId = BigInt(net.chainId);
    const interactive = root.interactive();
    const opened = await findChallenge(interactive, chainId, (await readNetFacts(net)).rootStartBlock, args.challenge);
    const header = await headerOfClaim(await openArchive(net, root), opened.claim);
    const sent = await interactive.conclude(opened, header, ctx.signal);
    const convicted = (await interactive.stateOf(opened.id)) === "convicted";
    const punishment = convicted
      ? await carryOut(root, { ...sent, offenceId: opened.claim.offenceId }, ctx.signal)
      : undefined;
    const owed = await interactive.owed(key.address);
    const paid = owed > 0n ? await interactive.withdrawOwed(key.address, ctx.signal) : undefined;
    const validators = await root.stakes.validators();
    const data: ConcludedChallenge = {
      id: opened.id.toString(),
      state: convicted ? "convicted" : "void",
      offence: convicted ? opened.claim.offenceId : null,
      tx: sent.hash ?? "",
      gasUsed: sent.gasUsed.toString(),
      slashed: (punishment?.slashed ?? []).map(({ seat, validatorId, amount }) => ({
        seat,
        validator: validatorId.toString(),
        name: nodeNameOf(net, validators.find(({ id }) => id === validatorId)?.signer ?? ""),
        amountWei: amount.toString(),
      })),
      bountyWei: punishment ? punishment.bounty.toString() : null,
      bondTx: paid?.hash ?? null,
    };
    print(ctx, data, owed);
    return data;
  }
}

function print({ out }: Ctx, data: ConcludedChallenge, owed: bigint): void {
  out.line(
    data.state === "convicted"
      ? `Challenge ${data.id} was not answered: the checkpoint fell.`
      : `Challenge ${data.id} is void: its checkpoint had fallen before.`,
  );
  out.line(`  transaction ${data.tx}, gas ${data.gasUsed}`);
  for (const { name, validator, amountWei } of data.slashed) {
    out.line(`  slashed     ${name ?? `validator ${validator}`}: ${formatAmount(BigInt(amountWei))} KMC`);
  }
  if (data.bountyWei) out.line(`  bounty      ${formatAmount(BigInt(data.bountyWei))} KMC`);
  if (data.bondTx) out.line(`  bond        ${formatAmount(owed)} ETH, paid in ${data.bondTx}`);
}
