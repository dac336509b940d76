// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {UUPSUpgradeable} from "@openzeppelin/contracts/proxy/utils/UUPSUpgradeable.sol";
import {ExitNFT} from "../../src/bridge/ExitNFT.sol";
import {ExitParams} from "../../src/bridge/ExitTypes.sol";
import {IDepositManager} from "../../src/bridge/IDepositManager.sol";
import {WithdrawManager} from "../../src/bridge/WithdrawManager.sol";
import {Governed} from "../../src/checkpoint/Governed.sol";
import {IChallengeTime, IExitTime, KomaTimelock} from "../../src/governance/KomaTimelock.sol";
import {StakeManager} from "../../src/staking/StakeManager.sol";
import {StakeParams} from "../../src/staking/StakeStorage.sol";
import {StakeFixture} from "../staking/StakeFixture.sol";

/// @notice The upgrade rule of root contracts 2: everybody can leave before new code runs.
contract KomaTimelockTest is StakeFixture {
    uint40 private constant EXIT = 15;
    uint256 private constant LEAST = uint256(CHALLENGE) + 2 * uint256(EXIT);

    WithdrawManager private withdrawals;
    KomaTimelock private timelock;

    function setUp() public override {
        super.setUp();
        beginWith(4);
        withdrawals = WithdrawManager(
            proxyOf(
                deployCode("WithdrawManager.sol:WithdrawManager"),
                abi.encodeCall(
                    WithdrawManager.initialize,
                    (
                        governor,
                        ExitParams({exitPeriod: EXIT, exitBond: 1, payoutGas: 200_000}),
                        registry,
                        roots,
                        IDepositManager(deposits),
                        ExitNFT(makeAddr("ExitNFT"))
                    )
                )
            )
        );
        timelock = KomaTimelock(payable(deployCode("KomaTimelock.sol:KomaTimelock", arguments(LEAST))));
        vm.startPrank(governor);
        stakes.transferOwnership(address(timelock));
        withdrawals.transferOwnership(address(timelock));
        vm.stopPrank();
    }

    function test_cannotBeDeployedWithADelayThatLocksPeopleIn() public {
        vm.expectRevert(abi.encodeWithSelector(KomaTimelock.DelayTooShort.selector, LEAST - 1, LEAST));
        new KomaTimelock(LEAST - 1, proposers(), IChallengeTime(address(stakes)), IExitTime(address(withdrawals)));
    }

    function test_takesOverWhatItIsOfferedAndNothingElse() public {
        acceptAll();
        assertEq(stakes.owner(), address(timelock));
        assertEq(withdrawals.owner(), address(timelock));
        Governed[] memory others = new Governed[](1);
        others[0] = roots;
        vm.expectRevert(abi.encodeWithSelector(Governed.NotGovernor.selector, address(timelock)));
        timelock.accept(others);
    }

    function test_newCodeWaitsAndThenAnyoneMayPutItInForce() public {
        acceptAll();
        address code = stakeManagerCode();
        bytes memory call = abi.encodeCall(UUPSUpgradeable.upgradeToAndCall, (code, ""));
        vm.prank(governor);
        vm.expectRevert(abi.encodeWithSelector(Governed.NotGovernor.selector, governor));
        stakes.upgradeToAndCall(code, "");

        vm.startPrank(governor);
        vm.expectRevert(
            abi.encodeWithSelector(TimelockController.TimelockInsufficientDelay.selector, LEAST - 1, LEAST)
        );
        timelock.schedule(address(stakes), 0, call, 0, 0, LEAST - 1);
        timelock.schedule(address(stakes), 0, call, 0, 0, LEAST);
        vm.stopPrank();
        pass(LEAST - 1);
        vm.expectPartialRevert(TimelockController.TimelockUnexpectedOperationState.selector);
        timelock.execute(address(stakes), 0, call, 0, 0);
        pass(1);
        vm.prank(anyone);
        timelock.execute(address(stakes), 0, call, 0, 0);
        assertEq(stakes.owner(), address(timelock));
    }

    function test_aLongerPeriodNeedsALongerDelayFirst() public {
        acceptAll();
        StakeParams memory longer = stakeParams();
        longer.challengePeriod += 1;
        bytes memory call = abi.encodeCall(StakeManager.setParams, (longer));
        waitFor(address(stakes), call);
        vm.expectRevert(abi.encodeWithSelector(KomaTimelock.DelayTooShort.selector, LEAST, LEAST + 1));
        timelock.execute(address(stakes), 0, call, 0, 0);
        assertEq(stakes.challengePeriod(), CHALLENGE);

        bytes memory delay = abi.encodeCall(TimelockController.updateDelay, (LEAST + 1));
        waitFor(address(timelock), delay);
        timelock.execute(address(timelock), 0, delay, 0, 0);
        timelock.execute(address(stakes), 0, call, 0, 0);
        assertEq(stakes.challengePeriod(), CHALLENGE + 1);
        assertEq(timelock.leastDelay(), timelock.getMinDelay());
    }

    function test_theDelayNeverFallsBelowTheRuleAlsoNotInABatch() public {
        acceptAll();
        bytes memory call = abi.encodeCall(TimelockController.updateDelay, (LEAST - 1));
        waitFor(address(timelock), call);
        vm.expectRevert(abi.encodeWithSelector(KomaTimelock.DelayTooShort.selector, LEAST - 1, LEAST));
        timelock.execute(address(timelock), 0, call, 0, 0);

        address[] memory targets = new address[](1);
        uint256[] memory values = new uint256[](1);
        bytes[] memory payloads = new bytes[](1);
        (targets[0], payloads[0]) = (address(timelock), call);
        vm.prank(governor);
        timelock.scheduleBatch(targets, values, payloads, 0, 0, LEAST);
        pass(LEAST);
        vm.expectRevert(abi.encodeWithSelector(KomaTimelock.DelayTooShort.selector, LEAST - 1, LEAST));
        timelock.executeBatch(targets, values, payloads, 0, 0);
        assertEq(timelock.getMinDelay(), LEAST);
    }

    function test_onlyProposersAnnounceAndNobodyAdministers() public {
        bytes memory call = abi.encodeCall(TimelockController.updateDelay, (LEAST));
        bytes32 proposer = timelock.PROPOSER_ROLE();
        vm.prank(anyone);
        vm.expectRevert(
            abi.encodeWithSelector(
                IAccessControl.AccessControlUnauthorizedAccount.selector, anyone, proposer
            )
        );
        timelock.schedule(address(timelock), 0, call, 0, 0, LEAST);
        assertFalse(timelock.hasRole(timelock.DEFAULT_ADMIN_ROLE(), governor));
        assertFalse(timelock.hasRole(timelock.DEFAULT_ADMIN_ROLE(), address(this)));
    }

    /// @notice The guardian's pause acts at once, ends by itself, and the timelock ends it sooner only with its delay.
    function test_aPauseIsTheGuardiansAndOutsideTheDelay() public {
        acceptAll();
        vm.prank(guardian);
        stakes.pause(MAX_PAUSE);
        pass(MAX_PAUSE);
        join(5, MIN_STAKE);
        vm.prank(guardian);
        vm.expectRevert(abi.encodeWithSelector(Governed.PauseTooSoon.selector, uint40(time()) + MAX_PAUSE));
        stakes.pause(1);
    }

    function acceptAll() private {
        Governed[] memory all = new Governed[](2);
        (all[0], all[1]) = (stakes, withdrawals);
        vm.prank(anyone);
        timelock.accept(all);
    }

    function waitFor(address target, bytes memory call) private {
        vm.prank(governor);
        timelock.schedule(target, 0, call, 0, 0, LEAST);
        pass(LEAST);
    }

    function proposers() private view returns (address[] memory list) {
        list = new address[](1);
        list[0] = governor;
    }

    function arguments(uint256 delay) private view returns (bytes memory) {
        return abi.encode(delay, proposers(), stakes, withdrawals);
    }
}
