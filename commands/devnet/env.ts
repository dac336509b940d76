import { type Ctx, Flags, KomaCommand } from "../../src/cli/index.ts";

const SHELLS = ["bash", "fish", "pwsh", "dotenv"] as const;

export default class DevnetEnv extends KomaCommand<{ readonly vars: Readonly<Record<string, string>> }> {
  static override kind = "devnet.env";
  static override summary = "Print the devnet's endpoints and contracts as environment variables.";
  static override examples = [
    'eval "$(<%= config.bin %> <%= command.id %>)"',
    "<%= config.bin %> <%= command.id %> --shell dotenv > .env",
  ];
  static override flags = {
    shell: Flags.option({ options: SHELLS })({
      summary: "Syntax to print.",
      default: "bash" as const,
      env: "KOMA_DEVNET_SHELL",
    }),
  };

  async execute(ctx: Ctx): Promise<{ readonly vars: Readonly<Record<string, string>> }> {
    const { flags } = await this.parse(DevnetEnv);
    const net = await ctx.net();
    const contracts = Object.entries(net.contracts).map(([name, address]) => [
      `KOMA_CONTRACT_${constantCase(name)}`,
      address,
    ]);
    // Not KOMA_DEVNET: that one marks the devnet's own processes, and a shell with it would be taken for a leftover.
    const vars: Record<string, string> = {
      KOMA_NETWORK: net.name,
      KOMA_CHAIN_ID: String(net.chainId),
      KOMA_RPC_URL: net.rpcUrl(),
      KOMA_WS_URL: net.chain.wsUrl,
      KOMA_L1_CHAIN_ID: String(net.l1ChainId),
      KOMA_L1_URL: net.l1Url,
      ...Object.fromEntries(contracts),
    };
    for (const [name, value] of Object.entries(vars)) ctx.out.line(assignment(flags.shell, name, value));
    return { vars };
  }
}

function assignment(shell: (typeof SHELLS)[number], name: string, value: string): string {
  switch (shell) {
    case "bash":
      return `export ${name}='${value}'`;
    case "fish":
      return `set -gx ${name} '${value}'`;
    case "pwsh":
      return `$env:${name} = '${value}'`;
    case "dotenv":
      return `${name}=${value}`;
  }
}

function constantCase(name: string): string {
  return name.replace(/([a-z0-9])([A-Z])/g, "$1_$2").toUpperCase();
}
