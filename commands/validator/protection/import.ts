import { Args, type Ctx, KomaCommand, readBoundedText, stoppedNodeFlag } from "../../../src/cli/index.ts";

export interface ImportedProtection {
  readonly file: string;
  /** Heads that moved forward; one that was ahead already stays. */
  readonly instances: readonly { readonly instance: string; readonly seq: number; readonly hash: string }[];
}

export default class ValidatorProtectionImport extends KomaCommand<ImportedProtection> {
  static override kind = "validator.protection.import";
  static override summary = "Tell a stopped validator what its key has signed elsewhere.";
  static override description =
    `Takes in a file of koma validator protection export. A validator with a new database signs nothing before the next era; with the
file it goes on where it stopped. Nothing is taken in from a file of another chain or key, or one that contradicts the database.`;
  static override examples = [
    "koma validator protection import ./protection.json --dir ./my-validator",
    "koma validator protection import ./protection.json --dir ./my-validator --json",
  ];
  static override args = {
    file: Args.string({
      description: "File to read; - for standard input.",
      required: true,
      ignoreStdin: true,
    }),
  };
  static override flags = {
    dir: stoppedNodeFlag,
  };

  async execute(ctx: Ctx): Promise<ImportedProtection> {
    const { args, flags } = await this.parse(ValidatorProtectionImport);
    const [{ importProtection }, { MAX_PROTECTION_BYTES }] = await Promise.all([
      import("../../../src/node/protection.ts"),
      import("../../../src/node/protection-file.ts"),
    ]);
    const moved = await importProtection(flags.dir, await readBoundedText(args.file, MAX_PROTECTION_BYTES));
    ctx.out.line(
      moved.length === 0 ? "The node knew all of it already." : `The last units of ${moved.length} eras are known now.`,
    );
    return { file: args.file, instances: moved.map(({ instance, seq, hash }) => ({ instance, seq, hash })) };
  }
}
