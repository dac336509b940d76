// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {CheckpointManager} from "../../src/checkpoint/CheckpointManager.sol";
import {Checkpoint} from "../../src/checkpoint/ICheckpointManager.sol";
import {StakeEvents} from "../../src/staking/StakeEvents.sol";
import {StakeFixture} from "../staking/StakeFixture.sol";

/// AT-26: what a key may do ends with its validator, under that key and no other.
contract AT26 is StakeFixture {
    function setUp() public override {
        super.setUp();
        beginWith(4);
    }

    function stakeAgain(uint256 owner, uint256 key) private returns (uint64) {
        fund(ownerOf(owner), 1_000e18);
        bytes memory proof = proofOf(ownerOf(owner), keyOf(key));
        vm.prank(ownerOf(owner));
        return stakes.stake(1_000e18, signerOf(key), proof, 0, "");
    }

    function expectTaken(uint256 owner, uint256 key) private {
        fund(ownerOf(owner), 1_000e18);
        bytes memory proof = proofOf(ownerOf(owner), keyOf(key));
        vm.expectRevert(abi.encodeWithSelector(StakeEvents.SignerTaken.selector, signerOf(key)));
        vm.prank(ownerOf(owner));
        stakes.stake(1_000e18, signerOf(key), proof, 0, "");
    }

    function test_AT26_aLeaversKeyIsBoundUntilItsSeatUnlocks() public {
        vm.prank(ownerOf(0));
        stakes.unstake(1);
        expectTaken(0, 0);
        expectTaken(7, 0);
        nextEpoch();
        expectTaken(0, 0);
        vm.warp(stakes.validator(1).unbondAt - 1);
        expectTaken(0, 0);
        vm.warp(stakes.validator(1).unbondAt);
        vm.prank(ownerOf(0));
        stakes.unstakeClaim(1);
        uint64 id = stakeAgain(0, 0);
        nextEpoch();
        assertTrue(stakes.isActiveSigner(signerOf(0)));
        assertEq(stakes.validatorOfSigner(signerOf(0)), id);
    }

    function test_AT26_theOldKeyHasNoPowerWhenItsOwnerComesBackWithAnother() public {
        vm.prank(ownerOf(0));
        stakes.unstake(1);
        pass(EPOCH + UNBONDING);
        vm.prank(ownerOf(0));
        stakes.unstakeClaim(1);
        uint64 id = stakeAgain(0, 60);
        nextEpoch();
        assertEq(stakes.validator(id).seat, 0);
        assertFalse(stakes.isActiveSigner(signerOf(0)));
        assertTrue(stakes.isActiveSigner(signerOf(60)));
        (bool found,) = stakes.seatOfSigner(signerOf(0));
        assertFalse(found);
        Checkpoint memory c = nextCheckpoint(16);
        bytes memory sigs = signedBy(15, c); // seat 0 with the old key
        vm.expectRevert(abi.encodeWithSelector(CheckpointManager.BadSignature.selector, 0));
        roots.submitCheckpoint(c, 15, sigs);
    }

    function test_AT26_aClaimFreesNobodyElsesKey() public {
        // The second validator rotates to a new key; the first leaves and claims.
        bytes memory proof = proofOf(ownerOf(1), keyOf(61));
        vm.prank(ownerOf(1));
        stakes.rotateSigner(2, signerOf(61), proof);
        vm.prank(ownerOf(0));
        stakes.unstake(1);
        pass(EPOCH + UNBONDING);
        vm.prank(ownerOf(0));
        stakes.unstakeClaim(1);
        expectTaken(0, 61);
        expectTaken(0, 1);
        assertTrue(stakes.isActiveSigner(signerOf(61)));
        assertTrue(stakes.isActiveSigner(signerOf(2)));
    }

    function test_AT26_allKeysOfALeaverAreFreedTogether() public {
        bytes memory proof = proofOf(ownerOf(0), keyOf(62));
        vm.prank(ownerOf(0));
        stakes.rotateSigner(1, signerOf(62), proof);
        nextEpoch();
        vm.prank(ownerOf(0));
        stakes.unstake(1);
        expectTaken(8, 62);
        expectTaken(8, 0);
        pass(EPOCH + UNBONDING);
        assertEq(stakeAgain(8, 0), 5);
        assertEq(stakeAgain(9, 62), 6);
        // The leaver's claim afterwards takes nothing away from them.
        vm.prank(ownerOf(0));
        stakes.unstakeClaim(1);
        nextEpoch();
        assertTrue(stakes.isActiveSigner(signerOf(0)));
        assertTrue(stakes.isActiveSigner(signerOf(62)));
        assertEq(kmc.balanceOf(ownerOf(0)), 1_000e18);
    }
}
