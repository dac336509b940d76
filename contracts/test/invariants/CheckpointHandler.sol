// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ChainState, Checkpoint, CheckpointRecord} from "../../src/checkpoint/ICheckpointManager.sol";
import {Validator, ValidatorStatus} from "../../src/staking/StakeStorage.sol";
import {StakeFixture} from "../staking/StakeFixture.sol";

/// @dev Random submissions, challenges, rejections and time on one chain.
contract CheckpointHandler is StakeFixture {
    uint64 public highestFinal;
    uint64 public highestGeneration;
    /// @dev A pointer of finality or a generation was less than before.
    bool public turnedBack;
    /// @dev Stake was taken out while something that it signed could still be punished.
    bool public leftTooEarly;
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
        uint256 powered;
        for (uint256 seat; seat < 4; ++seat) {
            if (stakes.powerAt(seat) != 0) powered |= 1 << seat;
        }
        submit(nextCheckpoint(16), powered);
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

    function unstake(uint256 who) external {
        // Two of four at most leave, so that there are always some who sign.
        vm.prank(ownerOf(who % 2));
        try stakes.unstake(uint64(who % 2) + 1) {} catch {}
    }

    /// @dev At the first moment at which it is possible.
    function claimStake(uint256 who) external {
        uint256 seat = who % 2;
        Validator memory v = stakes.validator(uint64(seat) + 1);
        if (v.status != ValidatorStatus.Unbonding) return;
        if (time() < v.unbondAt) vm.warp(v.unbondAt);
        vm.prank(v.owner);
        try stakes.unstakeClaim(uint64(seat) + 1) {}
        catch {
            return;
        }
        ChainState memory s = roots.chainState(CHAIN);
        for (uint64 n = 1; n < s.next; ++n) {
            CheckpointRecord memory r = record(n);
            if ((r.signerBitmap >> seat) & 1 == 0) continue;
            uint256 until = uint256(r.challengeEnd) + stakeParams().lateSlashWindow + stakeParams().gameMaxDuration;
            if (time() <= until) leftTooEarly = true;
        }
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
        if (s.finalizedUpTo < highestFinal || s.generation < highestGeneration) turnedBack = true;
        for (uint64 n = highestFinal + 1; n <= s.finalizedUpTo; ++n) {
            finalRecord[n] = keccak256(abi.encode(record(n)));
        }
        highestFinal = s.finalizedUpTo;
        highestGeneration = s.generation;
    }
}
