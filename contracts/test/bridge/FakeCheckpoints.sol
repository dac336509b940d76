// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {CheckpointRecord, CheckpointStatus, LiveCheckpoint} from "../../src/checkpoint/ICheckpointManager.sol";

/// @notice Checkpoints without stake and signatures: what the bridge asks of CheckpointManager, set by the test.
contract FakeCheckpoints {
    uint40 public constant CHALLENGE_PERIOD = 20;

    mapping(uint64 chainId => uint64) public next;
    mapping(uint64 chainId => mapping(uint64 number => CheckpointRecord)) private _records;
    uint64 private _generation;

    function submit(uint64 chainId, bytes32 rootHash, uint64 start, uint64 end) external returns (uint64 number) {
        if (next[chainId] == 0) next[chainId] = 1;
        number = next[chainId]++;
        CheckpointRecord storage r = _records[chainId][number];
        r.rootHash = rootHash;
        r.structHash = keccak256(abi.encode(rootHash, start, end, _generation));
        r.submittedAt = uint40(block.timestamp);
        r.challengeEnd = uint40(block.timestamp) + CHALLENGE_PERIOD;
        r.status = CheckpointStatus.Pending;
        r.openChallenges = 0;
        r.start = start;
        r.end = end;
        r.generation = _generation;
    }

    function reject(uint64 chainId, uint64 number) external {
        next[chainId] = number;
        _generation += 1;
        _records[chainId][number].status = CheckpointStatus.Rejected;
    }

    function setOpenChallenges(uint64 chainId, uint64 number, uint8 count) external {
        _records[chainId][number].openChallenges = count;
    }

    function checkpointAt(uint64 chainId, uint64 number) external view returns (CheckpointRecord memory) {
        return _records[chainId][number];
    }

    function liveCheckpoint(uint64 chainId, uint64 number) external view returns (LiveCheckpoint memory c) {
        if (!isLive(chainId, number)) return c;
        CheckpointRecord memory r = _records[chainId][number];
        return LiveCheckpoint(r.rootHash, r.structHash, r.start, r.end, r.submittedAt, r.challengeEnd, r.generation);
    }

    function isLive(uint64 chainId, uint64 number) public view returns (bool) {
        return number != 0 && number < next[chainId];
    }

    function isFinal(uint64 chainId, uint64 number) external view returns (bool) {
        if (!isLive(chainId, number)) return false;
        for (uint64 n = 1; n <= number; ++n) {
            CheckpointRecord storage r = _records[chainId][n];
            if (block.timestamp < r.challengeEnd || r.openChallenges != 0) return false;
        }
        return true;
    }

    function finalize(uint64, uint256) external pure returns (uint64) {
        return 0;
    }
}
