// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {LiveCheckpoint, ICheckpointManager} from "../../checkpoint/ICheckpointManager.sol";
import {BlockProof, LogProof, TxProof, TxReceipt} from "../ProofTypes.sol";
import {BlockTree} from "./BlockTree.sol";
import {Receipt, ReceiptDecoder} from "./ReceiptDecoder.sol";
import {StrictTrie} from "./StrictTrie.sol";

/// @title The basic proofs
/// @notice Inclusion of blocks, transactions, receipts and logs under a live checkpoint (pending or final, not rejected).
/// Everything that rests on a proof goes through these functions: exits, challenges and their dry runs.
library Proofs {
    using ReceiptDecoder for Receipt;

    /// @notice The checkpoint was never submitted, or was rejected: nothing can rest on it.
    error StaleCheckpoint(uint64 number);

    /// @notice The checkpoint of that number, provided it is live.
    function requireLive(ICheckpointManager manager, uint64 chainId, uint64 number)
        internal
        view
        returns (LiveCheckpoint memory checkpoint)
    {
        checkpoint = manager.liveCheckpoint(chainId, number);
        if (checkpoint.structHash == 0) revert StaleCheckpoint(number);
    }

    /// @notice Proves that the leaf lies under its checkpoint (P1). It does not open the block hash.
    function verifyBlock(ICheckpointManager manager, BlockProof memory b)
        internal
        view
        returns (LiveCheckpoint memory checkpoint)
    {
        checkpoint = requireLive(manager, b.chainId, b.checkpoint);
        if (b.number < checkpoint.start || b.number > checkpoint.end) revert BlockTree.BlockNotInCheckpoint(b.number);
        BlockTree.requireLeaf(checkpoint.rootHash, checkpoint.start, checkpoint.end, b.number - checkpoint.start, b);
    }

    /// @notice Bytes of the transaction at (block, txIndex).
    function verifyTransaction(ICheckpointManager manager, TxProof memory p)
        internal
        view
        returns (LiveCheckpoint memory checkpoint, bytes memory raw)
    {
        checkpoint = verifyBlock(manager, p.b);
        raw = StrictTrie.valueAt(p.b.txRoot, p.txIndex, p.txNodes);
    }

    /// @notice Bytes of the receipt at (block, txIndex); `logIndex` is not looked at.
    function verifyReceipt(ICheckpointManager manager, LogProof memory p)
        internal
        view
        returns (LiveCheckpoint memory checkpoint, bytes memory raw)
    {
        checkpoint = verifyBlock(manager, p.b);
        raw = StrictTrie.valueAt(p.b.receiptsRoot, p.txIndex, p.receiptNodes);
    }

    /// @notice Bytes of the transaction at (block, txIndex) and of its receipt.
    function verifyTxReceipt(ICheckpointManager manager, TxReceipt memory p)
        internal
        view
        returns (LiveCheckpoint memory checkpoint, bytes memory transaction, bytes memory receipt)
    {
        checkpoint = verifyBlock(manager, p.b);
        transaction = StrictTrie.valueAt(p.b.txRoot, p.txIndex, p.txNodes);
        receipt = StrictTrie.valueAt(p.b.receiptsRoot, p.txIndex, p.receiptNodes);
    }

    /// @notice The log at (block, txIndex, logIndex) and the status of its transaction, 1 = success.
    function verifyLog(ICheckpointManager manager, LogProof memory p)
        internal
        view
        returns (uint8 status, address emitter, bytes32[] memory topics, bytes memory data)
    {
        (, bytes memory raw) = verifyReceipt(manager, p);
        Receipt memory receipt = ReceiptDecoder.decode(raw);
        status = receipt.status;
        (emitter, topics, data) = receipt.logAt(p.logIndex);
    }

    /// @notice Place in the chain's history as one number: block, transaction, log (P8).
    function positionOf(uint64 number, uint32 txIndex, uint32 logIndex) internal pure returns (uint256) {
        return uint256(number) << 64 | uint256(txIndex) << 32 | logIndex;
    }
}
