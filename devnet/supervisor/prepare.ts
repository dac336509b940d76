import { existsSync, mkdirSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { createGenesisBlock, type Genesis, serializeGenesis } from "../../src/chain/index.ts";
import { BugError, EnvironmentError } from "../../src/errors.ts";
import type { Logger } from "../../src/logger.ts";
import { bytesToHex } from "../../src/primitives/index.ts";
import {
  deriveNodeKey,
  ensurePrivateFolder,
  type KeyPurpose,
  writeFileAtomic,
  writeKeyFile,
} from "../../src/wallet/index.ts";
import { nativeSupply, planGenesis } from "../genesis-plan.ts";
import type { Marks } from "../marks.ts";
import type { DevnetPaths } from "../paths.ts";
import type { DevnetPlan } from "../plan.ts";
import type { StepName } from "../state.ts";
import { callRootChain } from "./root-chain-call.ts";
import { keepAnvil, keepExternal, type RootChainEvents, type RootChainKeeper } from "./root-chain-keeper.ts";
import type { RootChainSetup, SetupIo } from "./root-chain-setup.ts";

export interface PrepareOptions {
  readonly plan: DevnetPlan;
  readonly paths: DevnetPaths;
  readonly marks: Marks;
  readonly setup: RootChainSetup;
  readonly rootChainEvents: RootChainEvents;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** Called when a step begins and when it is done. */
  onStep(name: StepName, state: "running" | "done", detail: string): void;
  /** Called right before the root chain is started: frees its port. */
  onRootChainStart(): Promise<void>;
}

export interface Prepared {
  readonly rootChain: RootChainKeeper;
  readonly contracts: Readonly<Record<string, string>>;
}

/** Ether of every key that sends transactions to the root chain. */
const FUNDS_WEI = 1_000n * 10n ** 18n;
/** Ether each of them gets from the first account of a root chain that is not ours to write balances on. */
const EXTERNAL_FUNDS_WEI = 10n * 10n ** 18n;

/**
 * Makes everything a devnet needs before its nodes start: keys, root chain with contracts and stakes, genesis. Goes on
 * where an earlier try got to: what has a mark is on disk. The root chain's part is one mark, because half a deployment
 * is worth nothing; an unfinished one is done again from an empty chain.
 */
export async function prepareDevnet(options: PrepareOptions): Promise<Prepared> {
  const { plan, paths, marks, signal } = options;
  if (!marks.has("keys")) {
    await writeKeys(plan, paths);
    await marks.set("keys", { nodes: plan.nodes.length });
  }
  options.onStep("l1", "running", "");
  const done = marks.get("rootChain");
  if (!done) rmSync(dirname(paths.rootChainState), { recursive: true, force: true });
  await options.onRootChainStart();
  const rootChain = await openRootChain(options, done !== undefined);
  try {
    const contracts = done ? await resume(options, rootChain) : await build(options, rootChain);
    await rootChain.openForBusiness(plan.network.l1.blockTimeMs);
    signal.throwIfAborted();
    return { rootChain, contracts };
  } catch (error) {
    await rootChain.stop().catch(() => {});
    throw error;
  }
}

async function resume(options: PrepareOptions, rootChain: RootChainKeeper): Promise<Readonly<Record<string, string>>> {
  const { plan, paths } = options;
  const contracts = JSON.parse(await readFile(paths.contracts, "utf8")) as Record<string, string>;
  const [first] = Object.values(contracts);
  const code =
    first === undefined ? "0x" : await callRootChain(rootChain.url, "eth_getCode", [first, "latest"], options.signal);
  if (code === "0x" || !existsSync(paths.genesis)) {
    throw new EnvironmentError("KOMA_E_DEVNET_START", "The root chain no longer has this devnet's contracts.", {
      facts: { url: rootChain.url, why: "It was reset, or its saved state was removed." },
      fix: [`koma devnet up --name ${plan.network.name} --fresh`],
    });
  }
  options.onStep("l1", "done", `${describeRootChain(plan)}, resumed`);
  options.onStep("stake", "running", "");
  options.onStep("stake", "done", describeStakes(plan));
  return contracts;
}

async function build(options: PrepareOptions, rootChain: RootChainKeeper): Promise<Readonly<Record<string, string>>> {
  const { plan, paths, marks, setup, signal } = options;
  const { seed, name } = plan.network;
  const io: SetupIo = {
    url: rootChain.url,
    plan,
    deployer: deriveNodeKey(seed, name, "root", "deployer"),
    key: (node, purpose) => deriveNodeKey(seed, name, node, purpose),
    signal,
  };
  await fund(plan, rootChain.url, signal);
  // A second that is still to come: by the chain's first slot its nodes are nearly there.
  const timestamp = BigInt(Math.ceil(Date.now() / 1000));
  let genesis: Genesis | undefined;
  const deployment = await setup.deploy(io, ({ contracts, startBlock, alloc }) => {
    const rootChain = { chainId: BigInt(plan.network.l1.chainId), confirmations: 2, contracts, startBlock };
    genesis = planGenesis(plan, rootChain, alloc, timestamp);
    return { genesisHash: createGenesisBlock(genesis).hash, nativeSupply: nativeSupply(plan) };
  });
  if (!genesis) throw new BugError("the root contracts were deployed without asking for the chain's genesis");
  options.onStep("l1", "done", `${describeRootChain(plan)}, ${Object.keys(deployment.contracts).length} contracts`);

  options.onStep("stake", "running", "");
  await setup.stake(io, deployment);
  await roundBalances(plan, rootChain.url, signal);
  mkdirSync(dirname(paths.genesis), { recursive: true });
  await writeFileAtomic(paths.genesis, serializeGenesis(genesis));
  mkdirSync(dirname(paths.contracts), { recursive: true });
  await writeFileAtomic(paths.contracts, `${JSON.stringify(deployment.contracts, null, 2)}\n`);
  await rootChain.save();
  await marks.set("rootChain", {
    genesisHash: createGenesisBlock(genesis).hash,
    startBlock: deployment.startBlock.toString(),
  });
  options.onStep("stake", "done", describeStakes(plan));
  return deployment.contracts;
}

async function openRootChain(options: PrepareOptions, resumed: boolean): Promise<RootChainKeeper> {
  const { plan, paths, signal, logger, rootChainEvents } = options;
  const { l1, accounts, ports } = plan.network;
  if (l1.engine === "external") {
    const found = Number(await callRootChain(plan.rootChain.url, "eth_chainId", [], signal));
    if (found !== l1.chainId) {
      throw new EnvironmentError(
        "KOMA_E_DEVNET_START",
        `The root chain at ${plan.rootChain.url} has chain id ${found}.`,
        {
          facts: { expected: l1.chainId, found },
          fix: [`--set l1.chainId=${found}`],
        },
      );
    }
    return keepExternal(plan.rootChain.url, rootChainEvents, signal);
  }
  const keeper = await keepAnvil(
    {
      dir: paths.dir,
      host: ports.host,
      port: plan.rootChain.port as number,
      chainId: l1.chainId,
      mnemonic: accounts.mnemonic,
      accounts: accounts.count,
      balanceEth: Number(BigInt(accounts.ethWei) / 10n ** 18n),
      statePath: paths.rootChainState,
      logPath: paths.rootChainLog,
    },
    rootChainEvents,
    logger,
    signal,
  );
  if (resumed && !keeper.resumed) {
    await keeper.stop();
    throw new EnvironmentError("KOMA_E_DEVNET_START", "The saved state of the root chain is gone.", {
      facts: { path: paths.rootChainState },
      fix: [`koma devnet up --name ${plan.network.name} --fresh`],
    });
  }
  return keeper;
}

/** Ether for every key that will send transactions there. */
async function fund(plan: DevnetPlan, url: string, signal: AbortSignal): Promise<void> {
  const addresses = [
    plan.deployer,
    ...plan.nodes.flatMap(({ validator, signer, owner }) => (validator ? [signer, owner] : [])),
  ];
  if (plan.network.l1.engine === "anvil") {
    const balance = `0x${FUNDS_WEI.toString(16)}`;
    await Promise.all(addresses.map((address) => callRootChain(url, "anvil_setBalance", [address, balance], signal)));
    return;
  }
  const { JsonRpcProvider, NonceManager, Wallet } = await import("ethers");
  const { deriveAccounts } = await import("../../src/wallet/index.ts");
  const provider = new JsonRpcProvider(url, undefined, { pollingInterval: 250 });
  try {
    const [first] = deriveAccounts(plan.network.accounts.mnemonic, 1);
    const payer = new NonceManager(new Wallet(bytesToHex(first?.privateKey as Uint8Array), provider));
    // All at once, then wait: a block of a real chain takes seconds.
    const sent = [];
    for (const address of addresses) {
      const missing = EXTERNAL_FUNDS_WEI - (await provider.getBalance(address));
      if (missing > 0n) sent.push(await payer.sendTransaction({ to: address, value: missing }));
    }
    await Promise.all(sent.map((transaction) => transaction.wait()));
  } finally {
    provider.destroy();
  }
}

/** The gas that accounts paid during the preparation is given back: a person counts on round numbers. */
async function roundBalances(plan: DevnetPlan, url: string, signal: AbortSignal): Promise<void> {
  if (plan.network.l1.engine !== "anvil") return;
  await Promise.all(
    plan.accounts.map(({ address, ethWei }) =>
      callRootChain(url, "anvil_setBalance", [address, `0x${BigInt(ethWei).toString(16)}`], signal),
    ),
  );
}

async function writeKeys(plan: DevnetPlan, paths: DevnetPaths): Promise<void> {
  const { seed, name } = plan.network;
  await ensurePrivateFolder(dirname(paths.key("any", "signer")));
  const write = (node: string, purpose: KeyPurpose): Promise<void> =>
    writeKeyFile(paths.key(node, purpose), deriveNodeKey(seed, name, node, purpose));
  const purposes = ["signer", "producer", "owner", "p2p"] as const;
  await Promise.all(plan.nodes.flatMap((node) => purposes.map((purpose) => write(node.name, purpose))));
}

function describeRootChain({ network: { l1 } }: DevnetPlan): string {
  return `${l1.engine === "anvil" ? "anvil" : "external"}, chain ${l1.chainId}`;
}

function describeStakes(plan: DevnetPlan): string {
  const validators = plan.nodes.filter(({ validator }) => validator);
  const stake = validators.reduce((sum, { stakeWei }) => sum + BigInt(stakeWei), 0n) / 10n ** 18n;
  const producers = plan.nodes.filter(({ producer }) => producer).length;
  return `${validators.length} validators, ${stake} KMC, ${producers} producers`;
}
