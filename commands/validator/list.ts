import {
  type CommitteePlace,
  type Ctx,
  committeeOf,
  committeePlace,
  Flags,
  KomaCommand,
  nodeNameOf,
  openRootChain,
  percentOf,
  shortHex,
  stateOf,
  type ValidatorState,
} from "../../src/cli/index.ts";

const STATES = ["joining", "active", "jailed", "leaving", "left"] as const satisfies readonly ValidatorState[];
/** Newest checkpoints that attendance is counted over. */
const RECENT = 32;

type Order = (a: ListedValidator, b: ListedValidator) => number;
const ORDER: Readonly<Record<"id" | "stake" | "uptime", Order>> = {
  id: () => 0,
  stake: (a, b) => (BigInt(a.stakeWei) === BigInt(b.stakeWei) ? 0 : BigInt(a.stakeWei) > BigInt(b.stakeWei) ? -1 : 1),
  uptime: (a, b) => (b.uptimePct ?? -1) - (a.uptimePct ?? -1),
};

export interface ListedValidator {
  readonly id: string;
  readonly name: string | null;
  /** Owner of the stake. */
  readonly address: string;
  readonly signer: string;
  readonly stakeWei: string;
  /** Stake of others that backs it. */
  readonly delegatedWei: string;
  /** What it keeps of their rewards. */
  readonly commissionPct: number;
  readonly powerPct: number;
  readonly state: ValidatorState;
  /** Share of the newest live checkpoints that it signed; null before there is one. */
  readonly uptimePct: number | null;
  /** In the committee of this era and the next, of the next only (joining), or of this one only (leaving); else null. */
  readonly committee: CommitteePlace | null;
}

export default class ValidatorList extends KomaCommand<readonly ListedValidator[]> {
  static override kind = "validator.list";
  static override summary = "List the validators and their stake.";
  static override description =
    `Power is the share of the stake that counts now; a change of stake counts from the next epoch on, and changes the committee of
the chain one to two eras later. Uptime is the share of the newest ${RECENT} checkpoints that the validator signed.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    "<%= config.bin %> <%= command.id %> --state active --sort stake --json",
  ];
  static override flags = {
    state: Flags.option({ options: STATES })({ summary: "Only those in this state.", env: "KOMA_VALIDATOR_STATE" }),
    sort: Flags.option({ options: ["id", "stake", "uptime"] as const })({
      summary: "Order; stake and uptime with the greatest first.",
      default: "id" as const,
      env: "KOMA_VALIDATOR_SORT",
    }),
  };

  async execute(ctx: Ctx): Promise<readonly ListedValidator[]> {
    const { flags } = await this.parse(ValidatorList);
    const net = await ctx.net();
    const root = await openRootChain(net);
    const chainId = BigInt(net.chainId);
    const [validators, seats, total, epoch, head, consensus] = await Promise.all([
      root.stakes.validators(),
      root.stakes.activeSet(),
      root.stakes.totalPower(),
      root.stakes.epoch(),
      root.checkpoints.head(chainId),
      committeeOf(net),
    ]);
    const from = head.number > BigInt(RECENT) ? head.number - BigInt(RECENT) : 1n;
    const recent = await root.checkpoints.list(chainId, from, RECENT);
    const listed = validators
      .map((validator): ListedValidator => {
        const power = seats.find(({ validatorId }) => validatorId === validator.id)?.power ?? 0n;
        // Checkpoints from before it had a seat are none of its business.
        const due = recent.filter((checkpoint) => checkpoint.epoch >= validator.activationEpoch);
        const signed = due.filter(({ signerBitmap }) => ((signerBitmap >> BigInt(validator.seat)) & 1n) === 1n);
        return {
          id: validator.id.toString(),
          name: nodeNameOf(net, validator.signer),
          address: validator.owner,
          signer: validator.signer,
          stakeWei: validator.selfStake.toString(),
          delegatedWei: validator.delegated.toString(),
          commissionPct: validator.commissionBps / 100,
          powerPct: percentOf(power, total),
          state: stateOf(validator, epoch),
          uptimePct: due.length === 0 ? null : percentOf(BigInt(signed.length), BigInt(due.length)),
          committee: consensus ? committeePlace(consensus, validator.signer) : null,
        };
      })
      .filter(({ state }) => flags.state === undefined || state === flags.state)
      .sort(ORDER[flags.sort]);
    const { formatAmount } = await import("../../src/primitives/index.ts");
    ctx.out.table(
      [
        { title: "#", align: "right" },
        { title: "name" },
        { title: "owner", optional: true },
        { title: "signer", optional: true },
        { title: "stake KMC", align: "right" },
        { title: "delegated", align: "right", optional: true },
        { title: "power", align: "right" },
        { title: "uptime", align: "right" },
        { title: "state" },
        { title: "committee", optional: true },
      ],
      listed.map((validator) => [
        validator.id,
        validator.name ?? "",
        shortHex(validator.address),
        shortHex(validator.signer),
        formatAmount(BigInt(validator.stakeWei)),
        formatAmount(BigInt(validator.delegatedWei)),
        `${validator.powerPct} %`,
        validator.uptimePct === null ? "-" : `${validator.uptimePct} %`,
        validator.state,
        validator.committee ?? "-",
      ]),
    );
    return listed;
  }
}
