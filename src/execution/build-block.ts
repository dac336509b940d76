import { createBlock, maxBlockBytes, type Transaction, transactionsRoot } from "../chain/index.ts";
import { emptyBytes } from "../primitives/index.ts";
import type { BlockRun, RunOutcome } from "./block-run.ts";
import { systemTransactionRefused } from "./errors.ts";
import type { BlockEnvironment } from "./evm-engine.ts";
import type { BuildParameters, BuiltBlock } from "./executor.ts";
import type { StateTries } from "./state-tries.ts";

/** Bytes of a block beside its transactions, rounded up, and of the length before each of those. */
const HEADER_BYTES = 2_048;
const LENGTH_BYTES = 4;

/** No transaction needs less; a block with less left is full. */
const LEAST_GAS = 21_000n;

export interface BuildOutcome extends RunOutcome {
  readonly built: BuiltBlock;
}

/** Fills a block: system transactions first, then what fits of the others, then roots and seal. */
export async function fillBlock(
  run: BlockRun,
  parentTries: StateTries,
  environment: BlockEnvironment,
  parameters: BuildParameters,
): Promise<BuildOutcome> {
  const included: Transaction[] = [];
  const skipped: BuiltBlock["skipped"][number][] = [];
  let bytes = HEADER_BYTES;

  for (const transaction of parameters.systemTransactions) {
    const added = await run.add(transaction);
    if (!added.ok) throw systemTransactionRefused(transaction.hash, added.rejection.code);
    included.push(transaction);
    bytes += transaction.raw.length + LENGTH_BYTES;
  }
  for (const transaction of parameters.transactions) {
    if (run.gasLeft < LEAST_GAS || parameters.deadline?.()) break;
    const size = transaction.raw.length + LENGTH_BYTES;
    if (bytes + size > maxBlockBytes) continue;
    const added = await run.add(transaction);
    if (!added.ok) {
      skipped.push({ transaction, rejection: added.rejection });
      continue;
    }
    included.push(transaction);
    bytes += size;
  }

  const outcome = run.finish(parentTries);
  const header = parameters.seal({
    parentHash: parameters.parent,
    coinbase: environment.coinbase,
    stateRoot: outcome.root,
    transactionsRoot: transactionsRoot(included),
    receiptsRoot: outcome.receiptsRoot,
    logsBloom: outcome.logsBloom,
    number: environment.number,
    gasLimit: environment.gasLimit,
    gasUsed: outcome.gasUsed,
    timestamp: environment.timestamp,
    extraData: parameters.extraData ?? emptyBytes,
    prevRandao: environment.prevRandao,
    baseFeePerGas: environment.baseFeePerGas,
  });
  const { receipts, results, diff } = outcome;
  return { ...outcome, built: { block: createBlock(header, included), receipts, results, diff, skipped } };
}
