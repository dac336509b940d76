import type { ChainArchive, SubmittedCheckpoint } from "../checkpoint/index.ts";
import type { RootChain } from "../rootchain/index.ts";
import { openArchive } from "./chain-archive.ts";
import { waitForCheckpoint } from "./checkpoint-wait.ts";
import type { Ctx } from "./koma-command.ts";
import type { Out } from "./out.ts";
import { openRootChain } from "./root-chain.ts";
import { type PlacedTransaction, placeOf } from "./transaction-reference.ts";

/** A transaction in a block, and where to read the checkpoint over it: what every proof about a transaction starts from. */
export interface CheckpointedTransaction {
  readonly place: PlacedTransaction;
  readonly archive: ChainArchive;
  readonly root: RootChain;
}

/**
 * Finds the transaction that a person means.
 *
 * @param wait  also wait until a checkpoint covers its block
 * @throws {UserError} KOMA_E_HASH_MALFORMED, KOMA_E_TX_NOT_FOUND
 * @throws {EnvironmentError} KOMA_E_TIMEOUT
 */
export async function findCheckpointed(ctx: Ctx, text: string, wait: boolean): Promise<CheckpointedTransaction> {
  const { openChainClient } = await import("../rpc/index.ts");
  const net = await ctx.net();
  const place = await placeOf(await openChainClient(net.rpcUrl()), text);
  const root = await openRootChain(net);
  const archive = await openArchive(net, root);
  if (wait) await waitForCheckpoint(ctx, archive, place.block);
  return { place, archive, root };
}

/** An entry of one of a block's two tries, proven: the transaction itself or its receipt. */
export interface ProvenTrieEntry {
  readonly tx: string;
  readonly block: string;
  readonly checkpoint: string;
  /** Root of the trie in the block's header, which the checkpoint's leaf holds. */
  readonly root: string;
  /** Place of the transaction in its block. */
  readonly index: number;
  /** Trie nodes, root first. */
  readonly path: readonly string[];
}

/** What every such proof says of its transaction. */
export function proveEntry(
  place: PlacedTransaction,
  checkpoint: SubmittedCheckpoint,
  trie: Pick<ProvenTrieEntry, "root" | "path">,
): ProvenTrieEntry {
  return {
    tx: place.hash,
    block: place.block.toString(),
    checkpoint: checkpoint.number.toString(),
    root: trie.root,
    index: place.index,
    path: trie.path,
  };
}

const NODE_WIDTH = 100;

/** @param trie  name of the trie, "transactions" or "receipts" */
export function printEntry(out: Out, headline: string, trie: string, entry: ProvenTrieEntry): void {
  out.line(headline);
  out.line(`  is number ${entry.index} of block ${entry.block}, under checkpoint ${entry.checkpoint}`);
  out.line(`  ${trie} root ${entry.root}`);
  for (const node of entry.path) {
    out.line(`  node ${node.length > NODE_WIDTH ? `${node.slice(0, NODE_WIDTH - 3)}...` : node}`);
  }
}
