// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SlashOrder, SlashOutcome} from "../../src/staking/IStakeManager.sol";
import {StakeEvents} from "../../src/staking/StakeEvents.sol";
import {StakeFixture} from "./StakeFixture.sol";

contract SlashTest is StakeFixture {
    bytes32 private constant OFFENCE = keccak256("an offence");

    function setUp() public override {
        super.setUp();
        beginWith(4);
    }

    function test_onlyTheChallengeManagerOrdersAndAssigns() public {
        vm.startPrank(governor);
        vm.expectRevert(abi.encodeWithSelector(StakeEvents.NotChallengeManager.selector, governor));
        stakes.slash(SlashOrder(OFFENCE, 1, 1, address(0), anyone, CHAIN, 1));
        vm.expectRevert(abi.encodeWithSelector(StakeEvents.NotChallengeManager.selector, governor));
        stakes.payBounty(OFFENCE, governor);
        vm.stopPrank();
    }

    function test_aClassThatDoesNotExistIsRefused() public {
        vm.startPrank(challenges);
        vm.expectRevert(abi.encodeWithSelector(StakeEvents.BadClass.selector, 0));
        stakes.slash(SlashOrder(OFFENCE, 0, 1, address(0), anyone, CHAIN, 1));
        vm.expectRevert(abi.encodeWithSelector(StakeEvents.BadClass.selector, 5));
        stakes.slash(SlashOrder(OFFENCE, 5, 1, address(0), anyone, CHAIN, 1));
        vm.stopPrank();
    }

    function test_anOffenceIsOrderedOnce() public {
        order(OFFENCE, 1, 3);
        vm.expectRevert(abi.encodeWithSelector(StakeEvents.AlreadySlashed.selector, OFFENCE));
        order(OFFENCE, 1, 4);
        stakes.executeSlash(OFFENCE, 0, 256);
        vm.expectRevert(abi.encodeWithSelector(StakeEvents.AlreadySlashed.selector, OFFENCE));
        order(OFFENCE, 1, 4);
    }

    function test_nothingIsTakenWithoutAnOrder() public {
        vm.expectRevert(abi.encodeWithSelector(StakeEvents.UnknownOffence.selector, OFFENCE));
        stakes.executeSlash(OFFENCE, 0, 256);
        vm.expectRevert(abi.encodeWithSelector(StakeEvents.UnknownOffence.selector, OFFENCE));
        vm.prank(challenges);
        stakes.payBounty(OFFENCE, anyone);
    }

    function test_classATakesATenthOfEverySigner() public {
        vm.expectEmit(address(stakes));
        emit StakeEvents.SlashOrdered(OFFENCE, 1, 13, address(0), anyone, CHAIN, 1);
        order(OFFENCE, 1, 13); // seats 0, 2, 3
        assertEq(stakes.totalPower(), 4_000e18, "an order alone takes nothing");
        vm.expectEmit(address(stakes));
        emit StakeEvents.SlashedSeat(OFFENCE, 0, 1, 100e18);
        vm.expectEmit(address(stakes));
        emit StakeEvents.SlashedSeat(OFFENCE, 2, 3, 100e18);
        vm.expectEmit(address(stakes));
        emit StakeEvents.SlashedSeat(OFFENCE, 3, 4, 100e18);
        vm.expectEmit(address(stakes));
        emit StakeEvents.SlashPaid(OFFENCE, anyone, 150e18, 75e18, 75e18);
        stakes.executeSlash(OFFENCE, 0, 256);

        assertEq(stakes.powerAt(0), 900e18, "at once");
        assertEq(stakes.powerAt(1), 1_000e18);
        assertEq(stakes.totalPower(), 3_700e18);
        assertEq(stakes.validator(1).selfStake, 900e18);
        assertEq(kmc.balanceOf(insurance), 75e18);
        assertEq(kmc.totalSupply(), 1_000_000_000e18 - 75e18, "a quarter is burned");
        assertEq(kmc.balanceOf(address(stakes)), 3_700e18 + 150e18, "stake and the bounty");
        nextEpoch();
        assertEq(stakes.totalPower(), 3_700e18);
    }

    function test_classBTakesATwentiethAndClassDNothingOfSigners() public {
        slashFully(OFFENCE, 2, 1);
        assertEq(stakes.powerAt(0), 950e18);
        slashFully(keccak256("downtime"), 4, 2);
        assertEq(stakes.powerAt(1), 1_000e18);
    }

    function test_anEquivocatorLosesAFifthAndAllPowerUntilUnjailed() public {
        order(OFFENCE, 3, 2);
        vm.expectEmit(address(stakes));
        emit StakeEvents.Jailed(2, uint40(time() + 300));
        stakes.executeSlash(OFFENCE, 1, 2);
        assertEq(stakes.powerAt(1), 0);
        assertEq(stakes.totalPower(), 3_000e18);
        assertEq(stakes.validator(2).selfStake, 800e18);
        assertFalse(stakes.isActiveSigner(signerOf(1)));

        fund(ownerOf(1), 10e18);
        vm.startPrank(ownerOf(1));
        stakes.addStake(2, 10e18);
        nextEpoch();
        assertEq(stakes.powerAt(1), 0, "no power by the back door");
        vm.expectRevert(abi.encodeWithSelector(StakeEvents.StillJailed.selector, stakes.validator(2).jailedUntil));
        stakes.unjail(2);
        pass(300);
        stakes.unjail(2);
        assertEq(stakes.powerAt(1), 0, "from the next epoch on");
        nextEpoch();
        assertEq(stakes.powerAt(1), 810e18);
        assertEq(stakes.totalPower(), 3_810e18);
        vm.expectRevert(abi.encodeWithSelector(StakeEvents.NotJailed.selector, 2));
        stakes.unjail(2);
        vm.stopPrank();
    }

    function test_pagesChargeEverySeatOnce() public {
        order(OFFENCE, 1, 15);
        stakes.executeSlash(OFFENCE, 0, 2);
        assertEq(stakes.slashOutcome(OFFENCE).remaining, 12);
        assertEq(stakes.totalPower(), 3_800e18);
        vm.expectRevert(abi.encodeWithSelector(StakeEvents.NothingToSlash.selector, OFFENCE));
        stakes.executeSlash(OFFENCE, 0, 2);
        vm.expectRevert(abi.encodeWithSelector(StakeEvents.NothingToSlash.selector, OFFENCE));
        stakes.executeSlash(OFFENCE, 3, 3);
        stakes.executeSlash(OFFENCE, 1, 999);
        assertEq(stakes.slashOutcome(OFFENCE).remaining, 0);
        assertEq(stakes.totalPower(), 3_600e18);
        vm.expectRevert(abi.encodeWithSelector(StakeEvents.NothingToSlash.selector, OFFENCE));
        stakes.executeSlash(OFFENCE, 0, 256);
    }

    function test_pendingStakeIsCutAlong() public {
        fund(ownerOf(0), 1_000e18);
        vm.prank(ownerOf(0));
        stakes.addStake(1, 1_000e18);
        slashFully(OFFENCE, 1, 1);
        assertEq(stakes.powerAt(0), 800e18, "a tenth of 2,000, off the 1,000 that count today");
        nextEpoch();
        assertEq(stakes.powerAt(0), 1_800e18);
        assertEq(stakes.totalPower(), 4_800e18);
    }

    function test_unbondingStakeIsCharged() public {
        vm.prank(ownerOf(0));
        stakes.unstake(1);
        nextEpoch();
        slashFully(OFFENCE, 1, 1);
        assertEq(stakes.totalPower(), 3_000e18);
        pass(UNBONDING);
        vm.prank(ownerOf(0));
        stakes.unstakeClaim(1);
        assertEq(kmc.balanceOf(ownerOf(0)), 900e18);
    }

    function test_stakeCannotLeaveUnderAPendingOrder() public {
        vm.prank(ownerOf(0));
        stakes.unstake(1);
        order(OFFENCE, 1, 1);
        bytes32 second = keccak256("second");
        order(second, 2, 3);
        assertEq(stakes.openOffences().length, 2);
        pass(EPOCH + UNBONDING);
        vm.startPrank(ownerOf(0));
        vm.expectRevert(abi.encodeWithSelector(StakeEvents.SlashPending.selector, OFFENCE));
        stakes.unstakeClaim(1);
        stakes.executeSlash(OFFENCE, 0, 1);
        vm.expectRevert(abi.encodeWithSelector(StakeEvents.SlashPending.selector, second));
        stakes.unstakeClaim(1);
        stakes.executeSlash(second, 0, 1);
        stakes.unstakeClaim(1);
        vm.stopPrank();
        assertEq(kmc.balanceOf(ownerOf(0)), 855e18, "1,000 less 10 %, less 5 %");
        assertEq(stakes.openOffences().length, 1, "the second still has seat 1 to charge");
        stakes.executeSlash(second, 0, 256);
        assertEq(stakes.openOffences().length, 0);
    }

    /// Whatever order they come and are executed in: an open order is listed, and locks its seat, until it is executed.
    function testFuzz_ordersAreListedUntilTheyAreExecuted(uint256 dice) public {
        bytes32[] memory open = new bytes32[](24);
        uint256 count;
        for (uint256 step; step < 24; ++step) {
            dice = uint256(keccak256(abi.encode(dice)));
            if (count == 0 || dice % 3 != 0) {
                open[count] = bytes32(dice);
                order(open[count++], 4, 1 << (dice % 4));
            } else {
                uint256 place = (dice >> 8) % count;
                stakes.executeSlash(open[place], 0, 256);
                for (--count; place < count; ++place) {
                    open[place] = open[place + 1];
                }
            }
            bytes32[] memory listed = stakes.openOffences();
            assertEq(listed.length, count);
            for (uint256 i; i < count; ++i) {
                assertEq(listed[i], open[count - 1 - i], "the newest first");
            }
        }
    }

    function test_theBountyIsHeldUntilAssignedAndLaterPagesFollow() public {
        order(OFFENCE, 1, 3);
        stakes.executeSlash(OFFENCE, 0, 1);
        assertEq(stakes.slashOutcome(OFFENCE).bounty, 50e18);
        assertEq(stakes.owed(anyone), 0);
        vm.startPrank(challenges);
        vm.expectRevert(StakeEvents.ZeroBeneficiary.selector);
        stakes.payBounty(OFFENCE, address(0));
        assertEq(stakes.payBounty(OFFENCE, anyone), 50e18);
        vm.expectRevert(abi.encodeWithSelector(StakeEvents.BountyTaken.selector, OFFENCE, anyone));
        stakes.payBounty(OFFENCE, governor);
        vm.stopPrank();
        assertEq(stakes.owed(anyone), 50e18);
        stakes.executeSlash(OFFENCE, 1, 2);
        assertEq(stakes.owed(anyone), 100e18);

        address purse = makeAddr("purse");
        vm.startPrank(anyone);
        assertEq(stakes.withdrawOwed(purse), 100e18);
        assertEq(kmc.balanceOf(purse), 100e18);
        vm.expectRevert(abi.encodeWithSelector(StakeEvents.NothingOwed.selector, anyone));
        stakes.withdrawOwed(purse);
        vm.stopPrank();
    }

    function test_anOrderAgainstNobodyIsDoneAtOnce() public {
        order(OFFENCE, 4, 0);
        SlashOutcome memory o = stakes.slashOutcome(OFFENCE);
        assertEq(o.class, 4);
        assertEq(o.remaining, 0);
        assertEq(o.challenger, anyone);
        assertEq(stakes.openOffences().length, 0);
    }

    function test_anEmptySeatCostsNothing() public {
        slashFully(OFFENCE, 3, (1 << 200) | 1);
        SlashOutcome memory o = stakes.slashOutcome(OFFENCE);
        assertEq(o.slashed, 200e18);
        assertEq(o.remaining, 0);
    }

    /// Σ slashed = Σ bounty + Σ burned + Σ insurance, to the last wei, whatever the stakes and pages.
    function testFuzz_whatIsTakenIsPaidOutExactly(uint96[4] memory extra, uint8 class, uint8 cut, bool early) public {
        class = uint8(bound(class, 1, 3));
        for (uint256 i; i < 4; ++i) {
            uint96 amount = uint96(bound(extra[i], 1, 1_000_000e18));
            fund(ownerOf(i), amount);
            vm.prank(ownerOf(i));
            stakes.addStake(uint64(i + 1), amount);
        }
        nextEpoch();
        uint256 heldBefore = kmc.balanceOf(address(stakes));
        uint256 supplyBefore = kmc.totalSupply();
        order(OFFENCE, class, 15);
        cut = uint8(bound(cut, 1, 3));
        if (early) {
            vm.prank(challenges);
            stakes.payBounty(OFFENCE, anyone);
        }
        stakes.executeSlash(OFFENCE, 0, cut);
        stakes.executeSlash(OFFENCE, cut, 256);
        if (!early) {
            vm.prank(challenges);
            stakes.payBounty(OFFENCE, anyone);
        }
        SlashOutcome memory o = stakes.slashOutcome(OFFENCE);
        assertEq(o.slashed, uint256(o.bounty) + o.burned + o.insured);
        assertEq(supplyBefore - kmc.totalSupply(), o.burned);
        assertEq(kmc.balanceOf(insurance), o.insured);
        assertEq(stakes.owed(anyone), o.bounty);
        assertEq(heldBefore - kmc.balanceOf(address(stakes)), uint256(o.burned) + o.insured);
        uint256 stakeLeft;
        for (uint64 id = 1; id <= 4; ++id) {
            stakeLeft += stakes.validator(id).selfStake;
        }
        assertEq(kmc.balanceOf(address(stakes)), stakeLeft + o.bounty);
        assertLe(uint256(o.bounty) * 2, o.slashed, "accusing oneself never pays");
    }
}
