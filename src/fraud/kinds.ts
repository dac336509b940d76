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
  /** Decided by an answer, or its absence within a time; a bond is put beside the claim. The others by one transaction. */
  readonly interactive?: true;
}

/** Kinds whose verifiers exist, in the order of their numbers. */
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
    kind: 7,
    type: "nonce-gap",
    title: "a sender's nonce is used by no transaction before a higher one",
    class: "B",
    charged: "signers and producer",
    evidence: ["later transaction proof", "nonce", "earlier transaction proof, if there is one"],
    scanned: true,
    interactive: true,
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
    kind: 10,
    type: "deposit-mismatch",
    title: "a delivery is not the deposit that the root chain holds",
    class: "A",
    charged: "signers and producer",
    evidence: ["transaction and receipt proof", "place of the log", "header"],
    scanned: true,
  },
  {
    kind: 11,
    type: "deposit-duplicate",
    title: "a deposit is delivered twice, or after a later one",
    class: "A",
    charged: "signers and producer",
    evidence: ["log proof 1", "log proof 2", "header of the later one"],
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
    kind: 14,
    type: "utxo-continuity",
    title: "a token's log does not continue the account's last one",
    class: "A",
    charged: "signers and producer",
    evidence: ["log proof 1", "log proof 2", "account", "header of the later one"],
    scanned: true,
  },
  {
    kind: 15,
    type: "utxo-gap",
    title: "a token has no log about an account between two whose numbers are not adjacent",
    class: "B",
    charged: "signers and producer",
    evidence: ["earlier log proof", "later log proof", "account"],
    scanned: true,
    interactive: true,
  },
  {
    kind: 18,
    type: "deposit-skipped",
    title: "a deposit is not delivered in time",
    class: "B",
    charged: "signers and producer",
    evidence: ["proof of the checkpoint's last block", "deposit"],
    scanned: true,
    interactive: true,
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
