import type { Address } from "../primitives/index.ts";
import type { CheckpointVote } from "./messages.ts";

/** Votes that came before this node had the blocks, the proposal or the root chain's view; tried again at every look. */
export interface WaitingVotes {
  keep(signer: Address, vote: CheckpointVote): void;
  /** All that wait, by signer; none wait afterwards. */
  take(): readonly (readonly [Address, readonly CheckpointVote[]])[];
}

/** Of one signer: the newest. */
const MAX_WAITING = 8;

/** By signer, so that nobody's votes crowd out those of others. */
export function createWaitingVotes(): WaitingVotes {
  const waiting = new Map<Address, readonly CheckpointVote[]>();
  return {
    keep(signer, vote) {
      waiting.set(signer, [...(waiting.get(signer) ?? []), vote].slice(-MAX_WAITING));
    },
    take() {
      const votes = [...waiting];
      waiting.clear();
      return votes;
    },
  };
}
