// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Test} from "forge-std/Test.sol";
import {StakeHandler} from "./StakeHandler.sol";

contract StakeInvariants is Test {
    StakeHandler private handler;

    function setUp() public {
        handler = new StakeHandler();
        handler.start();
        bytes4[] memory selectors = new bytes4[](19);
        selectors[0] = StakeHandler.begin.selector;
        selectors[1] = StakeHandler.stake.selector;
        selectors[2] = StakeHandler.addStake.selector;
        selectors[3] = StakeHandler.rotate.selector;
        selectors[4] = StakeHandler.unstake.selector;
        selectors[5] = StakeHandler.unstakeClaim.selector;
        selectors[6] = StakeHandler.unjail.selector;
        selectors[7] = StakeHandler.orderSlash.selector;
        selectors[8] = StakeHandler.page.selector;
        selectors[9] = StakeHandler.assignBounty.selector;
        selectors[10] = StakeHandler.withdrawOwed.selector;
        selectors[11] = StakeHandler.wait.selector;
        selectors[12] = StakeHandler.roll.selector;
        selectors[13] = StakeHandler.stake.selector; // twice as often as the others
        selectors[14] = StakeHandler.delegate.selector;
        selectors[15] = StakeHandler.undelegate.selector;
        selectors[16] = StakeHandler.claimUndelegated.selector;
        selectors[17] = StakeHandler.setCommission.selector;
        selectors[18] = StakeHandler.delegate.selector;
        targetContract(address(handler));
        targetSelector(FuzzSelector(address(handler), selectors));
    }

    function invariant_totalPowerIsTheSumOfThePowers() public view {
        assertEq(handler.totalPower(), handler.sumOfPowers());
    }

    function invariant_slashedStakeIsPaidOutExactly() public view {
        (uint256 slashed, uint256 bounty, uint256 burned, uint256 insured) = handler.slashedSums();
        (uint256 held, uint256 insurance, uint256 supply) = handler.balances();
        (uint256 stakeLeft,) = handler.sums();
        assertEq(slashed, bounty + burned + insured);
        assertEq(insurance, insured);
        assertEq(supply, 1_000_000_000e18 - burned);
        assertEq(held, stakeLeft + bounty - handler.withdrawn(), "liabilities are covered to the wei");
    }

    /// Stake shrinks by claims and by orders, and by nothing else.
    function invariant_nothingIsTakenWithoutAnOrder() public view {
        (uint256 slashed,,,) = handler.slashedSums();
        (uint256 stakeLeft,) = handler.sums();
        uint256 left = handler.claimed() + handler.undelegated();
        assertEq(handler.staked() + handler.delegated(), stakeLeft + left + slashed);
    }

    /// Whoever accuses himself, even with all validators, gets back half of their own loss at most (AT-40).
    function invariant_selfChallengeNeverProfits() public view {
        (, uint256 bounty,,) = handler.slashedSums();
        assertLe(bounty * 2, handler.ownSlashed());
    }

    function invariant_poolsAreSolvent() public view {
        for (uint64 id = 1; id <= handler.validatorCount(); ++id) {
            (uint256 owned, uint256 held) = handler.poolSums(id);
            assertLe(owned, held);
        }
    }

    /// One epoch later exactly the stake of active, free validators counts.
    function invariant_powerFollowsStakeWithinAnEpoch() public {
        uint256 snapshot = vm.snapshotState();
        handler.waitForNextEpoch();
        (, uint256 power) = handler.sums();
        assertEq(handler.totalPower(), power);
        assertEq(handler.sumOfPowers(), power);
        vm.revertToState(snapshot);
    }
}
