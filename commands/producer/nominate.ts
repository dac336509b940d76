import {
  amountFlag,
  type Ctx,
  Flags,
  KomaCommand,
  nodeNameOf,
  noSpecs,
  openKey,
  openRootChain,
  ownerFlags,
  ownerKeyName,
  readElection,
  readSpecs,
  resolveValidator,
} from "../../src/cli/index.ts";
import { UserError } from "../../src/errors.ts";

export interface NominatedProducer {
  readonly id: string;
  readonly name: string | null;
  /** Key that would seal its blocks. */
  readonly producerKey: string;
  readonly bondWei: string;
  /** Tenure that it can be voted for next. */
  readonly election: string;
  readonly tx: string | null;
}

export default class ProducerNominate extends KomaCommand<NominatedProducer> {
  static override kind = "producer.nominate";
  static override summary = "Nominate a validator for block producer.";
  static override description =
    `Locks the producer stake, which is separate from the validator's and is lost for fraud, and publishes what the nominee says of
itself. The validator's signer key will seal its blocks. A nomination stands for every election until it is withdrawn.

--specs names a JSON file with any of uptime (per cent), cpuCores, ramGiB, diskGiB, bandwidthMbps, country, region (UN M49), autoScaling,
url. Voters see it; nobody checks it.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> --validator validator-2",
    "<%= config.bin %> <%= command.id %> --validator validator-3 --location DE --json",
  ];
  static override flags = {
    validator: Flags.string({
      summary: "Validator to nominate: id or node's name; default: the one that --key stakes for.",
      env: "KOMA_PRODUCER_VALIDATOR",
      helpValue: "VALIDATOR",
    }),
    ...ownerFlags,
    bond: amountFlag({
      summary: "KMC to lock; default: what the election asks for.",
      env: "KOMA_PRODUCER_BOND",
    }),
    specs: Flags.string({ summary: "JSON file with the criteria.", env: "KOMA_PRODUCER_SPECS", helpValue: "FILE" }),
    location: Flags.string({
      summary: "Country of the machine, two letters.",
      env: "KOMA_PRODUCER_LOCATION",
      helpValue: "CC",
    }),
  };

  async execute(ctx: Ctx): Promise<NominatedProducer> {
    const { flags } = await this.parse(ProducerNominate);
    const { formatAmount, zeroHash } = await import("../../src/primitives/index.ts");
    const specs = await readSpecs(noSpecs, flags);
    const net = await ctx.net();
    const name = ownerKeyName(flags.key, flags.validator);
    const owner = await openKey(ctx, net, name, { passwordFile: flags["password-file"] });
    const root = await openRootChain(net, owner);
    const validator = await resolveValidator(ctx, net, root, { text: flags.validator, owner: owner.address });
    const { params } = await readElection(root);
    const bond = flags.bond ?? params.producerStakeWei;
    if (bond < params.producerStakeWei) {
      throw new UserError("KOMA_E_STAKE_LOW", `Cannot nominate "${name}": the producer stake is below the minimum.`, {
        facts: {
          bondWei: bond,
          producerStakeWei: params.producerStakeWei,
          why: `${formatAmount(bond)} KMC offered, the election asks for ${formatAmount(params.producerStakeWei)} KMC.`,
        },
        fix: [`koma producer nominate --validator ${validator.id} --bond ${formatAmount(params.producerStakeWei)}`],
      });
    }
    const balance = await root.kmc.balanceOf(owner.address);
    if (balance < bond) {
      throw new UserError("KOMA_E_BALANCE_LOW", `Cannot nominate "${name}": its owner does not have that much KMC.`, {
        facts: {
          bondWei: bond,
          balanceWei: balance,
          why: `${formatAmount(bond)} KMC to lock, ${owner.name} has ${formatAmount(balance)} KMC on the root chain.`,
        },
        fix: [`koma token transfer KMC --chain l1 --from alice --to ${owner.address} --amount ${formatAmount(bond)}`],
      });
    }
    const sent = await root.elections.nominate(
      {
        validatorId: validator.id,
        criteria: specs.criteria,
        uri: specs.uri,
        uriHash: zeroHash,
        key: validator.signer,
      },
      ctx.signal,
    );
    const more = bond - params.producerStakeWei;
    if (more > 0n) await root.elections.raise(validator.id, more, ctx.signal);
    const { next, phase } = await readElection(root);
    const election = phase === "closed" || phase === "settled" ? next + 1n : next;
    ctx.out.line(`validator ${validator.id} stands for producer with ${formatAmount(bond)} KMC`);
    ctx.out.line(`  transaction ${sent.hash}`);
    ctx.out.line(`  seals with  ${validator.signer}`);
    ctx.out.line(`  next vote   for tenure ${election}`);
    ctx.out.note("Next: koma producer tally");
    return {
      id: validator.id.toString(),
      name: nodeNameOf(net, validator.signer),
      producerKey: validator.signer,
      bondWei: bond.toString(),
      election: election.toString(),
      tx: sent.hash ?? null,
    };
  }
}
