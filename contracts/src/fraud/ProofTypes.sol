// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice A block under a checkpoint: the leaf's fields and its siblings, lowest first.
struct BlockProof {
    uint64 chainId;
    uint64 checkpoint;
    uint64 number;
    uint64 timestamp;
    bytes32 txRoot;
    bytes32 receiptsRoot;
    bytes32 blockHash;
    bytes32[] siblings;
}

/// @notice A transaction in a block. The trie key is RLP(txIndex), derived on chain, never supplied.
struct TxProof {
    BlockProof b;
    uint32 txIndex;
    bytes[] txNodes;
}

/// @notice One log of a receipt in a block.
struct LogProof {
    BlockProof b;
    uint32 txIndex;
    uint32 logIndex;
    bytes[] receiptNodes;
}

/// @notice A transaction together with its receipt.
struct TxReceipt {
    BlockProof b;
    uint32 txIndex;
    bytes[] txNodes;
    bytes[] receiptNodes;
}

/// @notice What a verifier found. A verifier that finds nothing reverts.
/// @param offenceId names the violated object and, except for double votes, the checkpoint it lies in; never the
/// encoding of the evidence, so that a re-encoded copy is the same offence
/// @param class 1 = A invalid content, 2 = B withholding, 3 = C equivocation
/// @param number checkpoint that is charged
/// @param blockHash block that is invalid by itself and must never be checkpointed again; zero when only the checkpoint
/// is wrong, or when it has not been shown that the block hash opens to the leaf. Given together with the block's
/// header alone: a banned block's producer counts as charged
/// @param signers seats to charge instead of the checkpoint's signers (class C: kinds 20 and 21; nothing is rolled back then)
/// @param producer key that sealed the offending block, recovered by the verifier from a header that agrees with `leaf`
/// and names it as its `coinbase`; zero when no header was given, nobody sealed it, or its sealer is not to be charged.
/// In class C the key that sealed two headers
/// @param leaf hash of the offending leaf when the producer that sealed its block is to be charged, else zero
struct Verdict {
    bytes32 offenceId;
    uint8 class;
    uint64 chainId;
    uint64 number;
    bytes32 blockHash;
    uint256 signers;
    address producer;
    bytes32 leaf;
}
