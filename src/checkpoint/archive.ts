import type { Block, Receipt } from "../chain/index.ts";
import { ProtocolError, UserError } from "../errors.ts";
import type { Hash } from "../primitives/index.ts";
import {
  type BlockLeaf,
  type BlockProof,
  type BlockTree,
  blockLeafOf,
  createBlockTree,
  proveBlock,
} from "../proofs/index.ts";

/** A checkpoint as the root chain has it. */
export interface SubmittedCheckpoint {
  readonly chainId: bigint;
  readonly number: bigint;
  readonly start: bigint;
  readonly end: bigint;
  readonly rootHash: Hash;
  readonly lastBlockHash: Hash;
  /** Root-chain times, seconds. */
  readonly submittedAt: bigint;
  readonly challengeEnd: bigint;
  readonly status: "pending" | "finalized" | "rejected";
}

export interface ArchivedBlock {
  readonly block: Block;
  readonly receipts: readonly Receipt[];
}

/**
 * What somebody who proves things reads: blocks from any node, checkpoints from the root chain. The node is not trusted:
 * its blocks must give the checkpoint's root.
 */
export interface ChainArchive {
  /** @param hash only the block with this hash, whether or not the checkpoint's root follows from it */
  block(number: bigint, hash?: Hash): Promise<ArchivedBlock | undefined>;
  /** Leaves that give a checkpoint's root, as somebody who signed it shows them; absent where nobody is asked. */
  leaves?(checkpoint: SubmittedCheckpoint): Promise<readonly BlockLeaf[] | undefined>;
  checkpoint(number: bigint): Promise<SubmittedCheckpoint | undefined>;
  /** The live checkpoint that contains a block; undefined while none does. */
  checkpointCovering(block: bigint): Promise<SubmittedCheckpoint | undefined>;
}

/** The blocks of a checkpoint with the tree over them. */
export interface OpenedCheckpoint {
  readonly checkpoint: SubmittedCheckpoint;
  readonly blocks: readonly ArchivedBlock[];
  readonly tree: BlockTree;
}

/**
 * Reads a checkpoint's blocks and builds its tree.
 *
 * @throws {ProtocolError} KOMA_E_BLOCKS_DIFFER when the node's blocks do not give the root that stakers signed
 */
export async function openCheckpoint(
  archive: ChainArchive,
  checkpoint: SubmittedCheckpoint,
): Promise<OpenedCheckpoint> {
  const blocks: ArchivedBlock[] = [];
  for (let number = checkpoint.start; number <= checkpoint.end; number++) {
    const found = await archive.block(number);
    if (!found) throw differs(checkpoint, `block ${number} is not there`);
    blocks.push(found);
  }
  const tree = createBlockTree(blocks.map(({ block }) => blockLeafOf(block)));
  if (tree.root !== checkpoint.rootHash) throw differs(checkpoint, `they give the root ${tree.root}`);
  return { checkpoint, blocks, tree };
}

function differs(checkpoint: SubmittedCheckpoint, what: string): ProtocolError {
  return new ProtocolError(
    "KOMA_E_BLOCKS_DIFFER",
    `The node's blocks are not those of checkpoint ${checkpoint.number}: ${what}.`,
    {
      facts: { checkpoint: checkpoint.number, signed: checkpoint.rootHash },
      fix: ["Ask another node for the blocks: some node must have what the stakers signed."],
    },
  );
}

/**
 * Proof that a block is under its checkpoint.
 *
 * @throws {UserError} KOMA_E_NOT_CHECKPOINTED while no live checkpoint contains the block
 */
export async function proveBlockInCheckpoint(
  archive: ChainArchive,
  number: bigint,
): Promise<{ readonly proof: BlockProof; readonly opened: OpenedCheckpoint; readonly archived: ArchivedBlock }> {
  const checkpoint = await archive.checkpointCovering(number);
  if (!checkpoint) throw notCheckpointed(number);
  const opened = await openCheckpoint(archive, checkpoint);
  const archived = opened.blocks[Number(number - checkpoint.start)] as ArchivedBlock;
  const proof = proveBlock({ chainId: checkpoint.chainId, checkpoint: checkpoint.number }, opened.tree, number);
  return { proof, opened, archived };
}

/** KOMA_E_NOT_CHECKPOINTED */
export function notCheckpointed(block: bigint): UserError {
  return new UserError("KOMA_E_NOT_CHECKPOINTED", `Block ${block} is not under a checkpoint yet.`, {
    facts: { block },
    fix: ["Wait for the next checkpoint (koma checkpoint list), then try again."],
  });
}
