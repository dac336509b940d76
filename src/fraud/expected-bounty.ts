import type { RootChain } from "../rootchain/index.ts";
import type { Challenge } from "./evidence.ts";
import { fraudKindOf } from "./kinds.ts";

const BPS = 10_000n;

/**
 * What convicting would leave to the finder out of the stakes of those charged, as they are now: wei of KMC. Those that were charged
 * for the same checkpoint before are not charged again, and a producer's own stake may add to it.
 *
 * @param signers  seats of a verdict that charges others than the checkpoint's signers, else zero
 */
export async function expectedBounty(
  root: Pick<RootChain, "checkpoints" | "stakes">,
  challenge: Pick<Challenge, "type" | "chainId" | "checkpoint">,
  signers: bigint,
): Promise<bigint> {
  const [{ slashBps, bountyBps }, validators, record] = await Promise.all([
    root.stakes.params(),
    root.stakes.validators(),
    signers === 0n ? root.checkpoints.checkpoint(challenge.chainId, challenge.checkpoint) : undefined,
  ]);
  const seats = signers === 0n ? (record?.signerBitmap ?? 0n) : signers;
  const share = BigInt(slashBps[fraudKindOf(challenge.type)?.class ?? ""] ?? 0);
  const charged = validators.filter(
    ({ seat, status }) => status !== "withdrawn" && ((seats >> BigInt(seat)) & 1n) === 1n,
  );
  const taken = charged.reduce((sum, { selfStake }) => sum + (selfStake * share) / BPS, 0n);
  return (taken * BigInt(bountyBps)) / BPS;
}
