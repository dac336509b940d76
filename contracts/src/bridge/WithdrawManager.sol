// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Heap} from "@openzeppelin/contracts/utils/structs/Heap.sol";

import {Governed} from "../checkpoint/Governed.sol";
import {LiveCheckpoint, ICheckpointManager} from "../checkpoint/ICheckpointManager.sol";
import {IKomaRegistry} from "../checkpoint/IKomaRegistry.sol";
import {LogProof} from "../fraud/ProofTypes.sol";
import {Proofs} from "../fraud/proofs/Proofs.sol";
import {Receipt, ReceiptDecoder} from "../fraud/proofs/ReceiptDecoder.sol";
import {ExitNFT} from "./ExitNFT.sol";
import {Exit, ExitParams, ExitStatus} from "./ExitTypes.sol";
import {IDepositManager} from "./IDepositManager.sol";
import {UtxoLog} from "./UtxoLog.sol";

/// @title Exits: from a burn on a KOMA chain to a payment on the root chain
/// @notice Anyone proves a burn's log and posts a bond; the exit waits until its checkpoint is final and can be
/// challenged meanwhile; then anyone processes the queue and the holder of the ExitNFT is paid out of the chain's escrow.
/// @dev Root contracts design, section 8. An exit is named by the position of its burn, computed from integers, so one
/// burn has one name whatever its proof looks like. Nothing here can be paused.
contract WithdrawManager is Governed, ReentrancyGuardTransient {
    using Heap for Heap.Uint256Heap;
    using ReceiptDecoder for Receipt;

    /// @custom:storage-location erc7201:koma.storage.WithdrawManager
    struct WithdrawStorage {
        // `ExitParams`, each beside the contract that it is read with.
        ICheckpointManager checkpoints;
        uint40 exitPeriod;
        IKomaRegistry registry;
        IDepositManager deposits;
        uint64 payoutGas;
        ExitNFT nft;
        uint64 exitBond;
        mapping(bytes32 exitId => Exit) exits;
        mapping(uint64 chainId => mapping(address token => Heap.Uint256Heap)) queues;
        mapping(address account => uint256) owed;
    }

    // keccak256(abi.encode(uint256(keccak256("koma.storage.WithdrawManager")) - 1)) & ~bytes32(uint256(0xff))
    bytes32 private constant WITHDRAW_SLOT = 0xe8dcd637f6000b304041a8f97393d918fdc79f35305d6f9520ef15aa810b7a00;

    /// @dev Gas that must be left when a payment starts besides what the payment may use: what follows a failed one.
    uint256 private constant AFTER_PAYMENT_GAS = 80_000;
    /// @dev Gas of one turn of the queue without the payment: taking the top out of a long heap, the finality question.
    uint256 private constant TURN_GAS = 250_000;
    /// @dev Checkpoints that one call finalizes on the way.
    uint256 private constant FINALIZE_BATCH = 8;

    /// @param cpHash struct hash of the checkpoint the exit rests on
    event ExitStarted(
        bytes32 indexed exitId,
        uint64 indexed chainId,
        address indexed token,
        address account,
        address recipient,
        uint256 amount,
        uint40 exitableAt,
        bytes32 cpHash
    );
    event ExitDeferred(bytes32 indexed exitId, uint40 exitableAt);
    event ExitCancelled(bytes32 indexed exitId, address indexed challenger, bytes32 reason);
    event ExitVoided(bytes32 indexed exitId);
    event ExitPaid(bytes32 indexed exitId, address indexed to, uint256 amount);
    event ExitClaimable(bytes32 indexed exitId, address indexed payee);
    event OwedWithdrawn(address indexed account, address indexed to, uint256 amount);

    error BadBond(uint256 want, uint256 got);
    error ExitExists(bytes32 exitId, ExitStatus status);
    error NotQueued(bytes32 exitId, ExitStatus status);
    error NotClaimable(bytes32 exitId, ExitStatus status);
    error WrongEmitter(address got, address want);
    error FailedReceipt();
    error BadArithmetic(uint256 input1, uint256 output1, uint256 amount);
    error ZeroExit();
    error ZeroRecipient();
    error NotDue(uint40 exitableAt);
    error NotFinal(uint64 number);
    error EarlierExit(bytes32 exitId);
    error InsufficientGas(uint256 available, uint256 needed);
    error NotPayee(address caller, address payee);
    error CheckpointLive(uint64 number);
    error CheckpointDead(uint64 number);
    error NoSequence(bytes32 exitId);
    error NotContradicting(uint64 seq, uint256 output);
    error NothingOwed(address account);
    error OwedTransferFailed(address to);
    error BadParams();

    function initialize(
        address owner_,
        ExitParams calldata params_,
        IKomaRegistry registry_,
        ICheckpointManager checkpoints_,
        IDepositManager deposits_,
        ExitNFT nft_
    ) external initializer {
        // No guardian: leaving cannot be paused.
        __Governed_init(owner_, address(0), 0);
        if (
            address(registry_) == address(0) || address(checkpoints_) == address(0) || address(deposits_) == address(0)
                || address(nft_) == address(0)
        ) revert ZeroAddress();
        // A payment needs about 60,000 gas; above a million a block might hold too few of them.
        if (params_.payoutGas < 100_000 || params_.payoutGas > 1_000_000) revert BadParams();
        if (params_.exitBond > type(uint64).max) revert BadParams();
        WithdrawStorage storage $ = _withdraws();
        $.registry = registry_;
        $.checkpoints = checkpoints_;
        $.deposits = deposits_;
        $.nft = nft_;
        $.exitPeriod = params_.exitPeriod;
        $.payoutGas = params_.payoutGas;
        $.exitBond = uint64(params_.exitBond);
    }

    /// @notice Starts the exit of a burn. Anyone may do it for anyone: the payee stands in the burn's log.
    /// @param p the `Withdraw` log under a live checkpoint, final or not
    /// @return exitId keccak256(abi.encode(chainId, blockNumber, txIndex, logIndex))
    function startExit(LogProof calldata p) external payable nonReentrant returns (bytes32 exitId) {
        WithdrawStorage storage $ = _withdraws();
        if (msg.value != $.exitBond) revert BadBond($.exitBond, msg.value);
        exitId = exitIdOf(p.b.chainId, p.b.number, p.txIndex, p.logIndex);
        Exit storage e = $.exits[exitId];
        if (e.status != ExitStatus.None) revert ExitExists(exitId, e.status);

        (LiveCheckpoint memory checkpoint, bytes32[] memory topics, bytes memory data, address emitter) = _openLog(p);
        UtxoLog.Burn memory burn = UtxoLog.readBurn(topics, data);
        _requireEmitter(p.b.chainId, burn.rootToken, emitter);
        if (burn.amount == 0) revert ZeroExit();
        if (burn.recipient == address(0)) revert ZeroRecipient();
        if (burn.amount > burn.input1 || burn.output1 != burn.input1 - burn.amount) {
            revert BadArithmetic(burn.input1, burn.output1, burn.amount);
        }

        // An account's first log cannot be a burn: it starts from an empty balance.
        if (burn.seq == 1) revert UtxoLog.BadSequence(1);

        uint40 exitableAt = _exitableAt(checkpoint);
        e.amount = burn.amount;
        _storeFacts(
            e,
            uint256(uint160(burn.rootToken)) | uint256(exitableAt) << 160 | uint256(ExitStatus.Queued) << 200
                | uint256(uint24(checkpoint.generation)) << 208,
            uint256(p.b.chainId) | uint256(p.b.number) << 64 | uint256(burn.seq) << 128
                | uint256(uint32(p.b.checkpoint)) << 192 | uint256(p.txIndex) << 224,
            uint256(uint160(msg.sender)) | msg.value << 160 | uint256(p.logIndex) << 224
        );
        if (burn.seq != 0) {
            // Only a numbered burn can be challenged by another log, which is all that these are needed for.
            e.account = burn.account;
            e.input1 = burn.input1;
        }
        $.queues[p.b.chainId][burn.rootToken].insert(_keyOf(exitableAt, p.b.number, p.txIndex, p.logIndex));
        $.nft.mint(burn.recipient, exitId);
        emit ExitStarted(
            exitId,
            p.b.chainId,
            burn.rootToken,
            burn.account,
            burn.recipient,
            burn.amount,
            exitableAt,
            checkpoint.structHash
        );
    }

    /// @notice Ends an exit whose checkpoint was rolled back. The bond goes back to its owner, and the burn can exit anew
    /// from the chain as it was made again.
    function challengeExitChain(bytes32 exitId) external nonReentrant {
        Exit storage e = _queued(exitId);
        if (!_isDead(e)) revert CheckpointLive(e.checkpoint);
        _void(exitId, e);
    }

    /// @notice Cancels an exit whose burn does not follow from the account's history, and pays its bond to the caller.
    /// @param contradiction a log of the same token and account: the one numbered just before the burn, leaving another
    /// balance than the burn starts from; or one with the burn's own number at another position
    /// @dev Holds until the exit is processed, also after its checkpoint is final. Not for the native coin, whose
    /// transfers leave no logs.
    function challengeExitLog(bytes32 exitId, LogProof calldata contradiction) external nonReentrant {
        WithdrawStorage storage $ = _withdraws();
        Exit storage e = _queued(exitId);
        // A dead checkpoint is nobody's fault: such an exit is voided, with its bond returned.
        if (_isDead(e)) revert CheckpointDead(e.checkpoint);
        uint64 seq = e.seq;
        if (seq == 0) revert NoSequence(exitId);

        (, bytes32[] memory topics, bytes memory data, address emitter) = _openLog(contradiction);
        address account = e.account;
        (address rootToken, uint256 output, uint64 otherSeq) = UtxoLog.readOutput(topics, data, account);
        if (rootToken != e.token || contradiction.b.chainId != e.chainId) revert WrongEmitter(rootToken, e.token);
        _requireEmitter(e.chainId, rootToken, emitter);
        bytes32 otherId =
            exitIdOf(contradiction.b.chainId, contradiction.b.number, contradiction.txIndex, contradiction.logIndex);
        bytes32 reason;
        if (otherSeq == seq - 1 && otherSeq != 0 && output != e.input1) {
            reason = "input";
        } else if (otherSeq == seq && otherId != exitId) {
            reason = "sequence";
        } else {
            revert NotContradicting(otherSeq, output);
        }

        $.owed[msg.sender] += e.bond;
        e.status = ExitStatus.Cancelled;
        $.nft.burn(exitId);
        emit ExitCancelled(exitId, msg.sender, reason);
    }

    /// @notice Processes due exits of a token in their order; anyone. An exit whose payment fails becomes claimable and
    /// holds nobody up.
    /// @return processed entries taken from the queue, at most `maxCount`
    function processExits(uint64 chainId, address token, uint256 maxCount)
        external
        nonReentrant
        returns (uint256 processed)
    {
        WithdrawStorage storage $ = _withdraws();
        $.deposits.requireIdle();
        $.checkpoints.finalize(chainId, FINALIZE_BATCH);
        Heap.Uint256Heap storage queue = $.queues[chainId][token];
        uint256 needed = _turnGas($.payoutGas);
        while (processed < maxCount && queue.length() != 0 && _dueAt(queue.peek()) <= block.timestamp) {
            if (gasleft() < needed) {
                // Stop before a payment that would starve; a call that paid nobody says so.
                if (processed == 0) revert InsufficientGas(gasleft(), needed);
                break;
            }
            _turn(chainId, token, queue, bytes32(0));
            ++processed;
        }
    }

    /// @notice Processes one due exit ahead of earlier ones, provided each of those still waits for finality.
    function processExit(bytes32 exitId) external nonReentrant {
        WithdrawStorage storage $ = _withdraws();
        Exit storage e = _queued(exitId);
        if (e.exitableAt > block.timestamp) revert NotDue(e.exitableAt);
        uint64 chainId = e.chainId;
        $.deposits.requireIdle();
        $.checkpoints.finalize(chainId, FINALIZE_BATCH);
        if (!_isDead(e) && !$.checkpoints.isFinal(chainId, e.checkpoint)) revert NotFinal(e.checkpoint);
        Heap.Uint256Heap storage queue = $.queues[chainId][e.token];
        uint256 needed = _turnGas($.payoutGas);
        while (e.status == ExitStatus.Queued) {
            if (gasleft() < needed) revert InsufficientGas(gasleft(), needed);
            _turn(chainId, e.token, queue, exitId);
        }
    }

    /// @notice Pays an exit whose payment failed when it was processed; only its payee.
    function claim(bytes32 exitId, address to) external nonReentrant {
        WithdrawStorage storage $ = _withdraws();
        Exit storage e = $.exits[exitId];
        if (e.status != ExitStatus.Claimable) revert NotClaimable(exitId, e.status);
        if (msg.sender != e.payee) revert NotPayee(msg.sender, e.payee);
        if (to == address(0)) revert ZeroRecipient();
        e.status = ExitStatus.Paid;
        $.deposits.release(e.chainId, e.token, to, e.amount);
        emit ExitPaid(exitId, to, e.amount);
    }

    /// @notice Pays the Ether that bonds left to the caller.
    function withdrawOwed(address payable to) external nonReentrant {
        WithdrawStorage storage $ = _withdraws();
        uint256 amount = $.owed[msg.sender];
        if (amount == 0) revert NothingOwed(msg.sender);
        $.owed[msg.sender] = 0;
        emit OwedWithdrawn(msg.sender, to, amount);
        (bool paid,) = to.call{value: amount}("");
        if (!paid) revert OwedTransferFailed(to);
    }

    /// @notice Wei of Ether that `withdrawOwed` pays to the account.
    function owed(address account) external view returns (uint256) {
        return _withdraws().owed[account];
    }

    function exitAt(bytes32 exitId) external view returns (Exit memory) {
        return _withdraws().exits[exitId];
    }

    /// @notice Entries of a queue, those of voided and cancelled exits included.
    function queueLength(uint64 chainId, address token) external view returns (uint256) {
        return _withdraws().queues[chainId][token].length();
    }

    /// @notice When the next entry of a queue is due, seconds; 0 when the queue is empty.
    function nextDue(uint64 chainId, address token) external view returns (uint40) {
        Heap.Uint256Heap storage queue = _withdraws().queues[chainId][token];
        return queue.length() == 0 ? 0 : _dueAt(queue.peek());
    }

    function params() external view returns (ExitParams memory) {
        WithdrawStorage storage $ = _withdraws();
        return ExitParams($.exitPeriod, $.exitBond, $.payoutGas);
    }

    function exitNFT() external view returns (ExitNFT) {
        return _withdraws().nft;
    }

    /// @notice Identity of the burn at a position, from integers alone.
    function exitIdOf(uint64 chainId, uint64 blockNumber, uint32 txIndex, uint32 logIndex)
        public
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(chainId, blockNumber, txIndex, logIndex));
    }

    /// @dev Takes the top out of the queue and does with it what its exit's state demands. With `only` set, a payment of
    /// another exit is refused.
    function _turn(uint64 chainId, address token, Heap.Uint256Heap storage queue, bytes32 only) private {
        WithdrawStorage storage $ = _withdraws();
        uint256 key = queue.pop();
        uint64 blockNumber = uint64(key >> 152);
        uint32 txIndex = uint32(key >> 120);
        uint32 logIndex = uint32(key >> 88);
        bytes32 exitId = exitIdOf(chainId, blockNumber, txIndex, logIndex);
        Exit storage e = $.exits[exitId];
        // An entry outlives its exit when that was voided or cancelled; the burn may since have exited anew.
        if (e.status != ExitStatus.Queued || e.exitableAt != _dueAt(key) || e.token != token) return;
        if (_isDead(e)) {
            _void(exitId, e);
        } else if (!$.checkpoints.isFinal(chainId, e.checkpoint)) {
            uint40 later = _deferredTo(chainId, e.checkpoint);
            e.exitableAt = later;
            queue.insert(_keyOf(later, blockNumber, txIndex, logIndex));
            emit ExitDeferred(exitId, later);
        } else {
            if (only != bytes32(0) && only != exitId) revert EarlierExit(exitId);
            _pay(exitId, e);
        }
    }

    function _pay(bytes32 exitId, Exit storage e) private {
        WithdrawStorage storage $ = _withdraws();
        uint256 payoutGas = $.payoutGas;
        address payee = $.nft.ownerOf(uint256(exitId));
        $.owed[e.bonder] += e.bond;
        e.status = ExitStatus.Paid;
        $.nft.burn(exitId);
        (uint64 chainId, address token, uint256 amount) = (e.chainId, e.token, e.amount);
        // A call gets at most 63/64 of what is left (EIP-150): a caller may not starve the payment into failing.
        uint256 needed = ((payoutGas + AFTER_PAYMENT_GAS) * 64) / 63;
        if (gasleft() < needed) revert InsufficientGas(gasleft(), needed);
        try $.deposits.release{gas: payoutGas}(chainId, token, payee, amount) {
            emit ExitPaid(exitId, payee, amount);
        } catch {
            e.status = ExitStatus.Claimable;
            e.payee = payee;
            emit ExitClaimable(exitId, payee);
        }
    }

    function _void(bytes32 exitId, Exit storage e) private {
        WithdrawStorage storage $ = _withdraws();
        $.owed[e.bonder] += e.bond;
        delete $.exits[exitId];
        $.nft.burn(exitId);
        emit ExitVoided(exitId);
    }

    function _queued(bytes32 exitId) private view returns (Exit storage e) {
        e = _withdraws().exits[exitId];
        if (e.status != ExitStatus.Queued) revert NotQueued(exitId, e.status);
    }

    /// @dev Rolled back, or rolled back and another checkpoint submitted under its number.
    function _isDead(Exit storage e) private view returns (bool) {
        ICheckpointManager checkpoints = _withdraws().checkpoints;
        return !checkpoints.isLive(e.chainId, e.checkpoint)
            || checkpoints.checkpointAt(e.chainId, e.checkpoint).generation != e.generation;
    }

    /// @dev Nothing leaves before its checkpoint can be final; a burn under an old checkpoint waits half a period only.
    function _exitableAt(LiveCheckpoint memory checkpoint) private view returns (uint40 time) {
        uint40 period = _withdraws().exitPeriod;
        time = checkpoint.challengeEnd;
        if (checkpoint.submittedAt + period > time) time = checkpoint.submittedAt + period;
        if (block.timestamp + period / 2 > time) time = uint40(block.timestamp) + period / 2;
    }

    /// @dev The three packed slots of an exit, each written once: token to generation, chain to transaction, bonder to log.
    /// A bond fits its 64 bits because it equals `exitBond`.
    function _storeFacts(Exit storage e, uint256 what, uint256 where, uint256 bond) private {
        assembly ("memory-safe") {
            sstore(e.slot, what)
            sstore(add(e.slot, 2), where)
            sstore(add(e.slot, 3), bond)
        }
    }

    /// @dev Always later than now, so that one call never meets the same exit twice.
    function _deferredTo(uint64 chainId, uint64 number) private view returns (uint40 time) {
        WithdrawStorage storage $ = _withdraws();
        time = uint40(block.timestamp) + $.exitPeriod / 32 + 1;
        uint40 challengeEnd = $.checkpoints.checkpointAt(chainId, number).challengeEnd;
        if (challengeEnd > time) time = challengeEnd;
    }

    function _openLog(LogProof calldata p)
        private
        view
        returns (LiveCheckpoint memory checkpoint, bytes32[] memory topics, bytes memory data, address emitter)
    {
        bytes memory raw;
        (checkpoint, raw) = Proofs.verifyReceipt(_withdraws().checkpoints, p);
        Receipt memory receipt = ReceiptDecoder.decode(raw);
        if (receipt.status != 1) revert FailedReceipt();
        (emitter, topics, data) = receipt.logAt(p.logIndex);
    }

    function _requireEmitter(uint64 chainId, address rootToken, address emitter) private view {
        address want = _withdraws().registry.childTokenOf(chainId, rootToken);
        if (want == address(0) || emitter != want) revert WrongEmitter(emitter, want);
    }

    function _turnGas(uint256 payoutGas) private pure returns (uint256) {
        return ((payoutGas + AFTER_PAYMENT_GAS) * 64) / 63 + TURN_GAS;
    }

    /// @dev Order of the queue: time due, then age of the burn. Unique, because the position is.
    function _keyOf(uint40 exitableAt, uint64 blockNumber, uint32 txIndex, uint32 logIndex)
        private
        pure
        returns (uint256)
    {
        return uint256(exitableAt) << 216 | Proofs.positionOf(blockNumber, txIndex, logIndex) << 88;
    }

    function _dueAt(uint256 key) private pure returns (uint40) {
        return uint40(key >> 216);
    }

    function _withdraws() private pure returns (WithdrawStorage storage $) {
        assembly {
            $.slot := WITHDRAW_SLOT
        }
    }
}
