import {
  Args,
  type Ctx,
  describePhase,
  type ElectionState,
  Flags,
  fromFlag,
  isoTime,
  KomaCommand,
  type NetClient,
  openKey,
  openRootChain,
  passwordFileFlag,
  percentOf,
  readElection,
  seatName,
  type VotePhase,
  voteBar,
} from "../../src/cli/index.ts";
import { UserError } from "../../src/errors.ts";
import type { NomineeRecord, ProducerSeat, RootChain } from "../../src/rootchain/index.ts";

export interface TallyRow {
  /** Null for a foundation producer, which stands by itself. */
  readonly id: string | null;
  readonly name: string | null;
  readonly producerKey: string;
  readonly votesWei: string;
  /** Share of the ballots' weight that approves it. */
  readonly votesPct: number;
  /**
   * `in`: gets a seat by its votes. `fills`: gets one because there are too few winners. `standby`: next in line.
   * `out`: none. `ineligible`: jailed, left, or with too little stake.
   */
  readonly result: "in" | "fills" | "standby" | "out" | "ineligible";
  readonly elected: boolean;
}

export interface TallyData {
  readonly election: string;
  readonly phase: VotePhase | "over";
  readonly opensAt: string | null;
  readonly closesAt: string | null;
  /** Start of the tenure. */
  readonly startsAt: string | null;
  /** When the set takes over: the tenure's start, or later when it was settled late. */
  readonly effectiveAt: string | null;
  readonly seats: number;
  /** Weight of all ballots, and all power. */
  readonly castWei: string;
  readonly powerWei: string;
  readonly results: readonly TallyRow[];
  readonly tx: string | null;
}

export default class ProducerTally extends KomaCommand<TallyData> {
  static override kind = "producer.tally";
  static override summary = "Show how the vote for producers stands; settle it with --close.";
  static override description =
    `Without a number the vote for the next tenure. Until it is settled, the table shows who would be elected if it ended now. --close
settles it: anyone may, from the close of the vote to the start of the tenure. When nobody does, the producers in office stay.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    "<%= config.bin %> <%= command.id %> --json",
    "<%= config.bin %> <%= command.id %> --close --from alice",
  ];
  static override args = {
    election: Args.string({ description: "Tenure that was voted for; default: the next one.", ignoreStdin: true }),
  };
  static override flags = {
    close: Flags.boolean({ summary: "Settle the vote that has closed.", env: "KOMA_PRODUCER_CLOSE" }),
    from: fromFlag,
    "password-file": passwordFileFlag,
  };

  async execute(ctx: Ctx): Promise<TallyData> {
    const { args, flags } = await this.parse(ProducerTally);
    const net = await ctx.net();
    const key = flags.close ? await openKey(ctx, net, flags.from, { passwordFile: flags["password-file"] }) : undefined;
    const root = await openRootChain(net, key);
    const before = await readElection(root);
    const election = electionOf(args.election, before);
    if (flags.close) refuseClose(before, election);
    const sent = flags.close ? await root.elections.settle(ctx.signal) : undefined;
    const state = sent ? await readElection(root) : before;
    const data = await tally(net, root, state, election, sent?.hash ?? null);
    await print(ctx, state, data);
    return data;
  }
}

function electionOf(text: string | undefined, { next }: ElectionState): bigint {
  if (text === undefined) return next;
  const election = /^[0-9]{1,12}$/.test(text) ? BigInt(text) : 0n;
  if (election >= 1n && election <= next) return election;
  throw new UserError("KOMA_E_ELECTION_NOT_FOUND", `There is no vote for tenure "${text.slice(0, 20)}".`, {
    facts: { next },
    fix: [`koma producer tally ${next}`],
  });
}

function refuseClose(state: ElectionState, election: bigint): void {
  const { phase, next, times } = state;
  if (election !== next || phase === "settled") {
    throw new UserError("KOMA_E_ELECTION_SETTLED", `The vote for tenure ${election} is over.`, {
      fix: ["koma producer list"],
    });
  }
  if (phase === "closed") return;
  throw new UserError("KOMA_E_VOTE_OPEN", `Cannot settle the vote for tenure ${next} yet: ${describePhase(state)}.`, {
    facts: { closes: times.closes, why: `Voting closes at ${isoTime(times.closes)}.` },
    fix: ["koma producer tally --close, then"],
  });
}

async function tally(
  net: NetClient,
  root: RootChain,
  state: ElectionState,
  election: bigint,
  tx: string | null,
): Promise<TallyData> {
  const { elections } = root;
  const { newest, next, params } = state;
  const settled = newest.tenure === election;
  const [nominees, cast, power, times, projected] = await Promise.all([
    elections.nominees(),
    elections.votesCast(election),
    root.stakes.totalPower(),
    elections.timeline(election),
    elections.outcome(election),
  ]);
  // Of a vote that is over and was carried over, or followed by another, only the votes are known here.
  const open = election === next && !settled;
  const winners = settled ? newest.members : open ? projected.winners : [];
  const standby = settled ? newest.standby : open ? projected.standby : [];
  const counted = await Promise.all(
    nominees.map(async (nominee) => ({
      nominee,
      votes: await elections.votesOf(election, nominee.id),
      eligible: await elections.isEligible(nominee.id),
    })),
  );
  const rows = counted.map(({ nominee, votes, eligible }): TallyRow => {
    const result = resultOf(nominee, votes, eligible, winners, standby);
    return rowOf(net, { id: nominee.id, key: nominee.key }, { votes, cast, result, owner: nominee.owner });
  });
  const others = winners
    .filter(({ id, key }) => !nominees.some((nominee) => nominee.id === id || nominee.key === key))
    .map((seat) => rowOf(net, seat, { votes: 0n, cast, result: "fills" }));
  return {
    election: election.toString(),
    phase: election === next ? state.phase : "over",
    opensAt: isoTime(times.opens),
    closesAt: isoTime(times.closes),
    startsAt: isoTime(times.starts),
    effectiveAt: isoTime(settled ? newest.from : times.starts),
    seats: params.maxProducers,
    castWei: cast.toString(),
    powerWei: power.toString(),
    results: [...rows, ...others].sort(byVotes),
    tx,
  };
}

function resultOf(
  { id, key }: NomineeRecord,
  votes: bigint,
  eligible: boolean,
  winners: readonly ProducerSeat[],
  standby: readonly ProducerSeat[],
): TallyRow["result"] {
  if (winners.some((seat) => seat.id === id || seat.key === key)) return votes > 0n ? "in" : "fills";
  if (standby.some((seat) => seat.id === id)) return "standby";
  return eligible ? "out" : "ineligible";
}

function rowOf(
  net: NetClient,
  { id, key }: ProducerSeat,
  facts: {
    readonly votes: bigint;
    readonly cast: bigint;
    readonly result: TallyRow["result"];
    readonly owner?: NomineeRecord["owner"];
  },
): TallyRow {
  return {
    id: id === 0n ? null : id.toString(),
    name: seatName(net, key, facts.owner),
    producerKey: key,
    votesWei: facts.votes.toString(),
    votesPct: percentOf(facts.votes, facts.cast),
    result: facts.result,
    elected: facts.result === "in" || facts.result === "fills",
  };
}

/** As the contract ranks: more votes first, then the lower id; who only fills up comes last. */
function byVotes(a: TallyRow, b: TallyRow): number {
  const [left, right] = [BigInt(a.votesWei), BigInt(b.votesWei)];
  if (left !== right) return left > right ? -1 : 1;
  return Number(a.id ?? Number.MAX_SAFE_INTEGER) - Number(b.id ?? Number.MAX_SAFE_INTEGER);
}

const RESULT: Readonly<Record<TallyRow["result"], string>> = {
  in: "in",
  fills: "in, fills up",
  standby: "stand-by",
  out: "",
  ineligible: "cannot sit",
};

async function print({ out }: Ctx, state: ElectionState, data: TallyData): Promise<void> {
  const { formatAmount } = await import("../../src/primitives/index.ts");
  const kmc = (wei: string): string => formatAmount(BigInt(wei));
  out.line(`vote for tenure ${data.election}: ${data.phase === "over" ? "over" : describePhase(state)}`);
  out.line(`  open    ${data.opensAt} to ${data.closesAt}, tenure from ${data.startsAt}`);
  const turnout = percentOf(BigInt(data.castWei), BigInt(data.powerWei));
  out.line(`  ballots ${kmc(data.castWei)} of ${kmc(data.powerWei)} KMC (${turnout} %), ${data.seats} seats`);
  if (data.tx) out.line(`  settled ${data.tx}`);
  if (data.results.length > 0) out.line();
  if (data.results.length > 0) {
    out.table(
      [
        { title: "#", align: "right" },
        { title: "nominee" },
        { title: "approved by" },
        { title: "KMC", align: "right" },
        { title: "" },
      ],
      data.results.map((row) => [
        row.id ?? "-",
        row.name ?? row.producerKey,
        `${voteBar(row.votesPct / 100)} ${row.votesPct} %`,
        kmc(row.votesWei),
        RESULT[row.result],
      ]),
    );
  }
  if (data.phase === "open") out.note("Next: koma producer vote NOMINEE… --from VALIDATOR");
  if (data.phase === "closed") out.note("Next: koma producer tally --close");
}
