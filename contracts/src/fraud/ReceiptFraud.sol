// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {LiveCheckpoint, ICheckpointManager} from "../checkpoint/ICheckpointManager.sol";
import {IKomaRegistry} from "../checkpoint/IKomaRegistry.sol";
import {IKomaToken} from "../child/IKomaToken.sol";
import {Predeploys} from "../child/Predeploys.sol";
import {IFraudVerifier} from "./IFraudVerifier.sol";
import {LogProof, TxReceipt, Verdict} from "./ProofTypes.sol";
import {BalanceChange, BalanceLog} from "./proofs/BalanceLog.sol";
import {ContentVerdict} from "./proofs/ContentVerdict.sol";
import {EventShapes} from "./proofs/EventShapes.sol";
import {Header, HeaderDecoder} from "./proofs/HeaderDecoder.sol";
import {LogsBloom} from "./proofs/LogsBloom.sol";
import {Proofs} from "./proofs/Proofs.sol";
import {Receipt, ReceiptDecoder} from "./proofs/ReceiptDecoder.sol";
import {RlpItem, StrictRLP} from "./proofs/StrictRLP.sol";
import {StrictTrie} from "./proofs/StrictTrie.sol";
import {Transaction, TxDecoder, TxFault} from "./proofs/TxDecoder.sol";

/// @title Fraud that a receipt shows
/// @notice Kind 9: a receipt that no execution leaves. Kind 12: a successful ERC-20 transfer whose logs are not those of the
/// call. Kind 13: a log of a token that names impossible balances. All three speak about what the code of standard child
/// tokens and system contracts does, whatever the state: nobody is convicted for a state that cannot be seen here.
/// @dev KOMA root contracts, sections 10.12 and 10.15. The kinds share one offence per receipt.
contract ReceiptFraud is IFraudVerifier {
    using ReceiptDecoder for Receipt;
    using StrictRLP for RlpItem;

    uint8 public constant MALFORMED_RECEIPT = 9;
    uint8 public constant WRONG_TRANSFER = 12;
    uint8 public constant IMPOSSIBLE_LOG = 13;

    /// @dev No transaction uses less: what a refund gives back was paid for above the intrinsic gas (EIP-3529).
    uint256 private constant LEAST_GAS = 21_000;
    /// @dev Selector, recipient, amount.
    uint256 private constant TRANSFER_CALL = 68;

    ICheckpointManager public immutable checkpoints;
    IKomaRegistry public immutable registry;

    constructor(ICheckpointManager checkpoints_, IKomaRegistry registry_) {
        checkpoints = checkpoints_;
        registry = registry_;
    }

    /// @inheritdoc IFraudVerifier
    function verify(uint8 kind, bytes calldata evidence) external view returns (Verdict memory) {
        if (kind == MALFORMED_RECEIPT) {
            (TxReceipt memory r, bytes[] memory previousNodes, bytes memory header) =
                abi.decode(evidence, (TxReceipt, bytes[], bytes));
            return _judgeReceipt(r, previousNodes, header);
        }
        if (kind == WRONG_TRANSFER) {
            (TxReceipt memory r, LogProof[] memory earlier, bytes memory header) =
                abi.decode(evidence, (TxReceipt, LogProof[], bytes));
            return _judgeTransfer(r, earlier, header);
        }
        if (kind == IMPOSSIBLE_LOG) {
            (LogProof memory p, bytes memory header) = abi.decode(evidence, (LogProof, bytes));
            return _judgeLog(p, header);
        }
        revert UnknownKind(kind);
    }

    /// @notice Kind 9. No execution leaves this receipt: its type is not its transaction's, it is not four canonical
    /// fields, its gas does not grow by 21,000 or grows by more than the transaction's limit, its bloom is not that of its
    /// logs, it failed and has logs, or a log of a system contract or standard token is none that its code emits.
    /// @param previousNodes proof of the receipt before, for the gas between the two; empty: that is not looked at, only
    /// that the sum is at least 21,000 for every transaction so far
    /// @param header RLP header of the block, for its gas and so that its producer is charged at once; may be empty
    function validateReceipt(TxReceipt memory r, bytes[] memory previousNodes, bytes memory header)
        external
        view
        returns (Verdict memory)
    {
        return _judgeReceipt(r, previousNodes, header);
    }

    /// @notice Kind 12. A call of `transfer` of a standard child token succeeded, and its logs are not exactly `Transfer`
    /// and `LogTransfer` of that call with balances that fit, or it carried coins, or a recipient that the token refuses.
    /// @param earlier a log that the token emitted before, so that it existed then; needed only when the receipt has no
    /// log of the token, because a call of an address without code succeeds and leaves none
    /// @param header as for kind 9
    function validateERC20TransferTx(TxReceipt memory r, LogProof[] memory earlier, bytes memory header)
        external
        view
        returns (Verdict memory)
    {
        return _judgeTransfer(r, earlier, header);
    }

    /// @notice Kind 13. A log of a standard child token or of the native gateway, in whatever transaction, names balances
    /// that its code cannot have seen.
    /// @param header as for kind 9
    function validateERC20Log(LogProof memory p, bytes memory header) external view returns (Verdict memory) {
        return _judgeLog(p, header);
    }

    function _judgeReceipt(TxReceipt memory r, bytes[] memory previousNodes, bytes memory header)
        private
        view
        returns (Verdict memory)
    {
        (LiveCheckpoint memory checkpoint, bytes memory rawTx, bytes memory raw) =
            Proofs.verifyTxReceipt(checkpoints, r);
        (bool ok, Receipt memory receipt) = ReceiptDecoder.tryDecode(raw);
        bool wrong = !ok || receipt.txType != TxDecoder.typeOf(rawTx)
            || _hasWrongGas(r, rawTx, receipt.cumulativeGasUsed, previousNodes)
            || (header.length != 0 && _exceedsBlock(receipt, HeaderDecoder.open(r.b, header)))
            || _hasWrongLogs(r.b.chainId, receipt);
        if (!wrong) revert NotFraud("well formed");
        return ContentVerdict.make(ContentVerdict.offenceOf("receipt", checkpoint, r.b, r.txIndex), r.b, header);
    }

    function _hasWrongGas(TxReceipt memory r, bytes memory rawTx, uint256 gasSum, bytes[] memory previousNodes)
        private
        pure
        returns (bool)
    {
        if (gasSum < LEAST_GAS * (uint256(r.txIndex) + 1)) return true;
        if (r.txIndex != 0) {
            if (previousNodes.length == 0) return false;
            bytes memory previous = StrictTrie.valueAt(r.b.receiptsRoot, r.txIndex - 1, previousNodes);
            uint256 before = ReceiptDecoder.decode(previous).cumulativeGasUsed;
            if (gasSum < before + LEAST_GAS) return true;
            gasSum -= before;
        }
        (TxFault fault, Transaction memory transaction) = TxDecoder.tryDecode(rawTx, r.b.chainId);
        return fault == TxFault.None && gasSum > transaction.gasLimit;
    }

    function _exceedsBlock(Receipt memory receipt, Header memory header) private pure returns (bool) {
        return receipt.cumulativeGasUsed > header.gasLimit || receipt.cumulativeGasUsed > header.gasUsed;
    }

    function _hasWrongLogs(uint64 chainId, Receipt memory receipt) private view returns (bool) {
        bytes memory bloom = LogsBloom.empty();
        uint256 cursor = receipt.logs.payload();
        uint256 end = receipt.logs.end();
        if (receipt.status == 0 && cursor < end) return true;
        address known;
        bool isToken;
        while (cursor < end) {
            bool ok;
            address emitter;
            RlpItem[] memory topics;
            RlpItem data;
            uint256 start = cursor;
            (ok, emitter, topics, data, cursor) = ReceiptDecoder.tryLog(cursor, end);
            if (!ok) return true;
            _addLog(bloom, start, topics);
            // Logs of one contract mostly stand together.
            if (emitter != known) (known, isToken) = (emitter, registry.rootTokenOf(chainId, emitter) != address(0));
            if (!isToken && !EventShapes.isSystem(emitter)) continue;
            if (EventShapes.isForged(emitter, isToken, ReceiptDecoder.wordsOf(topics), data.bytesOf())) return true;
        }
        return keccak256(bloom) != keccak256(receipt.bloom.bytesOf());
    }

    /// @dev Straight from memory: the emitter is the first field of the log at `start`.
    function _addLog(bytes memory bloom, uint256 start, RlpItem[] memory topics) private pure {
        (, RlpItem log,) = StrictRLP.tryNext(start, type(uint256).max);
        (, RlpItem emitter,) = StrictRLP.tryNext(log.payload(), log.end());
        LogsBloom.add(bloom, emitter.payload(), 20);
        for (uint256 i; i < topics.length; ++i) {
            LogsBloom.add(bloom, topics[i].payload(), 32);
        }
    }

    function _judgeTransfer(TxReceipt memory r, LogProof[] memory earlier, bytes memory header)
        private
        view
        returns (Verdict memory)
    {
        (LiveCheckpoint memory checkpoint, bytes memory rawTx, bytes memory raw) =
            Proofs.verifyTxReceipt(checkpoints, r);
        Transaction memory transaction = TxDecoder.decode(rawTx, r.b.chainId);
        Receipt memory receipt = ReceiptDecoder.decode(raw);
        address token = transaction.to;
        address rootToken = registry.rootTokenOf(r.b.chainId, token);
        if (transaction.creates || rootToken == address(0) || token == Predeploys.KOMA_NATIVE) {
            revert NotFraud("no standard token");
        }
        if (transaction.data.length < TRANSFER_CALL || bytes4(transaction.data) != IERC20.transfer.selector) {
            revert NotFraud("no transfer");
        }
        if (receipt.status == 0) revert NotFraud("reverted");
        (uint256 own, bool fits) = _logsOfTransfer(receipt, transaction, rootToken);
        if (own == 0) _requireEarlier(r, earlier, token);
        if (fits) revert NotFraud("transferred");
        return ContentVerdict.make(ContentVerdict.offenceOf("receipt", checkpoint, r.b, r.txIndex), r.b, header);
    }

    /// @return own logs that the token emitted
    /// @return fits whether the receipt is one that the call can have left
    function _logsOfTransfer(Receipt memory receipt, Transaction memory transaction, address rootToken)
        private
        pure
        returns (uint256 own, bool fits)
    {
        // One walk: a receipt must not become unprovable by many logs.
        uint256 cursor = receipt.logs.payload();
        uint256 end = receipt.logs.end();
        uint256 count;
        fits = true;
        while (cursor < end) {
            bool ok;
            address emitter;
            RlpItem[] memory topics;
            RlpItem data;
            (ok, emitter, topics, data, cursor) = ReceiptDecoder.tryLog(cursor, end);
            if (!ok) revert StrictRLP.NonCanonicalRLP();
            if (emitter == transaction.to) ++own;
            ++count;
            fits = fits && own == count && count <= 2 && _isLogOfTransfer(count, topics, data, transaction, rootToken);
        }
        (uint256 recipient,) = _argumentsOf(transaction.data);
        // A token has no use for coins, and reverts for half an address.
        fits = fits && count == 2 && transaction.value == 0 && recipient >> 160 == 0;
    }

    /// @dev `Transfer` comes first, `LogTransfer` second.
    function _isLogOfTransfer(
        uint256 place,
        RlpItem[] memory items,
        RlpItem dataItem,
        Transaction memory transaction,
        address rootToken
    ) private pure returns (bool) {
        (uint256 recipient, uint256 amount) = _argumentsOf(transaction.data);
        bytes32[] memory topics = ReceiptDecoder.wordsOf(items);
        bytes memory data = dataItem.bytesOf();
        if (place == 1) {
            return topics.length == 3 && topics[0] == IERC20.Transfer.selector
                && topics[1] == bytes32(uint256(uint160(transaction.sender))) && topics[2] == bytes32(recipient)
                && data.length == 32 && uint256(bytes32(data)) == amount;
        }
        BalanceChange memory change = BalanceLog.read(topics, data);
        return change.known && change.topic0 == IKomaToken.LogTransfer.selector && change.from == transaction.sender
            && uint256(uint160(change.to)) == recipient && change.amount == amount
            && !BalanceLog.isImpossible(change, rootToken, false);
    }

    function _argumentsOf(bytes memory input) private pure returns (uint256 recipient, uint256 amount) {
        assembly ("memory-safe") {
            recipient := mload(add(input, 0x24))
            amount := mload(add(input, 0x44))
        }
    }

    /// @dev Tokens cannot be destroyed, so one that has emitted a log has code from then on.
    function _requireEarlier(TxReceipt memory r, LogProof[] memory earlier, address token) private view {
        if (earlier.length == 0) revert NotFraud("the token may not exist yet");
        LogProof memory p = earlier[0];
        if (p.b.chainId != r.b.chainId) revert NotFraud("different chains");
        if (Proofs.positionOf(p.b.number, p.txIndex, 0) >= Proofs.positionOf(r.b.number, r.txIndex, 0)) {
            revert NotFraud("not earlier");
        }
        (, address emitter,,) = Proofs.verifyLog(checkpoints, p);
        if (emitter != token) revert NotFraud("another contract's log");
    }

    function _judgeLog(LogProof memory p, bytes memory header) private view returns (Verdict memory) {
        (LiveCheckpoint memory checkpoint, bytes memory raw) = Proofs.verifyReceipt(checkpoints, p);
        (address emitter, bytes32[] memory topics, bytes memory data) =
            ReceiptDecoder.logAt(ReceiptDecoder.decode(raw), p.logIndex);
        address rootToken = registry.rootTokenOf(p.b.chainId, emitter);
        if (rootToken == address(0)) revert NotFraud("no standard token");
        BalanceChange memory change = BalanceLog.read(topics, data);
        if (!change.known) revert NotFraud("no balances");
        if (!BalanceLog.isImpossible(change, rootToken, emitter == Predeploys.KOMA_NATIVE)) {
            revert NotFraud("balances fit");
        }
        return ContentVerdict.make(ContentVerdict.offenceOf("receipt", checkpoint, p.b, p.txIndex), p.b, header);
    }
}
