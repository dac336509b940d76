import { encodeHeader } from "../chain/index.ts";
import type { ChainArchive } from "../checkpoint/index.ts";
import { UserError } from "../errors.ts";
import { bytesToHex, type Hex } from "../primitives/index.ts";
import { blockLeafOf, leafOf } from "../proofs/index.ts";
import type { Claim, InteractiveChallenges, OpenedChallenge } from "../rootchain/index.ts";

/**
 * A challenge by what a person writes for it.
 *
 * @param fromBlock root-chain block before which none can have been opened
 * @throws {UserError} KOMA_E_CHALLENGE_UNKNOWN
 */
export async function findChallenge(
  interactive: Pick<InteractiveChallenges, "list">,
  chainId: bigint,
  fromBlock: bigint,
  text: string,
): Promise<OpenedChallenge> {
  const all = await interactive.list(chainId, fromBlock);
  const found = all.find(({ id }) => id.toString() === text);
  if (found) return found;
  throw new UserError("KOMA_E_CHALLENGE_UNKNOWN", `There is no challenge "${text.slice(0, 40)}" on this chain.`, {
    facts: { challenge: text.slice(0, 40), known: all.length },
    fix: ["koma proof status"],
  });
}

/** Header of the block that a claim accuses, for its producer to be charged; no bytes when no node has the block. */
export async function headerOfClaim(archive: ChainArchive, claim: Claim): Promise<Hex> {
  const checkpoint = await archive.checkpoint(claim.number);
  for (let number = checkpoint?.end ?? -1n; checkpoint && number >= checkpoint.start; number--) {
    const archived = await archive.block(number);
    if (archived && bytesToHex(leafOf(blockLeafOf(archived.block))) === claim.leaf) {
      return bytesToHex(encodeHeader(archived.block.header));
    }
  }
  return "0x";
}
