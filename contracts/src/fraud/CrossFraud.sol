// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {LiveCheckpoint, ICheckpointManager} from "../checkpoint/ICheckpointManager.sol";
import {CrossLog} from "./CrossLog.sol";
import {IFraudVerifier} from "./IFraudVerifier.sol";
import {LogProof, Verdict} from "./ProofTypes.sol";
import {ContentVerdict} from "./proofs/ContentVerdict.sol";
import {HeaderDecoder} from "./proofs/HeaderDecoder.sol";
import {Proofs} from "./proofs/Proofs.sol";
import {Receipt, ReceiptDecoder} from "./proofs/ReceiptDecoder.sol";

/// @title Fraud in messages between side-chains
/// @notice Kind 19: a message ends twice on a chain, or what a chain received is not what was sent.
/// @dev KOMA root contracts, sections 10.20 and 11.
contract CrossFraud is IFraudVerifier {
    using ReceiptDecoder for Receipt;

    uint8 public constant CROSS_RECEIVE = 19;

    ICheckpointManager public immutable checkpoints;

    constructor(ICheckpointManager checkpoints_) {
        checkpoints = checkpoints_;
    }

    /// @inheritdoc IFraudVerifier
    function verify(uint8 kind, bytes calldata evidence) external view returns (Verdict memory) {
        if (kind != CROSS_RECEIVE) revert UnknownKind(kind);
        (LogProof memory l1, LogProof memory l2, bytes memory sentHeader, bytes memory header) =
            abi.decode(evidence, (LogProof, LogProof, bytes, bytes));
        return _judge(l1, l2, sentHeader, header);
    }

    /// @notice Kind 19. Either two logs of one chain that end one message (`CrossReceived`, `CrossExpired`), in either order:
    /// the later one is the offence. Or a `CrossReceived` and the `CrossSent` that it names as its source, which says
    /// something else or was too old by then: the `CrossReceived` is the offence.
    /// @param sentHeader RLP header of the block with the `CrossSent`; empty for two ends. Without it the signers of the
    /// source could put its block hash beside forged receipts, and convict those who received what was really sent.
    /// @param header RLP header of the offending block, so that its producer is charged and the block banned at once; may
    /// be empty
    function validateCrossReceive(
        LogProof memory l1,
        LogProof memory l2,
        bytes memory sentHeader,
        bytes memory header
    ) external view returns (Verdict memory) {
        return _judge(l1, l2, sentHeader, header);
    }

    function _judge(LogProof memory l1, LogProof memory l2, bytes memory sentHeader, bytes memory header)
        private
        view
        returns (Verdict memory)
    {
        (LiveCheckpoint memory first, CrossLog.Message memory a) = _messageAt(l1);
        (LiveCheckpoint memory second, CrossLog.Message memory b) = _messageAt(l2);
        if (a.what == CrossLog.What.Sent) {
            // One order is enough for the rest.
            (l1, l2, first, second, a, b) = (l2, l1, second, first, b, a);
        }
        if (b.what == CrossLog.What.Sent) {
            HeaderDecoder.open(l2.b, sentHeader);
            _requireOtherThanSent(l1, a, l2, b);
            return _convict(first, l1, header);
        }
        _requireTwoEnds(l1, a, l2, b);
        return _position(l1) > _position(l2) ? _convict(first, l1, header) : _convict(second, l2, header);
    }

    function _requireTwoEnds(
        LogProof memory l1,
        CrossLog.Message memory a,
        LogProof memory l2,
        CrossLog.Message memory b
    ) private pure {
        if (l1.b.chainId != l2.b.chainId) revert NotFraud("different chains");
        if (_position(l1) == _position(l2)) revert NotFraud("same position");
        if (a.msgId != b.msgId) revert NotFraud("different messages");
    }

    function _requireOtherThanSent(
        LogProof memory target,
        CrossLog.Message memory received,
        LogProof memory origin,
        CrossLog.Message memory sent
    ) private pure {
        if (received.what != CrossLog.What.Received) revert NotFraud("nothing received");
        bytes32 source = CrossLog.sourceOf(origin.b.chainId, origin.b.blockHash, origin.txIndex, origin.logIndex);
        if (received.source != source) revert NotFraud("another source");
        if (
            received.msgId == sent.msgId && received.peer == bytes32(uint256(origin.b.chainId))
                && sent.peer == bytes32(uint256(target.b.chainId)) && received.rootToken == sent.rootToken
                && received.recipient == sent.recipient && received.amount == sent.amount
                && target.b.timestamp < sent.deadline
        ) revert NotFraud("as sent");
    }

    function _convict(LiveCheckpoint memory checkpoint, LogProof memory p, bytes memory header)
        private
        pure
        returns (Verdict memory)
    {
        return ContentVerdict.make(ContentVerdict.offenceOf("receipt", checkpoint, p.b, p.txIndex), p.b, header);
    }

    function _messageAt(LogProof memory p)
        private
        view
        returns (LiveCheckpoint memory checkpoint, CrossLog.Message memory message)
    {
        bytes memory raw;
        (checkpoint, raw) = Proofs.verifyReceipt(checkpoints, p);
        Receipt memory receipt = ReceiptDecoder.decode(raw);
        if (receipt.status != 1) revert NotFraud("failed transaction");
        (address emitter, bytes32[] memory topics, bytes memory data) = receipt.logAt(p.logIndex);
        message = CrossLog.read(emitter, topics, data);
    }

    function _position(LogProof memory p) private pure returns (uint256) {
        return Proofs.positionOf(p.b.number, p.txIndex, p.logIndex);
    }
}
