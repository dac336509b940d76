import {
  type Block,
  type BlockHeader,
  type BlockRejection,
  type ChainConfig,
  checkBody,
  checkHeader,
} from "../chain/index.ts";
import { type Address, accept, type Check, equalBytes, type Hash, reject } from "../primitives/index.ts";
import type { RuleChanges } from "./apply-transaction.ts";
import { BlockRun, type RunOutcome } from "./block-run.ts";
import type { BlockEnvironment, EvmEngine } from "./evm-engine.ts";
import type { ExecutedBlock } from "./state-store.ts";
import type { LayerTries, StateTries } from "./state-tries.ts";
import type { StateView } from "./state-view.ts";

/** A block that another one is run on. */
export interface Ground {
  readonly header: BlockHeader;
  readonly view: StateView;
  /** Hash of this block or an ancestor of it; undefined for other numbers. */
  hashOf(number: bigint): Hash | undefined;
  /** Tries after this block; the storage of the given accounts will be asked for. */
  tries(storageOf: () => readonly Address[]): StateTries | Promise<StateTries>;
}

export interface CheckOptions {
  readonly engine: EvmEngine;
  readonly chain: ChainConfig;
  readonly fastTransfers: boolean;
  readonly rules?: RuleChanges;
}

/** Checks a block against every rule there is, running it: the only way to a verdict, whichever block it stands on. */
export async function checkBlock(
  block: Block,
  ground: Ground,
  { engine, chain, ...options }: CheckOptions,
): Promise<Check<{ readonly executed: ExecutedBlock; readonly tries: LayerTries }, BlockRejection>> {
  const header = checkHeader(block.header, ground.header, chain);
  if (!header.ok) return header;
  const body = checkBody(block);
  if (!body.ok) return body;
  const environment = environmentOf(block.header, ground.hashOf);
  const run = new BlockRun(engine, { environment, parent: ground.view, ...options });
  for (const [index, tx] of block.transactions.entries()) {
    const added = await run.add(tx);
    if (!added.ok) return reject({ code: "Transaction", index, rejection: added.rejection });
  }
  const outcome = run.finish(await ground.tries(() => run.storageWritten()));
  const mismatch = compare(block.header, outcome);
  if (mismatch) return reject(mismatch);
  const { receipts, results, diff, tries } = outcome;
  return accept({ executed: { block, receipts, results, diff }, tries });
}

export function environmentOf(header: BlockHeader, hashOf: (number: bigint) => Hash | undefined): BlockEnvironment {
  const { number, timestamp, coinbase, prevRandao, gasLimit, baseFeePerGas } = header;
  return { number, timestamp, coinbase, prevRandao, gasLimit, baseFeePerGas, hashOf };
}

/** The first field of the header that execution contradicts. */
function compare(header: BlockHeader, outcome: RunOutcome): BlockRejection | undefined {
  if (header.gasUsed !== outcome.gasUsed) {
    return { code: "GasUsed", expected: outcome.gasUsed, found: header.gasUsed };
  }
  if (header.receiptsRoot !== outcome.receiptsRoot) {
    return { code: "ReceiptsRoot", expected: outcome.receiptsRoot, found: header.receiptsRoot };
  }
  if (!equalBytes(header.logsBloom, outcome.logsBloom)) return { code: "Bloom", number: header.number };
  if (header.stateRoot !== outcome.root) {
    return { code: "StateRoot", expected: outcome.root, found: header.stateRoot };
  }
  return undefined;
}
