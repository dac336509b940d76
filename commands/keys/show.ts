import { Args, type Ctx, Flags, KomaCommand } from "../../src/cli/index.ts";
import type { KeyInfo } from "../../src/wallet/index.ts";

export default class KeysShow extends KomaCommand<KeyInfo & { readonly key?: string }> {
  static override kind = "keys.show";
  static override summary = "Show a stored key: its address, with --reveal the private key itself.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> treasury",
    "<%= config.bin %> <%= command.id %> treasury --reveal --yes --password-file ./password",
  ];
  static override args = { name: Args.string({ description: "Name of the key.", required: true, ignoreStdin: true }) };
  static override flags = {
    reveal: Flags.boolean({ summary: "Show the private key; asks first.", env: "KOMA_KEYS_REVEAL" }),
    "password-file": Flags.string({
      summary: "File with the password, or - for standard input.",
      env: "KOMA_KEYS_PASSWORD_FILE",
      helpValue: "FILE|-",
    }),
  };

  async execute(ctx: Ctx): Promise<KeyInfo & { readonly key?: string }> {
    const { args, flags } = await this.parse(KeysShow);
    const { createKeystore, formatPrivateKey } = await import("../../src/wallet/index.ts");
    const keystore = createKeystore(ctx.home.keys);
    const info = await keystore.show(args.name);
    ctx.out.line(`name     ${info.name}`);
    ctx.out.line(`type     ${info.type}`);
    ctx.out.line(`address  ${info.address}`);
    if (info.publicKey !== undefined) ctx.out.line(`public   ${info.publicKey}`);
    ctx.out.line(`file     ${info.file}`);
    if (!flags.reveal) return info;
    await ctx.confirm({ message: `Show the private key of "${info.name}" on this screen?`, flag: "--yes" });
    const password = await ctx.secret({
      message: `Password of ${info.name}`,
      flag: "--password-file",
      file: flags["password-file"],
    });
    const key = formatPrivateKey(await keystore.open(info.name, password));
    ctx.out.line(`key      ${key}`);
    return { ...info, key };
  }
}
