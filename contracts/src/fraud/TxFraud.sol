// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {LiveCheckpoint, ICheckpointManager} from "../checkpoint/ICheckpointManager.sol";
import {IFraudVerifier} from "./IFraudVerifier.sol";
import {TxProof, Verdict} from "./ProofTypes.sol";
import {ContentVerdict} from "./proofs/ContentVerdict.sol";
import {HeaderDecoder} from "./proofs/HeaderDecoder.sol";
import {Proofs} from "./proofs/Proofs.sol";
import {Transaction, TxDecoder, TxFault} from "./proofs/TxDecoder.sol";
import {TxRules} from "./proofs/TxRules.sol";

/// @title Fraud that transactions alone show
/// @notice Kinds 5 and 6: a nonce used twice, and a later transaction whose nonce is not greater. What is compared is
/// positions and decoded fields, never proof bytes: one transaction in two encodings is one transaction. Kind 8: bytes
/// that no valid transaction of the chain has.
/// @dev KOMA root contracts, sections 10.8, 10.9 and 10.11.
contract TxFraud is IFraudVerifier {
    uint8 public constant DUPLICATE_NONCE = 5;
    uint8 public constant MISMATCHED_NONCE = 6;
    uint8 public constant MALFORMED_TRANSACTION = 8;

    ICheckpointManager public immutable checkpoints;

    constructor(ICheckpointManager checkpoints_) {
        checkpoints = checkpoints_;
    }

    /// @inheritdoc IFraudVerifier
    function verify(uint8 kind, bytes calldata evidence) external view returns (Verdict memory) {
        if (kind == MALFORMED_TRANSACTION) {
            (TxProof memory t, bytes memory header_) = abi.decode(evidence, (TxProof, bytes));
            return _judgeTransaction(t, header_);
        }
        if (kind != DUPLICATE_NONCE && kind != MISMATCHED_NONCE) revert UnknownKind(kind);
        (TxProof memory t1, TxProof memory t2, bytes memory header) = abi.decode(evidence, (TxProof, TxProof, bytes));
        return kind == DUPLICATE_NONCE ? _judgeDuplicate(t1, t2, header) : _judgeMismatch(t1, t2, header);
    }

    /// @notice Kind 5. Two transactions at different positions have the same sender and nonce; the same bytes included
    /// twice count too. In either order; the later one is the offence.
    /// @param header RLP header of the later block, so that its producer is charged and the block banned at once; may be
    /// empty, then only the signers are, and the producer by `attachProducer`
    function validateDuplicateNonce(TxProof memory t1, TxProof memory t2, bytes memory header)
        external
        view
        returns (Verdict memory)
    {
        return _judgeDuplicate(t1, t2, header);
    }

    /// @notice Kind 6. `t2` stands after `t1`, has the same sender, and a nonce that is not greater.
    /// @param header as for kind 5
    function validateMisMatchedNonce(TxProof memory t1, TxProof memory t2, bytes memory header)
        external
        view
        returns (Verdict memory)
    {
        return _judgeMismatch(t1, t2, header);
    }

    /// @notice Kind 8. The bytes at the position are not a valid transaction of type 0, 1 or 2: their shape, integers, chain
    /// id or signature are wrong, or a bound of every transaction is broken (nonce, gas limit, data, initcode, tip above
    /// fee). With the header also: a gas limit above the block's, a fee cap below its base fee.
    /// @param header as for kind 5
    function validateTransaction(TxProof memory t, bytes memory header) external view returns (Verdict memory) {
        return _judgeTransaction(t, header);
    }

    function _judgeTransaction(TxProof memory t, bytes memory header) private view returns (Verdict memory) {
        (LiveCheckpoint memory checkpoint, bytes memory raw) = Proofs.verifyTransaction(checkpoints, t);
        (TxFault fault, Transaction memory transaction) = TxDecoder.tryDecode(raw, t.b.chainId);
        bool wrong = fault != TxFault.None || TxRules.breaksLimits(transaction);
        if (!wrong && header.length != 0) wrong = TxRules.breaksBlock(transaction, HeaderDecoder.open(t.b, header));
        if (!wrong) revert NotFraud("well formed");
        return ContentVerdict.make(ContentVerdict.offenceOf("transaction", checkpoint, t.b, t.txIndex), t.b, header);
    }

    function _judgeDuplicate(TxProof memory t1, TxProof memory t2, bytes memory header)
        private
        view
        returns (Verdict memory)
    {
        if (_position(t1) > _position(t2)) (t1, t2) = (t2, t1);
        (uint64 nonce1, uint64 nonce2, LiveCheckpoint memory checkpoint) = _nonces(t1, t2);
        if (nonce1 != nonce2) revert NotFraud("different nonces");
        return _verdict(t2, checkpoint, header);
    }

    function _judgeMismatch(TxProof memory t1, TxProof memory t2, bytes memory header)
        private
        view
        returns (Verdict memory)
    {
        if (_position(t1) > _position(t2)) revert NotFraud("wrong order");
        (uint64 nonce1, uint64 nonce2, LiveCheckpoint memory checkpoint) = _nonces(t1, t2);
        if (nonce2 > nonce1) revert NotFraud("nonces ascend");
        return _verdict(t2, checkpoint, header);
    }

    /// @dev Proves both; they must stand at different positions of one chain and be of one sender.
    /// @return nonce1 nonce of `t1`
    /// @return nonce2 nonce of `t2`
    /// @return checkpoint that of `t2`
    function _nonces(TxProof memory t1, TxProof memory t2)
        private
        view
        returns (uint64 nonce1, uint64 nonce2, LiveCheckpoint memory checkpoint)
    {
        if (t1.b.chainId != t2.b.chainId) revert NotFraud("different chains");
        if (_position(t1) == _position(t2)) revert NotFraud("same position");
        (, bytes memory raw1) = Proofs.verifyTransaction(checkpoints, t1);
        bytes memory raw2;
        (checkpoint, raw2) = Proofs.verifyTransaction(checkpoints, t2);
        Transaction memory first = TxDecoder.decode(raw1, t1.b.chainId);
        Transaction memory second = TxDecoder.decode(raw2, t2.b.chainId);
        if (first.sender != second.sender) revert NotFraud("different senders");
        return (first.nonce, second.nonce, checkpoint);
    }

    /// @dev One offence for both kinds, since an equal nonce is both.
    function _verdict(TxProof memory later, LiveCheckpoint memory checkpoint, bytes memory header)
        private
        pure
        returns (Verdict memory)
    {
        return
            ContentVerdict.make(ContentVerdict.offenceOf("nonce", checkpoint, later.b, later.txIndex), later.b, header);
    }

    function _position(TxProof memory t) private pure returns (uint256) {
        return Proofs.positionOf(t.b.number, t.txIndex, 0);
    }
}
