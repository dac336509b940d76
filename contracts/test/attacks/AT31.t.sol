// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {StakeEvents} from "../../src/staking/StakeEvents.sol";
import {StakeFixture} from "../staking/StakeFixture.sol";

/// AT-31: a delegator earns for the time in which his stake counted, and nothing of what others hold.
contract AT31 is StakeFixture {
    function setUp() public override {
        super.setUp();
        beginWith(4);
    }

    function finalizeAll() private {
        pass(CHALLENGE);
        roots.finalize(CHAIN, 100);
    }

    function claimed(uint256 k, uint64 id, uint64 from, uint64 to) private returns (uint256) {
        return stakes.claimDelegatorRewards(id, delegatorOf(k), CHAIN, from, to);
    }

    /// Signed by all, seat 0 with `delegated` KMC on top of its thousand.
    function submitAll() private {
        submitNext(4);
    }

    function test_AT31_rewardsAreSharedByStakeAndCommission() public {
        delegate(0, 1, 600e18);
        delegate(1, 1, 400e18);
        nextEpoch();
        submitAll();
        finalizeAll();
        // 16 KMC less the bonus, two fifths of it for 2,000 of 5,000 KMC; half of that for 1,000 delegated, less 5 %.
        uint256 share = (14.4e18 * 2) / 5;
        uint256 delegators = (share / 2 * 95) / 100;
        assertEq(claimed(0, 1, 1, 1), (delegators * 6) / 10);
        assertEq(claimed(1, 1, 1, 1), (delegators * 4) / 10);
        uint256 others;
        for (uint64 id = 2; id <= 4; ++id) {
            others += stakes.claimRewards(id, CHAIN, 1, 1);
        }
        assertEq(stakes.claimRewards(1, CHAIN, 1, 1) + others + delegators, 16e18, "all of the reward, once");
    }

    function test_AT31_aNewcomerEarnsNothingOfThePast() public {
        delegate(0, 1, 1_000e18);
        nextEpoch();
        submitAll();
        pass(1);
        delegate(1, 1, 100_000e18);
        finalizeAll();
        assertEq(claimed(1, 1, 1, 1), 0);
        assertEq(claimed(0, 1, 1, 1), (14.4e18 / 5) * 95 / 100, "nothing less than before");
    }

    /// The attack of March 2026: the same shares, moved on, earned the same rewards again.
    function test_AT31_sharesThatMoveOnEarnOnce() public {
        uint256 shares = delegate(0, 1, 1_000e18);
        nextEpoch();
        submitAll();
        vm.prank(delegatorOf(0));
        uint64 nonce = stakes.redelegate(1, 2, shares);
        vm.warp(stakes.undelegation(nonce).readyAt);
        roots.finalize(CHAIN, 100);
        stakes.claimUndelegated(nonce);
        assertGt(claimed(0, 1, 1, 1), 0);
        assertEq(claimed(0, 2, 1, 1), 0);
        assertEq(claimed(0, 1, 1, 1), 0, "once");
        assertEq(claimed(7, 1, 1, 1), 0, "and to nobody else");
    }

    function test_AT31_stakeEarnsFromTheEpochInWhichItCounts() public {
        delegate(0, 1, 1_000e18);
        submitAll(); // still in the epoch of the delegation: 4,000 KMC count
        nextEpoch();
        submitAll();
        uint256 shares = stakes.poolOf(1).shares;
        undelegate(0, 1, shares);
        submitAll(); // the stake still counts
        nextEpoch();
        submitAll();
        finalizeAll();
        assertEq(claimed(0, 1, 1, 1), 0);
        uint256 second = claimed(0, 1, 2, 2);
        assertEq(second, (14.4e18 / 5) * 95 / 100);
        assertEq(claimed(0, 1, 3, 3), second);
        assertEq(claimed(0, 1, 4, 4), 0);
    }

    function test_AT31_commissionOfThePastStands() public {
        delegate(0, 1, 1_000e18);
        nextEpoch();
        submitAll();
        vm.prank(ownerOf(0));
        stakes.setCommission(1, 10_000);
        submitAll(); // the new commission holds from the next epoch on
        nextEpoch();
        submitAll();
        finalizeAll();
        uint256 first = claimed(0, 1, 1, 1);
        assertEq(first, (14.4e18 / 5) * 95 / 100);
        assertEq(claimed(0, 1, 2, 2), first);
        assertEq(claimed(0, 1, 3, 3), 0);
    }

    function test_AT31_theFirstDelegatorLosesNextToNothing() public {
        // One wei first; a donation to the contract moves no pool.
        delegate(0, 1, 1);
        vm.prank(treasury);
        kmc.transfer(address(stakes), 1_000_000e18);
        delegate(1, 1, 1_000e18);
        (, uint256 worth) = stakes.delegationOf(1, delegatorOf(1));
        assertGe(worth, 1_000e18 - 1_000e18 / 1e6);
    }

    function testFuzz_AT31_noOrderOfDepositsTakesFromALaterOne(uint96 first, uint96 second, uint8 class) public {
        first = uint96(bound(first, 1, 8e26));
        second = uint96(bound(second, 1e6, 1e26));
        delegate(0, 1, first);
        slashFully(keccak256("x"), uint8(bound(class, 1, 3)), 1);
        delegate(1, 1, second);
        (, uint256 worth) = stakes.delegationOf(1, delegatorOf(1));
        assertLe(worth, second);
        assertGe(worth + 2 + second / 1e6, second);
    }

    function test_AT31_redelegationWhileUnbondingTakesNothingTwice() public {
        uint256 shares = delegate(0, 1, 1_000e18);
        uint64 nonce = undelegate(0, 1, shares);
        vm.expectRevert(abi.encodeWithSelector(StakeEvents.NotEnoughShares.selector, shares, 0));
        vm.prank(delegatorOf(0));
        stakes.redelegate(1, 2, shares);
        vm.warp(stakes.undelegation(nonce).readyAt);
        stakes.claimUndelegated(nonce);
        vm.expectRevert(abi.encodeWithSelector(StakeEvents.NoUndelegation.selector, nonce));
        stakes.claimUndelegated(nonce);
        assertEq(kmc.balanceOf(delegatorOf(0)), 1_000e18);
    }
}
