import { ProtocolError } from "../errors.ts";
import {
  type Address,
  type Bytes,
  compactSignature,
  type Hash,
  type Signature,
  signDigest,
} from "../primitives/index.ts";
import { type Checkpoint, type CheckpointDomain, checkpointDigest, checkpointHash } from "../rootchain/index.ts";
import { buildCheckpoint } from "./build.ts";
import type { StakedSeat } from "./proposer.ts";
import type { CheckpointHead, CheckpointPorts } from "./service.ts";

/** A submitted checkpoint that is not final yet, as the root chain keeps it. */
export interface PendingCheckpoint {
  readonly number: bigint;
  readonly epoch: bigint;
  readonly generation: bigint;
  readonly proposer: Address;
  readonly start: bigint;
  readonly end: bigint;
  readonly structHash: Hash;
  readonly prevCheckpoint: Hash;
  /** One bit per seat that signed. */
  readonly signerBitmap: bigint;
}

/** Signs what was submitted without this node's signature. */
export interface LateAttester {
  /** Looks at the pending checkpoints, unless all of them were settled at an earlier look. */
  attest(head: CheckpointHead, seats: readonly StakedSeat[]): Promise<void>;
}

export interface LateAttesterConfig {
  readonly chainId: bigint;
  readonly domain: CheckpointDomain;
  readonly signer: Address;
  readonly signerKey: Bytes;
}

/**
 * A staker that was away while a checkpoint was signed hands its signature in afterwards: it earns the same share, and the
 * checkpoint stands on more stake. It signs only what it would have signed in time.
 *
 * @param mayStand  the conditions of any signature: no objection to the content, and no other content signed before
 */
export function createLateAttester(
  config: LateAttesterConfig,
  ports: Pick<CheckpointPorts, "rootChain" | "source" | "logger">,
  mayStand: (checkpoint: Checkpoint) => Promise<boolean>,
): LateAttester {
  const { rootChain, source, logger } = ports;
  /** Up to which checkpoint of which generation there is nothing left to do. */
  let settled = { number: 0n, generation: 0n };

  async function settle(pending: PendingCheckpoint, seat: number): Promise<boolean> {
    if ((pending.signerBitmap >> BigInt(seat)) & 1n) return true;
    if (pending.end > source.finalizedHeight()) return false;
    const blocks = source.blocks(pending);
    if (!blocks) return false;
    const own = buildCheckpoint({ ...pending, chainId: config.chainId }, pending, blocks, pending.proposer);
    if (checkpointHash(own) !== pending.structHash) {
      logger.warn({ number: pending.number }, "a submitted checkpoint differs from our own blocks");
      return true;
    }
    if (!(await mayStand(own))) return true;
    const signature = signDigest(checkpointDigest(own, config.domain), config.signerKey) as Signature;
    try {
      await rootChain.attest(pending.number, seat, compactSignature(signature));
      logger.info({ number: pending.number, seat }, "signed a submitted checkpoint afterwards");
    } catch (error) {
      // Final by now, rolled back, or this seat had no power when it was submitted: the contract knows better.
      if (!(error instanceof ProtocolError)) throw error;
      logger.debug({ number: pending.number, error: error.code }, "the root chain took no late signature");
    }
    return true;
  }

  return {
    async attest(head, seats) {
      const newest = { number: head.number - 1n, generation: head.generation };
      if (newest.number <= settled.number && newest.generation === settled.generation) return;
      // Before this node has followed a rollback, what it holds must not be signed again.
      if (head.generation !== source.generation()) return;
      const seat = seats.find(({ signer }) => signer === config.signer)?.seat;
      if (seat === undefined) return;
      let open = false;
      for (const pending of await rootChain.pending()) {
        if (!(await settle(pending, seat))) open = true;
      }
      if (!open) settled = newest;
    },
  };
}
