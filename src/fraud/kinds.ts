/** How the guilty of a kind are charged: A invalid content, B withholding, C equivocation. */
export type OffenceClass = "A" | "B" | "C";

/** A kind of fraud that the root contracts can judge. */
export interface FraudKind {
  /** Number in `ChallengeManager.challenge(kind, evidence)`. */
  readonly kind: number;
  /** Name on the command line. */
  readonly type: string;
  /** What it says, in one line. */
  readonly title: string;
  readonly class: OffenceClass;
  readonly charged: "signers" | "signers and producer" | "the double signer";
  /** Things that the evidence consists of, in the order of its encoding. */
  readonly evidence: readonly string[];
  /** Whether `koma proof challenge` can find it by itself: in blocks, or in what nodes know of each other. */
  readonly scanned: boolean;
}

/** Kinds whose verifiers exist, in the order of their numbers. All of them are decided by one transaction. */
export const fraudKinds: readonly FraudKind[] = [
  {
    kind: 1,
    type: "block-sequence",
    title: "a block does not follow the one before it",
    class: "A",
    charged: "signers and producer",
    evidence: ["block proof a", "block proof b", "header b"],
    scanned: true,
  },
  {
    kind: 2,
    type: "block-leaf",
    title: "a leaf of the checkpoint disagrees with its block's header",
    class: "A",
    charged: "signers",
    evidence: ["block proof", "index", "header"],
    scanned: false,
  },
  {
    kind: 3,
    type: "block-producer",
    title: "a block is unsealed, or sealed by somebody who may not produce",
    class: "A",
    charged: "signers",
    evidence: ["block proof", "header", "parent header", "grace block proof"],
    scanned: true,
  },
  {
    kind: 4,
    type: "banned-block",
    title: "a block that was rejected before is checkpointed again",
    class: "A",
    charged: "signers",
    evidence: ["block proof"],
    scanned: true,
  },
  {
    kind: 5,
    type: "duplicate-nonce",
    title: "one sender's nonce is used by two transactions",
    class: "A",
    charged: "signers and producer",
    evidence: ["transaction proof 1", "transaction proof 2"],
    scanned: true,
  },
  {
    kind: 6,
    type: "nonce-mismatch",
    title: "a later transaction of a sender has a lower or equal nonce",
    class: "A",
    charged: "signers and producer",
    evidence: ["earlier transaction proof", "later transaction proof"],
    scanned: true,
  },
  {
    kind: 8,
    type: "bad-transaction",
    title: "a block holds a transaction that is not valid in any",
    class: "A",
    charged: "signers and producer",
    evidence: ["transaction proof", "header"],
    scanned: true,
  },
  {
    kind: 9,
    type: "bad-receipt",
    title: "a receipt is none that an execution leaves",
    class: "A",
    charged: "signers and producer",
    evidence: ["transaction and receipt proof", "proof of the receipt before", "header"],
    scanned: true,
  },
  {
    kind: 12,
    type: "erc20-transfer",
    title: "the logs of a token transfer are not those of the call",
    class: "A",
    charged: "signers and producer",
    evidence: ["transaction and receipt proof", "proof of an earlier log of the token", "header"],
    scanned: true,
  },
  {
    kind: 13,
    type: "erc20-log",
    title: "a token's log names balances that cannot be",
    class: "A",
    charged: "signers and producer",
    evidence: ["log proof", "header"],
    scanned: true,
  },
  {
    kind: 20,
    type: "checkpoint-equivocation",
    title: "one staker signed two contents for the same range of blocks",
    class: "C",
    charged: "the double signer",
    evidence: ["checkpoint 1", "checkpoint 2", "signature 1", "signature 2"],
    scanned: false,
  },
  {
    kind: 21,
    type: "consensus-equivocation",
    title: "one validator signed two things in consensus that contradict each other",
    class: "C",
    charged: "the double signer",
    evidence: ["type", "what was signed twice", "both signatures"],
    scanned: true,
  },
];

export function fraudKindOf(type: string): FraudKind | undefined {
  return fraudKinds.find((kind) => kind.type === type || String(kind.kind) === type);
}
