import { Args, type Ctx, KomaCommand, stoppedNodeFlag } from "../../../src/cli/index.ts";

export interface ExportedProtection {
  readonly file: string;
  /** Per consensus instance the last unit that the validator signed. */
  readonly instances: readonly { readonly instance: string; readonly seq: number; readonly hash: string }[];
  readonly endorsements: number;
  readonly finalitySignatures: number;
  readonly checkpointSignatures: number;
}

export default class ValidatorProtectionExport extends KomaCommand<ExportedProtection> {
  static override kind = "validator.protection.export";
  static override summary = "Write what a stopped validator has signed into a file.";
  static override description =
    `A validator that forgets what it signed signs it again, differently, and is slashed. Take this file along when it moves to another
machine, and import it there before its first start. The file says nothing of what is signed after the export: leave the old node
stopped. Only its owner can read it; it holds no key.`;
  static override examples = [
    "koma validator protection export ./protection.json --dir ./my-validator",
    "koma validator protection export ./protection.json --dir ./my-validator --json",
  ];
  static override args = {
    file: Args.string({ description: "File to write; it must not exist.", required: true, ignoreStdin: true }),
  };
  static override flags = {
    dir: stoppedNodeFlag,
  };

  async execute(ctx: Ctx): Promise<ExportedProtection> {
    const { args, flags } = await this.parse(ValidatorProtectionExport);
    const { exportProtection } = await import("../../../src/node/protection.ts");
    const record = await exportProtection(flags.dir, args.file);
    ctx.out.line(`${args.file}: what was signed in ${record.heads.length} eras`);
    ctx.out.note(`Next, in the new node's folder: koma validator protection import ${args.file} --dir DIR`);
    return {
      file: args.file,
      instances: record.heads.map(({ instance, seq, hash }) => ({ instance, seq, hash })),
      endorsements: record.endorsed.length,
      finalitySignatures: record.finality.length,
      checkpointSignatures: record.checkpoints.length,
    };
  }
}
