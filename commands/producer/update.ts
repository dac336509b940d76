import {
  Args,
  type Ctx,
  Flags,
  KomaCommand,
  openKey,
  openRootChain,
  ownerFlags,
  ownerKeyName,
  producerKeyFlag,
  proveProducerKey,
  readSpecs,
  requireNominee,
  resolveValidator,
} from "../../src/cli/index.ts";
import { UserError } from "../../src/errors.ts";

export interface UpdatedProducer {
  readonly id: string;
  /** Criteria that changed, as they are now. */
  readonly changed: Readonly<Record<string, string>>;
  /** Key that seals its blocks from its next election on. */
  readonly producerKey: string;
  readonly tx: string | null;
}

export default class ProducerUpdate extends KomaCommand<UpdatedProducer> {
  static override kind = "producer.update";
  static override summary = "Change what a nominee says of itself.";
  static override description =
    `What the file leaves out stays as it is. Criteria cannot change while they are being voted on.

--producer-key has another key seal its blocks from its next election on; in office it goes on with the one before, so the node needs
both until then.`;
  static override examples = [
    "<%= config.bin %> producer nominate --validator validator-0 && <%= config.bin %> <%= command.id %> validator-0 --location FR",
    "<%= config.bin %> producer nominate --validator validator-1 && <%= config.bin %> <%= command.id %> validator-1 --location DE --json",
    "<%= config.bin %> producer nominate --validator validator-2 && <%= config.bin %> <%= command.id %> validator-2 --producer-key validator-2.producer",
  ];
  static override args = {
    validator: Args.string({ description: "Id or node's name of the nominee.", required: true, ignoreStdin: true }),
  };
  static override flags = {
    ...ownerFlags,
    "producer-key": producerKeyFlag,
    specs: Flags.string({ summary: "JSON file with the criteria.", env: "KOMA_PRODUCER_SPECS", helpValue: "FILE" }),
    location: Flags.string({
      summary: "Country of the machine, two letters.",
      env: "KOMA_PRODUCER_LOCATION",
      helpValue: "CC",
    }),
  };

  async execute(ctx: Ctx): Promise<UpdatedProducer> {
    const { args, flags } = await this.parse(ProducerUpdate);
    const { zeroHash } = await import("../../src/primitives/index.ts");
    const describes = flags.specs !== undefined || flags.location !== undefined;
    const keyName = flags["producer-key"];
    if (!describes && keyName === undefined) {
      throw new UserError("KOMA_E_ARGUMENT_INVALID", "Nothing to change was given.", {
        fix: ["Give --specs FILE, --location CC or --producer-key KEY."],
      });
    }
    const net = await ctx.net();
    const name = ownerKeyName(flags.key, args.validator);
    const owner = await openKey(ctx, net, name, { passwordFile: flags["password-file"] });
    const root = await openRootChain(net, owner);
    const { id } = await resolveValidator(ctx, net, root, { text: args.validator, owner: owner.address });
    const { criteria: before, key: keyBefore } = await requireNominee(root, id);
    const { criteria, uri } = await readSpecs({ criteria: before, uri: "" }, flags);
    const told = describes
      ? await root.elections.updateCriteria(id, criteria, { uri, uriHash: zeroHash }, ctx.signal)
      : undefined;
    const proven =
      keyName === undefined
        ? undefined
        : await proveProducerKey(ctx, net, root, { name: keyName, owner: owner.address, validatorId: id });
    const rekeyed = proven && (await root.elections.setKey(id, proven.address, proven.proof, ctx.signal));
    const producerKey = proven?.address ?? keyBefore;
    const changed = Object.fromEntries(
      (Object.keys(criteria) as (keyof typeof criteria)[])
        .filter((key) => criteria[key] !== before[key])
        .map((key) => [key, String(criteria[key])]),
    );
    const words = Object.entries(changed).map(([key, value]) => `${key} ${value}`);
    if (proven) words.push(`seals with ${producerKey} from its next election on`);
    ctx.out.line(`nominee ${id}: ${words.length === 0 ? "nothing changed" : words.join(", ")}`);
    const tx = (rekeyed ?? told)?.hash ?? null;
    ctx.out.line(`  transaction ${tx}`);
    return { id: id.toString(), changed, producerKey, tx };
  }
}
