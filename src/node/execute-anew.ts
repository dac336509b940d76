import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeBlockRejection, type Genesis } from "../chain/index.ts";
import type { ChainArchive } from "../checkpoint/index.ts";
import { UserError } from "../errors.ts";
import { createExecutor, type Executor } from "../execution/index.ts";
import { silentLogger } from "../logger.ts";
import { openStore } from "../storage/index.ts";
import { breathe } from "./stopped-node.ts";

export interface ExecuteAnewOptions {
  /** Opens the blocks. What one archive has read it keeps, so that a long chain is read through several. */
  readonly open: () => Promise<Pick<ChainArchive, "block">>;
  readonly to: bigint;
  readonly signal: AbortSignal;
  readonly report?: (detail: string) => void;
}

/** The first block that is wrong. */
export interface WrongExecution {
  readonly block: bigint;
  readonly problem: string;
}

/** Blocks that are read through one archive. */
const BLOCKS_AN_ARCHIVE = 1_024n;

/**
 * Runs every block from the genesis on, as a node that comes new to the chain does, in a folder that is deleted afterwards: what
 * a block says of transactions, receipts and state has to come out. Fraud proofs show what a few trie nodes show; this finds
 * whatever is wrong.
 *
 * @returns the first block that an execution does not arrive at
 * @throws {UserError} KOMA_E_BLOCK_UNKNOWN when no node has one of them, as where all have pruned their history
 */
export async function executeAnew(genesis: Genesis, options: ExecuteAnewOptions): Promise<WrongExecution | undefined> {
  const folder = await mkdtemp(join(tmpdir(), "koma-execute-"));
  try {
    const store = openStore(folder, { chainId: genesis.chainId, logger: silentLogger });
    try {
      const executor = await createExecutor({ store: store.state, chainId: genesis.chainId });
      await executor.init(genesis);
      return await runUpTo(executor, options);
    } finally {
      store.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function runUpTo(
  executor: Executor,
  { open, to, signal, report = () => {} }: ExecuteAnewOptions,
): Promise<WrongExecution | undefined> {
  let archive = await open();
  for (let number = 0n; number <= to; number++) {
    await breathe(signal);
    if (number > 0n && number % BLOCKS_AN_ARCHIVE === 0n) {
      report(`executed ${number} of ${to} blocks`);
      archive = await open();
    }
    const found = await archive.block(number);
    if (!found) {
      throw new UserError("KOMA_E_BLOCK_UNKNOWN", `No node has block ${number}, which has to be executed first.`, {
        facts: { block: number },
        fix: ["Ask again with a node that keeps all blocks: koma node start --storage full"],
      });
    }
    const { block } = found;
    if (number === 0n) {
      const { hash } = executor.finalHead;
      if (block.hash !== hash) return { block: 0n, problem: `it is not the genesis, which has the hash ${hash}` };
      continue;
    }
    const executed = await executor.executeBlock(block);
    if (!executed.ok) return { block: number, problem: describeBlockRejection(executed.rejection) };
    await executor.finalize(block.hash);
  }
  return undefined;
}
