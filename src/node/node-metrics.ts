import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Clock } from "../clock.ts";
import type { Executor } from "../execution/index.ts";
import type { Network } from "../network/index.ts";
import { type Metric, single } from "../rpc/index.ts";
import type { TxPool } from "../txpool/index.ts";
import type { CallThreads } from "./call-threads.ts";
import type { ChainView } from "./chain-view.ts";
import type { ConsensusDriver } from "./consensus-driver.ts";
import type { NodeEventBus } from "./events.ts";

export interface NodeMetricsParts {
  readonly version: string;
  readonly chain: ChainView;
  readonly executor: Executor;
  readonly driver: ConsensusDriver;
  readonly network: Network;
  readonly pool: TxPool;
  readonly callThreads: CallThreads;
  readonly clock: Clock;
  readonly events: NodeEventBus;
}

/** What a node tells Prometheus of itself, beside its JSON-RPC server. */
export function createNodeMetrics(parts: NodeMetricsParts): { read(): readonly Metric[]; stop(): void } {
  const { version, chain, executor, driver, network, pool, callThreads, clock, events } = parts;
  // 20 ms, the longest that one piece of work may hold the loop, so anything above shows.
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  let finalTransactions = 0;
  const unsubscribe = events.subscribe((event) => {
    if (event.type === "blockFinalized") finalTransactions += event.transactions;
  });
  return {
    read() {
      const { header } = chain.head;
      const { pending, queued } = pool.status();
      const committee = driver.core.instance;
      const threads = callThreads.status();
      const { rss, heapUsed, external } = process.memoryUsage();
      const { user, system } = process.cpuUsage();
      const metrics: Metric[] = [
        { name: "koma_info", help: "The node.", type: "gauge", samples: [{ labels: { version }, value: 1 }] },
        single("koma_head_height", "gauge", "Height of the head of the fork choice.", Number(header.number)),
        single("koma_final_height", "gauge", "Height of the newest final block.", Number(executor.finalHead.number)),
        single(
          "koma_final_transactions_total",
          "counter",
          "Transactions of the blocks that became final since the node started.",
          finalTransactions,
        ),
        single(
          "koma_head_age_seconds",
          "gauge",
          "Time since the timestamp of the head.",
          clock.now() / 1000 - Number(header.timestamp),
        ),
        single("koma_base_fee_wei", "gauge", "Base fee of the head, wei per gas.", Number(header.baseFeePerGas)),
        single(
          "koma_head_gas_ratio",
          "gauge",
          "Fullness of the head.",
          Number(header.gasUsed) / Number(header.gasLimit),
        ),
        single("koma_peers", "gauge", "Connected peers.", network.peers().length),
        {
          name: "koma_pool_transactions",
          help: "Transactions of the pool: ready for a block, or waiting for an earlier nonce.",
          type: "gauge",
          samples: [
            { labels: { state: "pending" }, value: pending },
            { labels: { state: "queued" }, value: queued },
          ],
        },
        {
          name: "koma_pool_rejected_total",
          help: "Transactions that the pool refused or dropped, by the rule that they broke.",
          type: "counter",
          samples: [...pool.dropCounts()].map(([rule, value]) => ({ labels: { rule }, value })),
        },
        single("koma_era", "gauge", "Number of the era.", committee.era),
        single("koma_call_threads", "gauge", "Threads that answer calls.", threads.threads),
        single("koma_call_jobs", "gauge", "Calls, traces and log queries being worked on or waiting.", threads.jobs),
        single("koma_call_thread_restarts_total", "counter", "Call threads that were lost.", threads.restarts),
        single("process_resident_memory_bytes", "gauge", "Memory of the process.", rss),
        single("nodejs_heap_used_bytes", "gauge", "JavaScript objects of the main thread.", heapUsed),
        single("nodejs_external_memory_bytes", "gauge", "Buffers of the main thread.", external),
        single("process_cpu_seconds_total", "counter", "Processor time, user and system.", (user + system) / 1e6),
        single("nodejs_eventloop_lag_seconds", "gauge", "Mean delay of timers since the last look.", delay.mean / 1e9),
        single("nodejs_eventloop_lag_max_seconds", "gauge", "Greatest delay since the last look.", delay.max / 1e9),
      ];
      delay.reset();
      return metrics;
    },
    stop() {
      unsubscribe();
      delay.disable();
    },
  };
}
