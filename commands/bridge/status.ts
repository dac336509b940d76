import type { BridgeStep, TrackedTransfer } from "../../src/bridge/index.ts";
import {
  Args,
  type Ctx,
  Flags,
  findNewestLog,
  isoTime,
  KomaCommand,
  type NetClient,
  openArchive,
  openRootChain,
  placeOf,
  readNetFacts,
  resolveAddress,
} from "../../src/cli/index.ts";
import { UserError } from "../../src/errors.ts";
import type { Address, Hash } from "../../src/primitives/index.ts";
import type { RootChain, RootEvent } from "../../src/rootchain/index.ts";
import type { ChainClient } from "../../src/rpc/index.ts";

export interface BridgeStatusData {
  readonly kind: "deposit" | "withdrawal";
  /** Number of the deposit, or id of the exit; the burn's transaction while there is no exit. */
  readonly id: string;
  readonly state: string;
  readonly steps: readonly (Omit<BridgeStep, "at"> & { readonly at: string | null })[];
}

export default class BridgeStatus extends KomaCommand<BridgeStatusData> {
  static override kind = "bridge.status";
  static override summary = "Show how far a deposit or a withdrawal has come.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> 1",
    "<%= config.bin %> bridge withdraw --token KMC --amount 1 && <%= config.bin %> <%= command.id %> latest --json",
    "<%= config.bin %> <%= command.id %> --last --from alice",
  ];
  static override args = {
    id: Args.string({
      description: "Number of a deposit, an exit's id, a transaction of either chain, or latest.",
      ignoreStdin: true,
    }),
  };
  static override flags = {
    last: Flags.boolean({
      summary: "The newest withdrawal of the account --from names; its newest deposit when it has withdrawn nothing.",
      env: "KOMA_BRIDGE_LAST",
    }),
    from: Flags.string({ summary: "Account: an address or a name.", default: "alice", env: "KOMA_FROM" }),
  };

  async execute(ctx: Ctx): Promise<BridgeStatusData> {
    const { args, flags } = await this.parse(BridgeStatus);
    if ((args.id === undefined) !== (flags.last === true)) throw whichOne();
    const { openChainClient } = await import("../../src/rpc/index.ts");
    const net = await ctx.net();
    const root = await openRootChain(net);
    const chain = await openChainClient(net.rpcUrl());
    const facts = await readNetFacts(net);
    const scene = { net, root, chain, fromBlock: facts.rootStartBlock, wanted: facts.confirmations };
    const data = await find(scene, args.id ?? (await lastOf(scene, await resolveAddress(ctx, net, flags.from))));
    const { out } = ctx;
    out.line(`${data.kind} ${data.id}: ${data.state}`);
    for (const { name, done, tx, at, detail } of data.steps) {
      const told = [detail, tx, at].filter((fact) => fact !== null && fact !== "").join("  ");
      out.line(`  ${done ? out.paint("green", "✔") : "·"} ${name.padEnd(16)}  ${told}`.trimEnd());
    }
    return data;
  }
}

interface Scene {
  readonly net: NetClient;
  readonly root: RootChain;
  readonly chain: ChainClient;
  readonly fromBlock: bigint;
  /** Root-chain blocks on top of a deposit before it counts. */
  readonly wanted: bigint;
}

function whichOne(): UserError {
  return new UserError("KOMA_E_USAGE", "Name one transfer, or give --last.", {
    fix: ["koma bridge status --last", "koma bridge status 1"],
  });
}

/** Hash of the account's newest burn, else number of its newest deposit. */
async function lastOf({ net, root, chain, fromBlock }: Scene, account: Address): Promise<string> {
  const { findNewestBurn } = await import("../../src/bridge/index.ts");
  const burn = await findNewestBurn((search) => findNewestLog(chain, search), account);
  if (burn) return burn;
  const deposits = await root.events({ contract: "DepositManager", event: "Deposited", fromBlock });
  const deposit = deposits.findLast(
    ({ args }) =>
      args["chainId"] === BigInt(net.chainId) && (args["sender"] === account || args["recipient"] === account),
  );
  if (deposit) return String(deposit.args["id"]);
  throw new UserError("KOMA_E_TRANSFER_NOT_FOUND", `${account} has moved nothing between the chains.`, {
    facts: { account },
    fix: ["koma bridge deposit --amount 1"],
  });
}

async function find(scene: Scene, text: string): Promise<BridgeStatusData> {
  const { parseHash } = await import("../../src/primitives/index.ts");
  const { root, net, chain, fromBlock } = scene;
  const deposits = (await root.events({ contract: "DepositManager", event: "Deposited", fromBlock })).filter(
    ({ args }) => args["chainId"] === BigInt(net.chainId),
  );
  if (/^[0-9]{1,18}$/.test(text)) {
    const deposit = deposits.find(({ args }) => args["id"] === BigInt(text));
    if (deposit) return describeDeposit(scene, deposit);
    throw notFound(text, `The newest deposit is ${deposits.length}.`);
  }
  const hash = text === "latest" ? undefined : parseHash(text);
  const deposit = deposits.find(({ transactionHash }) => transactionHash === hash);
  if (deposit) return describeDeposit(scene, deposit);
  const exit = hash && (await root.exits.exit(hash));
  if (exit) {
    const block = await chain.block(exit.blockNumber);
    const burn = block?.block.transactions[exit.txIndex]?.hash;
    if (burn) return describeWithdrawal(scene, burn);
  }
  if (hash && !(await chain.receipt(hash))) throw notFound(text, "Neither chain knows it.");
  return describeWithdrawal(scene, hash ?? "latest");
}

async function describeDeposit({ root, chain, wanted }: Scene, event: RootEvent): Promise<BridgeStatusData> {
  const { findDelivery, trackDeposit } = await import("../../src/bridge/index.ts");
  const id = event.args["id"] as bigint;
  const delivery = await findDelivery((search) => findNewestLog(chain, search), id);
  const [head, finalized] = await Promise.all([root.head(), chain.blockNumber("finalized")]);
  const tracked = trackDeposit({
    event,
    confirmations: head.number - event.blockNumber,
    wanted,
    delivery: delivery && { ...delivery, final: finalized >= delivery.block },
  });
  return dataOf("deposit", id.toString(), tracked);
}

async function describeWithdrawal(scene: Scene, text: string): Promise<BridgeStatusData> {
  const { parseBurn, trackWithdrawal } = await import("../../src/bridge/index.ts");
  const { exitIdOf } = await import("../../src/rootchain/index.ts");
  const { net, root, chain, fromBlock } = scene;
  const place = await placeOf(chain, text);
  const logs = (await chain.block(place.block))?.receipts[place.index]?.logs ?? [];
  const logIndex = logs.findIndex((log) => parseBurn(log) !== undefined);
  const log = logs[logIndex];
  const burn = log && parseBurn(log);
  if (!burn) throw notFound(place.hash, "The transaction burned nothing.");
  const exitId = exitIdOf(BigInt(net.chainId), place.block, place.index, logIndex);
  const archive = await openArchive(net, root);
  const transactionOf = async (event: string): Promise<Hash | undefined> => {
    const events = await root.events({ contract: "WithdrawManager", event, fromBlock });
    return events.findLast(({ args }) => args["exitId"] === exitId)?.transactionHash;
  };
  const [finalized, checkpoint, exit, startedIn, paidIn] = await Promise.all([
    chain.blockNumber("finalized"),
    archive.checkpointCovering(place.block),
    root.exits.exit(exitId),
    transactionOf("ExitStarted"),
    transactionOf("ExitPaid"),
  ]);
  const tracked = trackWithdrawal({
    burn: { ...burn, block: place.block, txIndex: place.index, logIndex },
    transaction: place.hash,
    final: finalized >= place.block,
    checkpoint,
    exit,
    startedIn,
    paidIn,
  });
  return dataOf("withdrawal", exit ? exitId : place.hash, tracked);
}

function dataOf(kind: BridgeStatusData["kind"], id: string, { state, steps }: TrackedTransfer): BridgeStatusData {
  return {
    kind,
    id,
    state,
    steps: steps.map((step) => ({ ...step, at: step.at === null ? null : isoTime(step.at) })),
  };
}

function notFound(text: string, why: string): UserError {
  return new UserError("KOMA_E_TRANSFER_NOT_FOUND", `"${text.slice(0, 80)}" is no transfer between the chains.`, {
    facts: { why },
    fix: ["koma bridge exits", "koma bridge deposit --amount 1"],
  });
}
