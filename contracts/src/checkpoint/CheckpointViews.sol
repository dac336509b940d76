// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IStakeManager} from "../staking/IStakeManager.sol";
import {
    ChainState,
    CheckpointRecord,
    CheckpointStatus,
    ICheckpointManager,
    LiveCheckpoint,
    ProposerBonus,
    RewardBasis
} from "./ICheckpointManager.sol";
import {ChainConfig, IKomaRegistry} from "./IKomaRegistry.sol";

/// @notice Times in seconds. The challenge period is StakeManager's, whose `unbonding` must cover it.
/// @param minInterval least time between two checkpoints of one chain
/// @param proposerTimeout length of a proposer's round
/// @param maxCheckpointLength most blocks in one checkpoint; a power of two bounds the depth of proofs
struct CheckpointParams {
    uint40 minInterval;
    uint40 proposerTimeout;
    uint16 maxCheckpointLength;
}

/// @notice A checkpoint as it is stored: `CheckpointRecord` and what its rewards are reckoned from, in seven slots, each
/// of which costs its submitter 22,100 gas. What it leaves out follows: `end` from `length`, `challengeEnd` from
/// `challengePeriod`, the status Finalized from the cursor.
struct StoredCheckpoint {
    bytes32 rootHash;
    bytes32 lastBlockHash;
    bytes32 accountHash;
    bytes32 structHash;
    uint256 signerBitmap;
    address proposer;
    uint40 submittedAt;
    uint32 challengePeriod;
    CheckpointStatus status; // Pending also when final
    uint8 openChallenges;
    uint8 proposerSeat;
    uint64 start;
    uint16 length;
    uint32 epoch;
    uint24 generation;
    uint96 totalPower;
    uint16 signedBps;
    ProposerBonus bonus;
}

/// @notice `ChainState` and what of the chain's registration every submission needs, in one slot.
struct ChainCursor {
    uint32 next; // 0 before the first checkpoint
    uint32 finalizedUpTo;
    uint24 generation;
    bool halted;
    bool stateProofs;
    uint16 targetInterval;
    uint40 lastSubmit;
    uint64 nextStart;
}

/// @notice What a node needs to build, sign and time the next checkpoint of a chain.
/// @param number, start, prevCheckpoint, generation, epoch values that the next checkpoint must carry
/// @param notBefore earliest time of submission, seconds
/// @param dueAt time at which round 0 of the proposer schedule begins, seconds
/// @param round current round; `proposer` is its scheduled signer key
struct ChainHead {
    uint64 number;
    uint64 start;
    uint64 finalizedUpTo;
    uint64 generation;
    uint64 epoch;
    bytes32 prevCheckpoint;
    uint40 notBefore;
    uint40 dueAt;
    uint64 round;
    address proposer;
    bool halted;
}

/// @title State of CheckpointManager, and what it tells of it
/// @notice Cursors, records, finality and the proposer schedule of every chain.
/// @dev Root contracts design, sections 5.3 to 5.5.
abstract contract CheckpointViews is ICheckpointManager {
    /// @custom:storage-location erc7201:koma.storage.CheckpointManager
    struct CheckpointStorage {
        IStakeManager stakeManager;
        // `CheckpointParams`, beside what else a submission reads.
        uint40 minInterval;
        uint40 proposerTimeout;
        uint16 maxCheckpointLength;
        IKomaRegistry registry;
        address challengeManager;
        mapping(uint64 chainId => ChainCursor) chains;
        mapping(uint64 chainId => mapping(uint64 number => StoredCheckpoint)) records;
        mapping(uint64 chainId => mapping(bytes32 blockHash => bool)) banned;
    }

    // keccak256(abi.encode(uint256(keccak256("koma.storage.CheckpointManager")) - 1)) & ~bytes32(uint256(0xff))
    bytes32 private constant CHECKPOINT_SLOT = 0x64c0cc4e893f15e60973b70e62a24302defbd0ba5aaacba0d8be6be382c35900;

    error UnknownChain(uint64 chainId);
    error BadNumber(uint64 want, uint64 got);

    /// @inheritdoc ICheckpointManager
    function checkpointAt(uint64 chainId, uint64 number) external view returns (CheckpointRecord memory) {
        return _recordOf(chainId, number);
    }

    /// @inheritdoc ICheckpointManager
    function liveCheckpoint(uint64 chainId, uint64 number) external view returns (LiveCheckpoint memory c) {
        if (!isLive(chainId, number)) return c;
        StoredCheckpoint storage r = _state().records[chainId][number];
        uint40 submittedAt = r.submittedAt;
        uint64 start = r.start;
        c.rootHash = r.rootHash;
        c.structHash = r.structHash;
        c.start = start;
        c.end = start + r.length - 1;
        c.submittedAt = submittedAt;
        c.challengeEnd = submittedAt + r.challengePeriod;
        c.generation = r.generation;
    }

    /// @notice Up to `count` live checkpoints with numbers from `from` (at least 1) on.
    function checkpoints(uint64 chainId, uint64 from, uint256 count)
        external
        view
        returns (CheckpointRecord[] memory page)
    {
        CheckpointStorage storage $ = _state();
        if (from == 0) from = 1;
        uint64 next = $.chains[chainId].next;
        uint256 left = next > from ? next - from : 0;
        page = new CheckpointRecord[](count < left ? count : left);
        for (uint256 i; i < page.length; ++i) {
            page[i] = _recordOf(chainId, uint64(from + i));
        }
    }

    /// @inheritdoc ICheckpointManager
    function chainState(uint64 chainId) public view returns (ChainState memory) {
        ChainCursor memory c = _chain(chainId);
        return ChainState({
            next: c.next,
            nextStart: c.nextStart,
            finalizedUpTo: c.finalizedUpTo,
            generation: c.generation,
            lastSubmit: c.lastSubmit,
            halted: c.halted
        });
    }

    /// @notice What the next checkpoint of a chain must carry, and whose turn it is.
    function head(uint64 chainId) external view returns (ChainHead memory h) {
        CheckpointStorage storage $ = _state();
        ChainCursor memory s = _chain(chainId);
        h.number = s.next;
        h.start = s.nextStart;
        h.finalizedUpTo = s.finalizedUpTo;
        h.generation = s.generation;
        h.epoch = $.stakeManager.epoch();
        h.prevCheckpoint = _prevHash(chainId, s.next);
        h.notBefore = _notBefore(s);
        h.dueAt = _dueAt(chainId, s);
        h.round = _round(h.dueAt);
        h.proposer = proposerFor(chainId, s.next, h.round);
        h.halted = s.halted;
    }

    /// @notice Signer key whose turn it is to propose checkpoint `number` in `round`; zero without any stake.
    /// @dev pick = uint256(keccak256(abi.encode(prevStructHash, chainId, number, round))) mod totalPower, every value
    /// as a 32-byte word; then the first seat, in ascending order, at which the running sum of powers exceeds `pick`.
    function proposerFor(uint64 chainId, uint64 number, uint64 round) public view returns (address) {
        CheckpointStorage storage $ = _state();
        uint64 next = chainState(chainId).next;
        if (number == 0 || number > next) revert BadNumber(next, number);
        uint96 total = $.stakeManager.totalPower();
        if (total == 0) return address(0);
        return $.stakeManager.signerAtPower(_draw(_prevHash(chainId, number), chainId, number, round) % total);
    }

    /// @notice All chains that are not halted, the one whose checkpoint is most overdue first.
    /// @return ids chain ids
    /// @return dueAt time at which round 0 of each begins, seconds
    function dueChains() external view returns (uint64[] memory ids, uint40[] memory dueAt) {
        CheckpointStorage storage $ = _state();
        uint64[] memory all = $.registry.chainIds();
        ids = new uint64[](all.length);
        dueAt = new uint40[](all.length);
        uint256 count;
        for (uint256 i; i < all.length; ++i) {
            ChainCursor memory s = _chain(all[i]);
            if (s.halted) continue;
            uint40 due = _dueAt(all[i], s);
            uint256 place = count++;
            for (; place > 0 && dueAt[place - 1] > due; --place) {
                (ids[place], dueAt[place]) = (ids[place - 1], dueAt[place - 1]);
            }
            (ids[place], dueAt[place]) = (all[i], due);
        }
        assembly {
            mstore(ids, count)
            mstore(dueAt, count)
        }
    }

    /// @inheritdoc ICheckpointManager
    function isLive(uint64 chainId, uint64 number) public view returns (bool) {
        return number != 0 && number < _state().chains[chainId].next;
    }

    /// @inheritdoc ICheckpointManager
    function isFinal(uint64 chainId, uint64 number) public view returns (bool) {
        if (!isLive(chainId, number)) return false;
        CheckpointStorage storage $ = _state();
        for (uint64 n = $.chains[chainId].finalizedUpTo + 1; n <= number; ++n) {
            if (!_isDue($.records[chainId][n])) return false;
        }
        return true;
    }

    /// @inheritdoc ICheckpointManager
    function rewardBasis(uint64 chainId, uint64 number) external view returns (RewardBasis memory) {
        CheckpointStorage storage $ = _state();
        StoredCheckpoint storage r = $.records[chainId][number];
        return RewardBasis({
            isFinal: number != 0 && number <= $.chains[chainId].finalizedUpTo,
            bitmap: r.signerBitmap,
            submittedAt: r.submittedAt,
            totalPower: r.totalPower,
            signedBps: r.signedBps,
            blocks: r.length,
            proposerSeat: r.proposerSeat,
            bonus: r.bonus
        });
    }

    /// @inheritdoc ICheckpointManager
    function bannedBlock(uint64 chainId, bytes32 blockHash) external view returns (bool) {
        return _state().banned[chainId][blockHash];
    }

    function params() external view returns (CheckpointParams memory) {
        CheckpointStorage storage $ = _state();
        return CheckpointParams($.minInterval, $.proposerTimeout, $.maxCheckpointLength);
    }

    function stakeManager() external view returns (IStakeManager) {
        return _state().stakeManager;
    }

    function registry() external view returns (IKomaRegistry) {
        return _state().registry;
    }

    function challengeManager() external view returns (address) {
        return _state().challengeManager;
    }

    /// @dev The cursor of a chain; before its first checkpoint that of its registration.
    function _chain(uint64 chainId) internal view returns (ChainCursor memory s) {
        CheckpointStorage storage $ = _state();
        s = $.chains[chainId];
        if (s.next != 0) return s;
        ChainConfig memory config = $.registry.chainConfig(chainId);
        if (!config.registered) revert UnknownChain(chainId);
        s.next = 1;
        s.nextStart = config.genesisBlock;
        s.targetInterval = config.targetInterval;
        s.stateProofs = config.stateProofs;
    }

    /// @dev Writes a cursor as the one word that it is.
    function _storeCursor(uint64 chainId, ChainCursor memory s) internal {
        ChainCursor storage cursor = _state().chains[chainId];
        uint256 word = uint256(s.next) | uint256(s.finalizedUpTo) << 32 | uint256(s.generation) << 64
            | uint256(s.halted ? 1 : 0) << 88 | uint256(s.stateProofs ? 1 : 0) << 96 | uint256(s.targetInterval) << 104
            | uint256(s.lastSubmit) << 120 | uint256(s.nextStart) << 160;
        assembly ("memory-safe") {
            sstore(cursor.slot, word)
        }
    }

    function _recordOf(uint64 chainId, uint64 number) internal view returns (CheckpointRecord memory) {
        CheckpointStorage storage $ = _state();
        StoredCheckpoint storage r = $.records[chainId][number];
        bool settled = number <= $.chains[chainId].finalizedUpTo;
        return CheckpointRecord({
            rootHash: r.rootHash,
            lastBlockHash: r.lastBlockHash,
            accountHash: r.accountHash,
            structHash: r.structHash,
            signerBitmap: r.signerBitmap,
            proposer: r.proposer,
            submittedAt: r.submittedAt,
            challengeEnd: r.submittedAt + r.challengePeriod,
            status: settled && r.status != CheckpointStatus.None ? CheckpointStatus.Finalized : r.status,
            openChallenges: r.openChallenges,
            start: r.start,
            end: r.length == 0 ? 0 : r.start + r.length - 1,
            epoch: r.epoch,
            generation: r.generation
        });
    }

    function _prevHash(uint64 chainId, uint64 number) internal view returns (bytes32) {
        return number <= 1 ? bytes32(0) : _state().records[chainId][number - 1].structHash;
    }

    function _notBefore(ChainCursor memory s) internal view returns (uint40) {
        return s.lastSubmit == 0 ? 0 : s.lastSubmit + _state().minInterval;
    }

    function _dueAt(uint64 chainId, ChainCursor memory s) internal view returns (uint40) {
        uint40 last = s.lastSubmit != 0 ? s.lastSubmit : _state().registry.registeredAt(chainId);
        return last + s.targetInterval;
    }

    function _round(uint40 dueAt) internal view returns (uint64) {
        return block.timestamp <= dueAt ? 0 : uint64((block.timestamp - dueAt) / _state().proposerTimeout);
    }

    function _draw(bytes32 prevHash, uint64 chainId, uint64 number, uint64 round) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode(prevHash, chainId, number, round)));
    }

    function _isDue(StoredCheckpoint storage r) internal view returns (bool) {
        return block.timestamp >= uint256(r.submittedAt) + r.challengePeriod && r.openChallenges == 0;
    }

    function _state() internal pure returns (CheckpointStorage storage $) {
        assembly {
            $.slot := CHECKPOINT_SLOT
        }
    }
}
