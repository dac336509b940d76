import { type Logger, silentLogger } from "../logger.ts";
import { type Address, type Bytes, type Hash, parseHash, zeroAddress } from "../primitives/index.ts";
import { loadArtifacts } from "./artifacts.ts";
import { type Challenges, openChallenges } from "./challenges.ts";
import { type Checkpoints, openCheckpoints } from "./checkpoints.ts";
import { type DataDemands, openDataDemands } from "./data-demands.ts";
import { type Delegations, openDelegations } from "./delegations.ts";
import { type RootContracts, requireRootContracts } from "./deployment-plan.ts";
import { type Deposits, openDeposits } from "./deposits.ts";
import { type Elections, openElections } from "./elections.ts";
import { createEventLog, type EventCursor, type EventLog } from "./event-log.ts";
import { type EventReader, type Exits, openExits } from "./exits.ts";
import { type InteractiveChallenges, openInteractiveChallenges } from "./interactive-challenges.ts";
import { createRootRpc, type RootRpc } from "./json-rpc.ts";
import { malformedAnswer, readQuantity, readRecord } from "./quantity.ts";
import { openRegistry, type Registry } from "./registry.ts";
import { openRewards, type Rewards } from "./rewards.ts";
import { createRootClientContext } from "./root-client.ts";
import { createEventDecoder } from "./root-event.ts";
import { openRootToken, type RootToken } from "./root-token.ts";
import { openStakes, type Stakes } from "./stakes.ts";
import {
  createDryRunSender,
  createTransactionSender,
  type TransactionSender,
  type TransactionSenderOptions,
} from "./transaction-sender.ts";
import { openWorkRewards, type WorkRewards } from "./work-rewards.ts";

export interface ConnectRootChainOptions {
  readonly url: string;
  /** As the network's genesis names them. */
  readonly contracts: Readonly<Record<string, Address>>;
  /** Account that pays for what is sent; without it the client only reads. */
  readonly signerKey?: Bytes;
  /** Account that dry runs are tried as, default: that of `signerKey`. */
  readonly dryRunAs?: Address;
  readonly logger?: Logger;
  /** Milliseconds until a request is given up, default 20,000. */
  readonly timeoutMs?: number;
  readonly confirmTimeoutMs?: TransactionSenderOptions["confirmTimeoutMs"];
}

/** The root contracts in groups. */
export interface RootContractGroups {
  readonly stakes: Stakes;
  readonly delegations: Delegations;
  readonly rewards: Rewards;
  readonly registry: Registry;
  readonly elections: Elections;
  readonly checkpoints: Checkpoints;
  readonly deposits: Deposits;
  readonly exits: Exits;
  readonly challenges: Challenges;
  /** @throws {UserError} KOMA_E_ROOTCHAIN_CONTRACT_MISSING on a network without such challenges */
  interactive(): InteractiveChallenges;
  /** @throws {UserError} KOMA_E_ROOTCHAIN_CONTRACT_MISSING on a network where no data can be demanded */
  demands(): DataDemands;
  /** @throws {UserError} KOMA_E_ROOTCHAIN_CONTRACT_MISSING on a network that pays for no work */
  work(): WorkRewards;
  readonly kmc: RootToken;
  /** Any ERC-20 of the root chain. */
  token(address: Address): RootToken;
}

export interface RootChain extends RootContractGroups {
  readonly url: string;
  readonly contracts: RootContracts;
  /** Account that sends; undefined for a client that only reads. */
  readonly account: Address | undefined;
  /** The same groups, whose writes are judged by the node and not sent: `gasUsed` is the estimate, `hash` undefined. */
  readonly dryRun: RootContractGroups;
  chainId(signal?: AbortSignal): Promise<bigint>;
  /** Newest block; `timestamp` in seconds. */
  head(signal?: AbortSignal): Promise<{ readonly number: bigint; readonly timestamp: number }>;
  /** A block that the root chain has; `timestamp` in seconds. */
  block(
    number: bigint,
    signal?: AbortSignal,
  ): Promise<{ readonly number: bigint; readonly hash: Hash; readonly timestamp: number }>;
  /** Time of a block, seconds. */
  timeOf(block: bigint, signal?: AbortSignal): Promise<bigint>;
  /** Wei of Ether. */
  etherOf(account: Address): Promise<bigint>;
  /** Past events of one kind, unconfirmed ones included; what must be certain is read from {@link watch}. */
  readonly events: EventReader;
  watch(options: {
    readonly from: EventCursor | bigint;
    readonly confirmations: number;
    readonly pollMs?: number;
    readonly maxRange?: number;
  }): EventLog;
}

/**
 * A typed client of the root contracts. Nothing is asked of the root chain before the first call.
 *
 * @throws {UserError} KOMA_E_ROOTCHAIN_URL, KOMA_E_PRIVATE_KEY_MALFORMED, KOMA_E_ROOTCHAIN_CONTRACT_MISSING
 * @throws {EnvironmentError} KOMA_E_CONTRACTS_NOT_BUILT
 */
export function connectRootChain(options: ConnectRootChainOptions): RootChain {
  const { url, signerKey } = options;
  const contracts = requireRootContracts(options.contracts);
  const logger = options.logger ?? silentLogger;
  const artifacts = loadArtifacts();
  const rpc = createRootRpc(url, options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs });
  const sender = signerKey
    ? createTransactionSender({
        rpc,
        key: signerKey,
        logger,
        ...(options.confirmTimeoutMs === undefined ? {} : { confirmTimeoutMs: options.confirmTimeoutMs }),
      })
    : undefined;
  const events = createEventReader(rpc, contracts);

  function groups(by: TransactionSender | undefined): RootContractGroups {
    const context = createRootClientContext({ rpc, contracts, artifacts, sender: by });
    return {
      stakes: openStakes(context, signerKey),
      delegations: openDelegations(context),
      rewards: openRewards(context),
      registry: openRegistry(context),
      elections: openElections(context),
      checkpoints: openCheckpoints(context),
      deposits: openDeposits(context, signerKey),
      exits: openExits(context, events),
      challenges: openChallenges(context),
      interactive: openInteractiveChallenges(context, events),
      demands: openDataDemands(context, events),
      work: () => openWorkRewards(context),
      kmc: openRootToken(context, contracts.KMC),
      token: (address) => openRootToken(context, address),
    };
  }

  return {
    ...groups(sender),
    url,
    contracts,
    account: sender?.address,
    dryRun: groups(createDryRunSender(rpc, options.dryRunAs ?? sender?.address ?? zeroAddress)),
    chainId: async (signal) => readQuantity(await rpc.request("eth_chainId", [], signal), "chain id"),
    async head(signal) {
      const block = readRecord(await rpc.request("eth_getBlockByNumber", ["latest", false], signal), "block");
      return {
        number: readQuantity(block["number"], "block number"),
        timestamp: Number(readQuantity(block["timestamp"], "time")),
      };
    },
    async block(number, signal) {
      const answer = await rpc.request("eth_getBlockByNumber", [`0x${number.toString(16)}`, false], signal);
      const block = readRecord(answer, "block");
      return {
        number,
        hash: parseHash(String(block["hash"])),
        timestamp: Number(readQuantity(block["timestamp"], "time")),
      };
    },
    async timeOf(number, signal) {
      const selector = `0x${number.toString(16)}`;
      const block = readRecord(await rpc.request("eth_getBlockByNumber", [selector, false], signal), "block");
      return readQuantity(block["timestamp"], "time");
    },
    etherOf: async (account) => readQuantity(await rpc.request("eth_getBalance", [account, "latest"]), "balance"),
    events,
    watch: (watch) => createEventLog({ rpc, contracts, artifacts, logger, ...watch }),
  };
}

function createEventReader(rpc: RootRpc, contracts: RootContracts): EventReader {
  const decoder = createEventDecoder(contracts, loadArtifacts());
  return async ({ contract, event, fromBlock, indexed = [] }) => {
    const topic = decoder.topicOf(contract, event);
    const address = contracts[contract];
    if (topic === undefined || address === undefined) throw malformedAnswer(`event ${contract}.${event}`);
    const filter = {
      fromBlock: `0x${fromBlock.toString(16)}`,
      toBlock: "latest",
      address,
      topics: [topic, ...indexed],
    };
    const logs = await rpc.request("eth_getLogs", [filter]);
    if (!Array.isArray(logs)) throw malformedAnswer("list of logs");
    return logs.map((log) => decoder.decode(log)).filter((decoded) => decoded !== undefined);
  };
}
