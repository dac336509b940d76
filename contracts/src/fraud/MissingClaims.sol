// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {DeliveryArguments, DeliveryCall} from "../bridge/DeliveryCall.sol";
import {UtxoLog} from "../bridge/UtxoLog.sol";
import {IDepositManager} from "../bridge/IDepositManager.sol";
import {LiveCheckpoint, ICheckpointManager} from "../checkpoint/ICheckpointManager.sol";
import {ChainConfig, IKomaRegistry} from "../checkpoint/IKomaRegistry.sol";
import {DeliveryLog} from "./DeliveryLog.sol";
import {Claim, InteractiveKind} from "./IInteractiveFraud.sol";
import {IFraudVerifier} from "./IFraudVerifier.sol";
import {BlockProof, LogProof, TxProof} from "./ProofTypes.sol";
import {BlockTree} from "./proofs/BlockTree.sol";
import {ContentVerdict} from "./proofs/ContentVerdict.sol";
import {Proofs} from "./proofs/Proofs.sol";
import {Receipt, ReceiptDecoder} from "./proofs/ReceiptDecoder.sol";
import {TokenLogs} from "./proofs/TokenLogs.sol";
import {Transaction, TxDecoder} from "./proofs/TxDecoder.sol";

/// @title What can be claimed to be missing, and what shows that it is there
/// @notice Kind 7: a transaction with a nonce that its sender must have used. Kind 15: a log of a token's account between
/// two whose numbers are not adjacent. Kind 18: the delivery of a deposit that is overdue. That something is missing
/// cannot be shown from inclusions; that it is there can.
/// @dev KOMA root contracts, sections 10.10, 10.16 and 10.19.
contract MissingClaims {
    using ReceiptDecoder for Receipt;

    /// @dev EIP-7702 counts a nonce up without a transaction: from such rules on a skipped nonce proves nothing.
    uint8 private constant RULES_CANCUN = 1;

    ICheckpointManager public immutable checkpoints;
    IKomaRegistry public immutable registry;
    IDepositManager public immutable deposits;
    /// @notice Seconds, by the chain's own time, after which a deposit has to have been delivered.
    uint40 public immutable depositDeadline;

    /// @notice No claims of this kind are judged.
    error UnknownKind(uint8 kind);
    /// @notice The chain's rules let nonces advance without transactions.
    error UnsoundForRules(uint8 rules);
    /// @notice What was brought is there, but does not disprove the claim.
    error NoAnswer(string why);

    constructor(
        ICheckpointManager checkpoints_,
        IKomaRegistry registry_,
        IDepositManager deposits_,
        uint40 depositDeadline_
    ) {
        checkpoints = checkpoints_;
        registry = registry_;
        deposits = deposits_;
        depositDeadline = depositDeadline_;
    }

    /// @notice The claim that evidence makes, without challenger, bond and deadline; reverts when it claims nothing.
    /// @param evidence kind 7: abi.encode(TxProof tb, uint64 nonce, TxProof[] ta), `ta` none or one;
    /// kind 15: abi.encode(LogProof a, LogProof b, address account);
    /// kind 18: abi.encode(BlockProof last, DeliveryArguments deposit)
    function claimOf(uint8 kind, bytes calldata evidence) external view returns (Claim memory) {
        if (kind == InteractiveKind.MISSING_NONCE) {
            (TxProof memory tb, uint64 nonce, TxProof[] memory ta) = abi.decode(evidence, (TxProof, uint64, TxProof[]));
            return _claimMissingNonce(tb, nonce, ta);
        }
        if (kind == InteractiveKind.MISSING_LOG) {
            (LogProof memory a, LogProof memory b, address account) =
                abi.decode(evidence, (LogProof, LogProof, address));
            return _claimMissingLog(a, b, account);
        }
        if (kind != InteractiveKind.OMITTED_DEPOSIT) revert UnknownKind(kind);
        (BlockProof memory last, DeliveryArguments memory d) = abi.decode(evidence, (BlockProof, DeliveryArguments));
        return _claimOmittedDeposit(last, d);
    }

    /// @notice Reverts unless the evidence disproves the claim.
    /// @param evidence kind 7: abi.encode(TxProof); kinds 15 and 18: abi.encode(LogProof) of the log or the delivery; under
    /// any live checkpoint of the chain
    function checkAnswer(Claim calldata claim, bytes calldata evidence) external view {
        if (claim.kind == InteractiveKind.MISSING_NONCE) _requireNonce(claim, abi.decode(evidence, (TxProof)));
        else if (claim.kind == InteractiveKind.MISSING_LOG) _requireLog(claim, abi.decode(evidence, (LogProof)));
        else _requireDelivery(claim, abi.decode(evidence, (LogProof)));
    }

    /// @dev `tb` has a nonce above `nonce`, and its sender is said to have used `nonce` neither before it nor, when an
    /// earlier transaction with a nonce below is given, after that one.
    function _claimMissingNonce(TxProof memory tb, uint64 nonce, TxProof[] memory ta)
        private
        view
        returns (Claim memory claim)
    {
        ChainConfig memory config = registry.chainConfig(tb.b.chainId);
        if (config.rules != RULES_CANCUN) revert UnsoundForRules(config.rules);
        (LiveCheckpoint memory checkpoint, bytes memory raw) = Proofs.verifyTransaction(checkpoints, tb);
        Transaction memory later = TxDecoder.decode(raw, tb.b.chainId);
        if (nonce >= later.nonce) revert IFraudVerifier.NotFraud("nonce not below");
        claim.beforePosition = _position(tb.b.number, tb.txIndex, 0);
        if (ta.length > 1) revert IFraudVerifier.NotFraud("one earlier transaction at most");
        if (ta.length == 1) {
            if (ta[0].b.chainId != tb.b.chainId) revert IFraudVerifier.NotFraud("different chains");
            (, raw) = Proofs.verifyTransaction(checkpoints, ta[0]);
            Transaction memory earlier = TxDecoder.decode(raw, tb.b.chainId);
            if (earlier.sender != later.sender) revert IFraudVerifier.NotFraud("different senders");
            if (earlier.nonce >= nonce) revert IFraudVerifier.NotFraud("nonce not above");
            claim.afterPosition = _position(ta[0].b.number, ta[0].txIndex, 0);
            if (claim.afterPosition >= claim.beforePosition) revert IFraudVerifier.NotFraud("wrong order");
        } else if (config.genesisBlock > 1) {
            // What was before the first checkpoint could not be brought as an answer.
            revert IFraudVerifier.NotFraud("history begins later");
        }
        _accuse(claim, tb.b, checkpoint);
        claim.kind = InteractiveKind.MISSING_NONCE;
        claim.blockHash = tb.b.blockHash;
        claim.subject = later.sender;
        claim.value = nonce;
        claim.offenceId = keccak256(abi.encode("skipped nonce", checkpoint.structHash, tb.b.blockHash, tb.txIndex));
    }

    /// @dev `a` and `b` are logs of one standard token and account, `b` the later one with a number higher by two or more:
    /// each log of an account has the next number, so that one stands in between.
    function _claimMissingLog(LogProof memory a, LogProof memory b, address account)
        private
        view
        returns (Claim memory claim)
    {
        if (a.b.chainId != b.b.chainId) revert IFraudVerifier.NotFraud("different chains");
        claim.afterPosition = _position(a.b.number, a.txIndex, a.logIndex);
        claim.beforePosition = _position(b.b.number, b.txIndex, b.logIndex);
        if (claim.afterPosition >= claim.beforePosition) revert IFraudVerifier.NotFraud("wrong order");
        UtxoLog.Entry memory earlier;
        UtxoLog.Entry memory later;
        LiveCheckpoint memory checkpoint;
        address sameToken;
        (, claim.token, earlier) = TokenLogs.entryOf(checkpoints, registry, a, account);
        (checkpoint, sameToken, later) = TokenLogs.entryOf(checkpoints, registry, b, account);
        if (claim.token != sameToken) revert IFraudVerifier.NotFraud("different tokens");
        if (later.seq <= uint256(earlier.seq) + 1) revert IFraudVerifier.NotFraud("nothing between");
        _accuse(claim, b.b, checkpoint);
        claim.kind = InteractiveKind.MISSING_LOG;
        claim.blockHash = b.b.blockHash;
        claim.subject = account;
        claim.value = earlier.seq;
        claim.offenceId = ContentVerdict.offenceOf("receipt", checkpoint, b.b, b.txIndex);
    }

    /// @dev The deposit is older than allowed at the time of the checkpoint's last block.
    function _claimOmittedDeposit(BlockProof memory last, DeliveryArguments memory d)
        private
        view
        returns (Claim memory claim)
    {
        LiveCheckpoint memory checkpoint = Proofs.verifyBlock(checkpoints, last);
        if (last.number != checkpoint.end) revert IFraudVerifier.NotFraud("not the last block");
        bytes32 depositHash = deposits.depositHash(last.chainId, d.id);
        if (depositHash == bytes32(0) || depositHash != DeliveryCall.hashOf(d, last.chainId)) {
            revert IFraudVerifier.NotFraud("no such deposit");
        }
        if (uint256(d.createdAt) + depositDeadline >= last.timestamp) revert IFraudVerifier.NotFraud("in time");
        _accuse(claim, last, checkpoint);
        claim.kind = InteractiveKind.OMITTED_DEPOSIT;
        claim.subject = d.recipient;
        claim.value = d.id;
        // A delivery that came late, but came, is an answer.
        claim.beforePosition = type(uint128).max;
        claim.offenceId = keccak256(abi.encode("omitted deposit", checkpoint.structHash, d.id));
    }

    /// @dev Reverts unless the transaction is the one that is said to be missing.
    function _requireNonce(Claim memory claim, TxProof memory x) private view {
        if (x.b.chainId != claim.chainId) revert NoAnswer("different chains");
        (, bytes memory raw) = Proofs.verifyTransaction(checkpoints, x);
        Transaction memory transaction = TxDecoder.decode(raw, x.b.chainId);
        if (transaction.sender != claim.subject) revert NoAnswer("different senders");
        if (transaction.nonce != claim.value) revert NoAnswer("different nonces");
        _requireBetween(claim, _position(x.b.number, x.txIndex, 0));
    }

    /// @dev Reverts unless the log is one of the token and account between the two.
    function _requireLog(Claim memory claim, LogProof memory x) private view {
        if (x.b.chainId != claim.chainId) revert NoAnswer("different chains");
        (, address token,) = TokenLogs.entryOf(checkpoints, registry, x, claim.subject);
        if (token != claim.token) revert NoAnswer("different tokens");
        _requireBetween(claim, _position(x.b.number, x.txIndex, x.logIndex));
    }

    /// @dev Reverts unless the log is a delivery of the deposit that is said to be omitted.
    function _requireDelivery(Claim memory claim, LogProof memory x) private view {
        if (x.b.chainId != claim.chainId) revert NoAnswer("different chains");
        (, bytes memory raw) = Proofs.verifyReceipt(checkpoints, x);
        Receipt memory receipt = ReceiptDecoder.decode(raw);
        if (receipt.status != 1) revert NoAnswer("failed transaction");
        (address emitter, bytes32[] memory topics, bytes memory data) = receipt.logAt(x.logIndex);
        if (DeliveryLog.read(emitter, topics, data).id != claim.value) revert NoAnswer("different deposits");
        _requireBetween(claim, _position(x.b.number, x.txIndex, x.logIndex));
    }

    function _accuse(Claim memory claim, BlockProof memory b, LiveCheckpoint memory checkpoint) private pure {
        claim.chainId = b.chainId;
        claim.number = b.checkpoint;
        claim.structHash = checkpoint.structHash;
        claim.leaf = BlockTree.leafOf(b);
    }

    function _requireBetween(Claim memory claim, uint128 position) private pure {
        bool early = claim.afterPosition != 0 && position <= claim.afterPosition;
        if (early || position >= claim.beforePosition) revert NoAnswer("elsewhere");
    }

    function _position(uint64 number, uint32 txIndex, uint32 logIndex) private pure returns (uint128) {
        return uint128(Proofs.positionOf(number, txIndex, logIndex));
    }
}
