import { createDepositRelay } from "../bridge/index.ts";
import { type Clock, systemClock } from "../clock.ts";
import type { Logger } from "../logger.ts";
import type { Network } from "../network/index.ts";
import { createRootSetService } from "../rootset/index.ts";
import { createRpcServer, defaultRpcLimits, type RpcServer } from "../rpc/index.ts";
import { createTxPool, devnetPoolRules, standardPoolRules } from "../txpool/index.ts";
import type { NodeCommand } from "./admin-channel.ts";
import { createBehaviours } from "./behaviours.ts";
import { createBlockService } from "./block-service.ts";
import { createBlockSync } from "./block-sync.ts";
import { createChainProgress } from "./chain-progress.ts";
import { createChainView } from "./chain-view.ts";
import { type NodeConfig, rpcAccess } from "./config.ts";
import { createConsensusDriver } from "./consensus-driver.ts";
import { createDepositRecords } from "./deposit-records.ts";
import { endAll } from "./end-all.ts";
import { createNodeEventBus, type NodeEventBus } from "./events.ts";
import { createFaultNews } from "./fault-news.ts";
import { createFinalBlocks } from "./final-blocks.ts";
import { createFinalUnits } from "./final-units.ts";
import { firstPeers } from "./first-peers.ts";
import { createHeardSeals } from "./heard-seals.ts";
import { createHistoryPruning } from "./history-pruning.ts";
import { komaLocalMethods, komaMethods } from "./koma-methods.ts";
import { createNodeApi } from "./node-api.ts";
import { createNodeCheckpoints } from "./node-checkpoints.ts";
import { createNodeMetrics } from "./node-metrics.ts";
import { createNodeNetwork, listenToPeers } from "./node-network.ts";
import { nodeStatus, whyNotReady } from "./node-status.ts";
import { openChain } from "./open-chain.ts";
import { createPaymentView } from "./payment-view.ts";
import { openPoolJournal } from "./pool-journal.ts";
import { createProducerPolicy } from "./producer-policy.ts";
import type { NodeRootChain } from "./root-chain.ts";
import { createRootChainAnswers } from "./root-chain-answers.ts";
import { createRootChainFollower } from "./root-chain-follower.ts";
import { createRootSetReader } from "./root-set-reader.ts";
import { createSealingKeys } from "./sealing-keys.ts";
import { storedBlock } from "./stored-block.ts";
import { createTransactionRelay } from "./transaction-relay.ts";
import { createTransferLinks } from "./transfer-links.ts";
import { createWatchedThresholds } from "./watched-thresholds.ts";
import { shownChain } from "./withholding.ts";

/** A running node. */
export interface Node {
  start(): Promise<void>;
  /** Ends everything in order; what is final is on disk afterwards. */
  stop(): Promise<void>;
  readonly events: NodeEventBus;
  readonly rpc: () => RpcServer;
  readonly network: Network;
  readonly height: () => bigint;
  /** Faults of a devnet. */
  behave(command: Extract<NodeCommand, { type: "behave" }>): void;
  heal(handle: string): void;
}

export interface NodePorts {
  readonly rootChain: NodeRootChain;
  readonly logger: Logger;
  readonly version: string;
  /** Called when the node cannot go on: a durable write failed, or an invariant broke. */
  readonly fatal: (error: unknown) => void;
  readonly clock?: Clock;
  /** Largest size of each database file in pages of 4 KiB; default: as large as the disk. */
  readonly maxDatabasePages?: number;
}

/** The composition root: what a node consists of, and who talks to whom. */
export async function createNode(config: NodeConfig, ports: NodePorts): Promise<Node> {
  const { genesis, genesisHash, signer } = config;
  const { logger, clock = systemClock } = ports;
  const log = (module: string) => logger.child({ module });
  const abort = new AbortController();
  const events = createNodeEventBus();

  // What is kept, and what runs blocks.
  const limits = { ...defaultRpcLimits, ...config.rpc.limits };
  const { store, executor, callThreads } = await openChain(config, {
    limits,
    clock,
    log,
    onFull: ports.fatal,
    maxPages: ports.maxDatabasePages,
  });
  const chain = createChainView(executor, store.blocks);
  const pool = createTxPool(genesis.devnet ? devnetPoolRules(genesis.gasLimit) : standardPoolRules(genesis.gasLimit));
  const depositRecords = createDepositRecords(store.deposits);
  const deposits = createDepositRelay(depositRecords);
  const finalUnits = createFinalUnits(store.meta);
  const policy = createProducerPolicy(pool.rules);
  const rootSets = createRootSetReader(executor);

  // Who it talks to.
  const { version } = ports;
  const network = createNodeNetwork(config, { version, genesisHash, logger: log("network"), clock });

  const blockSync = createBlockSync({
    withheld: (number) => behaviours.withheld(number) === "block",
    chainId: genesis.chainId,
    store,
    executor,
    network,
    clock,
    logger: log("sync"),
  });

  const rootSet = createRootSetService(
    { chainId: genesis.chainId, ...(signer ? { signer } : {}) },
    {
      newestSet: (every) => ports.rootChain.newestSet(every),
      recorded: () => rootSets.recorded(executor.finalHead.hash),
      recordedWork: () => rootSets.recordedWork(executor.finalHead.hash),
      isFinal: (block) => store.blocks.numberOf(block) !== undefined,
      broadcast: (payload) => network.broadcast("rootset", payload),
      fatal: ports.fatal,
      logger: log("rootset"),
    },
  );

  // Blocks and consensus.
  const behaviours = createBehaviours(
    {
      name: config.name,
      devnet: config.devnet,
      chainId: genesis.chainId,
      ...(signer ? { signer } : {}),
      ...(config.producers ? { producers: config.producers } : {}),
    },
    {
      executor,
      events,
      logger: log("faults"),
      deposit: (id) => depositRecords.deposit(id),
      banned: () => follower.newestBan(),
    },
  );
  const blocks = createBlockService(genesis, {
    executor,
    sealing: createSealingKeys(config, { meta: store.meta, logger: log("blocks") }),
    pool,
    deposits,
    rootSetDue(parent) {
      const recorded = rootSets.recorded(parent);
      return recorded && rootSet.due(recorded);
    },
    workDue(parent) {
      const recorded = rootSets.recorded(parent);
      const { number: height } = executor.headerAt(parent);
      return recorded && rootSet.workDue(recorded, { height, upTo: rootSets.recordedWork(parent) });
    },
    isFinal: (block) => store.blocks.numberOf(block) !== undefined,
    block: (unit) => storedBlock(unit, driver, store.units),
    isBanned: (block) => follower.isBanned(block),
    faults: (block) => behaviours.blockFaults(block),
    proposed: (block) => behaviours.proposed(chain.header(block)?.number ?? 0n),
    now: () => clock.now(),
    logger: log("blocks"),
  });
  const thresholds = createWatchedThresholds(config.thresholds, {
    meta: store.meta,
    onChange() {
      driver.watch();
      progress.watch({
        thresholds: thresholds.list(),
        isKept: (fraction) => thresholds.isKept(fraction),
        reached: (fraction) => driver.finalAt(fraction),
      });
    },
  });
  const progress = createChainProgress(thresholds.list(), {
    executor,
    store,
    chain,
    blocks,
    pool,
    finalUnits,
    policy,
    events,
    consensus: () => ({
      confidence: (block) => driver.confidence(block),
      totalWeight: driver.core.instance.committee.total,
    }),
    now: () => clock.now(),
    publish: {
      headChanged(change) {
        relay.headMoved();
        publisher.headChanged(change);
      },
      final: (fraction, block) => publisher.final(fraction, block),
    },
    onFinalized() {
      pruning.poke();
      checkpoints.poke();
      rootSet.poke();
    },
    onEraEnded: (instance, switchBlock, hash) => driver.endEra(instance, switchBlock, hash),
    fatal: ports.fatal,
    logger: log("chain"),
  });
  const faults = createFaultNews({ store, events, logger: log("consensus") });
  const seals = createHeardSeals(genesis.chainId, { events, logger: log("consensus") });
  const driver = createConsensusDriver(
    {
      genesis,
      genesisHash,
      thresholds: () => thresholds.list(),
      pruneConsensus: config.pruneConsensus,
      ...(signer ? { signer } : {}),
    },
    {
      clock,
      network,
      store,
      units: store.units,
      signatures: store.signatures,
      heard: seals.hear,
      contradiction: (message, instance) => behaviours.contradiction(message, instance),
      blocks,
      finalUnits,
      blockSync,
      staked: (block) => rootSets.staked(block),
      eraEnded: (work) => rootSet.eraEnded(work),
      settled: () => progress.settled(),
      onVouched: (committed) => progress.imported(committed, "validators"),
      onFinalityConflict: faults.finalityConflict,
      listener: {
        headChanged: (head) => progress.headChanged(head),
        executed: () => progress.executed(),
        finalized: (effect, instance) => progress.finalized(effect, instance),
        faultReported: faults.reported,
        alarmed(alarm, instance) {
          if (alarm.cause !== "thresholdExceeded") return;
          publisher.exceeded(alarm.fraction, alarm.faultyWeight, instance.committee.total);
        },
        fatal: ports.fatal,
      },
      logger: log("consensus"),
    },
  );

  // Checkpoints, and what the root chain says.
  const finalBlocks = createFinalBlocks(store);
  const pruning = createHistoryPruning(config.storage, {
    store,
    rootChain: ports.rootChain,
    finalHeight: () => executor.finalHead.number,
    instance: () => driver.core.instance,
    clock,
    logger: log("pruning"),
    fatal: ports.fatal,
  });
  const checkpoints = createNodeCheckpoints(config, {
    rootChain: ports.rootChain.checkpoints,
    generation: () => driver.core.instance.generation,
    executor,
    finalBlocks,
    behaviours,
    deposits,
    signatures: store.signatures,
    broadcast: (payload) => network.broadcast("checkpoint", payload),
    clock,
    logger: log("checkpoint"),
  });
  const answers = createRootChainAnswers(ports.rootChain, {
    block: (number) => finalBlocks.archived(number),
    keptFrom: () => store.blocks.transactionsStart(),
    withholds: (number) => behaviours.withheld(number) !== undefined,
    clock,
    log,
    signal: abort.signal,
  });
  const follower = createRootChainFollower(genesis, {
    ...answers.listeners,
    rootChain: ports.rootChain,
    store,
    deposits: depositRecords,
    executor,
    blockSync,
    chain,
    progress: () => progress,
    driver: () => driver,
    checkpoints: () => checkpoints,
    moved: () => rootSet.rootChainMoved(),
    events,
    fatal: ports.fatal,
    logger: log("rootchain"),
  });

  // Clients.
  const payments = createPaymentView(chain, store);
  const relay = createTransactionRelay({
    chainId: genesis.chainId,
    pool,
    journal: openPoolJournal(config.dataDir, pool.rules, log("pool")),
    payments,
    chain,
    executor,
    network,
    clock,
    events,
    publish: (transaction) => publisher.pendingTransaction(transaction),
  });
  const startedAt = clock.now();
  const status = () =>
    nodeStatus({ config, version, chain, executor, driver, checkpoints, network, pool, clock, startedAt, store });
  const shown = shownChain(chain, behaviours.withheld);
  const publisher = createNodeApi({
    genesis,
    clientVersion: version,
    chain: shown,
    executor,
    store,
    ...(limits.callThreads > 0 ? { storedLogs: (filter) => callThreads.logs(filter) } : {}),
    maxTraceBytes: limits.maxTraceBytes,
    pool,
    thresholds,
    finalAt: (fraction) => progress.finalAt(fraction),
    confidence: (block) => progress.confidence(block),
    submit: (raw) => relay.submit(raw),
    peerCount: () => network.peers().length,
    syncing: () => driver.syncing(),
    status,
    local: komaLocalMethods(thresholds),
    readiness: () => whyNotReady({ expectsPeers: config.p2p.peers.length > 0, chain, driver, network, clock }),
    metrics: () => metrics.read(),
    extra: komaMethods({
      genesis,
      genesisHash,
      chain: shown,
      driver,
      finalAt: (fraction) => progress.finalAt(fraction),
      clock,
      store,
      doubleVotes: () => checkpoints.doubleVotes(),
      doubleSeals: () => seals.found(),
      signedBlocks: (interval) => behaviours.signedBlocks(finalBlocks.headers(interval)),
      pool,
      policy,
      payments,
      executor,
      submit: (raw) => relay.submit(raw),
      links: createTransferLinks({ chainId: genesis.chainId, payments, store }),
    }),
  });
  const metrics = createNodeMetrics({ version, chain, executor, driver, network, pool, callThreads, clock, events });
  let rpc: RpcServer | undefined;

  return {
    events,
    network,
    rpc: () => rpc as RpcServer,
    height: () => chain.head.header.number,
    behave: (command) => behaviours.begin(command),
    heal: (handle) => behaviours.end(handle),

    async start() {
      listenToPeers(network, { driver, blockSync, checkpoints, rootSet, events });
      await relay.start();
      await network.start();
      rpc = await createRpcServer({
        host: config.rpc.host,
        port: config.rpc.port,
        api: publisher.api,
        logger: log("rpc"),
        clock,
        limits,
        ...rpcAccess(config),
      });
      // The first thing a validator says is that it is there; said to nobody, it would be repeated a long round later.
      await firstPeers(network, config.p2p.peers.length);
      driver.start();
      follower.start(abort.signal);
      answers.start();
      checkpoints.start();
    },

    async stop() {
      abort.abort();
      pruning.stop();
      await endAll([
        () => rpc?.close(),
        () => callThreads.close(),
        () => metrics.stop(),
        () => relay.stop(),
        () => checkpoints.stop(),
        () => rootSet.stop(),
        // It may be in the middle of a rollback, which opens an instance.
        () => follower.stopped(),
        () => answers.stopped(),
        () => driver.stop(),
        () => progress.settled(),
        () => network.stop(),
        () => store.close(),
      ]);
    },
  };
}
