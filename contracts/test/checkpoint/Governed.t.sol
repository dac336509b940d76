// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Governed} from "../../src/checkpoint/Governed.sol";
import {StakeFixture} from "../staking/StakeFixture.sol";

contract GovernedTest is StakeFixture {
    address private successor = makeAddr("successor");

    function test_ownershipPassesWhenAccepted() public {
        vm.expectRevert(abi.encodeWithSelector(Governed.NotGovernor.selector, anyone));
        vm.prank(anyone);
        roots.transferOwnership(anyone);

        vm.expectEmit(address(roots));
        emit Governed.OwnershipOffered(governor, successor);
        vm.prank(governor);
        roots.transferOwnership(successor);
        assertEq(roots.owner(), governor);
        assertEq(roots.pendingOwner(), successor);
        vm.expectRevert(abi.encodeWithSelector(Governed.NotGovernor.selector, anyone));
        vm.prank(anyone);
        roots.acceptOwnership();
        vm.expectEmit(address(roots));
        emit Governed.OwnershipTransferred(governor, successor);
        vm.prank(successor);
        roots.acceptOwnership();
        assertEq(roots.owner(), successor);
        vm.expectRevert(abi.encodeWithSelector(Governed.NotGovernor.selector, governor));
        vm.prank(governor);
        roots.setGuardian(governor);
    }

    function test_theOwnerNamesTheGuardian() public {
        vm.expectEmit(address(roots));
        emit Governed.GuardianChanged(successor);
        vm.prank(governor);
        roots.setGuardian(successor);
        assertEq(roots.guardian(), successor);
        vm.expectRevert(abi.encodeWithSelector(Governed.NotGuardian.selector, guardian));
        vm.prank(guardian);
        roots.pause(1);
    }

    function test_aPauseIsBoundedAndCannotBeRenewedAtOnce() public {
        vm.startPrank(guardian);
        vm.expectRevert(abi.encodeWithSelector(Governed.PauseTooLong.selector, 61, 60));
        roots.pause(61);
        uint40 until = uint40(time()) + 60;
        vm.expectEmit(address(roots));
        emit Governed.Paused(until);
        roots.pause(60);
        assertEq(roots.pausedUntil(), until);
        vm.expectRevert(abi.encodeWithSelector(Governed.PauseTooSoon.selector, until + 60));
        roots.pause(60);
        vm.warp(until + 59);
        vm.expectRevert(abi.encodeWithSelector(Governed.PauseTooSoon.selector, until + 60));
        roots.pause(1);
        vm.warp(until + 60);
        roots.pause(1);
        vm.stopPrank();
    }

    function test_aPauseEndsEarlyByGuardianOrOwner() public {
        vm.prank(guardian);
        roots.pause(60);
        vm.expectRevert(abi.encodeWithSelector(Governed.NotGuardian.selector, anyone));
        vm.prank(anyone);
        roots.unpause();
        vm.expectEmit(address(roots));
        emit Governed.Unpaused();
        vm.prank(governor);
        roots.unpause();
        assertEq(roots.pausedUntil(), 0);
        vm.expectRevert(abi.encodeWithSelector(Governed.PauseTooSoon.selector, uint40(time()) + 120));
        vm.prank(guardian);
        roots.pause(60);
    }
}
