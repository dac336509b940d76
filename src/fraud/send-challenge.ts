import { BugError } from "../errors.ts";
import type { Address, Bytes, Hash } from "../primitives/index.ts";
import type { RootChain, SentTransaction } from "../rootchain/index.ts";
import { claimByCommitment, commitTo } from "./commitment.ts";
import type { FraudSearch } from "./fraud-search.ts";
import { type Punishment, punish } from "./punish.ts";

/** What became of a challenge that was sent. */
export type SentChallenge =
  | {
      readonly state: "accepted";
      readonly punishment: Punishment;
      /** Transaction that noted the commitment. */
      readonly commitTx: Hash | undefined;
    }
  /** A claim was taken, and an answer is waited for. */
  | {
      readonly state: "opened";
      readonly sent: SentTransaction;
      readonly id: bigint | undefined;
      /** Seconds. */
      readonly deadline: bigint | undefined;
    }
  /** Somebody else's challenge came first, and the bounty is this account's by its older commitment. */
  | {
      readonly state: "claimed";
      readonly sent: SentTransaction;
      readonly commitTx: Hash | undefined;
      /** Wei of KMC. */
      readonly bounty: bigint;
    };

/**
 * Sends what a search found and has the guilty charged; a claim that something is missing is opened, with its bond.
 *
 * @param options.commit notes a commitment first, so that whoever copies the challenge gains nothing; claims need none
 * @throws {ProtocolError} what the root contracts refuse with
 */
export async function sendChallenge(
  root: RootChain,
  by: { readonly address: Address; readonly privateKey: Bytes },
  { challenge, offence, bond }: Pick<FraudSearch, "challenge" | "offence" | "bond">,
  options: { readonly commit: boolean; readonly noted?: (commitment: SentTransaction) => void },
  signal: AbortSignal,
): Promise<SentChallenge> {
  if (!challenge || offence === undefined) throw new BugError("there is nothing that could be sent");
  if (bond !== undefined) {
    const { opened, ...sent } = await root.interactive().open(challenge.kind, challenge.evidence, bond, signal);
    return { state: "opened", sent, id: opened?.id, deadline: opened?.claim.deadline };
  }
  if (!options.commit)
    return { state: "accepted", punishment: await punish(root, challenge, signal), commitTx: undefined };
  const commitment = await commitTo(root, by, offence, signal);
  options.noted?.(commitment);
  const commitTx = commitment.hash;
  try {
    return { state: "accepted", punishment: await punish(root, challenge, signal), commitTx };
  } catch (refusal) {
    const sent = await claimByCommitment(root, refusal, offence, by.privateKey, signal);
    const { bounty } = await root.stakes.slashOutcome(offence);
    return { state: "claimed", sent, commitTx, bounty };
  }
}
