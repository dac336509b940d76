import { type Ctx, isDevnetRunning, KomaCommand, listDevnetNames, readManifest } from "../../src/cli/index.ts";
import { EnvironmentError } from "../../src/errors.ts";

interface ListedDevnet {
  readonly name: string;
  readonly provider: string;
  readonly status: string;
  readonly nodes: number;
  readonly rpcUrl: string;
  readonly dir: string;
  readonly createdAt: string;
}

export default class DevnetList extends KomaCommand<readonly ListedDevnet[]> {
  static override kind = "devnet.list";
  static override summary = "List the devnets of this machine.";
  static override examples = ["<%= config.bin %> <%= command.id %>", "<%= config.bin %> <%= command.id %> --json"];

  async execute(ctx: Ctx): Promise<readonly ListedDevnet[]> {
    await this.parse(DevnetList);
    const devnets = listDevnetNames(ctx.home.devnets).flatMap((name) => describe(ctx, name));
    if (devnets.length === 0) ctx.out.line("There is no devnet yet. Start one: koma devnet up");
    else {
      ctx.out.table(
        [
          { title: "name" },
          { title: "status" },
          { title: "nodes", align: "right" },
          { title: "rpc" },
          { title: "created" },
        ],
        devnets.map(({ name, status, nodes, rpcUrl, createdAt }) => [name, status, String(nodes), rpcUrl, createdAt]),
      );
    }
    return devnets;
  }
}

function describe(ctx: Ctx, name: string): ListedDevnet[] {
  const dir = ctx.home.devnet(name);
  try {
    const manifest = readManifest(dir);
    if (!manifest) return []; // a folder that never got as far as a devnet
    const status = isDevnetRunning(manifest) ? manifest.status : manifest.status === "failed" ? "failed" : "stopped";
    const { provider, nodes, chains, createdAt } = manifest;
    return [{ name, provider, status, nodes: nodes.length, rpcUrl: chains[0]?.rpcUrl ?? "", dir, createdAt }];
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    ctx.out.warn("KOMA_W_MANIFEST_INVALID", error.message);
    return [{ name, provider: "process", status: "damaged", nodes: 0, rpcUrl: "", dir, createdAt: "" }];
  }
}
