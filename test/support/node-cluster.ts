import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Genesis,
  type GenesisAccount,
  serializeGenesis,
  signTransaction,
  type Transaction,
} from "../../src/chain/index.ts";
import type { Clock } from "../../src/clock.ts";
import type { LogFacts, Logger, LogLevel } from "../../src/logger.ts";
import { peerAddress, peerIdOf } from "../../src/network/index.ts";
import { loadConfig } from "../../src/node/config.ts";
import { type StorageMode, serializeNodeConfigFile } from "../../src/node/config-file.ts";
import { createNode, type Node } from "../../src/node/create-node.ts";
import type { NodeEvent } from "../../src/node/events.ts";
import {
  type Address,
  addressOfKey,
  type Bytes,
  bytesToHex,
  type Hash,
  keccak256,
  utf8,
} from "../../src/primitives/index.ts";
import { predeployAddresses, predeployAlloc, type RootSeat } from "../../src/rootchain/index.ts";
import { createRpcClient, type RpcClient, type RpcLimits } from "../../src/rpc/index.ts";
import { ScriptedRootChain } from "./scripted-root-chain.ts";

export const clusterChainId = 80_401n;
export const coin = 10n ** 18n;
const STAKE = 100n * coin;
/** Native coins that deposits are paid from. */
export const NATIVE_POOL = 1_000_000n * coin;
const KMC = `0x${"cc".repeat(20)}` as Address;
const CHECKPOINT_MANAGER = `0x${"11".repeat(20)}` as Address;

/** A key that the genesis funds. */
export interface FundedAccount {
  readonly key: Bytes;
  readonly address: Address;
}

export function fundedAccount(name: string): FundedAccount {
  const key = keccak256(utf8(`koma cluster account ${name}`));
  return { key, address: addressOfKey(key) };
}

export const alice = fundedAccount("alice");
export const bob = fundedAccount("bob");

export interface ClusterOptions {
  /** Limits of each node's JSON-RPC that differ from the defaults. */
  readonly rpcLimits?: Partial<RpcLimits>;
  /** Validators of equal stake, all producers. Default 4. */
  readonly nodes?: number;
  /** How many of the nodes are in the genesis; the others only follow at first. Default: all. */
  readonly validators?: number;
  readonly checkpointEvery?: number;
  /** From a rejection to the first slot of the recovery instance. Default 2000. */
  readonly recoveryDelayMs?: number;
  /** Blocks of an era. Default 32. */
  readonly eraMinBlocks?: number;
  /** Default: the machine's. */
  readonly clock?: Clock;
  /** What each node keeps of the past. Default: as the node's own on a devnet. */
  readonly storage?: StorageMode;
  /** Asked at each start of a node: where its database files stop to grow, as on a full disk, in pages of 4 KiB. */
  readonly maxDatabasePages?: () => number | undefined;
  /** The rules of pools are those of a public chain, not of a devnet. */
  readonly publicChain?: boolean;
  /** Do not start the nodes. */
  readonly stopped?: boolean;
}

/** One validator of the cluster: a folder and ports that survive its stops, and what its lives so far have said. */
export interface ClusterNode {
  readonly index: number;
  readonly name: string;
  readonly folder: string;
  readonly dataDir: string;
  readonly signer: FundedAccount;
  readonly peerId: string;
  readonly p2pPort: number;
  /** Undefined while it is stopped. */
  readonly running: Node | undefined;
  /** Every event since the cluster began, over all lives. */
  readonly events: readonly NodeEvent[];
  readonly log: readonly LogEntry[];
  /** The running node. */
  node(): Node;
  rpc(): RpcClient;
}

export interface LogEntry {
  readonly level: LogLevel;
  readonly facts: LogFacts;
  readonly sentence: string;
}

export interface NodeCluster {
  readonly nodes: readonly ClusterNode[];
  readonly genesis: Genesis;
  readonly rootChain: ScriptedRootChain;
  at(index: number): ClusterNode;
  /** Why nodes gave up since the last call; those that are not taken fail the next wait. */
  takeFatals(): readonly unknown[];
  /** Nodes that run now. */
  running(): readonly ClusterNode[];
  start(...indexes: readonly number[]): Promise<void>;
  stop(...indexes: readonly number[]): Promise<void>;
  /**
   * Ends a node as a power cut would end its process: what it finds at its next start is what stood in its files at
   * that moment, and nothing it did later was heard by anybody.
   */
  crash(index: number): Promise<void>;
  /** Waits until the condition holds. Fails when a node gives up meanwhile, or after the limit. */
  until(what: string, condition: () => boolean | Promise<boolean>, limitMs?: number): Promise<void>;
  dispose(): Promise<void>;
}

/** Generous: the machine may be busy with other things. */
const LIMIT_MS = 60_000;
const POLL_MS = 25;

/** Real nodes in this process, with real sockets, stores and EVM, on a {@link ScriptedRootChain}. */
export async function startCluster(options: ClusterOptions = {}): Promise<NodeCluster> {
  const count = options.nodes ?? 4;
  const root = mkdtempSync(join(tmpdir(), "koma-cluster-"));
  const signers = Array.from({ length: count }, (_, index) => fundedAccount(`validator ${index}`));
  const identities = signers.map(({ key }) => keccak256(key));
  const ports = await freePorts(2 * count);
  const genesis = genesisOf(signers, options);
  writeFileSync(join(root, "genesis.json"), serializeGenesis(genesis));

  const rootChain = new ScriptedRootChain({
    chainId: genesis.chainId,
    domain: { rootChainId: genesis.rootChain.chainId, contract: CHECKPOINT_MANAGER },
    seats: seatsOf(signers.slice(0, options.validators ?? count)),
  });
  const fatals: { readonly name: string; readonly error: unknown }[] = [];

  const nodes = signers.map((signer, index): Controlled => {
    const name = `validator-${index}`;
    const folder = join(root, name);
    mkdirSync(folder);
    writeFileSync(join(folder, "identity.key"), bytesToHex(identities[index] as Bytes));
    writeFileSync(join(folder, "signer.key"), bytesToHex(signer.key));
    writeFileSync(join(folder, "producer.key"), bytesToHex(producerKeyOf(signer).key));
    const p2pPort = ports[index] as number;
    const peers = identities.map((key, i) => peerAddress("127.0.0.1", ports[i] as number, peerIdOf(key)));
    writeFileSync(
      join(folder, "config.json"),
      serializeNodeConfigFile({
        version: 1,
        name,
        genesis: join(root, "genesis.json"),
        dataDir: "data",
        rpc: {
          host: "127.0.0.1",
          port: ports[count + index] as number,
          ...(options.rpcLimits ? { limits: options.rpcLimits } : {}),
        },
        p2p: {
          host: "127.0.0.1",
          port: p2pPort,
          peers: peers.filter((_, i) => i !== index),
          identityKeyFile: "identity.key",
        },
        signer: { keyFile: "signer.key" },
        producer: { keyFile: "producer.key" },
        rootChain: { url: "http://127.0.0.1:1" },
        devnet: true,
        log: { file: "node.ndjson", level: "info" },
        thresholds: [1 / 3, 0.5, 0.8],
        ...(options.storage ? { storage: options.storage } : {}),
      }),
    );
    return new Controlled(
      { index, name, folder, signer, peerId: peerIdOf(identities[index] as Bytes), p2pPort },
      {
        rootChain,
        fatal: (error) => fatals.push({ name, error }),
        ...(options.clock ? { clock: options.clock } : {}),
        ...(options.maxDatabasePages ? { maxDatabasePages: options.maxDatabasePages } : {}),
      },
    );
  });
  const at = (index: number): Controlled => nodes[index] as Controlled;

  const cluster: NodeCluster = {
    nodes,
    genesis,
    rootChain,
    at,
    takeFatals: () => fatals.splice(0).map(({ error }) => error),
    running: () => nodes.filter((node) => node.running),
    async start(...indexes) {
      await Promise.all(indexes.map((index) => at(index).start()));
    },
    async stop(...indexes) {
      await Promise.all(indexes.map((index) => at(index).stop()));
    },
    crash: (index) => at(index).crash(),
    async until(what, condition, limitMs = LIMIT_MS) {
      const end = Date.now() + limitMs;
      for (;;) {
        const [gaveUp] = fatals;
        if (gaveUp) throw new Error(`${gaveUp.name} gave up while waiting until ${what}`, { cause: gaveUp.error });
        if (await condition()) return;
        if (Date.now() > end) throw new Error(`not within ${limitMs} ms: ${what}\n${describe(nodes)}`);
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      }
    },
    async dispose() {
      await Promise.all(nodes.map((node) => node.stop()));
      rmSync(root, { recursive: true, force: true });
    },
  };
  if (!options.stopped) {
    try {
      await cluster.start(...nodes.keys());
    } catch (error) {
      await cluster.dispose();
      throw error;
    }
  }
  return cluster;
}

interface LifePorts {
  readonly rootChain: ScriptedRootChain;
  readonly fatal: (error: unknown) => void;
  readonly clock?: Clock;
  readonly maxDatabasePages?: () => number | undefined;
}

/** A node that can be started more than once. */
class Controlled implements ClusterNode {
  readonly index: number;
  readonly name: string;
  readonly folder: string;
  readonly dataDir: string;
  readonly signer: FundedAccount;
  readonly peerId: string;
  readonly p2pPort: number;
  readonly events: NodeEvent[] = [];
  readonly log: LogEntry[] = [];
  readonly #ports: LifePorts;
  running: Node | undefined;
  #client: RpcClient | undefined;
  #deafen: () => void = () => {};

  constructor(
    identity: Pick<ClusterNode, "index" | "name" | "folder" | "signer" | "peerId" | "p2pPort">,
    ports: LifePorts,
  ) {
    this.index = identity.index;
    this.name = identity.name;
    this.folder = identity.folder;
    this.dataDir = join(identity.folder, "data");
    this.signer = identity.signer;
    this.peerId = identity.peerId;
    this.p2pPort = identity.p2pPort;
    this.#ports = ports;
  }

  node(): Node {
    if (!this.running) throw new Error(`${this.name} is stopped`);
    return this.running;
  }

  rpc(): RpcClient {
    this.#client ??= createRpcClient(this.node().rpc().url);
    return this.#client;
  }

  async start(): Promise<void> {
    if (this.running) throw new Error(`${this.name} runs already`);
    const pages = this.#ports.maxDatabasePages?.();
    const node = await createNode(loadConfig(this.folder), {
      rootChain: this.#ports.rootChain.for(this.index),
      logger: this.#logger({}),
      version: "koma/test",
      fatal: (error) => this.#ports.fatal(error),
      ...(this.#ports.clock ? { clock: this.#ports.clock } : {}),
      ...(pages === undefined ? {} : { maxDatabasePages: pages }),
    });
    this.#deafen = node.events.subscribe((event) => this.events.push(event));
    this.running = node;
    await node.start();
  }

  async stop(): Promise<void> {
    const node = this.running;
    this.running = undefined;
    await this.#client?.close();
    this.#client = undefined;
    await node?.stop();
  }

  async crash(): Promise<void> {
    const node = this.node();
    const image = `${this.dataDir}.crashed`;
    // Both in one turn of the event loop: from here on it is heard by nobody, and this is what its files hold now.
    const offline = node.network.stop();
    this.#deafen();
    cpSync(this.dataDir, image, { recursive: true });
    await offline;
    await this.stop();
    rmSync(this.dataDir, { recursive: true });
    cpSync(image, this.dataDir, { recursive: true });
    rmSync(image, { recursive: true });
  }

  #logger(context: LogFacts): Logger {
    const write = (level: LogLevel) => (facts: LogFacts, sentence: string) => {
      const entry = { level, facts: { ...context, ...facts }, sentence };
      this.log.push(entry);
      if (process.env["KOMA_TEST_LOG"]) process.stderr.write(`${this.name} ${formatEntry(entry)}\n`);
    };
    return {
      error: write("error"),
      warn: write("warn"),
      info: write("info"),
      debug: () => {},
      child: (facts) => this.#logger({ ...context, ...facts }),
    };
  }
}

/** A transfer that any node takes while the base fee is near its start. */
export function transfer(
  from: FundedAccount,
  fields: { readonly nonce: bigint; readonly to: Address; readonly value: bigint },
): Transaction {
  return signTransaction(
    {
      type: 2,
      chainId: clusterChainId,
      gasLimit: 21_000n,
      maxFeePerGas: 10n ** 11n,
      maxPriorityFeePerGas: 10n ** 9n,
      data: new Uint8Array(0),
      accessList: [],
      ...fields,
    },
    from.key,
  );
}

/** Hash of a final or unfinal block of a node's chain, by its number. */
export async function blockHash(node: ClusterNode, number: bigint): Promise<Hash | undefined> {
  const block = await node.rpc().request<{ hash: Hash } | null>("eth_getBlockByNumber", [number, false]);
  return block?.hash;
}

/** Height of the newest block that is final at 1/3. */
export async function finalHeight(node: ClusterNode): Promise<bigint> {
  const block = await node.rpc().request<{ number: string }>("eth_getBlockByNumber", ["finalized", false]);
  return BigInt(block.number);
}

export async function balanceOf(node: ClusterNode, address: Address): Promise<bigint> {
  return BigInt(await node.rpc().request<string>("eth_getBalance", [address, "latest"]));
}

/** Events of one kind, in order. */
export function eventsOf<K extends NodeEvent["type"]>(
  node: ClusterNode,
  type: K,
  from = 0,
): readonly Extract<NodeEvent, { type: K }>[] {
  return node.events.slice(from).filter((event): event is Extract<NodeEvent, { type: K }> => event.type === type);
}

function genesisOf(signers: readonly FundedAccount[], options: ClusterOptions): Genesis {
  const rich: GenesisAccount = { balance: 1_000n * coin };
  const validators = options.validators ?? signers.length;
  return {
    version: 1,
    chainId: clusterChainId,
    name: "main",
    timestamp: BigInt(Math.floor((options.clock?.now() ?? Date.now()) / 1000)),
    gasLimit: 30_000_000n,
    baseFeePerGas: 1_000_000_000n,
    alloc: {
      ...predeployAlloc({ nativePoolWei: NATIVE_POOL, kmc: KMC, seats: seatsOf(signers.slice(0, validators)) }),
      ...Object.fromEntries(
        [alice, bob, ...signers, ...signers.map(producerKeyOf)].map(({ address }) => [address, rich]),
      ),
    },
    validators: signers.slice(0, validators).map(({ address }, index) => ({
      name: `validator-${index}`,
      signer: address,
      stake: STAKE,
      producer: true,
    })),
    consensus: {
      baseRoundMs: 1_000,
      maxRoundExp: 0,
      eraMinBlocks: options.eraMinBlocks ?? 32,
      eraMinMs: 0,
      weightScale: 1_000_000,
      maxLevel: 20,
      openGapSlots: 4,
      maxValidators: 16,
      recoveryDelayMs: options.recoveryDelayMs ?? 2_000,
    },
    checkpoint: { every: options.checkpointEvery ?? 4_096, proposerTimeoutMs: 5_000 },
    rootChain: {
      chainId: 31_337n,
      confirmations: 2,
      contracts: { CheckpointManager: CHECKPOINT_MANAGER },
      startBlock: 1n,
    },
    devnet: !options.publicChain,
  };
}

/** The other key that a node of the cluster can seal blocks with. */
export function producerKeyOf({ key }: Pick<FundedAccount, "key">): Pick<FundedAccount, "key" | "address"> {
  const producerKey = keccak256(keccak256(key));
  return { key: producerKey, address: addressOfKey(producerKey) };
}

/** What the root chain says of validators with equal stakes, in the order of their seats. */
export function seatsOf(signers: readonly Pick<FundedAccount, "address">[], power = STAKE): readonly RootSeat[] {
  return signers.map(({ address }, seat) => ({ seat, signer: address, power, producer: true }));
}

export const childBridge: Address = predeployAddresses.ChildBridge;

/** Ports that were free a moment ago; all are held until the last one is known. */
async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<Server>((resolve, reject) => {
          const server = createServer();
          server.on("error", reject);
          server.listen(0, "127.0.0.1", () => resolve(server));
        }),
    ),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** For the message of a wait that failed: where everybody stands and what they complained about. */
function describe(nodes: readonly ClusterNode[]): string {
  return nodes
    .map((node) => {
      const height = node.running
        ? `head ${node.running.height()}, ${node.running.network.peers().length} peers`
        : "stopped";
      const complaints = node.log.filter(({ level }) => level === "error" || level === "warn").slice(-8);
      return [`${node.name}: ${height}`, ...complaints.map((entry) => `  ${formatEntry(entry)}`)].join("\n");
    })
    .join("\n");
}

function formatEntry({ level, facts, sentence }: LogEntry): string {
  const text = JSON.stringify(facts, (_, value) =>
    typeof value === "bigint" ? value.toString() : value instanceof Error ? value.stack : value,
  );
  return `${level} ${sentence} ${text}`;
}
