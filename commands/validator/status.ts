import {
  Args,
  type Ctx,
  isoTime,
  KomaCommand,
  nodeNameOf,
  openRootChain,
  percentOf,
  readNetFacts,
  resolveValidator,
  stateOf,
  type ValidatorState,
} from "../../src/cli/index.ts";
import type { CheckpointRecord, RootChain, RootEvent } from "../../src/rootchain/index.ts";

export interface ValidatorStatusData {
  readonly id: string;
  readonly name: string | null;
  readonly owner: string;
  readonly signer: string;
  readonly seat: number;
  readonly state: ValidatorState;
  readonly stakeWei: string;
  /** Stake of others that backs it. */
  readonly delegatedWei: string;
  /** What it keeps of their rewards. */
  readonly commissionPct: number;
  readonly powerWei: string;
  readonly powerPct: number;
  /** Live checkpoints since it has its seat that it signed, and that it did not. */
  readonly signed: number;
  readonly missed: number;
  /** Paid out to the validator so far. */
  readonly rewardsWei: string;
  /** Earned of final checkpoints of late and not claimed yet; koma validator rewards counts all. */
  readonly openRewardsWei: string;
  /** What it lost of its stake and, as a producer, of its producer stake. */
  readonly slashes: readonly {
    readonly offence: string;
    readonly of: "stake" | "producer stake";
    readonly amountWei: string;
    readonly tx: string;
  }[];
  readonly activeFromEpoch: string;
  /** When a stake that is leaving can be withdrawn. */
  readonly withdrawableAt: string | null;
  readonly jailedUntil: string | null;
}

export default class ValidatorStatus extends KomaCommand<ValidatorStatusData> {
  static override kind = "validator.status";
  static override summary = "Show a validator: stake, attendance, rewards, slashes.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> validator-0",
    "<%= config.bin %> <%= command.id %> 1 --json",
  ];
  static override args = {
    validator: Args.string({
      description: "Id, name of the node or owner, or address of signer or owner.",
      default: "1",
      ignoreStdin: true,
    }),
  };

  async execute(ctx: Ctx): Promise<ValidatorStatusData> {
    const { args } = await this.parse(ValidatorStatus);
    const net = await ctx.net();
    const root = await openRootChain(net);
    const chainId = BigInt(net.chainId);
    const validator = await resolveValidator(ctx, net, root, { text: args.validator });
    const fromBlock = (await readNetFacts(net)).rootStartBlock;
    const { finalizedUpTo } = await root.checkpoints.head(chainId);
    const recent = finalizedUpTo > RECENT ? finalizedUpTo - RECENT + 1n : 1n;
    const [seats, total, epoch, checkpoints, slashes, charges, claims, rewards] = await Promise.all([
      root.stakes.activeSet(),
      root.stakes.totalPower(),
      root.stakes.epoch(),
      liveCheckpoints(root, chainId),
      root.events({ contract: "StakeManager", event: "SlashedSeat", fromBlock }),
      root.events({ contract: "ProducerElection", event: "ProducerSlashed", fromBlock }),
      root.events({ contract: "StakeManager", event: "RewardsClaimed", fromBlock }),
      root.rewards.earned({ id: validator.id, chainId, from: recent, to: finalizedUpTo }),
    ]);
    const power = seats.find(({ validatorId }) => validatorId === validator.id)?.power ?? 0n;
    const due = checkpoints.filter((checkpoint) => checkpoint.epoch >= validator.activationEpoch);
    const signed = due.filter(({ signerBitmap }) => ((signerBitmap >> BigInt(validator.seat)) & 1n) === 1n).length;
    const data: ValidatorStatusData = {
      id: validator.id.toString(),
      name: nodeNameOf(net, validator.signer),
      owner: validator.owner,
      signer: validator.signer,
      seat: validator.seat,
      state: stateOf(validator, epoch),
      stakeWei: validator.selfStake.toString(),
      delegatedWei: validator.delegated.toString(),
      commissionPct: validator.commissionBps / 100,
      powerWei: power.toString(),
      powerPct: percentOf(power, total),
      signed,
      missed: due.length - signed,
      rewardsWei: claims
        .filter(({ args: claim }) => claim["id"] === validator.id)
        .reduce((sum, { args: claim }) => sum + (claim["amount"] as bigint), 0n)
        .toString(),
      openRewardsWei: (rewards.earned - rewards.claimed).toString(),
      slashes: [
        ...slashesOf("stake", slashes, ({ args: slash }) => slash["validatorId"] === validator.id),
        ...slashesOf("producer stake", charges, ({ args: charge }) => charge["id"] === validator.id),
      ],
      activeFromEpoch: validator.activationEpoch.toString(),
      withdrawableAt: isoTime(validator.unbondAt),
      jailedUntil: isoTime(validator.jailedUntil),
    };
    await print(ctx, data);
    return data;
  }
}

type Slashes = ValidatorStatusData["slashes"];

function slashesOf(
  of: Slashes[number]["of"],
  events: readonly RootEvent[],
  concerns: (event: RootEvent) => boolean,
): Slashes {
  return events.filter(concerns).map(({ args, transactionHash }) => ({
    offence: String(args["offenceId"]),
    of,
    amountWei: String(args["amount"]),
    tx: transactionHash,
  }));
}

const PAGE = 200;
/** Newest final checkpoints whose rewards are looked at. */
const RECENT = 64n;

async function liveCheckpoints(root: RootChain, chainId: bigint): Promise<readonly CheckpointRecord[]> {
  const all: CheckpointRecord[] = [];
  for (let from = 1n; ; from += BigInt(PAGE)) {
    const page = await root.checkpoints.list(chainId, from, PAGE);
    all.push(...page);
    if (page.length < PAGE) return all;
  }
}

async function print({ out }: Ctx, data: ValidatorStatusData): Promise<void> {
  const { formatAmount } = await import("../../src/primitives/index.ts");
  const kmc = (wei: string) => `${formatAmount(BigInt(wei))} KMC`;
  out.line(`validator ${data.id}${data.name ? `  ${data.name}` : ""}: ${data.state}`);
  out.line(`  owner       ${data.owner}`);
  out.line(`  signer      ${data.signer}, seat ${data.seat}`);
  out.line(`  stake       ${kmc(data.stakeWei)}, power ${data.powerPct} %`);
  out.line(`  delegated   ${kmc(data.delegatedWei)}, commission ${data.commissionPct} %`);
  out.line(`  checkpoints ${data.signed} signed, ${data.missed} missed`);
  out.line(`  rewards     ${kmc(data.rewardsWei)} claimed, ${kmc(data.openRewardsWei)} open`);
  if (data.withdrawableAt) out.line(`  stake free  ${data.withdrawableAt}`);
  if (data.jailedUntil) out.line(`  jailed      until ${data.jailedUntil}`);
  for (const { offence, of, amountWei } of data.slashes) {
    out.line(`  slashed     ${kmc(amountWei)} of its ${of} for ${offence}`);
  }
}
