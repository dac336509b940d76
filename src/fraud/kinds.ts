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
  /** Decided by an answer, or its absence within a time; a bond is put beside the claim. The others by one transaction. */
  readonly interactive?: true;
}

const signersOnly = { charged: "signers" } as const;
const claim = { class: "B", interactive: true } as const;
const contradiction = { class: "C", charged: "the double signer" } as const;

function describe(
  kind: number,
  type: string,
  title: string,
  evidence: readonly string[],
  differently: Partial<FraudKind> = {},
): FraudKind {
  return { kind, type, title, class: "A", charged: "signers and producer", evidence, ...differently };
}

/** Kinds whose verifiers exist, in the order of their numbers. */
export const fraudKinds: readonly FraudKind[] = [
  describe(1, "block-sequence", "a block does not follow the one before it", [
    "block proof a",
    "block proof b",
    "header b",
  ]),
  describe(
    2,
    "block-leaf",
    "a leaf of the checkpoint disagrees with its block's header",
    ["block proof", "index", "header"],
    signersOnly,
  ),
  describe(
    3,
    "block-producer",
    "a block is unsealed, or sealed by somebody who may not produce",
    ["block proof", "header", "parent header", "grace block proof"],
    signersOnly,
  ),
  describe(4, "banned-block", "a block that was rejected before is checkpointed again", ["block proof"], signersOnly),
  describe(5, "duplicate-nonce", "one sender's nonce is used by two transactions", [
    "transaction proof 1",
    "transaction proof 2",
  ]),
  describe(6, "nonce-mismatch", "a later transaction of a sender has a lower or equal nonce", [
    "earlier transaction proof",
    "later transaction proof",
  ]),
  describe(
    7,
    "nonce-gap",
    "a sender's nonce is used by no transaction before a higher one",
    ["later transaction proof", "nonce", "earlier transaction proof, if there is one"],
    claim,
  ),
  describe(8, "bad-transaction", "a block holds a transaction that is not valid in any", [
    "transaction proof",
    "header",
  ]),
  describe(9, "bad-receipt", "a receipt is none that an execution leaves", [
    "transaction and receipt proof",
    "proof of the receipt before",
    "header",
  ]),
  describe(10, "deposit-mismatch", "a delivery is not the deposit that the root chain holds", [
    "transaction and receipt proof",
    "place of the log",
    "header",
  ]),
  describe(11, "deposit-duplicate", "a deposit is delivered twice, or after a later one", [
    "log proof 1",
    "log proof 2",
    "header of the later one",
  ]),
  describe(12, "erc20-transfer", "the logs of a token transfer are not those of the call", [
    "transaction and receipt proof",
    "proof of an earlier log of the token",
    "header",
  ]),
  describe(13, "erc20-log", "a token's log names balances that cannot be", ["log proof", "header"]),
  describe(14, "utxo-continuity", "a token's log does not continue the account's last one", [
    "log proof 1",
    "log proof 2",
    "account",
    "header of the later one",
  ]),
  describe(
    15,
    "utxo-gap",
    "a token has no log about an account between two whose numbers are not adjacent",
    ["earlier log proof", "later log proof", "account"],
    claim,
  ),
  describe(17, "unavailable", "nobody shows the data of a block", ["block", "part"], claim),
  describe(
    18,
    "deposit-skipped",
    "a deposit is not delivered in time",
    ["proof of the checkpoint's last block", "deposit"],
    claim,
  ),
  describe(19, "cross-receive", "a message from another chain ends twice, or is received otherwise than it was sent", [
    "log proof 1",
    "log proof 2",
    "header of the block where it was sent, if one of them is that log",
    "header of the later one",
  ]),
  describe(
    20,
    "checkpoint-equivocation",
    "one staker signed two contents for the same range of blocks",
    ["checkpoint 1", "checkpoint 2", "signature 1", "signature 2"],
    contradiction,
  ),
  describe(
    21,
    "consensus-equivocation",
    "one validator signed two things in consensus that contradict each other",
    ["type", "what was signed twice", "both signatures"],
    contradiction,
  ),
];

/** Those that evidence speaks of: what nobody shows can only be asked for. */
export const provableKinds: readonly FraudKind[] = fraudKinds.filter(({ type }) => type !== "unavailable");

export function fraudKindOf(type: string): FraudKind | undefined {
  return fraudKinds.find((kind) => kind.type === type || String(kind.kind) === type);
}
