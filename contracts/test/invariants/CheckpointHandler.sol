// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ChainState, Checkpoint, CheckpointRecord, CheckpointStatus} from "../../src/checkpoint/ICheckpointManager.sol";
import {StakeFixture} from "../staking/StakeFixture.sol";

/// @dev Random submissions, challenges, rejections and time on one chain.
contract CheckpointHandler is StakeFixture {
    uint64 public highestFinal;
    uint64 public highestGeneration;
    /// @dev What each finalized checkpoint looked like when it became final.
    mapping(uint64 number => bytes32) public finalRecord;
    bytes32[] private challenged;
    uint64[] private challengedNumber;

    function start() external {
        setUp();
        beginWith(4);
    }

    function submitSome(uint256 length, uint256 bitmap) external {
        Checkpoint memory c = nextCheckpoint(uint64(bound(length, 1, 300)));
        bitmap = bound(bitmap, 0, 15);
        bytes memory sigs = signedBy(bitmap, c);
        try roots.submitCheckpoint(c, bitmap, sigs) {} catch {}
        note();
    }

    function submitHonestly() external {
        uint40 notBefore = roots.head(CHAIN).notBefore;
        if (time() < notBefore) vm.warp(notBefore);
        submit(nextCheckpoint(16), 15);
        note();
    }

    function finalize(uint256 max) external {
        roots.finalize(CHAIN, max % 5);
        note();
    }

    function openChallenge(uint256 which) external {
        uint64 number = uint64(which % 8) + 1;
        vm.prank(challenges);
        try roots.openChallenge(CHAIN, number) {
            challenged.push(roots.checkpointAt(CHAIN, number).structHash);
            challengedNumber.push(number);
        } catch {}
    }

    function closeChallenge() external {
        if (challenged.length == 0) return;
        vm.prank(challenges);
        roots.closeChallenge(CHAIN, challengedNumber[challenged.length - 1], challenged[challenged.length - 1]);
        challenged.pop();
        challengedNumber.pop();
        note();
    }

    function reject(uint256 which) external {
        ChainState memory s = roots.chainState(CHAIN);
        uint64 number = s.finalizedUpTo + uint64(which % 4);
        vm.prank(challenges);
        try roots.reject(CHAIN, number, bytes32(which), bytes32(which)) {} catch {}
        note();
    }

    function wait(uint256 duration) external {
        pass(duration % 30);
    }

    function state() external view returns (ChainState memory) {
        return roots.chainState(CHAIN);
    }

    function record(uint64 number) public view returns (CheckpointRecord memory) {
        return roots.checkpointAt(CHAIN, number);
    }

    function isFinal(uint64 number) external view returns (bool) {
        return roots.isFinal(CHAIN, number);
    }

    /// @dev Remembers new finality, and that the pointers never turn back.
    function note() private {
        ChainState memory s = roots.chainState(CHAIN);
        assertGe(s.finalizedUpTo, highestFinal, "finality never turns back");
        assertGe(s.generation, highestGeneration);
        for (uint64 n = highestFinal + 1; n <= s.finalizedUpTo; ++n) {
            assertEq(uint8(record(n).status), uint8(CheckpointStatus.Finalized));
            finalRecord[n] = keccak256(abi.encode(record(n)));
        }
        highestFinal = s.finalizedUpTo;
        highestGeneration = s.generation;
    }
}
