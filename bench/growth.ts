// `npm run bench:growth`: does a block take longer when the database is large?
//
//   npm run bench:growth -- --transactions 1000000 --storage full
//
// One node's executor and database, without consensus: every block pays accounts that did not exist before, so a million
// transactions make a million accounts. In between, blocks that pay old accounts at random, which the caches do not hold.
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { sealHeader, type Transaction } from "../src/chain/index.ts";
import { createExecutor, type Executor } from "../src/execution/index.ts";
import { silentLogger } from "../src/logger.ts";
import { type Address, addressFromBytes, keccak256, numberToBytes } from "../src/primitives/index.ts";
import { openStore, type Store } from "../src/storage/index.ts";
import { alice, producer, randao, sign, testGenesis } from "../test/support/chain-fixture.ts";
import { machine } from "./machine.ts";
import { mean, quantile } from "./statistics.ts";

const { values } = parseArgs({
  options: {
    transactions: { type: "string", default: "1000000" },
    block: { type: "string", default: "1000" },
    storage: { type: "string", default: "full" },
    json: { type: "boolean", default: false },
  },
});

/** Blocks whose times make one line, half of them to new accounts and half to old ones. */
const SAMPLE_BLOCKS = 20;
const LINES = 10;
/** Blocks whose history a full node keeps here: some checkpoints of 16 blocks and the windows after them. */
const KEPT_BLOCKS = 128n;
/** Half of it is the target: with room to spare the base fee falls, and nothing has to be resigned. */
const genesis = { ...testGenesis(), gasLimit: 21_000n * BigInt(values.block) * 3n };

interface Line {
  readonly transactions: number;
  readonly accounts: number;
  /** Milliseconds of processor time to run, hash and commit a block. */
  readonly fresh: { readonly p50: number; readonly p95: number };
  readonly old: { readonly p50: number; readonly p95: number };
  readonly commitMs: number;
  readonly pruneMs: number;
  readonly wallMs: number;
  readonly databaseMib: number;
  readonly rssMib: number;
}

/** Processor time of the thread: the machine may be busy with other things. */
interface BlockTimes {
  readonly totalMs: number;
  readonly commitMs: number;
  readonly pruneMs: number;
  /** By the clock on the wall. */
  readonly wallMs: number;
}

function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

class Chain {
  readonly directory = mkdtempSync(join(tmpdir(), "koma-growth-"));
  accounts = 0;
  #nonce = 0n;
  #store: Store | undefined;
  #executor: Executor | undefined;

  async open(): Promise<number> {
    const begin = performance.now();
    this.#store = openStore(this.directory, { chainId: genesis.chainId, logger: silentLogger });
    this.#executor = await createExecutor({ store: this.#store.state, chainId: genesis.chainId });
    await this.#executor.init(genesis);
    return performance.now() - begin;
  }

  close(): void {
    this.#store?.close();
  }

  /** One block of payments, signed before the clock starts. */
  async block(count: number, recipient: () => Address): Promise<BlockTimes> {
    const executor = this.#executor as Executor;
    const transactions: Transaction[] = [];
    for (let i = 0; i < count; i++)
      transactions.push(sign(alice, { nonce: this.#nonce++, to: recipient(), value: 1n }));
    const parent = executor.finalHead.hash;
    const header = executor.headerAt(parent);
    const beginWall = performance.now();
    const begin = cpuMs();
    const built = await executor.buildBlock({
      parent,
      timestamp: header.timestamp + 1n,
      coinbase: producer.address,
      prevRandao: randao(header.number + 1n),
      transactions,
      systemTransactions: [],
      gasLimit: genesis.gasLimit,
      seal: (unsealed) => sealHeader(unsealed, genesis.chainId, producer.key),
    });
    const ran = cpuMs();
    await executor.finalize(built.block.hash);
    const committed = cpuMs();
    const wallMs = performance.now() - beginWall;
    if (built.block.transactions.length !== count) throw new Error(`a block took ${built.block.transactions.length}`);
    const head = executor.finalHead.number;
    if (values.storage === "full" && head > KEPT_BLOCKS) {
      // What a node does in slices between blocks.
      this.#store?.state.pruneHistory(head - KEPT_BLOCKS, 2 * count);
    }
    return {
      totalMs: committed - begin,
      commitMs: committed - ran,
      pruneMs: cpuMs() - committed,
      wallMs,
    };
  }

  freshRecipient = (): Address => recipientOf(this.accounts++);

  /** Spread over all, by a step that shares no factor with their number. */
  oldRecipient = (() => {
    let at = 0;
    return (): Address => {
      at = (at + 7_919 * 104_729) % Math.max(1, this.accounts);
      return recipientOf(at);
    };
  })();
}

function recipientOf(index: number): Address {
  return addressFromBytes(keccak256(numberToBytes(index + 1)).slice(0, 20));
}

async function sample(chain: Chain, count: number): Promise<Line> {
  const fresh: BlockTimes[] = [];
  const old: BlockTimes[] = [];
  for (let i = 0; i < SAMPLE_BLOCKS / 2; i++) {
    fresh.push(await chain.block(count, chain.freshRecipient));
    old.push(await chain.block(count, chain.oldRecipient));
  }
  const spread = (times: readonly BlockTimes[]) => {
    const totals = times.map(({ totalMs }) => totalMs);
    return { p50: quantile(totals, 0.5), p95: quantile(totals, 0.95) };
  };
  return {
    transactions: sent,
    accounts: chain.accounts,
    fresh: spread(fresh),
    old: spread(old),
    commitMs: mean([...fresh, ...old].map(({ commitMs }) => commitMs)),
    pruneMs: mean([...fresh, ...old].map(({ pruneMs }) => pruneMs)),
    wallMs: quantile(
      [...fresh, ...old].map(({ wallMs }) => wallMs),
      0.5,
    ),
    databaseMib: sizeOf(chain.directory) / 2 ** 20,
    rssMib: process.memoryUsage().rss / 2 ** 20,
  };
}

function sizeOf(directory: string): number {
  return ["chain.db", "chain.db-wal"].reduce((sum, file) => sum + statSync(join(directory, file)).size, 0);
}

const count = Number(values.block);
const wanted = Number(values.transactions);
let sent = 0;
const chain = new Chain();
try {
  await chain.open();
  const lines: Line[] = [];
  const grow = async (until: number) => {
    while (sent < until) {
      await chain.block(count, chain.freshRecipient);
      sent += count;
    }
  };
  // The first blocks warm the code up.
  await grow(5 * count);
  for (let line = 0; line <= LINES; line++) {
    await grow((wanted * line) / LINES - SAMPLE_BLOCKS * count);
    const taken = await sample(chain, count);
    sent += SAMPLE_BLOCKS * count;
    lines.push({ ...taken, transactions: sent });
    if (!values.json) process.stderr.write(`${JSON.stringify(lines.at(-1))}\n`);
  }
  chain.close();
  const reopenMs = await chain.open();
  chain.close();
  const report = { machine: machine(), storage: values.storage, blockTransactions: count, lines, reopenMs };
  process.stdout.write(values.json ? `${JSON.stringify(report)}\n` : `${table(report)}\n`);
} finally {
  rmSync(chain.directory, { recursive: true, force: true });
}

function table(report: { machine: string; storage: string; lines: readonly Line[]; reopenMs: number }): string {
  const rows = report.lines.map(
    ({ transactions, accounts, fresh, old, commitMs, pruneMs, wallMs, databaseMib, rssMib }) =>
      `| ${transactions} | ${accounts} | ${fresh.p50.toFixed(0)} / ${fresh.p95.toFixed(0)} | ` +
      `${old.p50.toFixed(0)} / ${old.p95.toFixed(0)} | ${commitMs.toFixed(0)} | ${pruneMs.toFixed(1)} | ${wallMs.toFixed(0)} | ` +
      `${databaseMib.toFixed(0)} | ${rssMib.toFixed(0)} |`,
  );
  return [
    `${report.machine}; storage ${report.storage}; blocks of ${count} payments`,
    "| transactions | accounts | to new accounts, CPU ms p50 / p95 | to old ones | of it commit | pruning | on the clock | database MiB | RSS MiB |",
    "|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ...rows,
    `reopened in ${(report.reopenMs / 1000).toFixed(1)} s`,
  ].join("\n");
}
