import {
  Args,
  type Ctx,
  Flags,
  integerFlag,
  isoTime,
  KomaCommand,
  nodeNameOf,
  openKey,
  openRootChain,
  ownerKeyName,
  passwordFileFlag,
  readElection,
  resolveValidator,
} from "../../src/cli/index.ts";
import { UserError } from "../../src/errors.ts";

export interface CastBallot {
  readonly election: string;
  /** Validator whose stake votes, or the delegation to which does. */
  readonly voter: string;
  /** Account whose delegation votes; null when the validator does. */
  readonly delegator: string | null;
  readonly choices: readonly string[];
  /** What each choice gets. */
  readonly weightWei: string;
  readonly tx: string | null;
}

export default class ProducerVote extends KomaCommand<CastBallot> {
  static override kind = "producer.vote";
  static override summary = "Vote for the producers of the next tenure.";
  static override description =
    `An approval vote: every nominee named gets the validator's whole power, as it was when voting opened. Voting again replaces the
ballot. Who has delegated to a validator may vote with that part itself (--as-delegator); the validator's ballot then counts without it,
whichever comes first.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> validator-2 validator-3 --from validator-0",
    "<%= config.bin %> <%= command.id %> 3 --from validator-1 --json",
    "<%= config.bin %> validator delegate 1 --amount 50 --from bob && <%= config.bin %> <%= command.id %> 3 --as-delegator 1 --from bob",
  ];
  static override strict = false;
  static override args = {
    nominee: Args.string({ description: "Nominees: ids or nodes' names.", required: true, ignoreStdin: true }),
  };
  static override flags = {
    from: Flags.string({
      summary:
        "Key that signs: the owner's of the validator; default: that of the node which --validator names, else alice.",
      env: "KOMA_FROM",
      helpValue: "KEY",
    }),
    "password-file": passwordFileFlag,
    validator: Flags.string({
      summary: "Validator that votes; default: the one that --from stakes for.",
      env: "KOMA_PRODUCER_VOTER",
      helpValue: "VALIDATOR",
    }),
    "as-delegator": Flags.string({
      summary: "Vote with what --from has delegated to this validator.",
      env: "KOMA_PRODUCER_VOTE_AS_DELEGATOR",
      helpValue: "VALIDATOR",
      exclusive: ["validator"],
    }),
    election: integerFlag({
      summary: "Tenure voted for; the vote is refused when it is another one's.",
      env: "KOMA_PRODUCER_ELECTION",
    }),
  };

  async execute(ctx: Ctx): Promise<CastBallot> {
    const { argv, flags } = await this.parse(ProducerVote);
    const { formatAmount } = await import("../../src/primitives/index.ts");
    const net = await ctx.net();
    const owner = await openKey(ctx, net, ownerKeyName(flags.from, flags.validator), {
      passwordFile: flags["password-file"],
    });
    const root = await openRootChain(net, owner);
    const backed = flags["as-delegator"];
    const voter = await resolveValidator(ctx, net, root, { text: backed ?? flags.validator, owner: owner.address });
    const nominees = await Promise.all(argv.map((text) => resolveValidator(ctx, net, root, { text: String(text) })));
    const { next, times, phase } = await readElection(root);
    if (flags.election !== undefined && flags.election !== next) {
      throw new UserError("KOMA_E_ELECTION_NOT_FOUND", `The vote now is for tenure ${next}, not ${flags.election}.`, {
        facts: { election: flags.election, next },
      });
    }
    if (phase !== "open") {
      throw new UserError("KOMA_E_VOTE_CLOSED", `Cannot vote for tenure ${next}: voting is ${phase}.`, {
        facts: {
          opens: times.opens,
          closes: times.closes,
          why: `${isoTime(times.opens)} to ${isoTime(times.closes)}.`,
        },
        fix: ["koma producer tally"],
      });
    }
    const choices = nominees.map(({ id }) => id);
    const { elections } = root;
    const sent =
      backed === undefined
        ? await elections.vote(voter.id, choices, ctx.signal)
        : await elections.voteAsDelegator(voter.id, choices, ctx.signal);
    const { weight } =
      backed === undefined
        ? await elections.ballotOf(next, voter.id)
        : await elections.delegatorBallotOf(next, voter.id, owner.address);
    const names = nominees.map(({ id, signer }) => nodeNameOf(net, signer) ?? `nominee ${id}`);
    const who = backed === undefined ? `validator ${voter.id}` : `${owner.name}, delegating to validator ${voter.id},`;
    ctx.out.line(`${who} votes with ${formatAmount(weight)} KMC for ${names.join(", ")}`);
    ctx.out.line(`  transaction ${sent.hash}`);
    ctx.out.note("Next: koma producer tally");
    return {
      election: next.toString(),
      voter: voter.id.toString(),
      delegator: backed === undefined ? null : owner.address,
      choices: choices.map(String),
      weightWei: weight.toString(),
      tx: sent.hash ?? null,
    };
  }
}
