import { basename, join, resolve } from "node:path";
import { type Ctx, Flags, KomaCommand, type NetClient, openKey, ratioFlag, runningNet } from "../../src/cli/index.ts";
import { UserError } from "../../src/errors.ts";
import type { Bytes } from "../../src/primitives/index.ts";

export interface NodeInitData {
  readonly dir: string;
  /** libp2p peer id. */
  readonly nodeId: string;
  readonly chainId: string;
  /** Address of the signer key; null for a node that follows. */
  readonly signer: string | null;
  readonly files: readonly string[];
}

export default class NodeInit extends KomaCommand<NodeInitData> {
  static override kind = "node.init";
  static override summary = "Write the folder of a new node.";
  static override description =
    `Configuration, genesis, a new network identity, and for a validator its signer key. Genesis, root chain and peers are those of
the running devnet unless the flags name others. A validator's key is made anew, or taken from the keystore with --key.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> --dir ./follower --rpc-port 8645 --p2p-port 30303",
    "<%= config.bin %> <%= command.id %> --dir ./my-validator --role validator",
    "<%= config.bin %> <%= command.id %> --dir ./small --storage window",
  ];
  static override flags = {
    dir: Flags.string({ summary: "Folder to write.", required: true, env: "KOMA_NODE_DIR", helpValue: "DIR" }),
    name: Flags.string({ summary: "Name in logs; default: that of the folder.", env: "KOMA_NODE_NAME" }),
    genesis: Flags.string({
      summary: "The chain's genesis.json; default: the running devnet's.",
      env: "KOMA_NODE_GENESIS",
      helpValue: "FILE",
    }),
    "l1-url": Flags.string({
      summary: "JSON-RPC of the root chain; default: the running devnet's.",
      env: "KOMA_NODE_L1_URL",
      helpValue: "URL",
    }),
    peer: Flags.string({
      summary: "Address of a node to connect to, with /p2p/<peer id>; default: the devnet's nodes.",
      multiple: true,
      multipleNonGreedy: true,
      env: "KOMA_NODE_PEER",
      helpValue: "MULTIADDR",
    }),
    role: Flags.option({ options: ["rpc", "validator"] as const })({
      summary: "A validator signs, an rpc node follows.",
      default: "rpc" as const,
      env: "KOMA_NODE_ROLE",
    }),
    key: Flags.string({
      summary: "Signer key of the validator, from `koma keys list`; implies --role validator.",
      env: "KOMA_NODE_KEY",
      helpValue: "KEY",
    }),
    "signer-file": Flags.string({
      summary: "File with the signer key, as koma validator register writes it; implies --role validator.",
      env: "KOMA_NODE_SIGNER_FILE",
      helpValue: "FILE",
      exclusive: ["key"],
    }),
    "password-file": Flags.string({
      summary: "File with the key's password; - reads it from stdin.",
      env: "KOMA_PASSWORD_FILE",
      helpValue: "FILE",
    }),
    host: Flags.string({ summary: "Address to listen on.", default: "127.0.0.1", env: "KOMA_NODE_HOST" }),
    "rpc-port": Flags.integer({
      summary: "Port of JSON-RPC; 0 takes a free one.",
      default: 8545,
      min: 0,
      max: 65_535,
      env: "KOMA_NODE_RPC_PORT",
    }),
    "p2p-port": Flags.integer({
      summary: "Port for other nodes; 0 takes a free one.",
      default: 30_303,
      min: 0,
      max: 65_535,
      env: "KOMA_NODE_P2P_PORT",
    }),
    storage: Flags.option({ options: ["archive", "full", "window"] as const })({
      summary: "Keep everything, all blocks, or only what can still be challenged; default: full, on a devnet archive.",
      env: "KOMA_NODE_STORAGE",
    }),
    finality: ratioFlag({
      summary: "Confidence at which this node calls a block final; default 1/3.",
      env: "KOMA_NODE_FINALITY",
    }),
  };

  async execute(ctx: Ctx): Promise<NodeInitData> {
    const { flags } = await this.parse(NodeInit);
    const { createNodeFolder } = await import("../../src/node/node-folder.ts");
    const net = await runningNet(ctx);
    const signerKey = await signerOf(ctx, net, flags);
    const folder = await createNodeFolder({
      folder: flags.dir,
      name: flags.name ?? basename(resolve(flags.dir)),
      genesisFile: flags.genesis ?? fromNet(net, "--genesis", ({ dir }) => join(dir, "genesis", "genesis.json")),
      rootChainUrl: flags["l1-url"] ?? fromNet(net, "--l1-url", ({ l1Url }) => l1Url),
      peers: flags.peer ?? net?.manifest.nodes.map(({ p2p }) => p2p) ?? [],
      host: flags.host,
      rpcPort: flags["rpc-port"],
      p2pPort: flags["p2p-port"],
      thresholds: [flags.finality ?? 1 / 3],
      ...(signerKey ? { signerKey } : {}),
      ...(flags.storage ? { storage: flags.storage } : {}),
    });
    ctx.out.line(`node ${folder.peerId} in ${folder.folder}`);
    for (const file of folder.files) ctx.out.line(`  ${file}`);
    if (folder.signer) ctx.out.line(`signer ${folder.signer}`);
    ctx.out.note(`Next: koma node start --dir ${flags.dir}`);
    if (folder.signer && flags["signer-file"] === undefined) {
      const stake = `koma validator register --key alice --stake 100 --signer-file ${join(flags.dir, "keys", "signer")}`;
      ctx.out.note(`Stake for its signer with: ${stake}`);
    }
    return {
      dir: folder.folder,
      nodeId: folder.peerId,
      chainId: folder.chainId.toString(),
      signer: folder.signer ?? null,
      files: folder.files,
    };
  }
}

async function signerOf(
  ctx: Ctx,
  net: NetClient | undefined,
  flags: {
    readonly role: string;
    readonly key?: string | undefined;
    readonly "signer-file"?: string | undefined;
    readonly "password-file"?: string | undefined;
  },
): Promise<Bytes | undefined> {
  const { createKeystore, createPrivateKey, readKeyFile } = await import("../../src/wallet/index.ts");
  const { key, "password-file": passwordFile, "signer-file": file } = flags;
  if (file !== undefined) return readKeyFile(file);
  if (key === undefined) return flags.role === "validator" ? createPrivateKey() : undefined;
  if (net) return (await openKey(ctx, net, key, { passwordFile })).privateKey;
  const password = await ctx.secret({ message: `Password of ${key}`, flag: "--password-file", file: passwordFile });
  return createKeystore(ctx.home.keys).open(key, password);
}

function fromNet(net: NetClient | undefined, flag: string, read: (net: NetClient) => string): string {
  if (net) return read(net);
  throw new UserError("KOMA_E_USAGE", `No devnet is running that ${flag} could be taken from.`, {
    facts: { flag },
    fix: [`Add ${flag}.`, "koma devnet up"],
  });
}
