import {
  type Ctx,
  epochStart,
  Flags,
  isoTime,
  KomaCommand,
  openKey,
  openRootChain,
  ownerFlags,
  ownerKeyName,
  resolveValidator,
  validatorArgs,
} from "../../src/cli/index.ts";
import { UserError } from "../../src/errors.ts";

export interface UpdatedValidator {
  readonly id: string;
  readonly changed: {
    /** The new key's address. */
    readonly signer?: string;
    readonly commissionBps?: number;
    readonly peerId?: string;
  };
  /** From then on the new key and commission hold. */
  readonly holdsFrom: string | null;
  /** Last transaction. */
  readonly tx: string | null;
}

const percentFlag = Flags.custom<number>({
  helpValue: "PERCENT",
  parse: async (text) => {
    const value = /^([0-9]{1,3})(?:\.([0-9]{1,2}))?%?$/.exec(text.trim());
    const bps = value ? Number(value[1]) * 100 + Number((value[2] ?? "").padEnd(2, "0")) : Number.NaN;
    if (bps <= 10_000) return bps;
    throw new UserError("KOMA_E_ARGUMENT_INVALID", `"${text.slice(0, 40)}" is no share from 0 to 100 %.`, {
      fix: ["Give 5 or 7.5 (percent)."],
    });
  },
});

export default class ValidatorUpdate extends KomaCommand<UpdatedValidator> {
  static override kind = "validator.update";
  static override summary = "Change a validator's signer key, commission or node.";
  static override description =
    `A new signer key and a new commission hold from the next epoch on; the validator's node needs the new key then. The old key stays
bound to the validator, which answers for what it signed. Keys can be changed again only after some epochs.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> validator-0 --commission 7.5",
    "<%= config.bin %> <%= command.id %> 1 --commission 0 --json",
    "<%= config.bin %> keys new spare --yes && <%= config.bin %> <%= command.id %> --key alice --signer spare",
  ];
  static override args = validatorArgs;
  static override flags = {
    signer: Flags.string({
      summary: "New signer key, from the keystore.",
      env: "KOMA_VALIDATOR_SIGNER",
      helpValue: "KEY",
      exclusive: ["signer-file"],
    }),
    "signer-file": Flags.string({
      summary: "File with the new signer key, such as keys/signer of a node's folder.",
      env: "KOMA_VALIDATOR_SIGNER_FILE",
      helpValue: "FILE",
    }),
    commission: percentFlag({
      summary: "Share of its delegators' rewards that the validator keeps.",
      env: "KOMA_VALIDATOR_COMMISSION",
    }),
    "peer-id": Flags.string({
      summary: "libp2p id of the validator's node, published for discovery.",
      env: "KOMA_VALIDATOR_PEER_ID",
    }),
    ...ownerFlags,
  };

  async execute(ctx: Ctx): Promise<UpdatedValidator> {
    const { args, flags } = await this.parse(ValidatorUpdate);
    const { signer, "signer-file": signerFile, commission, "peer-id": peerId } = flags;
    if (signer === undefined && signerFile === undefined && commission === undefined && peerId === undefined) {
      throw new UserError("KOMA_E_ARGUMENT_INVALID", "What is to be changed?", {
        fix: ["Name it with --signer, --signer-file, --commission or --peer-id."],
      });
    }
    const { addressOfKey, utf8 } = await import("../../src/primitives/index.ts");
    const net = await ctx.net();
    const passwordFile = flags["password-file"];
    const owner = await openKey(ctx, net, ownerKeyName(flags.key, args.validator), { passwordFile });
    const root = await openRootChain(net, owner);
    const { id } = await resolveValidator(ctx, net, root, { text: args.validator, owner: owner.address });
    const changed: { signer?: string; commissionBps?: number; peerId?: string } = {};
    let tx: string | undefined;
    if (commission !== undefined) {
      tx = (await root.stakes.setCommission(id, commission, ctx.signal)).hash;
      changed.commissionBps = commission;
    }
    if (peerId !== undefined) {
      tx = (await root.stakes.setPeerId(id, utf8(peerId), ctx.signal)).hash;
      changed.peerId = peerId;
    }
    if (signer !== undefined || signerFile !== undefined) {
      const key =
        signer === undefined
          ? await (await import("../../src/wallet/index.ts")).readKeyFile(signerFile as string)
          : (await openKey(ctx, net, signer, { passwordFile })).privateKey;
      tx = (await root.stakes.rotateSigner(id, key, ctx.signal)).hash;
      changed.signer = addressOfKey(key);
    }
    const [epoch, genesisTime, { epochLength }] = await Promise.all([
      root.stakes.epoch(),
      root.stakes.genesisTime(),
      root.stakes.params(),
    ]);
    const holdsFrom = isoTime(epochStart(genesisTime, epochLength, epoch + 1n));
    ctx.out.line(`validator ${id} changed, from ${holdsFrom} on`);
    if (changed.signer) ctx.out.line(`  signer      ${changed.signer}`);
    if (changed.commissionBps !== undefined) ctx.out.line(`  commission  ${changed.commissionBps / 100} %`);
    if (changed.peerId) ctx.out.line(`  peer id     ${changed.peerId}`);
    ctx.out.line(`  transaction ${tx}`);
    return { id: id.toString(), changed, holdsFrom, tx: tx ?? null };
  }
}
