import { ProtocolError } from "../errors.ts";
import {
  type Bytes,
  concatBytes,
  type Hash,
  hashFromBytes,
  hashToBytes,
  keccak256,
  signDigest,
  utf8,
} from "../primitives/index.ts";
import { commitmentOf, type RootChain, type SentTransaction } from "../rootchain/index.ts";

/** Refusals after which the offence may be known already, by somebody who saw this challenge coming. */
const TOO_LATE: ReadonlySet<string> = new Set(["KOMA_E_ALREADY_PUNISHED", "KOMA_E_CHECKPOINT_STALE"]);

/**
 * The salt of a commitment: made from the key alone, so that nothing has to be kept for claiming by it, and nobody else can guess
 * it. RFC 6979 signatures are the same every time.
 */
export function bountySalt(offenceId: Hash, key: Bytes): Hash {
  const digest = keccak256(concatBytes(utf8("koma bounty salt"), hashToBytes(offenceId)));
  return hashFromBytes(keccak256(signDigest(digest, key)));
}

/** Notes on the root chain that this key knew of the offence, without saying which one it is. */
export function commitTo(
  root: Pick<RootChain, "challenges">,
  by: { readonly address: Parameters<typeof commitmentOf>[0]; readonly privateKey: Bytes },
  offenceId: Hash,
  signal: AbortSignal,
): Promise<SentTransaction> {
  const salt = bountySalt(offenceId, by.privateKey);
  return root.challenges.commit(commitmentOf(by.address, offenceId, salt), signal);
}

/**
 * After a challenge was refused: claims the bounty when somebody else proved the same offence after this key's commitment.
 *
 * @param refusal  what the challenge failed with; thrown again when there is nothing to claim
 */
export async function claimByCommitment(
  root: Pick<RootChain, "challenges">,
  refusal: unknown,
  offenceId: Hash,
  key: Bytes,
  signal: AbortSignal,
): Promise<SentTransaction> {
  if (!(refusal instanceof ProtocolError) || !TOO_LATE.has(refusal.code)) throw refusal;
  if ((await root.challenges.offence(offenceId)) === undefined) throw refusal;
  return root.challenges.claimBounty(offenceId, bountySalt(offenceId, key), signal);
}
