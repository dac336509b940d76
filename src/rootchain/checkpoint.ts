import {
  type Address,
  addressWord,
  type Bytes,
  domainSeparator,
  type Hash,
  hashFromBytes,
  hashToBytes,
  structHash,
  typedDigest,
  wordOf,
} from "../primitives/index.ts";

/**
 * What stakers sign (root contracts design, 5.2): the Merkle root over blocks `start … end`, both included, of a chain and
 * its place in the chain of checkpoints.
 * `number` counts from 1 per chain; `prevCheckpoint` is the struct hash of `number - 1`, zero for the first;
 * `generation` counts rollbacks, so that votes for a rejected branch cannot be replayed.
 */
export interface Checkpoint {
  readonly chainId: bigint;
  readonly epoch: bigint;
  readonly number: bigint;
  readonly proposer: Address;
  readonly start: bigint;
  readonly end: bigint;
  readonly rootHash: Hash;
  readonly lastBlockHash: Hash;
  readonly accountHash: Hash;
  readonly prevCheckpoint: Hash;
  readonly generation: bigint;
}

/** Where signatures count: the contract on its root chain. */
export interface CheckpointDomain {
  readonly rootChainId: bigint;
  readonly contract: Address;
}

const TYPE =
  "Checkpoint(uint64 chainId,uint64 epoch,uint64 number,address proposer,uint64 start,uint64 end," +
  "bytes32 rootHash,bytes32 lastBlockHash,bytes32 accountHash,bytes32 prevCheckpoint,uint64 generation)";

/** EIP-712 struct hash: the identity of a checkpoint, and `prevCheckpoint` of the next. */
export function checkpointHash(checkpoint: Checkpoint): Hash {
  return hashFromBytes(
    structHash(TYPE, [
      wordOf(checkpoint.chainId),
      wordOf(checkpoint.epoch),
      wordOf(checkpoint.number),
      addressWord(checkpoint.proposer),
      wordOf(checkpoint.start),
      wordOf(checkpoint.end),
      hashToBytes(checkpoint.rootHash),
      hashToBytes(checkpoint.lastBlockHash),
      hashToBytes(checkpoint.accountHash),
      hashToBytes(checkpoint.prevCheckpoint),
      wordOf(checkpoint.generation),
    ]),
  );
}

/** The EIP-712 digest that a staker's signer key signs. */
export function checkpointDigest(checkpoint: Checkpoint, domain: CheckpointDomain): Bytes {
  return digestOfCheckpoint(checkpointHash(checkpoint), domain);
}

/** The same from the struct hash alone, which is what the root chain keeps. */
export function digestOfCheckpoint(hash: Hash, domain: CheckpointDomain): Bytes {
  const separator = domainSeparator({
    name: "KOMA Checkpoint",
    version: "1",
    chainId: domain.rootChainId,
    verifyingContract: domain.contract,
  });
  return typedDigest(separator, hashToBytes(hash));
}
