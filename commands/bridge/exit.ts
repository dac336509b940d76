import {
  Args,
  type Ctx,
  Flags,
  findNewestLog,
  fromFlag,
  isoTime,
  KomaCommand,
  type NamedKey,
  openArchive,
  openKey,
  openRootChain,
  passwordFileFlag,
  placeOf,
  waitForCheckpoint,
} from "../../src/cli/index.ts";
import { UserError } from "../../src/errors.ts";
import type { ChainClient } from "../../src/rpc/index.ts";

export interface ExitData {
  readonly exitId: string;
  readonly burnTx: string;
  readonly checkpoint: string;
  readonly account: string;
  readonly recipient: string;
  readonly rootToken: string;
  readonly amountWei: string;
  /** Place in the queue: when it is due, seconds, then the burn's block. */
  readonly priority: string;
  /** From then on anybody can process it. */
  readonly readyAt: string | null;
  readonly bondWei: string;
  readonly tx: string | null;
  readonly gasUsed: string;
}

export default class BridgeExit extends KomaCommand<ExitData> {
  static override kind = "bridge.exit";
  static override summary = "Start the exit of a burn on the root chain.";
  static override description =
    `Proves the burn's log under its checkpoint and posts a bond in Ether, which comes back when the exit is paid. Before a checkpoint
covers the burn it fails with exit code 5; --wait waits for the checkpoint. When the challenge period is over, anybody can have
the exit paid: koma bridge process.`;
  static override examples = [
    "<%= config.bin %> bridge withdraw --token KMC --amount 1 && <%= config.bin %> <%= command.id %> --last --wait",
    "<%= config.bin %> bridge withdraw --token KMC --amount 1 --from bob && <%= config.bin %> <%= command.id %> --last --from bob --wait --json",
  ];
  static override args = {
    burn: Args.string({ description: "Hash of the burn's transaction.", ignoreStdin: true }),
  };
  static override flags = {
    last: Flags.boolean({ summary: "The newest burn of the account --from names.", env: "KOMA_BRIDGE_LAST" }),
    wait: Flags.boolean({ summary: "Wait until a checkpoint covers the burn.", env: "KOMA_BRIDGE_WAIT" }),
    "dry-run": Flags.boolean({
      summary: "Ask the root chain whether it would work; send nothing.",
      env: "KOMA_DRY_RUN",
    }),
    from: fromFlag,
    "password-file": passwordFileFlag,
  };

  async execute(ctx: Ctx): Promise<ExitData> {
    const { args, flags } = await this.parse(BridgeExit);
    const { openChainClient } = await import("../../src/rpc/index.ts");
    const { claimExit } = await import("../../src/bridge/index.ts");
    const net = await ctx.net();
    const key = await openKey(ctx, net, flags.from, { passwordFile: flags["password-file"] });
    const root = await openRootChain(net, key);
    const chain = await openChainClient(net.rpcUrl());
    const place = await placeOf(chain, args.burn ?? (await lastBurn(chain, key, flags.last)));
    const archive = await openArchive(net, root);
    if (flags.wait) await waitForCheckpoint(ctx, archive, place.block);
    const claim = await claimExit(archive, place);
    const { exits } = flags["dry-run"] ? root.dryRun : root;
    const sent = await exits.start(claim.proof, ctx.signal);
    const exit = sent.hash ? await root.exits.exit(sent.exitId) : undefined;
    const data: ExitData = {
      exitId: sent.exitId,
      burnTx: place.hash,
      checkpoint: claim.checkpoint.toString(),
      account: claim.burn.account,
      recipient: claim.burn.recipient,
      rootToken: claim.burn.rootToken,
      amountWei: claim.burn.amount.toString(),
      priority: `${exit?.exitableAt ?? 0}-${place.block}`,
      readyAt: exit ? isoTime(exit.exitableAt) : null,
      bondWei: (await root.exits.params()).exitBondWei.toString(),
      tx: sent.hash ?? null,
      gasUsed: sent.gasUsed.toString(),
    };
    const { out } = ctx;
    out.line(`exit ${data.exitId} ${data.tx ? "started" : "could be started"}, under checkpoint ${data.checkpoint}`);
    out.line(`  pays ${data.recipient}`);
    if (data.tx) out.line(`  transaction ${data.tx}`);
    if (data.readyAt) out.line(`  ready at ${data.readyAt}`);
    if (data.tx)
      out.note(`Next, then: koma bridge process --last --wait${key.name === "alice" ? "" : ` --from ${key.name}`}`);
    return data;
  }
}

async function lastBurn(chain: ChainClient, key: NamedKey, last: boolean): Promise<string> {
  const { findNewestBurn } = await import("../../src/bridge/index.ts");
  if (!last) {
    throw new UserError("KOMA_E_USAGE", "Which burn is to leave?", {
      fix: ["koma bridge exit --last", "koma bridge exit 0x… with the hash that koma bridge withdraw printed"],
    });
  }
  const burn = await findNewestBurn((search) => findNewestLog(chain, search), key.address);
  if (burn) return burn;
  throw new UserError("KOMA_E_NO_BURN", `${key.name} has burned nothing on this chain.`, {
    facts: { account: key.address },
    fix: [`koma bridge withdraw --token KMC --amount 1 --from ${key.name}`],
  });
}
