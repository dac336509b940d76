// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {DeliveryArguments, DeliveryCall} from "../bridge/DeliveryCall.sol";
import {DepositKind, IDepositManager} from "../bridge/IDepositManager.sol";
import {LiveCheckpoint, ICheckpointManager} from "../checkpoint/ICheckpointManager.sol";
import {IKomaRegistry} from "../checkpoint/IKomaRegistry.sol";
import {IKomaToken} from "../child/IKomaToken.sol";
import {Predeploys} from "../child/Predeploys.sol";
import {DeliveryLog} from "./DeliveryLog.sol";
import {IFraudVerifier} from "./IFraudVerifier.sol";
import {LogProof, TxReceipt, Verdict} from "./ProofTypes.sol";
import {ContentVerdict} from "./proofs/ContentVerdict.sol";
import {Proofs} from "./proofs/Proofs.sol";
import {Receipt, ReceiptDecoder} from "./proofs/ReceiptDecoder.sol";
import {RlpItem, StrictRLP} from "./proofs/StrictRLP.sol";
import {Transaction, TxDecoder} from "./proofs/TxDecoder.sol";

/// @title Fraud in the delivery of deposits
/// @notice Kind 10: a delivery is not the deposit that the root chain holds under its id. Kind 11: two deliveries of one
/// id, or of ids that descend.
/// @dev KOMA root contracts, sections 10.13 and 10.14; white paper 5.6 and 5.9. A gap in the ids is kind 18.
contract BridgeFraud is IFraudVerifier {
    using ReceiptDecoder for Receipt;
    using StrictRLP for RlpItem;

    uint8 public constant DEPOSIT_MISMATCH = 10;
    uint8 public constant DUPLICATE_DEPOSIT = 11;

    ICheckpointManager public immutable checkpoints;
    IKomaRegistry public immutable registry;
    IDepositManager public immutable deposits;

    constructor(ICheckpointManager checkpoints_, IKomaRegistry registry_, IDepositManager deposits_) {
        checkpoints = checkpoints_;
        registry = registry_;
        deposits = deposits_;
    }

    /// @inheritdoc IFraudVerifier
    function verify(uint8 kind, bytes calldata evidence) external view returns (Verdict memory) {
        if (kind == DEPOSIT_MISMATCH) {
            (TxReceipt memory r, uint32 logIndex, bytes memory header_) =
                abi.decode(evidence, (TxReceipt, uint32, bytes));
            return _judgeDelivery(r, logIndex, header_);
        }
        if (kind != DUPLICATE_DEPOSIT) revert UnknownKind(kind);
        (LogProof memory l1, LogProof memory l2, bytes memory header) =
            abi.decode(evidence, (LogProof, LogProof, bytes));
        return _judgeDuplicate(l1, l2, header);
    }

    /// @notice Kind 10. A `DepositDelivered` log of a successful transaction does not tell of the deposit that the root
    /// chain holds: there is none of that id, or recipient, amount, token or time differ between deposit, call and log, or
    /// the transaction is no delivery at all, or the credit that the log claims left no log.
    /// @param header RLP header of the block, so that its producer is charged and the block banned at once; may be empty
    function validateDepositTx(TxReceipt memory r, uint32 logIndex, bytes memory header)
        external
        view
        returns (Verdict memory)
    {
        return _judgeDelivery(r, logIndex, header);
    }

    /// @notice Kind 11. Two `DepositDelivered` logs of successful transactions, the later one of the same id or of a
    /// lower one. In either order; the later one is the offence.
    /// @param header RLP header of the later block; as for kind 10
    function validateDuplicateDepositTx(LogProof memory l1, LogProof memory l2, bytes memory header)
        external
        view
        returns (Verdict memory)
    {
        return _judgeDuplicate(l1, l2, header);
    }

    function _judgeDelivery(TxReceipt memory r, uint32 logIndex, bytes memory header)
        private
        view
        returns (Verdict memory)
    {
        (LiveCheckpoint memory checkpoint, bytes memory rawTransaction, bytes memory rawReceipt) =
            Proofs.verifyTxReceipt(checkpoints, r);
        Receipt memory receipt = ReceiptDecoder.decode(rawReceipt);
        if (receipt.status != 1) revert NotFraud("failed transaction");
        DeliveryLog.Delivery memory log = _deliveryAt(receipt, logIndex);
        Transaction memory transaction = TxDecoder.decode(rawTransaction, r.b.chainId);
        if (_isHonest(r.b.chainId, r.b.timestamp, transaction, receipt, logIndex, log)) {
            revert NotFraud("as deposited");
        }
        return ContentVerdict.make(ContentVerdict.offenceOf("receipt", checkpoint, r.b, r.txIndex), r.b, header);
    }

    /// @dev Everything that holds for each delivery of a chain that runs ChildBridge. `deliver` can only be called by the
    /// block's coinbase, an account without code: it is always the transaction's own call.
    function _isHonest(
        uint64 chainId,
        uint64 timestamp,
        Transaction memory transaction,
        Receipt memory receipt,
        uint32 logIndex,
        DeliveryLog.Delivery memory log
    ) private view returns (bool) {
        if (transaction.to != Predeploys.CHILD_BRIDGE || transaction.value != 0) return false;
        (bool ok, DeliveryArguments memory args) = DeliveryCall.tryDecode(transaction.data);
        if (!ok) return false;
        bytes32 depositHash = deposits.depositHash(chainId, args.id);
        if (depositHash == bytes32(0) || depositHash != DeliveryCall.hashOf(args, chainId)) return false;
        if (
            log.id != args.id || log.rootToken != bytes32(uint256(uint160(args.rootToken)))
                || log.recipient != bytes32(uint256(uint160(args.recipient))) || log.amount != args.amount
                || log.depositHash != depositHash || timestamp < args.createdAt
        ) return false;
        if (!log.credited) return log.childToken == address(0);
        if (args.kind == DepositKind.None || args.kind == DepositKind.Message) return false;
        if (log.childToken != registry.childTokenOf(chainId, args.rootToken)) return false;
        // The creation of a token credits nobody.
        return args.kind == DepositKind.MapToken || _hasCredit(receipt, logIndex, log);
    }

    /// @dev A `LogDeposit` of the child token, for what was delivered, stands before the delivery's own log.
    function _hasCredit(Receipt memory receipt, uint32 logIndex, DeliveryLog.Delivery memory delivery)
        private
        pure
        returns (bool)
    {
        uint256 cursor = receipt.logs.payload();
        uint256 end = receipt.logs.end();
        for (uint32 i; i < logIndex; ++i) {
            bool ok;
            address emitter;
            RlpItem[] memory topics;
            RlpItem data;
            (ok, emitter, topics, data, cursor) = ReceiptDecoder.tryLog(cursor, end);
            if (!ok) revert StrictRLP.NonCanonicalRLP();
            if (emitter != delivery.childToken || topics.length != 3 || data.size() != 128) continue;
            if (
                topics[0].bytes32Of() == IKomaToken.LogDeposit.selector && topics[1].bytes32Of() == delivery.rootToken
                    && topics[2].bytes32Of() == delivery.recipient
                    && StrictRLP.wordAt(data.payload()) == delivery.amount
            ) return true;
        }
        return false;
    }

    function _judgeDuplicate(LogProof memory l1, LogProof memory l2, bytes memory header)
        private
        view
        returns (Verdict memory)
    {
        if (l1.b.chainId != l2.b.chainId) revert NotFraud("different chains");
        if (_position(l1) == _position(l2)) revert NotFraud("same position");
        if (_position(l1) > _position(l2)) (l1, l2) = (l2, l1);
        (, uint256 earlier) = _idOf(l1);
        (LiveCheckpoint memory checkpoint, uint256 later) = _idOf(l2);
        if (later > earlier) revert NotFraud("ordered");
        return ContentVerdict.make(ContentVerdict.offenceOf("receipt", checkpoint, l2.b, l2.txIndex), l2.b, header);
    }

    function _idOf(LogProof memory p) private view returns (LiveCheckpoint memory checkpoint, uint256 id) {
        bytes memory raw;
        (checkpoint, raw) = Proofs.verifyReceipt(checkpoints, p);
        Receipt memory receipt = ReceiptDecoder.decode(raw);
        if (receipt.status != 1) revert NotFraud("failed transaction");
        id = _deliveryAt(receipt, p.logIndex).id;
    }

    function _deliveryAt(Receipt memory receipt, uint32 logIndex) private pure returns (DeliveryLog.Delivery memory) {
        (address emitter, bytes32[] memory topics, bytes memory data) = receipt.logAt(logIndex);
        return DeliveryLog.read(emitter, topics, data);
    }

    function _position(LogProof memory p) private pure returns (uint256) {
        return Proofs.positionOf(p.b.number, p.txIndex, p.logIndex);
    }
}
