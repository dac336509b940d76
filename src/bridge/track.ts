import type { SubmittedCheckpoint } from "../checkpoint/index.ts";
import type { Hash } from "../primitives/index.ts";
import type { ExitRecord, RootEvent } from "../rootchain/index.ts";
import type { Delivery } from "./deposit.ts";
import type { Burn } from "./exit-claim.ts";

/** One thing that happens on a transfer's way between the chains. */
export interface BridgeStep {
  readonly name: string;
  readonly done: boolean;
  /** Transaction on the chain where it happened. */
  readonly tx: Hash | null;
  /** Unix time, seconds, of the root chain, where the step has one; for a step that waits, when it can be done. */
  readonly at: bigint | null;
  readonly detail: string;
}

export interface TrackedTransfer {
  /** `parked`: delivered, but the recipient could not take it; anybody may try again on the child bridge. */
  readonly state: string;
  readonly steps: readonly BridgeStep[];
}

export interface DepositFacts {
  readonly event: RootEvent;
  /** Root-chain blocks on top of the deposit's own, and how many are asked for. */
  readonly confirmations: bigint;
  readonly wanted: bigint;
  readonly delivery:
    | (Delivery & { readonly block: bigint; readonly transaction: Hash; readonly final: boolean })
    | undefined;
}

/** Where a deposit is on its way in. */
export function trackDeposit({ event, confirmations, wanted, delivery }: DepositFacts): TrackedTransfer {
  const confirmed = confirmations >= wanted || delivery !== undefined;
  const steps: BridgeStep[] = [
    {
      name: "deposited",
      done: true,
      tx: event.transactionHash,
      at: event.args["createdAt"] as bigint,
      detail: `root block ${event.blockNumber}`,
    },
    { ...WAITING, name: "confirmed", done: confirmed, detail: `${confirmations} of ${wanted} blocks on top` },
    {
      ...WAITING,
      name: "delivered",
      done: delivery !== undefined,
      tx: delivery?.transaction ?? null,
      detail: delivery ? `block ${delivery.block}` : "the next leader delivers it",
    },
    {
      ...WAITING,
      name: "credited",
      done: delivery?.credited === true,
      detail: delivery?.credited === false ? "parked: the recipient could not take it" : "",
    },
    { ...WAITING, name: "final", done: delivery?.final === true },
  ];
  const state = delivery?.credited === false ? "parked" : stateOf(steps);
  return { state, steps };
}

export interface WithdrawalFacts {
  readonly burn: Burn;
  readonly transaction: Hash;
  readonly final: boolean;
  readonly checkpoint: SubmittedCheckpoint | undefined;
  readonly exit: ExitRecord | undefined;
  /** Transaction that started the exit, and the one that paid it. */
  readonly startedIn: Hash | undefined;
  readonly paidIn: Hash | undefined;
}

/** Where a withdrawal is on its way out. */
export function trackWithdrawal(facts: WithdrawalFacts): TrackedTransfer {
  const { burn, transaction, final, checkpoint, exit } = facts;
  const paid = exit?.status === "paid";
  const steps: BridgeStep[] = [
    { ...WAITING, name: "burned", done: true, tx: transaction, detail: `block ${burn.block}` },
    { ...WAITING, name: "final", done: final || checkpoint !== undefined },
    {
      ...WAITING,
      name: "checkpointed",
      done: checkpoint !== undefined,
      at: checkpoint?.submittedAt ?? null,
      detail: checkpoint ? `checkpoint ${checkpoint.number}` : "waits for the next checkpoint",
    },
    {
      ...WAITING,
      name: "exit started",
      done: exit !== undefined,
      tx: facts.startedIn ?? null,
      detail: exit ? exit.exitId : "koma bridge exit starts it",
    },
    {
      ...WAITING,
      name: "checkpoint final",
      done: checkpoint?.status === "finalized" || paid,
      at: checkpoint?.challengeEnd ?? null,
    },
    {
      ...WAITING,
      name: "paid",
      done: paid,
      tx: facts.paidIn ?? null,
      at: exit && !paid ? BigInt(exit.exitableAt) : null,
      detail: exit?.status === "claimable" ? "the payment failed: the payee can claim it" : "",
    },
  ];
  const state = exit?.status === "cancelled" || exit?.status === "claimable" ? exit.status : stateOf(steps);
  return { state, steps };
}

const WAITING = { tx: null, at: null, detail: "" } as const;

/** Name of the last step that is done, without a gap before it. */
function stateOf(steps: readonly BridgeStep[]): string {
  const open = steps.findIndex(({ done }) => !done);
  return steps.at(open === -1 ? -1 : open - 1)?.name ?? "";
}
