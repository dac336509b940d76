import {
  type Ctx,
  chooseNetwork,
  devnetNotFound,
  Flags,
  isDevnetRunning,
  KomaCommand,
  listDevnetNames,
  readManifest,
} from "../../src/cli/index.ts";

interface ListedAccount {
  readonly index: number;
  readonly name: string;
  readonly address: string;
  readonly ethWei: string;
  readonly kmcWei: string;
  /** Only with --reveal. */
  readonly key?: string;
}

export default class DevnetAccounts extends KomaCommand<readonly ListedAccount[]> {
  static override kind = "devnet.accounts";
  static override summary = "Show the funded accounts of a devnet, with --reveal their private keys.";
  static override description =
    "Balances are those of now: Ether on the root chain, KMC on the devnet's chain. The keys come from the widely known test mnemonic.";
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    "<%= config.bin %> <%= command.id %> --reveal --json",
  ];
  static override flags = {
    reveal: Flags.boolean({ summary: "Show private keys; they are public knowledge.", env: "KOMA_DEVNET_REVEAL" }),
  };

  async execute(ctx: Ctx): Promise<readonly ListedAccount[]> {
    const { flags } = await this.parse(DevnetAccounts);
    const name = ctx.cfg.network ?? chooseNetwork(ctx.home);
    const manifest = readManifest(ctx.home.devnet(name));
    if (!manifest) throw devnetNotFound(name, listDevnetNames(ctx.home.devnets));
    const { listAccounts } = await import("../../devnet/accounts.ts");
    const accounts = await listAccounts(manifest, {
      live: isDevnetRunning(manifest),
      reveal: flags.reveal,
      signal: ctx.signal,
    });
    const { printAccounts } = await import("../../devnet/overview.ts");
    printAccounts(ctx.out, accounts);
    if (flags.reveal) ctx.out.note("These keys are public: never use them on a network where money is real.");
    return accounts;
  }
}
