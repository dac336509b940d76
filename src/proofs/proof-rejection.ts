import type { TxFormatRejection } from "../chain/index.ts";

/** Why a Merkle-Patricia proof was refused; the names are those of the root contracts' `TrieFault`. */
export type TrieFault =
  /** The first node does not hash to the root. */
  | "Root"
  /** A later node does not hash to its parent's reference. */
  | "Node"
  /** The nodes end before the key does. */
  | "Truncated"
  /** Nodes are left over. */
  | "Superfluous"
  /** A node is not a canonical list of 2 or 17 items, or a reference neither a hash nor a node of under 32 bytes. */
  | "Malformed"
  /** A path is empty, has an unknown flag, or a padding nibble that is not zero. */
  | "Path"
  /** An extension without nibbles. */
  | "EmptyExtension"
  /** The nodes lead to another key. */
  | "Key"
  /** The branch has no child there. */
  | "Absent"
  /** The value is empty or a list. */
  | "Value";

/** Why a proof proves nothing. Codes are the errors of the root contracts' proof library, where it has the rule too. */
export type ProofRejection =
  | { readonly code: "WrongCheckpoint"; readonly expected: bigint; readonly found: bigint }
  | { readonly code: "WrongChain"; readonly expected: bigint; readonly found: bigint }
  | { readonly code: "BadSiblings"; readonly expected: number; readonly found: number }
  | { readonly code: "BlockNotInCheckpoint"; readonly number: bigint }
  | { readonly code: "BadTrieProof"; readonly fault: TrieFault }
  | { readonly code: "BranchValue" }
  | { readonly code: "NonCanonicalRLP"; readonly reason: string }
  | { readonly code: "HeaderMismatch"; readonly field: HeaderField }
  | { readonly code: "NoSuchLog"; readonly logIndex: number; readonly count: number }
  | { readonly code: "BadTransaction"; readonly rejection: TxFormatRejection }
  | { readonly code: "TypeMismatch"; readonly transaction: number; readonly receipt: number };

/** What a header must share with its leaf. */
export type HeaderField = "hash" | "rlp" | "number" | "timestamp" | "transactionsRoot" | "receiptsRoot";
