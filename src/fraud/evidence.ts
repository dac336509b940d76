import { AbiCoder } from "ethers";
import { encodeHeader } from "../chain/index.ts";
import { type ArchivedBlock, type ChainArchive, proveBlockInCheckpoint } from "../checkpoint/index.ts";
import { UserError } from "../errors.ts";
import { bytesToHex, type Hex } from "../primitives/index.ts";
import { type BlockProof, createTxProof, type TxProof } from "../proofs/index.ts";
import type { Fault, Position } from "./find-faults.ts";
import { fraudKindOf } from "./kinds.ts";

/** Evidence for `ChallengeManager.challenge(kind, evidence)`. */
export interface Challenge {
  readonly kind: number;
  readonly type: string;
  readonly chainId: bigint;
  /** Checkpoint that falls when the challenge is right; 0 when none does, as with contradictions in consensus. */
  readonly checkpoint: bigint;
  readonly block: bigint;
  readonly evidence: Hex;
}

export const BLOCK_PROOF =
  "tuple(uint64 chainId,uint64 checkpoint,uint64 number,uint64 timestamp,bytes32 txRoot,bytes32 receiptsRoot,bytes32 blockHash,bytes32[] siblings)";
export const TX_PROOF = `tuple(${BLOCK_PROOF} b,uint32 txIndex,bytes[] txNodes)`;
export const LOG_PROOF = `tuple(${BLOCK_PROOF} b,uint32 txIndex,uint32 logIndex,bytes[] receiptNodes)`;
export const TX_RECEIPT = `tuple(${BLOCK_PROOF} b,uint32 txIndex,bytes[] txNodes,bytes[] receiptNodes)`;

/** What a claim about a deposit names it by: the arguments of its delivery. */
export const DELIVERY_ARGUMENTS =
  "tuple(uint64 id,uint8 kind,address rootToken,address recipient,uint256 amount,bytes data,uint40 createdAt)";

export const coder = AbiCoder.defaultAbiCoder();

export async function craftNonce(
  archive: ChainArchive,
  fault: Extract<Fault, { readonly sender: unknown }>,
): Promise<Challenge> {
  const first = await proveAt(archive, fault.first);
  const second = await proveAt(archive, fault.second);
  const evidence = coder.encode([TX_PROOF, TX_PROOF, "bytes"], [first.proof, second.proof, headerOf(second.archived)]);
  return challengeOf(fault.type, second.proof.b, evidence);
}

async function proveAt(
  archive: ChainArchive,
  position: Position,
): Promise<{ readonly proof: TxProof; readonly archived: ArchivedBlock }> {
  const { proof, archived } = await proveBlockInCheckpoint(archive, position.block);
  return { proof: createTxProof(proof, archived.block, position.index), archived };
}

export async function craftSequence(archive: ChainArchive, block: bigint): Promise<Challenge> {
  const a = await proveBlockInCheckpoint(archive, block - 1n);
  const b = await proveBlockInCheckpoint(archive, block);
  const evidence = coder.encode([BLOCK_PROOF, BLOCK_PROOF, "bytes"], [a.proof, b.proof, headerOf(b.archived)]);
  return challengeOf("block-sequence", b.proof, evidence);
}

export async function craftProducer(archive: ChainArchive, block: bigint, graceBlocks: bigint): Promise<Challenge> {
  const b = await proveBlockInCheckpoint(archive, block);
  const parent = await archive.block(block - 1n);
  if (!parent) throw new UserError("KOMA_E_BLOCK_UNKNOWN", `Block ${block - 1n} is not there.`, { facts: { block } });
  const first = (await archive.checkpoint(1n))?.start ?? 0n;
  const graceAt = block - graceBlocks > first ? block - graceBlocks : first;
  const grace = await proveBlockInCheckpoint(archive, graceAt);
  const evidence = coder.encode(
    [BLOCK_PROOF, "bytes", "bytes", BLOCK_PROOF],
    [b.proof, headerOf(b.archived), headerOf(parent), grace.proof],
  );
  return challengeOf("block-producer", b.proof, evidence);
}

export function challengeOf(type: string, proof: BlockProof, evidence: string): Challenge {
  const kind = fraudKindOf(type)?.kind ?? 0;
  const { chainId, checkpoint, number } = proof;
  return { kind, type, chainId, checkpoint, block: number, evidence: evidence as Hex };
}

export function headerOf({ block }: ArchivedBlock): Hex {
  return bytesToHex(encodeHeader(block.header));
}
