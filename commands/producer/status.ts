import {
  Args,
  type Ctx,
  describePhase,
  giveKeyStep,
  hasKey,
  isoTime,
  KomaCommand,
  nextSlots,
  nodeNameOf,
  openRootChain,
  readElection,
  recordedWork,
  resolveValidator,
  sealingOfNode,
  seatIn,
  type VotePhase,
} from "../../src/cli/index.ts";

export interface ProducerStatusData {
  readonly id: string;
  readonly name: string | null;
  readonly producerKey: string;
  /** Key with which its node seals in the present era; null when the node says nothing of it. */
  readonly sealsWith: string | null;
  /** Whether its node has `producerKey`; null when the node says nothing of it. */
  readonly keyOnNode: boolean | null;
  /** `producing`, `elected` for an announced set, `standby`, `nominee`, `withdrawn`, `ejected`, or `none`: never stood. */
  readonly state: "producing" | "elected" | "standby" | "nominee" | "withdrawn" | "ejected" | "none";
  readonly tenure: { readonly number: string; readonly from: string | null; readonly to: string | null };
  readonly election: string;
  readonly phase: VotePhase;
  /** Place in the set in force, else in the announced one, else among the stand-bys, from 0. */
  readonly rank: number | null;
  /** Start of the next slot that it leads, as the present era draws them; null when it leads none soon. */
  readonly nextSlot: string | null;
  readonly votesWei: string;
  readonly bondWei: string;
  /** False when it could not be elected now: too little stake, jailed, or not a validator. */
  readonly eligible: boolean;
  readonly bondFreeAt: string | null;
  readonly tenuresServed: number;
  readonly slashes: number;
  readonly replacements: number;
  /** Certificates in this tenure that it was offline; the third ends its nomination. */
  readonly downtimes: number;
  /** Over all eras that the chain has recorded: its blocks, and slots that it led without one. */
  readonly blocksMade: string;
  readonly blocksMissed: string;
  /** Rounds that asked its validator for a unit, and those in which one came. */
  readonly roundsAsked: string;
  readonly roundsCame: string;
}

/** About two minutes on a devnet: a producer of few that is not among them is hardly drawn at all. */
const SLOTS_AHEAD = 128;

export default class ProducerStatus extends KomaCommand<ProducerStatusData> {
  static override kind = "producer.status";
  static override summary = "Show a producer or nominee: seat, votes, stake, record.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> validator-0",
    "<%= config.bin %> <%= command.id %> 2 --json",
  ];
  static override args = {
    validator: Args.string({ description: "Id or node's name.", default: "1", ignoreStdin: true }),
  };

  async execute(ctx: Ctx): Promise<ProducerStatusData> {
    const { args } = await this.parse(ProducerStatus);
    const { formatAmount } = await import("../../src/primitives/index.ts");
    const net = await ctx.net();
    const root = await openRootChain(net);
    const validator = await resolveValidator(ctx, net, root, { text: args.validator });
    const election = await readElection(root);
    const { id } = validator;
    const nominee = await root.elections.nominee(id);
    const [downtime, votes, eligible, work, slots] = await Promise.all([
      root.elections.downtimeOf(nominee?.key ?? validator.signer),
      root.elections.votesOf(election.next, id),
      root.elections.isEligible(id),
      recordedWork(net, validator.signer),
      nextSlots(net, SLOTS_AHEAD),
    ]);
    const places = [
      { state: "producing" as const, rank: seatIn(election.current, validator) },
      { state: "elected" as const, rank: seatIn(election.newest.members, validator) },
      { state: "standby" as const, rank: seatIn(election.newest.standby, validator) },
    ];
    const place = places.find(({ rank }) => rank >= 0);
    const standing = nominee?.status === "standing" ? "nominee" : (nominee?.status ?? "none");
    const producerKey = nominee?.key ?? validator.signer;
    const node = await sealingOfNode(net, nodeNameOf(net, validator.signer), ctx.signal);
    const data: ProducerStatusData = {
      id: id.toString(),
      name: nodeNameOf(net, validator.signer),
      producerKey,
      sealsWith: (node?.sealing?.inOffice && node.sealing.key) || null,
      keyOnNode: node === undefined ? null : hasKey(node, producerKey),
      state: place?.state ?? standing,
      tenure: {
        number: election.tenure.toString(),
        from: isoTime(election.tenureTimes.starts),
        to: isoTime(election.tenureTimes.ends),
      },
      election: election.next.toString(),
      phase: election.phase,
      rank: place?.rank ?? null,
      nextSlot: slots.find(({ leader }) => leader === validator.signer)?.at ?? null,
      votesWei: votes.toString(),
      bondWei: (nominee?.stake ?? 0n).toString(),
      eligible,
      bondFreeAt: isoTime(nominee?.releaseAt ?? 0),
      tenuresServed: nominee?.tenuresServed ?? 0,
      slashes: nominee?.slashes ?? 0,
      replacements: nominee?.replacements ?? 0,
      downtimes: downtime.tenure === election.tenure ? downtime.count : 0,
      blocksMade: work.made.toString(),
      blocksMissed: (work.expected - work.made).toString(),
      roundsAsked: work.asked.toString(),
      roundsCame: work.came.toString(),
    };
    const { out } = ctx;
    out.line(`producer ${data.id}${data.name ? `  ${data.name}` : ""}: ${data.state}`);
    const kind = data.producerKey === validator.signer ? "its signer key" : "a producer key";
    out.line(`  key         ${data.producerKey}, ${kind}${data.keyOnNode === false ? ", not on its node" : ""}`);
    if (data.sealsWith && data.sealsWith !== data.producerKey) out.line(`  seals with  ${data.sealsWith} in this era`);
    out.line(`  tenure      ${data.tenure.number}, to ${data.tenure.to}`);
    out.line(`  next vote   for tenure ${data.election}: ${describePhase(election)}`);
    if (data.nextSlot) out.line(`  next slot   ${data.nextSlot}`);
    out.line(`  votes       ${formatAmount(votes)} KMC`);
    out.line(
      `  bond        ${formatAmount(BigInt(data.bondWei))} KMC${data.bondFreeAt ? `, free ${data.bondFreeAt}` : ""}`,
    );
    const { tenuresServed, slashes, replacements } = data;
    out.line(`  record      ${tenuresServed} tenures, ${slashes} slashes, ${replacements} replacements`);
    if (data.downtimes > 0) out.line(`  offline     certified ${data.downtimes} times in this tenure`);
    out.line(`  blocks      ${data.blocksMade} made, ${data.blocksMissed} missed`);
    out.line(`  rounds      ${data.roundsCame} of ${data.roundsAsked}`);
    if (data.keyOnNode === false) out.note(`Next: ${giveKeyStep(data.producerKey)}`);
    if (data.state === "none") out.note(`Next: koma producer nominate --validator ${args.validator}`);
    return data;
  }
}
