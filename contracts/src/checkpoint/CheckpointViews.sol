// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IStakeManager} from "../staking/IStakeManager.sol";
import {ChainState, CheckpointRecord, ICheckpointManager} from "./ICheckpointManager.sol";
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

/// @notice Powers at the time of submission, which the reward needs when the checkpoint is final. One slot.
struct SubmissionPower {
    uint96 signed;
    uint96 total;
    bool onSchedule;
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
        IKomaRegistry registry;
        address challengeManager;
        CheckpointParams params;
        mapping(uint64 chainId => ChainState) chains;
        mapping(uint64 chainId => mapping(uint64 number => CheckpointRecord)) records;
        mapping(uint64 chainId => mapping(uint64 number => SubmissionPower)) powers;
        mapping(uint64 chainId => mapping(bytes32 blockHash => bool)) banned;
    }

    // keccak256(abi.encode(uint256(keccak256("koma.storage.CheckpointManager")) - 1)) & ~bytes32(uint256(0xff))
    bytes32 private constant CHECKPOINT_SLOT = 0x64c0cc4e893f15e60973b70e62a24302defbd0ba5aaacba0d8be6be382c35900;

    error UnknownChain(uint64 chainId);
    error BadNumber(uint64 want, uint64 got);

    /// @inheritdoc ICheckpointManager
    function checkpointAt(uint64 chainId, uint64 number) external view returns (CheckpointRecord memory) {
        return _state().records[chainId][number];
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
            page[i] = $.records[chainId][uint64(from + i)];
        }
    }

    /// @inheritdoc ICheckpointManager
    function chainState(uint64 chainId) public view returns (ChainState memory) {
        return _chain(chainId, _state().registry.chainConfig(chainId));
    }

    /// @notice What the next checkpoint of a chain must carry, and whose turn it is.
    function head(uint64 chainId) external view returns (ChainHead memory h) {
        CheckpointStorage storage $ = _state();
        ChainConfig memory config = $.registry.chainConfig(chainId);
        ChainState memory s = _chain(chainId, config);
        h.number = s.next;
        h.start = s.nextStart;
        h.finalizedUpTo = s.finalizedUpTo;
        h.generation = s.generation;
        h.epoch = $.stakeManager.epoch();
        h.prevCheckpoint = _prevHash(chainId, s.next);
        h.notBefore = _notBefore(s);
        h.dueAt = _dueAt(chainId, s, config);
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
        return $.stakeManager.signerAtPower(_pick(_prevHash(chainId, number), chainId, number, round, total));
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
            ChainConfig memory config = $.registry.chainConfig(all[i]);
            ChainState memory s = _chain(all[i], config);
            if (s.halted) continue;
            uint40 due = _dueAt(all[i], s, config);
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
    function bannedBlock(uint64 chainId, bytes32 blockHash) external view returns (bool) {
        return _state().banned[chainId][blockHash];
    }

    function params() external view returns (CheckpointParams memory) {
        return _state().params;
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
    function _chain(uint64 chainId, ChainConfig memory config) internal view returns (ChainState memory s) {
        if (!config.registered) revert UnknownChain(chainId);
        s = _state().chains[chainId];
        if (s.next == 0) {
            s.next = 1;
            s.nextStart = config.genesisBlock;
        }
    }

    function _prevHash(uint64 chainId, uint64 number) internal view returns (bytes32) {
        return number <= 1 ? bytes32(0) : _state().records[chainId][number - 1].structHash;
    }

    function _notBefore(ChainState memory s) internal view returns (uint40) {
        return s.lastSubmit == 0 ? 0 : s.lastSubmit + _state().params.minInterval;
    }

    function _dueAt(uint64 chainId, ChainState memory s, ChainConfig memory config) internal view returns (uint40) {
        uint40 last = s.lastSubmit != 0 ? s.lastSubmit : _state().registry.registeredAt(chainId);
        return last + config.targetInterval;
    }

    function _round(uint40 dueAt) internal view returns (uint64) {
        return block.timestamp <= dueAt ? 0 : uint64((block.timestamp - dueAt) / _state().params.proposerTimeout);
    }

    function _pick(bytes32 prevHash, uint64 chainId, uint64 number, uint64 round, uint96 total)
        internal
        pure
        returns (uint256)
    {
        return uint256(keccak256(abi.encode(prevHash, chainId, number, round))) % total;
    }

    function _isDue(CheckpointRecord storage r) internal view returns (bool) {
        return block.timestamp >= r.challengeEnd && r.openChallenges == 0;
    }

    function _state() internal pure returns (CheckpointStorage storage $) {
        assembly {
            $.slot := CHECKPOINT_SLOT
        }
    }
}
