import type { ChainArchive, SubmittedCheckpoint } from "../checkpoint/index.ts";
import type { BlockPart, Demand, OpenedDemand, RootChain } from "../rootchain/index.ts";
import { notPending } from "./fraud-search.ts";
import { demandName, findUnavailable, nextDemand } from "./unavailable.ts";

/** A demand that was made, or would be. */
export interface MadeDemand {
  readonly terms: Pick<Demand, "chainId" | "number" | "block" | "part" | "from" | "to">;
  /** Wei of Ether. */
  readonly escrow: bigint;
  readonly sent?: {
    readonly hash: string | undefined;
    readonly gasUsed: bigint;
    readonly opened: OpenedDemand | undefined;
  };
}

/**
 * Demands the named block's data, or that of the first block of these checkpoints that nobody shows.
 *
 * @param wanted.send false: nothing is sent, but tried
 * @returns undefined when somebody shows every block
 * @throws {UserError} KOMA_E_NOT_CHECKPOINTED, KOMA_E_DATA_SHOWN
 */
export async function demandData(
  root: RootChain,
  archive: ChainArchive,
  checkpoints: readonly SubmittedCheckpoint[],
  wanted: { readonly block?: bigint | undefined; readonly part?: BlockPart | undefined; readonly send: boolean },
  signal?: AbortSignal,
): Promise<MadeDemand | undefined> {
  const found = await findBlock(archive, checkpoints, wanted.block);
  if (!found) return undefined;
  const { checkpoint, block } = found;
  const { chainId, number } = checkpoint;
  const [record] = await root.checkpoints.list(chainId, number, 1);
  if (!record) throw notPending(block);
  const demands = root.demands();
  const terms = { chainId, number, block, ...(await nextDemand(demands, record.structHash, block, wanted.part)) };
  const escrow = await demands.escrowFor(terms.to - terms.from);
  if (!wanted.send) {
    await root.dryRun.demands().demand(terms, escrow, signal);
    return { terms, escrow };
  }
  return { terms, escrow, sent: await demands.demand(terms, escrow, signal) };
}

/** A demand as commands tell of it; of none when somebody shows every block. */
export function describeDemand(made: MadeDemand | undefined) {
  const { sent, terms } = made ?? {};
  return {
    id: sent?.opened?.demand.offenceId ?? null,
    type: terms ? "unavailable" : null,
    state: !made ? ("none" as const) : sent ? ("opened" as const) : ("claimable" as const),
    challenge: sent?.opened ? demandName(sent.opened.id) : null,
    found: made ? 1 : 0,
    fault: terms ? `the ${terms.part} of block ${terms.block}` : null,
    checkpoint: terms?.number.toString() ?? null,
    block: terms?.block.toString() ?? null,
    bondWei: (made?.escrow ?? 0n).toString(),
    deadline: sent?.opened ? Number(sent.opened.demand.deadline) : null,
    tx: sent?.hash ?? null,
    gasUsed: sent?.gasUsed.toString() ?? null,
  };
}

async function findBlock(
  archive: ChainArchive,
  checkpoints: readonly SubmittedCheckpoint[],
  block: bigint | undefined,
): Promise<{ readonly checkpoint: SubmittedCheckpoint; readonly block: bigint } | undefined> {
  if (block !== undefined) {
    const checkpoint = checkpoints.find(({ start, end }) => start <= block && block <= end);
    if (!checkpoint) throw notPending(block);
    return { checkpoint, block };
  }
  for (const checkpoint of checkpoints) {
    const missing = await findUnavailable(archive, checkpoint);
    if (missing !== undefined) return { checkpoint, block: missing };
  }
  return undefined;
}
