import { Args, type Ctx, Flags, KomaCommand, readStdin, readTextFile } from "../../src/cli/index.ts";
import type { KeyInfo } from "../../src/wallet/index.ts";

const KINDS = ["hex", "mnemonic", "keystore"] as const;

export default class KeysImport extends KomaCommand<KeyInfo> {
  static override kind = "keys.import";
  static override summary = "Store a key that exists already.";
  static override description =
    "Reads 64 hex digits, the words of a mnemonic, or a version 3 keystore, from a file or standard input; never from the command line.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> treasury --from ./key.hex",
    "<%= config.bin %> <%= command.id %> treasury --from words.txt --kind mnemonic --path \"m/44'/60'/0'/0/3\"",
    "<%= config.bin %> <%= command.id %> treasury --from UTC--2026.json --kind keystore",
  ];
  static override args = { name: Args.string({ description: "Name of the key.", required: true, ignoreStdin: true }) };
  static override flags = {
    from: Flags.string({
      summary: "File to read, or - for standard input.",
      required: true,
      env: "KOMA_KEYS_FROM",
      helpValue: "FILE|-",
    }),
    kind: Flags.option({ options: KINDS })({
      summary: "What the file holds.",
      default: "hex" as const,
      env: "KOMA_KEYS_KIND",
    }),
    path: Flags.string({
      summary: "Derivation path of a mnemonic's key.",
      default: "m/44'/60'/0'/0/0",
      env: "KOMA_KEYS_PATH",
    }),
    type: Flags.option({ options: ["account", "consensus", "p2p"] as const })({
      summary: "What it is for.",
      default: "account" as const,
      env: "KOMA_KEYS_TYPE",
    }),
    "password-file": Flags.string({
      summary: "File with the password to store it under.",
      env: "KOMA_KEYS_PASSWORD_FILE",
      helpValue: "FILE",
    }),
    "old-password-file": Flags.string({
      summary: "File with the password of the keystore that is read.",
      env: "KOMA_KEYS_OLD_PASSWORD_FILE",
      helpValue: "FILE",
    }),
  };

  async execute(ctx: Ctx): Promise<KeyInfo> {
    const { args, flags } = await this.parse(KeysImport);
    const { createKeystore, importKey, parseKeyName } = await import("../../src/wallet/index.ts");
    const name = parseKeyName(args.name);
    const text = flags.from === "-" ? await readStdin() : await readTextFile(flags.from);
    const key = await importKey(text, {
      kind: flags.kind,
      path: flags.path,
      password: () =>
        ctx.secret({
          message: "Password of the keystore that is read",
          flag: "--old-password-file",
          file: flags["old-password-file"],
        }),
    });
    const password = await ctx.secret({
      message: `Password for ${name}`,
      flag: "--password-file",
      file: flags["password-file"],
      twice: true,
    });
    const info = await createKeystore(ctx.home.keys).add(name, key, password, { type: flags.type });
    ctx.out.line(`${info.name}  ${info.address}`);
    ctx.out.note(`stored in ${info.file}`);
    return info;
  }
}
