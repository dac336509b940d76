// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {CheckpointCredit, IStakeManager} from "../staking/IStakeManager.sol";
import {CheckpointParams, CheckpointViews, SubmissionPower} from "./CheckpointViews.sol";
import {Governed} from "./Governed.sol";
import {ChainState, Checkpoint, CheckpointRecord, CheckpointStatus, ICheckpointManager} from "./ICheckpointManager.sol";
import {ChainConfig, IKomaRegistry} from "./IKomaRegistry.sol";

/// @title Checkpoints of all side-chains (the white paper's RootChain)
/// @notice A checkpoint is accepted with signatures of more than two thirds of the stake, can be challenged for a
/// period, and is final afterwards. Anyone may submit, anyone may finalize. The contract stores who signed, so that
/// signers can be charged for what they signed.
/// @dev Root contracts design, section 5. Nobody can insert, edit or skip a checkpoint: the only ways on are
/// `submitCheckpoint` and `finalize`, the only way back is `reject`, by ChallengeManager and never past finality.
contract CheckpointManager is Governed, EIP712, CheckpointViews {
    bytes32 public constant CHECKPOINT_TYPEHASH = keccak256(
        "Checkpoint(uint64 chainId,uint64 epoch,uint64 number,address proposer,uint64 start,uint64 end,bytes32 rootHash,bytes32 lastBlockHash,bytes32 accountHash,bytes32 prevCheckpoint,uint64 generation)"
    );
    /// @notice Interactive challenges that may be open on one checkpoint at a time.
    uint256 public constant MAX_OPEN_CHALLENGES = 16;
    /// @dev Checkpoints that a submission finalizes in passing.
    uint256 private constant FINALIZE_IN_PASSING = 8;
    /// @dev EIP-2098: r, then s with the parity of the public point in its highest bit.
    uint256 private constant COMPACT_SIGNATURE = 64;

    event CheckpointSubmitted(
        uint64 indexed chainId,
        uint64 indexed number,
        address indexed proposer,
        uint64 start,
        uint64 end,
        bytes32 rootHash,
        bytes32 lastBlockHash,
        bytes32 accountHash,
        uint64 epoch,
        uint96 signedPower,
        uint40 challengeEnd
    );
    event CheckpointFinalized(uint64 indexed chainId, uint64 indexed number);
    event CheckpointRejected(
        uint64 indexed chainId, uint64 indexed number, bytes32 structHash, uint64 newGeneration, bytes32 bannedBlock
    );
    event ChainHalted(uint64 indexed chainId);
    event ParamsChanged(CheckpointParams params);
    event Wired(address challengeManager);

    error ChainIsHalted(uint64 chainId);
    error NotStarted(uint40 genesisTime);
    error BadEpoch(uint64 current, uint64 got);
    error BadRange(uint64 wantStart, uint64 start, uint64 end, uint256 maxLength);
    error BadParent(bytes32 want, bytes32 got);
    error BadGeneration(uint64 want, uint64 got);
    error EmptyRoot();
    error NoExecLeaf();
    error SignatureCount(uint256 bits, uint256 length);
    error BadSignature(uint256 seat);
    error NoQuorum(uint96 signed, uint96 total);
    error TooSoon(uint40 notBefore);
    error NotLive(uint64 number);
    error AlreadyFinal(uint64 number);
    error ChallengePeriodOver(uint40 challengeEnd);
    error TooManyChallenges(uint64 number);
    error NotChallengeManager(address caller);
    error AlreadyWired();
    error BadParameter(string name, uint256 value);

    modifier onlyChallengeManager() {
        if (msg.sender != _state().challengeManager) revert NotChallengeManager(msg.sender);
        _;
    }

    constructor() EIP712("KOMA Checkpoint", "1") {}

    /// @param owner_ upgrades and parameters; a timelock on a main network
    /// @param guardian_ may pause submission, and nothing else, for at most `maxPause_` seconds
    function initialize(
        address owner_,
        address guardian_,
        uint40 maxPause_,
        IStakeManager stakeManager_,
        IKomaRegistry registry_,
        CheckpointParams calldata params_
    ) external initializer {
        __Governed_init(owner_, guardian_, maxPause_);
        if (address(stakeManager_) == address(0) || address(registry_) == address(0)) revert ZeroAddress();
        CheckpointStorage storage $ = _state();
        $.stakeManager = stakeManager_;
        $.registry = registry_;
        _setParams(params_);
    }

    /// @notice Names the contract that may reject and pause checkpoints. Works once.
    function wire(address challengeManager_) external onlyOwner {
        CheckpointStorage storage $ = _state();
        if ($.challengeManager != address(0)) revert AlreadyWired();
        if (challengeManager_ == address(0)) revert ZeroAddress();
        $.challengeManager = challengeManager_;
        emit Wired(challengeManager_);
    }

    function setParams(CheckpointParams calldata params_) external onlyOwner {
        _setParams(params_);
    }

    /// @notice Retires a side-chain for good: no further checkpoints. What is pending becomes final as usual, and
    /// exits go on.
    function haltChain(uint64 chainId) external onlyOwner {
        if (!_state().registry.chainConfig(chainId).registered) revert UnknownChain(chainId);
        _state().chains[chainId].halted = true;
        emit ChainHalted(chainId);
    }

    /// @notice Submits the next checkpoint of a chain; anyone may.
    /// @param c what the stakers signed; `prevCheckpoint` is the struct hash of the one before, zero for number 1
    /// @param bitmap seats that signed
    /// @param sigs one 64-byte compact signature (EIP-2098) of `digestOf(c)` per set bit, in ascending seat order
    function submitCheckpoint(Checkpoint calldata c, uint256 bitmap, bytes calldata sigs) external whenNotPaused {
        CheckpointStorage storage $ = _state();
        ChainConfig memory config = $.registry.chainConfig(c.chainId);
        ChainState memory s = _chain(c.chainId, config);
        IStakeManager stake = $.stakeManager;
        stake.roll();
        bytes32 prevHash = _prevHash(c.chainId, s.next);
        _checkPlace(c, s, config, prevHash);

        bytes32 structHash = _hashOf(c);
        SubmissionPower memory power = _checkSignatures(stake, _hashTypedDataV4(structHash), bitmap, sigs);
        uint40 notBefore = _notBefore(s);
        if (block.timestamp < notBefore) revert TooSoon(notBefore);
        // The schedule binds nobody; only the proposer's bonus depends on it.
        uint64 round = _round(_dueAt(c.chainId, s, config));
        power.onSchedule = stake.signerAtPower(_pick(prevHash, c.chainId, c.number, round, power.total)) == c.proposer;

        uint40 challengeEnd = uint40(block.timestamp) + stake.challengePeriod();
        $.powers[c.chainId][c.number] = power;
        $.records[c.chainId][c.number] = CheckpointRecord({
            rootHash: c.rootHash,
            lastBlockHash: c.lastBlockHash,
            accountHash: c.accountHash,
            structHash: structHash,
            signerBitmap: bitmap,
            proposer: c.proposer,
            submittedAt: uint40(block.timestamp),
            challengeEnd: challengeEnd,
            status: CheckpointStatus.Pending,
            openChallenges: 0,
            start: c.start,
            end: c.end,
            epoch: c.epoch,
            generation: c.generation
        });
        s.next = c.number + 1;
        s.nextStart = c.end + 1;
        s.lastSubmit = uint40(block.timestamp);
        $.chains[c.chainId] = s;
        emit CheckpointSubmitted(
            c.chainId,
            c.number,
            c.proposer,
            c.start,
            c.end,
            c.rootHash,
            c.lastBlockHash,
            c.accountHash,
            c.epoch,
            power.signed,
            challengeEnd
        );
        finalize(c.chainId, FINALIZE_IN_PASSING);
    }

    /// @inheritdoc ICheckpointManager
    function finalize(uint64 chainId, uint256 max) public returns (uint64 finalizedUpTo) {
        CheckpointStorage storage $ = _state();
        ChainState storage s = $.chains[chainId];
        finalizedUpTo = s.finalizedUpTo;
        for (uint256 i; i < max; ++i) {
            uint64 number = finalizedUpTo + 1;
            CheckpointRecord storage r = $.records[chainId][number];
            if (number >= s.next || !_isDue(r)) break;
            r.status = CheckpointStatus.Finalized;
            finalizedUpTo = number;
            s.finalizedUpTo = number;
            SubmissionPower storage power = $.powers[chainId][number];
            $.stakeManager
                .creditCheckpoint(
                    CheckpointCredit({
                        chainId: chainId,
                        number: number,
                        bitmap: r.signerBitmap,
                        signedPower: power.signed,
                        totalPower: power.total,
                        blocks: r.end - r.start + 1,
                        proposer: r.proposer,
                        onSchedule: power.onSchedule,
                        submittedAt: r.submittedAt
                    })
                );
            emit CheckpointFinalized(chainId, number);
        }
    }

    /// @inheritdoc ICheckpointManager
    function reject(uint64 chainId, uint64 number, bytes32, bytes32 offendingBlock) external onlyChallengeManager {
        CheckpointStorage storage $ = _state();
        if (!isLive(chainId, number)) revert NotLive(number);
        if (isFinal(chainId, number)) revert AlreadyFinal(number);
        ChainState storage s = $.chains[chainId];
        CheckpointRecord storage r = $.records[chainId][number];
        r.status = CheckpointStatus.Rejected;
        // Later ones die without being touched: their numbers are no longer below `next`.
        s.next = number;
        s.nextStart = r.start;
        s.generation += 1;
        if (offendingBlock != 0) $.banned[chainId][offendingBlock] = true;
        emit CheckpointRejected(chainId, number, r.structHash, s.generation, offendingBlock);
    }

    /// @inheritdoc ICheckpointManager
    function openChallenge(uint64 chainId, uint64 number) external onlyChallengeManager {
        if (!isLive(chainId, number)) revert NotLive(number);
        CheckpointRecord storage r = _state().records[chainId][number];
        if (block.timestamp >= r.challengeEnd) revert ChallengePeriodOver(r.challengeEnd);
        if (r.openChallenges >= MAX_OPEN_CHALLENGES) revert TooManyChallenges(number);
        r.openChallenges += 1;
    }

    /// @inheritdoc ICheckpointManager
    function closeChallenge(uint64 chainId, uint64 number, bytes32 structHash) external onlyChallengeManager {
        CheckpointRecord storage r = _state().records[chainId][number];
        // After a rollback the number may stand for another checkpoint, whose challenges are its own.
        if (!isLive(chainId, number) || r.structHash != structHash) return;
        r.openChallenges -= 1;
    }

    /// @inheritdoc ICheckpointManager
    function digestOf(Checkpoint calldata c) external view returns (bytes32) {
        return _hashTypedDataV4(_hashOf(c));
    }

    function _checkPlace(Checkpoint calldata c, ChainState memory s, ChainConfig memory config, bytes32 prevHash)
        private
        view
    {
        CheckpointStorage storage $ = _state();
        if (s.halted) revert ChainIsHalted(c.chainId);
        uint40 genesis = $.stakeManager.genesisTime();
        if (block.timestamp < genesis) revert NotStarted(genesis);
        uint64 epoch = $.stakeManager.epoch();
        if (c.epoch > epoch || epoch - c.epoch > 1) revert BadEpoch(epoch, c.epoch);
        if (c.number != s.next) revert BadNumber(s.next, c.number);
        uint256 max = $.params.maxCheckpointLength;
        if (c.start != s.nextStart || c.end < c.start || c.end - c.start >= max || c.end == type(uint64).max) {
            revert BadRange(s.nextStart, c.start, c.end, max);
        }
        if (c.prevCheckpoint != prevHash) revert BadParent(prevHash, c.prevCheckpoint);
        if (c.generation != s.generation) revert BadGeneration(s.generation, c.generation);
        if (c.rootHash == 0 || c.lastBlockHash == 0) revert EmptyRoot();
        if (config.stateProofs && c.accountHash == 0) revert NoExecLeaf();
    }

    /// @dev A wrong signature reverts. Skipping it, as long as enough others are right, would store a bitmap that
    /// accuses seats which never signed.
    function _checkSignatures(IStakeManager stake, bytes32 digest, uint256 bitmap, bytes calldata sigs)
        private
        view
        returns (SubmissionPower memory power)
    {
        address[] memory signers;
        (signers, power.signed, power.total) = stake.signersOf(bitmap);
        if (sigs.length != signers.length * COMPACT_SIGNATURE) revert SignatureCount(signers.length, sigs.length);
        for (uint256 i; i < signers.length; ++i) {
            bytes32 r;
            bytes32 vs;
            assembly {
                let place := add(sigs.offset, shl(6, i))
                r := calldataload(place)
                vs := calldataload(add(place, 32))
            }
            (address recovered, ECDSA.RecoverError failure,) = ECDSA.tryRecover(digest, r, vs);
            if (failure != ECDSA.RecoverError.NoError || recovered != signers[i]) {
                revert BadSignature(_seatOf(bitmap, i));
            }
        }
        if (uint256(power.signed) * 3 <= uint256(power.total) * 2) revert NoQuorum(power.signed, power.total);
    }

    /// @dev Seat of the `index`-th set bit; for error messages.
    function _seatOf(uint256 bitmap, uint256 index) private pure returns (uint256 seat) {
        for (;; ++seat) {
            if (bitmap & (1 << seat) == 0) continue;
            if (index == 0) return seat;
            --index;
        }
    }

    function _hashOf(Checkpoint calldata c) private pure returns (bytes32) {
        // Every member is one word, so the struct's own encoding is what EIP-712 hashes.
        return keccak256(abi.encode(CHECKPOINT_TYPEHASH, c));
    }

    function _setParams(CheckpointParams calldata p) private {
        if (p.proposerTimeout == 0) revert BadParameter("proposerTimeout", 0);
        if (p.maxCheckpointLength == 0 || p.maxCheckpointLength > 4096) {
            revert BadParameter("maxCheckpointLength", p.maxCheckpointLength);
        }
        _state().params = p;
        emit ParamsChanged(p);
    }
}
