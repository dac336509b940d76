// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Governed} from "../../src/checkpoint/Governed.sol";
import {StakeEvents} from "../../src/staking/StakeEvents.sol";
import {Pool, StakeParams, Undelegation} from "../../src/staking/StakeStorage.sol";
import {StakeFixture} from "./StakeFixture.sol";

contract DelegationTest is StakeFixture {
    bytes32 private constant OFFENCE = keccak256("an offence");

    function setUp() public override {
        super.setUp();
        beginWith(4);
    }

    function worth(uint256 k, uint64 id) private view returns (uint256 amount) {
        (, amount) = stakes.delegationOf(id, delegatorOf(k));
    }

    function sharesOf(uint256 k, uint64 id) private view returns (uint256 shares) {
        (shares,) = stakes.delegationOf(id, delegatorOf(k));
    }

    function test_delegatedStakeCountsFromTheNextEpochOn() public {
        fund(delegatorOf(0), 500e18);
        vm.expectEmit(address(stakes));
        emit StakeEvents.Delegated(1, delegatorOf(0), 500e18, 500e24, 1);
        vm.prank(delegatorOf(0));
        uint256 shares = stakes.delegate(1, 500e18);
        assertEq(shares, 500e24);
        assertEq(stakes.powerAt(0), 1_000e18);
        assertEq(stakes.totalPower(), 4_000e18);
        nextEpoch();
        assertEq(stakes.powerAt(0), 1_500e18);
        assertEq(stakes.totalPower(), 4_500e18);
        assertEq(stakes.validator(1).delegated, 500e18);
        assertEq(worth(0, 1), 500e18);
        assertEq(kmc.balanceOf(address(stakes)), 4_500e18);
    }

    function test_laterDelegatorsPayThePriceOfTheirTime() public {
        delegate(0, 1, 100e18);
        slashFully(OFFENCE, 1, 1);
        delegate(1, 1, 90e18);
        assertApproxEqAbs(worth(0, 1), 90e18, 1, "a tenth was taken");
        assertApproxEqAbs(worth(1, 1), 90e18, 1, "nothing of what was paid in afterwards");
        assertApproxEqAbs(sharesOf(1, 1), sharesOf(0, 1), 2e6, "the same worth, the same shares");
    }

    function test_onlyActiveValidatorsAreBacked() public {
        vm.prank(ownerOf(0));
        stakes.unstake(1);
        fund(delegatorOf(0), 1e18);
        vm.startPrank(delegatorOf(0));
        vm.expectRevert(abi.encodeWithSelector(StakeEvents.NotActive.selector, 1));
        stakes.delegate(1, 1e18);
        vm.expectRevert(abi.encodeWithSelector(StakeEvents.NotActive.selector, 99));
        stakes.delegate(99, 1e18);
        vm.expectRevert(abi.encodeWithSelector(StakeEvents.AmountTooSmall.selector, 0));
        stakes.delegate(2, 0);
        vm.stopPrank();
    }

    function test_theGuardianPausesNewDelegationsButNoWayOut() public {
        uint256 shares = delegate(0, 1, 100e18);
        vm.prank(guardian);
        stakes.pause(MAX_PAUSE);
        vm.expectRevert(abi.encodeWithSelector(Governed.PausedNow.selector, time() + MAX_PAUSE));
        vm.prank(delegatorOf(0));
        stakes.delegate(1, 1e18);
        uint64 nonce = undelegate(0, 1, shares);
        vm.warp(stakes.undelegation(nonce).readyAt);
        stakes.claimUndelegated(nonce);
        assertEq(kmc.balanceOf(delegatorOf(0)), 100e18);
    }

    function test_stakeLeavesWithItsPowerAndIsPaidAfterUnbonding() public {
        uint256 shares = delegate(0, 1, 500e18);
        nextEpoch();
        uint64 nonce = undelegate(0, 1, shares / 5);
        assertEq(stakes.powerAt(0), 1_500e18, "until the epoch is over");
        uint40 readyAt = stakes.undelegation(nonce).readyAt;
        nextEpoch();
        assertEq(readyAt, time() + UNBONDING);
        assertEq(stakes.powerAt(0), 1_400e18);
        assertEq(stakes.totalPower(), 4_400e18);
        assertEq(worth(0, 1), 400e18);
        vm.expectRevert(abi.encodeWithSelector(StakeEvents.StillBonded.selector, readyAt));
        stakes.claimUndelegated(nonce);
        vm.warp(readyAt);
        vm.expectEmit(address(stakes));
        emit StakeEvents.UndelegationPaid(nonce, delegatorOf(0), 100e18, 0);
        vm.prank(anyone);
        assertEq(stakes.claimUndelegated(nonce), 100e18);
        assertEq(kmc.balanceOf(delegatorOf(0)), 100e18);
        vm.expectRevert(abi.encodeWithSelector(StakeEvents.NoUndelegation.selector, nonce));
        stakes.claimUndelegated(nonce);
    }

    function test_nobodyTakesOutMoreThanHisShares() public {
        uint256 shares = delegate(0, 1, 500e18);
        vm.startPrank(delegatorOf(1));
        vm.expectRevert(abi.encodeWithSelector(StakeEvents.NotEnoughShares.selector, 1, 0));
        stakes.undelegate(1, 1);
        vm.stopPrank();
        vm.startPrank(delegatorOf(0));
        vm.expectRevert(abi.encodeWithSelector(StakeEvents.NotEnoughShares.selector, shares + 1, shares));
        stakes.undelegate(1, shares + 1);
        vm.expectRevert(abi.encodeWithSelector(StakeEvents.NotEnoughShares.selector, 0, shares));
        stakes.undelegate(1, 0);
        vm.stopPrank();
    }

    function test_aSlashTakesOfOwnDelegatedAndLeavingStake() public {
        uint256 shares = delegate(0, 1, 500e18);
        nextEpoch();
        uint64 nonce = undelegate(0, 1, shares / 5);
        nextEpoch();
        order(OFFENCE, 1, 1);
        vm.expectEmit(address(stakes));
        emit StakeEvents.SlashedSeat(OFFENCE, 0, 1, 150e18);
        stakes.executeSlash(OFFENCE, 0, 256);
        assertEq(stakes.validator(1).selfStake, 900e18);
        assertEq(stakes.validator(1).delegated, 360e18);
        assertEq(stakes.poolOf(1).leaving, 90e18);
        assertEq(stakes.powerAt(0), 1_260e18);
        assertEq(stakes.totalPower(), 4_260e18);
        vm.warp(stakes.undelegation(nonce).readyAt);
        assertApproxEqAbs(stakes.claimUndelegated(nonce), 90e18, 1);
    }

    function test_stakeCannotLeaveUnderAPendingOrder() public {
        uint64 nonce = undelegate(0, 1, delegate(0, 1, 500e18));
        order(OFFENCE, 1, 1);
        vm.warp(stakes.undelegation(nonce).readyAt);
        vm.expectRevert(abi.encodeWithSelector(StakeEvents.SlashPending.selector, OFFENCE));
        stakes.claimUndelegated(nonce);
        stakes.executeSlash(OFFENCE, 0, 1);
        assertApproxEqAbs(stakes.claimUndelegated(nonce), 450e18, 1);
    }

    function test_backersOfALeaverAreFreeWhenItIs() public {
        uint256 shares = delegate(0, 1, 500e18);
        vm.prank(ownerOf(0));
        stakes.unstake(1);
        uint40 unbondAt = stakes.validator(1).unbondAt;
        nextEpoch();
        assertEq(stakes.totalPower(), 3_000e18);
        pass(50);
        uint64 nonce = undelegate(0, 1, shares);
        assertEq(stakes.undelegation(nonce).readyAt, unbondAt);
        slashFully(OFFENCE, 1, 1);
        vm.warp(unbondAt);
        vm.prank(ownerOf(0));
        stakes.unstakeClaim(1);
        assertApproxEqAbs(stakes.claimUndelegated(nonce), 450e18, 1);
    }

    function test_backersMayComeForTheirStakeLongAfterTheSeatIsSomebodyElses() public {
        uint256 shares = delegate(0, 1, 500e18);
        vm.prank(ownerOf(0));
        stakes.unstake(1);
        vm.warp(stakes.validator(1).unbondAt);
        vm.prank(ownerOf(0));
        stakes.unstakeClaim(1);
        join(7, 1_000e18);
        assertEq(stakes.validator(5).seat, 0);
        nextEpoch();
        order(OFFENCE, 1, 1); // against the new holder of the seat
        uint64 nonce = undelegate(0, 1, shares);
        assertEq(stakes.claimUndelegated(nonce), 500e18);
    }

    function test_redelegatedStakeGoesOnWhenItIsFree() public {
        uint256 shares = delegate(0, 1, 500e18);
        vm.startPrank(delegatorOf(0));
        vm.expectRevert(abi.encodeWithSelector(StakeEvents.SameValidator.selector, 1));
        stakes.redelegate(1, 1, shares);
        vm.expectRevert(abi.encodeWithSelector(StakeEvents.NotActive.selector, 9));
        stakes.redelegate(1, 9, shares);
        uint64 nonce = stakes.redelegate(1, 2, shares);
        vm.stopPrank();
        Undelegation memory u = stakes.undelegation(nonce);
        assertEq(u.toId, 2);
        slashFully(OFFENCE, 2, 1);
        vm.warp(u.readyAt);
        vm.expectEmit(address(stakes));
        emit StakeEvents.UndelegationPaid(nonce, delegatorOf(0), 475e18, 2);
        stakes.claimUndelegated(nonce);
        assertEq(worth(0, 2), 475e18);
        assertEq(kmc.balanceOf(delegatorOf(0)), 0);
        nextEpoch();
        assertEq(stakes.powerAt(1), 1_475e18);
    }

    function test_redelegatedStakeIsPaidOutWhenItsTargetHasLeft() public {
        uint256 shares = delegate(0, 1, 500e18);
        vm.prank(delegatorOf(0));
        uint64 nonce = stakes.redelegate(1, 2, shares);
        vm.prank(ownerOf(1));
        stakes.unstake(2);
        vm.warp(stakes.undelegation(nonce).readyAt);
        assertEq(stakes.claimUndelegated(nonce), 500e18);
        assertEq(kmc.balanceOf(delegatorOf(0)), 500e18);
    }

    function test_aJailedValidatorsBackersCountAgainAfterIt() public {
        delegate(0, 2, 500e18);
        nextEpoch();
        slashFully(OFFENCE, 3, 2);
        assertEq(stakes.powerAt(1), 0);
        delegate(1, 2, 100e18);
        nextEpoch();
        assertEq(stakes.powerAt(1), 0, "no power by the back door");
        pass(300);
        vm.prank(ownerOf(1));
        stakes.unjail(2);
        nextEpoch();
        assertEq(stakes.powerAt(1), 800e18 + 400e18 + 100e18);
        assertEq(stakes.totalPower(), 3_000e18 + 1_300e18);
    }

    function test_aPoolThatLostEverythingTakesNoMore() public {
        delegate(0, 1, 500e18);
        vm.prank(governor);
        stakes.setParams(allOfClassC());
        slashFully(OFFENCE, 3, 1);
        assertEq(stakes.validator(1).delegated, 0);
        assertEq(worth(0, 1), 0);
        fund(delegatorOf(1), 1_000e18);
        vm.prank(delegatorOf(1));
        vm.expectRevert(abi.encodeWithSelector(StakeEvents.PoolExhausted.selector, 1));
        stakes.delegate(1, 1_000e18);
    }

    function test_commissionIsItsOwnersAndAShare() public {
        vm.expectRevert(abi.encodeWithSelector(StakeEvents.NotOwner.selector, 1));
        stakes.setCommission(1, 1);
        vm.startPrank(ownerOf(0));
        vm.expectRevert(abi.encodeWithSelector(StakeEvents.BadShare.selector, 10_001));
        stakes.setCommission(1, 10_001);
        vm.expectEmit(address(stakes));
        emit StakeEvents.CommissionChanged(1, 700, 1);
        stakes.setCommission(1, 700);
        vm.stopPrank();
        assertEq(stakes.validator(1).commissionBps, 700);
    }

    function test_theLeastIsMeasuredWithItsBackers() public {
        delegate(0, 1, 500e18);
        join(5, 1_200e18);
        nextEpoch();
        assertEq(stakes.totalPower(), 5_700e18);
        assertEq(stakes.powerAt(0), 1_500e18);
    }

    /// Whatever comes and goes, everybody can take out what the pool says it holds for him, and the sums fit.
    function testFuzz_poolsAreSolvent(uint96[5] memory amounts, uint8[3] memory classes, uint256 parts) public {
        for (uint256 k; k < 5; ++k) {
            delegate(k, 1, uint96(bound(amounts[k], 1, 1_000_000e18)));
            if (k % 2 == 0) {
                slashFully(keccak256(abi.encode(k)), uint8(bound(classes[k / 2], 1, 3)), 1);
            }
            uint256 part = (sharesOf(k, 1) * (uint8(parts >> (8 * k)))) / 256;
            if (part != 0) undelegate(k, 1, part);
        }
        Pool memory pool = stakes.poolOf(1);
        uint256 sum;
        for (uint256 k; k < 5; ++k) {
            sum += worth(k, 1);
        }
        assertLe(sum, stakes.validator(1).delegated);
        assertEq(
            kmc.balanceOf(address(stakes)) - bounties(), 3_000e18 + stakes.validator(1).selfStake
                + stakes.validator(1).delegated + pool.leaving
        );
        for (uint256 k; k < 5; ++k) {
            uint256 rest = sharesOf(k, 1);
            if (rest != 0) undelegate(k, 1, rest);
        }
        pass(EPOCH + UNBONDING);
        for (uint64 nonce = 1; stakes.undelegation(nonce).account != address(0); ++nonce) {
            stakes.claimUndelegated(nonce);
        }
        assertEq(stakes.poolOf(1).leavingShares, 0);
        assertEq(stakes.poolOf(1).shares, 0);
    }

    function bounties() private view returns (uint256 sum) {
        for (uint256 k; k < 5; k += 2) {
            sum += stakes.slashOutcome(keccak256(abi.encode(k))).bounty;
        }
    }

    function allOfClassC() private pure returns (StakeParams memory p) {
        p = stakeParams();
        p.slashBpsC = 10_000;
    }
}
