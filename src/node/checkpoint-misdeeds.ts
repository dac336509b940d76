import { type BlockHeader, hashHeader, sealBytes, sealHeader } from "../chain/index.ts";
import type { CheckpointedBlock } from "../checkpoint/index.ts";
import { addressOfKey, bytesToHex, type Hash, hexToBytes, keccak256, utf8, zeroHash } from "../primitives/index.ts";
import type { Checkpoint } from "../rootchain/index.ts";

type Blocks = readonly CheckpointedBlock[];

/** What a false checkpoint is made from, besides the blocks. */
export interface LieScene {
  readonly chainId: bigint;
  /** The block that the root chain banned last. */
  readonly banned: Hash | undefined;
}

/** A way to sign a checkpoint over something else than the blocks that are final here. */
export interface CheckpointLie {
  /** What is wrong with such a checkpoint, for the log. */
  readonly detail: string;
  /** The blocks as the checkpoint tells of them; undefined while the lie cannot be told. Equal for all who tell it. */
  tell(blocks: Blocks, scene: LieScene): Blocks | undefined;
}

/**
 * Seals what no honest producer would. Everybody who goes along has to arrive at the same header by himself, so that the key
 * is known to all and belongs to nobody.
 */
const STRANGER = keccak256(utf8("koma devnet: the key of nobody who may produce"));

/** The last block with another header; its transactions and receipts are the same. */
function withForgedHeader(
  blocks: Blocks,
  forge: (last: BlockHeader, before: BlockHeader) => BlockHeader | undefined,
): Blocks | undefined {
  const [before, last] = blocks.slice(-2);
  const header = before && last && forge(last.header, before.header);
  return header && [...blocks.slice(0, -1), { hash: hashHeader(header), header }];
}

function sealedByStranger(header: BlockHeader, chainId: bigint): BlockHeader {
  const extraData = header.extraData.slice(0, -sealBytes);
  return sealHeader({ ...header, coinbase: addressOfKey(STRANGER), extraData }, chainId, STRANGER);
}

/** Kinds of false checkpoints over honest blocks, by the kind that `devnet fault behave` takes. */
export const checkpointLies: Readonly<Record<string, CheckpointLie>> = {
  "leaf-field": {
    detail: "a false leaf",
    tell: (blocks) =>
      blocks.map((block, place) =>
        place < blocks.length - 1
          ? block
          : { hash: block.hash, header: { ...block.header, timestamp: block.header.timestamp + 1n } },
      ),
  },
  "bad-parent": {
    detail: "a last block that does not stand on the one before",
    tell: (blocks, { chainId }) =>
      withForgedHeader(blocks, (last) => sealedByStranger({ ...last, parentHash: zeroHash }, chainId)),
  },
  "time-warp": {
    detail: "a last block that is not later than the one before",
    tell: (blocks, { chainId }) =>
      withForgedHeader(blocks, (last, { timestamp }) => sealedByStranger({ ...last, timestamp }, chainId)),
  },
  "wrong-producer": {
    detail: "a last block that somebody sealed who is no producer",
    tell: (blocks, { chainId }) => withForgedHeader(blocks, (last) => sealedByStranger(last, chainId)),
  },
  "bad-seal": {
    detail: "a last block whose seal is not by its producer",
    tell: (blocks) =>
      withForgedHeader(blocks, (last) => {
        const extraData = Uint8Array.from(last.extraData);
        const at = extraData.length - sealBytes;
        extraData[at] = (extraData[at] as number) ^ 1;
        return { ...last, extraData };
      }),
  },
  "banned-block": {
    detail: "a block that the root chain has banned",
    tell: (blocks, { banned }) => {
      const last = blocks.at(-1);
      return last && banned && [...blocks.slice(0, -1), { hash: banned, header: last.header }];
    },
  },
};

/** Kinds of misdeeds that are done to checkpoints; the blocks below them are honest. */
export const checkpointMisdeeds: readonly string[] = [...Object.keys(checkpointLies), "double-vote"];

/** A checkpoint that says something else of the same blocks. */
export function contradictCheckpoint(checkpoint: Checkpoint): Checkpoint {
  const other = Uint8Array.from(hexToBytes(checkpoint.rootHash));
  other[31] = (other[31] as number) ^ 1;
  return { ...checkpoint, rootHash: bytesToHex(other) as Hash };
}
