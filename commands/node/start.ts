import { type Ctx, Flags, KomaCommand } from "../../src/cli/index.ts";

export interface NodeStartData {
  readonly nodeId: string;
  readonly name: string;
  readonly ports: { readonly rpc: number; readonly p2p: number | null };
  readonly rpcUrl: string;
  readonly wsUrl: string;
  readonly p2p: readonly string[];
  readonly height: string;
  readonly ready: true;
}

export default class NodeStart extends KomaCommand<undefined, NodeStartData> {
  static override kind = "node.start";
  static override summary = "Run the node of a folder until Ctrl-C.";
  static override description =
    `The folder is one that "koma node init" wrote. Logs go to its log file; warnings and errors are shown on the terminal too, with
--verbose everything. Ends in order on SIGINT and SIGTERM, with exit code 0.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> --dir ./follower",
    "<%= config.bin %> <%= command.id %> --dir ./my-validator --verbose",
    "<%= config.bin %> <%= command.id %> --dir ./follower --storage window",
    "<%= config.bin %> <%= command.id %> --dir ./my-validator --producer-key ./sealer",
  ];
  static override flags = {
    dir: Flags.string({ summary: "The node's folder.", required: true, env: "KOMA_NODE_DIR", helpValue: "DIR" }),
    storage: Flags.option({ options: ["archive", "full", "window"] as const })({
      summary: "Keep everything, all blocks, or only what can still be challenged; default: as config.json says.",
      env: "KOMA_NODE_STORAGE",
    }),
    "producer-key": Flags.string({
      summary:
        "File with a key that seals blocks, if the validator is nominated with it; beside the one of config.json.",
      multiple: true,
      multipleNonGreedy: true,
      env: "KOMA_NODE_PRODUCER_KEY",
      helpValue: "FILE",
    }),
  };

  async execute(ctx: Ctx<NodeStartData>): Promise<undefined> {
    const { flags } = await this.parse(NodeStart);
    const { runNode } = await import("../../src/node/run-node.ts");
    // Under a supervisor the IPC channel says everything, and its log file must not hold every line twice.
    const supervised = process.send !== undefined;
    await runNode(flags.dir, {
      version: clientVersion(this.config.version),
      signal: ctx.signal,
      ...(flags.storage ? { storage: flags.storage } : {}),
      ...(flags["producer-key"] === undefined ? {} : { producerKeyFiles: flags["producer-key"] }),
      onReady: (ready) => {
        if (supervised) return;
        const data: NodeStartData = {
          nodeId: ready.peerId,
          name: ready.name,
          ports: { rpc: Number(new URL(ready.rpcUrl).port), p2p: portOf(ready.p2p[0]) },
          rpcUrl: ready.rpcUrl,
          wsUrl: ready.wsUrl,
          p2p: ready.p2p,
          height: ready.height.toString(),
          ready: true,
        };
        ctx.out.record(data, `${ready.name} ready at height ${ready.height}\n  rpc  ${ready.rpcUrl}`);
        for (const address of ready.p2p) ctx.out.line(`  p2p  ${address}`);
        ctx.out.note("Ctrl-C ends it.");
      },
      ...(supervised
        ? {}
        : {
            echo: ({ level, module, msg }) => {
              const told = ctx.cfg.verbose > 0 || level === "error" || level === "warn";
              if (told) ctx.out.note(`${level.padEnd(5)} ${module}: ${msg}`);
            },
          }),
    });
  }
}

/** `koma/0.1.0/linux-x64/node24`: what the node calls itself. */
function clientVersion(version: string): string {
  return `koma/${version}/${process.platform}-${process.arch}/node${process.versions.node.split(".")[0]}`;
}

function portOf(multiaddr: string | undefined): number | null {
  const port = /\/tcp\/([0-9]+)/.exec(multiaddr ?? "")?.[1];
  return port === undefined ? null : Number(port);
}
