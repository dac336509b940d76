// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Test} from "forge-std/Test.sol";
import {DemoToken} from "../../src/token/DemoToken.sol";
import {KMC} from "../../src/token/KMC.sol";

contract KMCTest is Test {
    address private binder = makeAddr("binder");
    address private stakeManager = makeAddr("StakeManager");
    address private alice = makeAddr("alice");
    address private bob = makeAddr("bob");

    function deploy(uint256 supply, uint256 inflationBps) private returns (KMC kmc) {
        address[] memory recipients = new address[](2);
        uint256[] memory amounts = new uint256[](2);
        (recipients[0], recipients[1]) = (alice, bob);
        (amounts[0], amounts[1]) = (supply - supply / 4, supply / 4);
        kmc = new KMC(recipients, amounts, inflationBps, binder);
        vm.prank(binder);
        kmc.bindStakeManager(stakeManager);
    }

    function test_genesisSupplyGoesToTheListedAccounts() public {
        KMC kmc = deploy(1_000e18, 400);
        assertEq(kmc.balanceOf(alice), 750e18);
        assertEq(kmc.balanceOf(bob), 250e18);
        assertEq(kmc.totalSupply(), 1_000e18);
        assertEq(kmc.decimals(), 18);
        assertEq(kmc.symbol(), "KMC");
    }

    function test_genesisAboveTheCapIsRefused() public {
        address[] memory recipients = new address[](1);
        uint256[] memory amounts = new uint256[](1);
        (recipients[0], amounts[0]) = (alice, 10_000_000_000e18 + 1);
        vm.expectRevert(abi.encodeWithSelector(KMC.CapExceeded.selector, amounts[0], 10_000_000_000e18));
        new KMC(recipients, amounts, 400, binder);
    }

    function test_genesisListsOfDifferentLengthsAreRefused() public {
        vm.expectRevert(abi.encodeWithSelector(KMC.AllocationLengths.selector, 1, 2));
        new KMC(new address[](1), new uint256[](2), 400, binder);
    }

    function test_inflationAboveTenPercentIsRefused() public {
        vm.expectRevert(abi.encodeWithSelector(KMC.InflationTooHigh.selector, 1_001));
        new KMC(new address[](0), new uint256[](0), 1_001, binder);
    }

    function test_theStakeManagerIsNamedOnceAndOnlyByTheBinder() public {
        KMC kmc = new KMC(new address[](0), new uint256[](0), 400, binder);
        vm.expectRevert(abi.encodeWithSelector(KMC.NotBinder.selector, alice));
        vm.prank(alice);
        kmc.bindStakeManager(alice);

        vm.startPrank(binder);
        vm.expectRevert(KMC.ZeroStakeManager.selector);
        kmc.bindStakeManager(address(0));
        kmc.bindStakeManager(stakeManager);
        vm.expectRevert(abi.encodeWithSelector(KMC.NotBinder.selector, binder));
        kmc.bindStakeManager(alice);
        vm.stopPrank();
        assertEq(kmc.stakeManager(), stakeManager);
    }

    function test_onlyTheStakeManagerMints() public {
        KMC kmc = deploy(1_000e18, 400);
        vm.expectRevert(abi.encodeWithSelector(KMC.NotStakeManager.selector, alice));
        vm.prank(alice);
        kmc.mintReward(alice, 1);

        vm.prank(stakeManager);
        kmc.mintReward(bob, 1e18);
        assertEq(kmc.balanceOf(bob), 251e18);
    }

    function test_theYearsBudgetIsCountedFromTheSupplyAtItsStart() public {
        KMC kmc = deploy(1_000e18, 400);
        vm.startPrank(stakeManager);
        kmc.mintReward(bob, 39e18);
        assertEq(kmc.inflationLeft(), 1e18);
        vm.expectRevert(abi.encodeWithSelector(KMC.InflationExceeded.selector, 1e18 + 1, 1e18));
        kmc.mintReward(bob, 1e18 + 1);
        kmc.mintReward(bob, 1e18);

        vm.warp(block.timestamp + 365 days);
        assertEq(kmc.inflationLeft(), 41.6e18, "4 % of 1,040");
        kmc.mintReward(bob, 41.6e18);
        vm.expectRevert(abi.encodeWithSelector(KMC.InflationExceeded.selector, 1, 0));
        kmc.mintReward(bob, 1);
    }

    function test_unusedBudgetLapses() public {
        KMC kmc = deploy(1_000e18, 400);
        vm.warp(block.timestamp + 10 * 365 days);
        assertEq(kmc.inflationLeft(), 40e18);
        vm.prank(stakeManager);
        vm.expectRevert(abi.encodeWithSelector(KMC.InflationExceeded.selector, 41e18, 40e18));
        kmc.mintReward(bob, 41e18);
    }

    function test_rewardsStopAtTheCap() public {
        KMC kmc = deploy(10_000_000_000e18 - 5, 400);
        vm.prank(stakeManager);
        vm.expectRevert(abi.encodeWithSelector(KMC.CapExceeded.selector, 10_000_000_000e18 + 1, 10_000_000_000e18));
        kmc.mintReward(bob, 6);
        vm.prank(stakeManager);
        kmc.mintReward(bob, 5);
        assertEq(kmc.totalSupply(), kmc.CAP());
    }

    function test_holdersBurnTheirOwn() public {
        KMC kmc = deploy(1_000e18, 400);
        vm.prank(alice);
        kmc.burn(50e18);
        assertEq(kmc.totalSupply(), 950e18);
    }

    function testFuzz_noYearMintsMoreThanItsBudget(uint256[16] memory amounts, uint8[16] memory waits) public {
        KMC kmc = deploy(1_000_000e18, 400);
        uint256 start = vm.getBlockTimestamp();
        uint256 year;
        uint256 minted;
        uint256 budget = kmc.inflationLeft();
        vm.startPrank(stakeManager);
        for (uint256 i; i < 16; ++i) {
            // Not block.timestamp, which the compiler may read once and keep across vm.warp.
            vm.warp(vm.getBlockTimestamp() + uint256(waits[i]) * 1 days);
            if ((vm.getBlockTimestamp() - start) / 365 days != year) {
                year = (vm.getBlockTimestamp() - start) / 365 days;
                budget = (kmc.totalSupply() * 400) / 10_000;
                minted = 0;
            }
            uint256 amount = bound(amounts[i], 0, 30_000e18);
            try kmc.mintReward(bob, amount) {
                minted += amount;
            } catch {
                assertGt(minted + amount, budget);
            }
            assertLe(minted, budget);
            assertEq(kmc.inflationLeft(), budget - minted);
        }
    }

    function test_theDemoTokenGivesABoundedAmountPerCall() public {
        DemoToken usd = new DemoToken();
        vm.startPrank(alice);
        usd.faucet(10_000e18);
        usd.faucet(1);
        vm.expectRevert(abi.encodeWithSelector(DemoToken.FaucetLimit.selector, 10_000e18 + 1, 10_000e18));
        usd.faucet(10_000e18 + 1);
        assertEq(usd.balanceOf(alice), 10_000e18 + 1);
        assertEq(usd.decimals(), 18);
        assertEq(usd.symbol(), "dUSD");
    }
}
