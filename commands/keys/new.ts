import { Args, type Ctx, Flags, KomaCommand } from "../../src/cli/index.ts";
import type { KeyInfo } from "../../src/wallet/index.ts";

const TYPES = ["account", "consensus", "p2p"] as const;
const WORDS = [12, 15, 18, 21, 24] as const;

export default class KeysNew extends KomaCommand<KeyInfo & { readonly mnemonic?: string }> {
  static override kind = "keys.new";
  static override summary = "Make a key and store it under a password.";
  static override description =
    `The file is a version 3 keystore that geth, ethers, MetaMask and Foundry read too. With --mnemonic-words the key comes from
new words, which are shown this one time.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> treasury",
    "<%= config.bin %> <%= command.id %> treasury --mnemonic-words 24 --password-file ./password",
  ];
  static override args = { name: Args.string({ description: "Name of the key.", required: true, ignoreStdin: true }) };
  static override flags = {
    type: Flags.option({ options: TYPES })({
      summary: "What it is for.",
      default: "account" as const,
      env: "KOMA_KEYS_TYPE",
    }),
    "mnemonic-words": Flags.option({ options: WORDS.map(String) })({
      summary: "Derive it from this many new words.",
      env: "KOMA_KEYS_MNEMONIC_WORDS",
    }),
    "password-file": Flags.string({
      summary: "File with the password, or - for standard input.",
      env: "KOMA_KEYS_PASSWORD_FILE",
      helpValue: "FILE|-",
    }),
  };

  async execute(ctx: Ctx): Promise<KeyInfo & { readonly mnemonic?: string }> {
    const { args, flags } = await this.parse(KeysNew);
    const { createKeystore, createMnemonic, createPrivateKey, deriveAccountAt, ETHEREUM_PATH, parseKeyName } =
      await import("../../src/wallet/index.ts");
    const name = parseKeyName(args.name);
    const password = await ctx.secret({
      message: `Password for ${name}`,
      flag: "--password-file",
      file: flags["password-file"],
      twice: true,
    });
    const words = WORDS.find((count) => String(count) === flags["mnemonic-words"]);
    const mnemonic = words === undefined ? undefined : createMnemonic(words);
    const key =
      mnemonic === undefined ? createPrivateKey() : deriveAccountAt(mnemonic, `${ETHEREUM_PATH}/0`).privateKey;
    const info = await createKeystore(ctx.home.keys).add(name, key, password, { type: flags.type });
    ctx.out.line(`${info.name}  ${info.address}`);
    ctx.out.note(`stored in ${info.file}`);
    if (mnemonic !== undefined) ctx.out.line(`\nWrite these words down; they are not shown again:\n\n  ${mnemonic}`);
    return { ...info, ...(mnemonic === undefined ? {} : { mnemonic }) };
  }
}
