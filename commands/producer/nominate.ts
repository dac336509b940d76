import {
  amountFlag,
  type Ctx,
  Flags,
  giveKeyStep,
  hasKey,
  KomaCommand,
  type NetClient,
  nodeNameOf,
  noSpecs,
  openKey,
  openRootChain,
  ownerFlags,
  ownerKeyName,
  producerKeyFlag,
  proveProducerKey,
  readElection,
  readSpecs,
  resolveValidator,
  sealingOfNode,
} from "../../src/cli/index.ts";
import { UserError } from "../../src/errors.ts";
import type { Address, Bytes } from "../../src/primitives/index.ts";
import type { RootChain, ValidatorRecord } from "../../src/rootchain/index.ts";

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
itself. A nomination stands for every election until it is withdrawn.

The validator's signer key will seal its blocks, or the key that --producer-key names, which its node must have then. That one
is not needed for consensus and checkpoints, and can be changed from election to election: koma producer update.

--specs names a JSON file with any of uptime (per cent), cpuCores, ramGiB, diskGiB, bandwidthMbps, country, region (UN M49), autoScaling,
url. Voters see it; nobody checks it.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> --validator validator-2",
    "<%= config.bin %> <%= command.id %> --validator validator-3 --location DE --json",
    "<%= config.bin %> <%= command.id %> --validator validator-1 --producer-key validator-1.producer",
  ];
  static override flags = {
    validator: Flags.string({
      summary: "Validator to nominate: id or node's name; default: the one that --key stakes for.",
      env: "KOMA_PRODUCER_VALIDATOR",
      helpValue: "VALIDATOR",
    }),
    ...ownerFlags,
    "producer-key": producerKeyFlag,
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
    const sealer = await sealerFor(ctx, net, root, flags["producer-key"], { validator, owner: owner.address });
    const sent = await root.elections.nominate(
      {
        validatorId: validator.id,
        criteria: specs.criteria,
        uri: specs.uri,
        uriHash: zeroHash,
        ...sealer,
      },
      ctx.signal,
    );
    const more = bond - params.producerStakeWei;
    if (more > 0n) await root.elections.raise(validator.id, more, ctx.signal);
    const { next, phase } = await readElection(root);
    const election = phase === "closed" || phase === "settled" ? next + 1n : next;
    ctx.out.line(`validator ${validator.id} stands for producer with ${formatAmount(bond)} KMC`);
    ctx.out.line(`  transaction ${sent.hash}`);
    ctx.out.line(`  seals with  ${sealer.key}`);
    ctx.out.line(`  next vote   for tenure ${election}`);
    const node = await sealingOfNode(net, nodeNameOf(net, validator.signer), ctx.signal);
    const lacks = node === undefined ? sealer.key !== validator.signer : !hasKey(node, sealer.key);
    if (lacks) ctx.out.note(`Before its tenure: ${giveKeyStep(sealer.key)}`);
    ctx.out.note("Next: koma producer tally");
    return {
      id: validator.id.toString(),
      name: nodeNameOf(net, validator.signer),
      producerKey: sealer.key,
      bondWei: bond.toString(),
      election: election.toString(),
      tx: sent.hash ?? null,
    };
  }
}

/** The key that is to seal: the validator's signer key, which needs no proof, or the one that was named. */
async function sealerFor(
  ctx: Ctx,
  net: NetClient,
  root: RootChain,
  name: string | undefined,
  { validator, owner }: { readonly validator: ValidatorRecord; readonly owner: Address },
): Promise<{ readonly key: Address; readonly proof?: Bytes }> {
  if (name === undefined) return { key: validator.signer };
  const { address, proof } = await proveProducerKey(ctx, net, root, { name, owner, validatorId: validator.id });
  return { key: address, proof };
}
